internal import Subprocess
internal import Synchronization

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Judges fixtures, each in a process of its own, several at a time.
///
/// libhdf5 is known to crash, to hang and to take all memory on some damaged files. What becomes of one such process
/// is the verdict of its fixture, and the others do not notice. A file that makes libhdf5 run code of its own is beyond
/// this: such a worker can say anything. The report does not depend on how many there are.
public struct WorkerPool: Sendable {
  private let program: String
  private let policy: Policy
  private let filter: CaseFilter
  private let claims: [Claim]
  private let jobs: Int
  private let deadline: Int

  /// The name of the program's subcommand that does the work of a ``Worker``.
  public static let subcommand = "worker"

  /// A pool.
  ///
  /// - Parameters:
  ///   - program: the path of this program.
  ///   - policy: the policy for all cases.
  ///   - filter: which cases are judged.
  ///   - claims: what the cases are held against besides.
  ///   - jobs: how many fixtures are judged at a time; nil for one on each processor.
  ///   - deadline: how many seconds one fixture may take.
  public init(
    program: String, policy: Policy, filter: CaseFilter, claims: [Claim] = [], jobs: Int? = nil, deadline: Int
  ) {
    self.program = program
    self.policy = policy
    self.filter = filter
    self.claims = claims
    self.jobs = max(1, jobs ?? ProcessInfo.processInfo.activeProcessorCount)
    self.deadline = deadline
  }

  /// Judges the selected cases of the fixtures.
  ///
  /// When the task is cancelled, the workers are ended, and the report names the fixtures that were not judged.
  ///
  /// - Parameters:
  ///   - fixtures: the fixtures, in the order of the report.
  ///   - journal: where each record is written that is found, and what was found earlier; or nil.
  ///   - progress: told of each case that is begun, on any thread.
  public func run(
    _ fixtures: [FixtureLocation], journal: Journal? = nil,
    progress: @escaping @Sendable (Runner.Progress) -> Void = { _ in }
  ) async -> Report {
    var outcomes: [FixtureOutcome?] = Array(repeating: nil, count: fixtures.count)
    await withTaskGroup(of: (Int, FixtureOutcome?).self) { group in
      for (index, location) in fixtures.enumerated() {
        if index >= jobs, let (done, outcome) = await group.next() { outcomes[done] = outcome }
        group.addTask {
          let outcome = await outcome(of: location, FixtureJournal(journal, index)) { place in
            progress(
              Runner.Progress(
                file: location.fileName, fixture: index + 1, fixtureCount: fixtures.count,
                caseCount: place.index, caseTotal: place.caseCount))
          }
          return (index, outcome)
        }
      }
      for await (done, outcome) in group { outcomes[done] = outcome }
    }
    let notJudged = zip(fixtures, outcomes).filter { $0.1 == nil }.map(\.0.fileName)
    return Report(policy: policy, outcomes: outcomes.compactMap { $0 }, notJudged: notJudged)
  }

  /// Who computed a fixture, read in a process of its own; nil when that cannot be told.
  func provenance(of location: FixtureLocation) async -> Provenance? {
    let records = try? await withThrowingTaskGroup(of: JudgingTranscript.self) { group in
      group.addTask { try await run(location, FixtureJournal(nil, 0), after: .max) { _ in } }
      group.addTask { throw try await timeIsUp() }
      defer { group.cancelAll() }
      return try await group.next()
    }
    return records?.provenance
  }

  /// Waits for the deadline.
  private func timeIsUp() async throws -> WorkerTranscript.Fault {
    try await Task.sleep(for: .seconds(deadline))
    return WorkerTranscript.Fault(reason: "took more than \(deadline) s and was ended")
  }

