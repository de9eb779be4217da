import ArgumentParser
import Conformance
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// How the processes are run that judge the fixtures.
struct WorkerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How many fixtures are looked at in parallel; as many as there are processors without it.",
      valueName: "count"))
  var jobs: Int?

  @Option(
    help: ArgumentHelp(
      "How long one fixture may take; if it takes longer, it could not be judged.", valueName: "seconds"))
  var deadline = 900

  func validate() throws {
    guard (1...1024).contains(jobs ?? 1) else { throw ValidationError("jobs are between 1 and 1024") }
    try validate(deadline: deadline)
  }

  /// Makes sure that the program can start itself again, without which nothing can be read.
  ///
  /// - Throws: `ExitCode.unjudged`, after a message, when it cannot.
  static func checkProgram() throws {
    guard access(program, X_OK) != 0 else { return }
    let reason = String(cString: strerror(errno))
    Console.message("cannot start its own processes: \(program): \(reason); on Linux /proc must be mounted")
    throw ExitCode.unjudged
  }

  /// The processes that judge some cases.
  func pool(
    _ policy: Policy, _ filter: CaseFilter, claims: [ClaimQuestion] = [], namesCauses: Bool = true
  ) -> WorkerPool {
    WorkerPool(
      program: Self.program, policy: policy, filter: filter, claims: claims, namesCauses: namesCauses,
      jobs: jobs, deadline: deadline)
  }

  /// How many seconds a command may take that judges the fixtures of some paths and compares each with each other: enough
  /// for one after another, and no more than a clock can count.
  func deadline(comparing paths: [String]) -> Int {
    let count = paths.map { FixtureLocation.find([$0]).count }.reduce(0, +)
    return min(deadline * count * (count + 1), Int(Int32.max / 2))
  }

  /// Does work with the processes that judge some cases, with a line of progress when it lasts, and says as well which
  /// signal ended it.
  ///
  /// - Throws: what the work throws, but ``ended(by:)`` where a signal ended it.
  func judging<Success: Sendable>(
    _ policy: Policy, _ filter: CaseFilter, _ claims: [ClaimQuestion] = [], namesCauses: Bool = true,
    _ work:
      @escaping @Sendable (WorkerPool, @escaping @Sendable (Runner.Progress) -> Void) async throws ->
      Success
  ) async throws -> (result: Success, signal: Int32?) {
    let pool = pool(policy, filter, claims: claims, namesCauses: namesCauses)
    let (result, signal) = await interruptible {
      let line = Mutex(ProgressLine())
      defer { line.withLock { $0.finish() } }
      return try await work(pool) { progress in line.withLock { $0.show(progress) } }
    }
    do {
      return (try result.get(), signal)
    } catch {
      throw signal.map(ended) ?? error
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

extension ParsableArguments {
  func validate(deadline: Int) throws {
    guard (1...1_000_000).contains(deadline) else {
      throw ValidationError("a deadline is between 1 and 1000000 seconds")
    }
  }
}
