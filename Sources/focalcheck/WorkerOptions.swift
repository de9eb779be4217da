import ArgumentParser
import Conformance
import Synchronization

#if canImport(Darwin)
  import Darwin
#endif

/// How the processes are run that judge the fixtures.
struct WorkerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How many fixtures are judged at a time; as many as there are processors without it.",
      valueName: "count"))
  var jobs: Int?

  @Option(
    help: ArgumentHelp(
      "How long one fixture may take; it could not be judged then.", valueName: "seconds"))
  var deadline = 900

  func validate() throws {
    guard (1...1024).contains(jobs ?? 1) else { throw ValidationError("jobs are between 1 and 1024") }
    guard (1...1_000_000).contains(deadline) else {
      throw ValidationError("a deadline is between 1 and 1000000 seconds")
    }
  }

  /// The processes that judge some cases.
  func pool(_ policy: Policy, _ filter: CaseFilter) -> WorkerPool {
    WorkerPool(
      program: Self.program, policy: policy, filter: filter, jobs: jobs, deadline: deadline)
  }

  /// The builds that some paths name, judged.
  ///
  /// - Throws: `ExitCode` when a signal ended it.
  func sides(_ paths: [String], _ filter: CaseFilter) async throws -> [Conformance.Upgrade.Side] {
    let pool = pool(.derived, filter)
    return try await untilInterrupted {
      let line = Mutex(ProgressLine())
      defer { line.withLock { $0.finish() } }
      var sides: [Conformance.Upgrade.Side] = []
      for path in paths {
        sides.append(
          try await Conformance.Upgrade.Side(path, by: pool) { progress in line.withLock { $0.show(progress) }
          })
      }
      return sides
    }
  }

  /// The path of this program: what runs, even if another file has taken its place meanwhile.
  static var program: String {
    #if os(Linux)
      return "/proc/self/exe"
    #else
      var size: UInt32 = 0
      _NSGetExecutablePath(nil, &size)
      var path = [CChar](repeating: 0, count: Int(size))
      guard _NSGetExecutablePath(&path, &size) == 0 else { return CommandLine.arguments[0] }
      return String(decoding: path.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    #endif
  }
}

extension WorkerPool {
  /// Judges fixtures, with a line of progress when it lasts.
  func runShown(_ fixtures: [FixtureLocation]) async -> Report {
    let line = Mutex(ProgressLine())
    defer { line.withLock { $0.finish() } }
    return await run(fixtures) { progress in line.withLock { $0.show(progress) } }
  }
}
