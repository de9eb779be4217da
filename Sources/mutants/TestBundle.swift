import Foundation
import Subprocess

/// The built tests of all modules.
struct TestBundle {
  let path: String

  /// How long a suite may take.
  private static let deadline = Duration.seconds(300)

  /// Whether the tests of a suite pass with a mutant; a crash and a hang are failures.
  func pass(_ suite: Suite, mutant number: Int) async throws -> Bool {
    try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        try await Subprocess.run(
          .path(.init(path)), arguments: ["--testing-library", "swift-testing", "--filter", suite.filter],
          environment: .inherit.updating([
            .init(stringLiteral: MutatedPackage.variable): "\(number)", "SWIFT_BACKTRACE": "enable=no",
          ]), output: .discarded
        ).terminationStatus.isSuccess
      }
      group.addTask {
        try await Task.sleep(for: Self.deadline)
        return false
      }
      defer { group.cancelAll() }
      return try await group.next() ?? false
    }
  }

  /// Runs suite after suite against a mutant until one fails.
  func outcome(of mutant: Mutant) async throws -> Outcome {
    let clock = ContinuousClock()
    let start = clock.now
    for suite in Suite.ordered(first: mutant.testModule) where try await !pass(suite, mutant: mutant.number) {
      return Outcome(mutant: mutant, killer: suite, duration: clock.now - start)
    }
    return Outcome(mutant: mutant, killer: nil, duration: clock.now - start)
  }
}
