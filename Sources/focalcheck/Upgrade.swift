import ArgumentParser
import Conformance
import Reporting

/// `focalcheck upgrade`
struct Upgrade: AsyncParsableCommand, Guardable {
  static let configuration = CommandConfiguration(
    abstract: "Tell what changes from one build to another, and whether it is safe.",
    discussion: """
      Cases and tensors are paired by name and must have been given the same bits. An upgrade is safe when no bit \
      moves or all that was conformant still is; it is unsafe when something becomes nonconformant or non-finite, \
      raises, has another shape or dtype, or is gone. With more than two builds each is compared with each later one.

      Exit codes: 0 safe; 1 unsafe, or with --strict when any bit moved; 2 something could not be judged.

      EXAMPLE
        focalcheck upgrade old.h5 new.h5 --output json=upgrade.json
      """)

  @Argument(
    help: "Fixtures, or folders of fixtures, from the oldest build to the newest.", completion: .file())
  var builds: [String]

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Only the cases whose id, name, variant or framework matches the pattern; repeatable.",
      valueName: "pattern"))
  var filter: [String] = []

  @Flag(help: "Fail when any bit moved.")
  var strict = false

  @OptionGroup var workers: WorkerOptions

  @OptionGroup var output: OutputOptions

  var deadline: Int { workers.deadline(comparing: builds) }

  func validate() throws {
    guard builds.count >= 2 else {
      throw ValidationError("an upgrade is from one build to another: name two")
    }
  }

  func run() async throws {
    let empty = UpgradeMatrix()
    try output.check { $0.render(empty) != nil }
    try output.check(against: FixtureLocation.find(builds).map(\.path))
    let (builds, cases) = (builds, CaseFilter(filter))
    let (matrix, signal) = try await workers.judging(.derived, cases) { pool, progress in
      await UpgradeMatrix(builds, judgedBy: pool, by: UpgradeJudge(filter: cases), progress: progress)
    }
    try output.write(endedBy: signal) { $0.render(matrix) ?? "" }
    switch matrix.verdict {
    case .safe: break
    case .moves: if strict { throw ExitCode.nonconformant }
    case .unsafe: throw ExitCode.nonconformant
    case .unjudged: throw ExitCode.unjudged
    }
  }
}