  /// What becomes of one fixture; nil when the task is cancelled.
  private func outcome(
    of location: FixtureLocation, _ journal: FixtureJournal,
    tell: @escaping @Sendable (JudgingTranscript.Place) -> Void
  ) async -> FixtureOutcome? {
    if Task.isCancelled { return nil }
    if let problem = location.problem { return FixtureOutcome(problem, at: location) }
    if journal.records.isWhole { return journal.records.outcome(of: location) }
    let reached = Mutex<JudgingTranscript.Place?>(nil)
    let note: @Sendable (JudgingTranscript.Place?) -> Void = { place in
      reached.withLock { $0 = place }
      if let place { tell(place) }
    }
    let failure: String
    var isKill = false
    do {
      let records = try await withThrowingTaskGroup(of: JudgingTranscript.self) { group in
        group.addTask {
          try await run(location, journal, after: journal.records.judgedCount, tell: note)
        }
        group.addTask { throw try await timeIsUp() }
        defer { group.cancelAll() }
        return try await group.next()
      }
      if let records {
        journal.end(records)
        return records.outcome(of: location)
      }
      failure = "was not judged"
    } catch let fault as WorkerTranscript.Fault {
      failure = "the process that judged it \(fault.reason)"
      isKill = fault.isKill
    } catch let error as SubprocessError {
      failure =
        "the process that judges it cannot be run: \(error.underlyingError.map { "\($0)" } ?? error.description)"
    } catch {
      failure = "the process that judges it cannot be run: \(error)"
    }
    // A cancelled task kills its worker, which says nothing against what that has found.
    if !Task.isCancelled || !isKill { journal.strikeOut() }
    if Task.isCancelled { return nil }
    let object = reached.withLock(\.self).map { "/cases/\($0.name)" }
    return FixtureOutcome(
      FixtureError(file: location.fileName, object: object, reason: failure), at: location)
  }

  /// Runs a worker to its end, and tells which case it has begun, nil after the last.
  ///
  /// - Parameter judgedCount: how many of the selected cases it passes over.
  private func run(
    _ location: FixtureLocation, _ journal: FixtureJournal, after judgedCount: Int,
    tell: @Sendable (JudgingTranscript.Place?) -> Void
  ) async throws -> JudgingTranscript {
    let result = try await Subprocess.run(
      configuration(for: location, after: judgedCount), input: .none, output: .sequence,
      error: .sequence
    ) { execution in
      async let lastWords = Self.lastWords(execution.standardError)
      var transcript = WorkerTranscript(after: journal.records)
      var fault: WorkerTranscript.Fault?
      for try await buffer in execution.standardOutput where fault == nil {
        do throws(WorkerTranscript.Fault) {
          for record in try transcript.append(buffer.withUnsafeBytes(Array.init)) {
            journal.add(record)
            if case .began = record { tell(transcript.records.place) }
          }
        } catch {
          fault = error
          try? execution.send(signal: .kill)
        }
      }
      tell(transcript.records.place)
      return (transcript: transcript, fault: fault, lastWords: try await lastWords)
    }
    let (transcript, fault, lastWords) = result.closureResult
    if let fault { throw fault }
    let said = lastWords.isEmpty ? "" : ": \(lastWords)"
    switch result.terminationStatus {
    case .exited(0): return try transcript.finished()
    case .exited(let status):
      throw WorkerTranscript.Fault(reason: "failed with exit status \(status)\(said)")
    case .signaled(let number):
      throw WorkerTranscript.Fault(
        reason: WorkerEnding.reason(number) + said, isKill: number == Signal.kill.rawValue)
    }
  }

  /// The last line that a worker said on its standard error, cut.
  private static func lastWords(_ messages: SubprocessOutputSequence) async throws -> String {
    var tail: [UInt8] = []
    for try await buffer in messages {
      tail = (tail + buffer.withUnsafeBytes(Array.init)).suffix(1000)
    }
    return String(decoding: tail, as: UTF8.self).split(whereSeparator: \.isNewline).last.map(String.init)
      ?? ""
  }

  private func configuration(for location: FixtureLocation, after judgedCount: Int) -> Configuration {
    var arguments = [
      Self.subcommand, "--policy=\(policy.name)", "--processor-time=\(deadline)", "--after=\(judgedCount)",
    ]
    arguments += filter.texts.map { "--filter=\($0)" } + claims.map { "--claim=\($0.text)" }
    if let pinned = location.pinned {
      arguments += ["--sha256=\(pinned.sha256)", "--bytes=\(pinned.byteCount)"]
    }
    // Of a crash the signal is told. Swift's backtracer would start a process for it, and read other files.
    var environment: [Environment.Key: String] = ["SWIFT_BACKTRACE": "enable=no"]
    // Where the system finds the program's libraries; a worker takes nothing else from outside.
    for key: Environment.Key in ["LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH"] {
      environment[key] = ProcessInfo.processInfo.environment[key.rawValue]
    }
    // A signal to this program and all that it started is for this program, which ends its workers.
    var options = PlatformOptions()
    options.processGroupID = 0
    return Configuration(
      executable: .path(.init(program)),
      arguments: Arguments(
        executablePathOverride: "focalcheck", remainingValues: arguments + ["--", location.path]),
      environment: .custom(environment), platformOptions: options)
  }
}
