import Foundation
import Subprocess

/// The built tests of all modules.
actor TestBundle {
  private let path: String
  /// How long each suite takes without a mutant, or the work that finds out.
  private var durations: [Suite: Task<Duration, any Error>] = [:]

  /// How long a suite may take without a mutant.
  private static let longest = Duration.seconds(1800)

  init(path: String) { self.path = path }

  /// Runs suite after suite against a mutant until one fails.
  ///
  /// - Throws: ``SuiteFailure`` when a suite fails without a mutant as well.
  func outcome(of mutant: Mutant) async throws -> Outcome {
    for suite in Suite.ordered(first: mutant.tests) {
      // With a mutant that hangs, a suite would take for ever.
      let deadline = try await duration(of: suite) * 5 + .seconds(60)
      if try await duration(of: suite, mutant: mutant.number, deadline: deadline) == nil {
        return Outcome(mutant: mutant, killer: suite)
      }
    }
    return Outcome(mutant: mutant, killer: nil)
  }

  /// How long a suite takes without a mutant; it is run once.
  private func duration(of suite: Suite) async throws -> Duration {
    let task =
      durations[suite]
      ?? Task {
        guard let duration = try await duration(of: suite, mutant: 0, deadline: Self.longest) else {
          throw SuiteFailure(suite: suite, path: path)
        }
        return duration
      }
    durations[suite] = task
    return try await task.value
  }

  /// How long the tests of a suite take to pass; nil where they do not. A crash and a hang are failures.
  private nonisolated func duration(
    of suite: Suite, mutant number: Int, deadline: Duration
  ) async throws -> Duration? {
    let clock = ContinuousClock()
    let start = clock.now
    let session = Session()
    defer { session.end() }
    let passes = try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await Subprocess.run(
          .path(.init(self.path)),
          arguments: ["--testing-library", "swift-testing", "--filter", suite.filter],
          environment: .inherit.updating([
            .init(stringLiteral: MutatedPackage.variable): "\(number)", "SWIFT_BACKTRACE": "enable=no",
          ]), platformOptions: Session.options, input: .none, output: .discarded, error: .discarded
        ) { execution in
          session.begin(execution.processIdentifier.value)
        }.terminationStatus.isSuccess
      }
      group.addTask {
        try await Task.sleep(for: deadline)
        return false
      }
      defer { group.cancelAll() }
      return try await group.next() ?? false
    }
    return passes ? clock.now - start : nil
  }
}

/// A suite that fails without a mutant.
struct SuiteFailure: Error, CustomStringConvertible {
  let suite: Suite
  /// The tests.
  let path: String

  var description: String {
    "tests fail without a mutant; they are run by\n  \(path) --testing-library swift-testing --filter '\(suite.filter)'"
  }
}
