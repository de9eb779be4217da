internal import Subprocess
internal import Synchronization

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Judges, lists and self-tests fixtures, each in a process of its own, several at a time.
///
/// libhdf5 is known to crash, to hang and to take all memory on some damaged files. What becomes of one such process
/// is the verdict of its fixture, and the others do not notice. A file that makes libhdf5 run code of its own is beyond
/// this: such a worker can say anything. The report does not depend on how many there are.
public struct WorkerPool: Sendable {
  private let program: String
  private let policy: Policy
  private let filter: CaseFilter
  private let claims: [ClaimQuestion]
  private let namesCauses: Bool
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
  ///   - namesCauses: whether nonconformant tensors are diagnosed.
  ///   - jobs: how many fixtures are judged at a time; nil for one on each processor.
  ///   - deadline: how many seconds one fixture may take.
  public init(
    program: String, policy: Policy, filter: CaseFilter, claims: [ClaimQuestion] = [],
    namesCauses: Bool = true,
    jobs: Int? = nil,
    deadline: Int
  ) {
    self.program = program
    self.policy = policy
    self.filter = filter
    self.claims = claims
    self.namesCauses = namesCauses
    self.jobs = max(1, jobs ?? ProcessInfo.processInfo.activeProcessorCount)
    self.deadline = deadline
  }

  /// Judges the selected cases of the fixtures.
  ///
  /// When the task is cancelled, the workers are ended, and the report names the fixtures that were not judged.
  ///
  /// - Parameters:
  ///   - fixtures: the fixtures, in the order of the report.
  ///   - journal: what was found earlier, and where is written what is found; or nil.
  ///   - progress: told of each case that is begun, on any thread.
  public func run(
    _ fixtures: [FixtureLocation], journal: Journal? = nil,
    progress: @escaping @Sendable (Runner.Progress) -> Void = { _ in }
  ) async -> Report {
    let outcomes = await inParallel(fixtures) { location, index in
      await outcome(of: location, FixtureJournal(journal, index)) { place in
        progress(Runner.Progress(location, index, of: fixtures, place))
      }
    }
    let notJudged = zip(fixtures, outcomes).filter { $0.1 == nil }.map(\.0.fileName)
    return Report(policy: policy, outcomes: outcomes.compactMap { $0 }, notJudged: notJudged)
  }

  /// The selected cases of each fixture, or why it cannot be read; nil where the task was cancelled before.
  public func list(_ fixtures: [FixtureLocation]) async -> [Result<[ListedCase], FixtureError>?] {
    await findings(.list, in: fixtures) { _ in }
  }

  /// Plants faults in the selected cases of the fixtures, as ``SelfTest`` does; nil when the task is cancelled before that
  /// is done.
  ///
  /// - Parameters:
  ///   - fixtures: the fixtures.
  ///   - progress: told before each case, on any thread.
  public func selfTest(
    _ fixtures: [FixtureLocation],
    progress: @escaping @Sendable (Runner.Progress) -> Void = { _ in }
  ) async -> SelfTestReport? {
    var report = SelfTestReport(policy)
    let findings: [Result<SelfTestReport, FixtureError>?] = await findings(.selfTest, in: fixtures, progress)
    for finding in findings {
      guard let finding else { return nil }
      report.add(finding)
    }
    return report
  }

  /// Who computed a fixture, read in a process of its own; nil when that cannot be told.
  func provenance(of location: FixtureLocation) async -> Provenance? {
    var nothing = JudgingTranscript()
    nothing.stop = 0
    return try? await records(of: location, .judge, through: 0, from: nothing, by: endOfTime()) { _, _ in }
      .get()
      .provenance
  }

  /// What a worker finds in each fixture; nil where the task was cancelled before.
  private func findings<Finding: WorkerFinding>(
    _ task: WorkerTask, in fixtures: [FixtureLocation],
    _ progress: @escaping @Sendable (Runner.Progress) -> Void
  ) async -> [Result<Finding, FixtureError>?] {
    await inParallel(fixtures) { location, index in
      if Task.isCancelled { return nil }
      if let problem = location.problem { return .failure(problem) }
      let records = await records(of: location, task, from: FindingRecords<Finding>(), by: endOfTime()) {
        _, place in
        if let place { progress(Runner.Progress(location, index, of: fixtures, place)) }
      }
      switch records {
      case .success(let records): return records.result
      case .failure(let failure): return Task.isCancelled ? nil : .failure(failure)
      }
    }
  }

  /// What becomes of one fixture; nil when the task is cancelled.
  private func outcome(
    of location: FixtureLocation, _ journal: FixtureJournal,
    tell: @escaping @Sendable (FixturePlace) -> Void
  ) async -> FixtureOutcome? {
    if Task.isCancelled { return nil }
    if let problem = location.problem { return FixtureOutcome(problem, at: location) }
    if journal.records.isWhole { return journal.records.outcome(of: location) }
    let end = endOfTime()
    var judged = journal.records
    repeat {
      let before = judged.judgedCount
      judged.stop = journal.stop(after: before)
      let part = await records(
        of: location, .judge, after: before, through: judged.stop, from: judged, by: end
      ) { record, place in
        if case .began = record, let place { tell(place) }
      }
      do throws(FixtureError) {
        judged = try part.get()
      } catch {
        return Task.isCancelled ? nil : FixtureOutcome(error, at: location)
      }
      journal.add(judged, after: before)
    } while !judged.isWhole
    return judged.outcome(of: location)
  }

