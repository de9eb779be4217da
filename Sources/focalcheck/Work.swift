public import ArgumentParser
public import Conformance

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// `focalcheck worker`: what other commands start for each fixture. It is no command for a person.
struct Work: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: WorkerPool.subcommand, abstract: "Judge, list or test one fixture for another command.",
    shouldDisplay: false)

  @Argument var path: String

  @Option var task: WorkerTask

  @Option var policy: Policy

  @Option(name: .long) var filter: [String] = []

  @Option(name: .customLong("claim"), transform: Self.claim) var claims: [ClaimQuestion] = []

  @Flag(help: "Leave nonconformant tensors undiagnosed.") var noCauses = false

  @Option(help: "Seconds.") var processorTime: Int

  @Option var sha256: String?

  @Option var bytes: Int?

  @Option(help: "How many of the selected cases have been judged before.") var after = 0

  @Option(help: "How many of the selected cases have been judged when it stops.") var through = Int.max

  func validate() throws {
    guard processorTime > 0, after >= 0, through >= 0, (sha256 == nil) == (bytes == nil) else {
      throw ValidationError("no worker")
    }
  }

  private static func claim(_ text: String) throws -> ClaimQuestion {
    guard let claim = ClaimQuestion(parsing: text) else { throw ValidationError("no claim") }
    return claim
  }

  func run() throws {
    let pinned = sha256.flatMap { sha256 in bytes.map { FixtureDigest(sha256: sha256, byteCount: $0) } }
    let worker = Worker(
      FixtureLocation(path: path, pinned: pinned), policy: policy, filter: CaseFilter(filter),
      claims: claims, namesCauses: !noCauses, after: after, through: through)
    do throws(WorkerError) {
      try WorkerLimits(processorTime: processorTime).apply()
      try worker.run(task, writingTo: STDOUT_FILENO)
    } catch {
      Console.write("\(error.description)\n")
      throw ExitCode.unjudged
    }
  }
}

extension WorkerTask: ExpressibleByArgument {}