  /// Does something with each fixture, so many at a time as there are jobs, and gives the results in their order.
  private func inParallel<Value: Sendable>(
    _ fixtures: [FixtureLocation], _ work: @escaping @Sendable (FixtureLocation, Int) async -> Value?
  ) async -> [Value?] {
    await withTaskGroup(of: (Int, Value?).self) { group in
      var values: [Value?] = Array(repeating: nil, count: fixtures.count)
      for (index, location) in fixtures.enumerated() {
        if index >= jobs, let (done, value) = await group.next() { values[done] = value }
        group.addTask { (index, await work(location, index)) }
      }
      for await (done, value) in group { values[done] = value }
      return values
    }
  }

  /// When the time of a fixture is up that is begun now.
  private func endOfTime() -> ContinuousClock.Instant { .now + .seconds(deadline) }

  /// What a worker finds in a fixture.
  ///
  /// - Parameters:
  ///   - location: where it is.
  ///   - task: what the worker does with it.
  ///   - judgedCount: how many of the selected cases it passes over.
  ///   - stop: how many have been judged when it stops; nil when it does not.
  ///   - earlier: what was found before, behind which it begins.
  ///   - end: when it must be done.
  ///   - tell: told of each record, and of the place that has been reached then.
  private func records<Records: WorkerRecords>(
    of location: FixtureLocation, _ task: WorkerTask, after judgedCount: Int = 0, through stop: Int? = nil,
    from earlier: Records, by end: ContinuousClock.Instant,
    tell: @escaping @Sendable (Records.Record, FixturePlace?) -> Void
  ) async -> Result<Records, FixtureError> {
    let reached = Mutex<FixturePlace?>(nil)
    func failure(_ reason: String) -> FixtureError {
      let object = reached.withLock(\.self).map { "/cases/\($0.name)" }
      return FixtureError(file: location.fileName, object: object, reason: reason)
    }
    let worker = configuration(for: location, task, after: judgedCount, through: stop)
    let reach: @Sendable (FixturePlace?) -> Void = { place in reached.withLock { $0 = place } }
    do {
      let records = try await withThrowingTaskGroup(of: Records.self) { group in
        group.addTask { try await Self.run(worker, from: earlier, tell: tell, reach: reach) }
        group.addTask { throw try await timeIsUp(at: end) }
        defer { group.cancelAll() }
        return try await group.next()
      }
      return records.map(Result.success) ?? .failure(failure("was not judged"))
    } catch let fault as WorkerFault {
      return .failure(failure("the process that \(task.deed) it \(fault.reason)"))
    } catch let error as SubprocessError {
      let reason = error.underlyingError.map { "\($0)" } ?? error.description
      return .failure(failure("its process cannot be run: \(reason)"))
    } catch {
      return .failure(failure("its process cannot be run: \(error)"))
    }
  }

  /// Waits for the end of a fixture's time.
  private func timeIsUp(at end: ContinuousClock.Instant) async throws -> WorkerFault {
    try await Task.sleep(until: end, clock: .continuous)
    return WorkerFault(reason: "took more than \(deadline) s and was ended")
  }

  /// Runs a worker to its end.
  private static func run<Records: WorkerRecords>(
    _ worker: Configuration, from earlier: Records,
    tell: @Sendable (Records.Record, FixturePlace?) -> Void,
    reach: @Sendable (FixturePlace?) -> Void
  ) async throws -> Records {
    let result = try await Subprocess.run(worker, input: .none, output: .sequence, error: .sequence) {
      execution in
      async let lastWords = Self.lastWords(execution.standardError)
      var transcript = WorkerTranscript(after: earlier)
      var fault: WorkerFault?
      for try await buffer in execution.standardOutput where fault == nil {
        do throws(WorkerFault) {
          for record in try transcript.append(buffer.withUnsafeBytes(Array.init)) {
            tell(record, transcript.records.place)
          }
        } catch {
          fault = error
          try? execution.send(signal: .kill)
        }
        reach(transcript.records.place)
      }
      return (transcript: transcript, fault: fault, lastWords: try await lastWords)
    }
    let (transcript, fault, lastWords) = result.closureResult
    if let fault { throw fault }
    let said = lastWords.isEmpty ? "" : ": \(lastWords)"
    switch result.terminationStatus {
    case .exited(0): return try transcript.finished()
    case .exited(let status): throw WorkerFault(reason: "failed with exit status \(status)\(said)")
    case .signaled(let number):
      throw WorkerFault(reason: WorkerEnding.reason(number) + said)
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

  /// A worker.
  private func configuration(
    for location: FixtureLocation, _ task: WorkerTask, after judgedCount: Int, through stop: Int?
  ) -> Configuration {
    var arguments = [
      Self.subcommand, "--task=\(task.rawValue)", "--policy=\(policy.name)", "--processor-time=\(deadline)",
      "--after=\(judgedCount)",
    ]
    if let stop { arguments.append("--through=\(stop)") }
    arguments += filter.texts.map { "--filter=\($0)" } + claims.map { "--claim=\($0.text)" }
    if !namesCauses { arguments.append("--no-causes") }
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

extension Runner.Progress {
  fileprivate init(
    _ location: FixtureLocation, _ index: Int, of fixtures: [FixtureLocation], _ place: FixturePlace
  ) {
    self.init(
      file: location.fileName, fixture: index + 1, fixtureCount: fixtures.count, caseCount: place.index,
      caseTotal: place.caseCount)
  }
}
