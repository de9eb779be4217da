import ArgumentParser
import Conformance
import Reporting

/// `focalcheck upgrade`
struct Upgrade: AsyncParsableCommand, Guardable {
  static let configuration = CommandConfiguration(
    abstract: "Tell what changes from one build to another, and whether it is safe.",
    discussion: """
      Cases and tensors are paired by name and must have been given the same bits. An upgrade is safe when nothing is \
      worse than before. It is unsafe when a result becomes nonconformant or non-finite, a nonconformant result becomes \
      more wrong, a case raises that gave a value, or a result is gone or has another shape or dtype. A nonconformant \
      result is more wrong when more of its elements are outside, when others are, when more are NaN, infinite or of the \
      wrong sign, or when errors double. With more than two builds each is compared with each later one.

      Exit codes: 0 safe; 1 unsafe, or with --strict when any bit changed; 2 something could not be judged.

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

  @Flag(help: "Fail when any bit changed.")
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
    try output.check(against: FixtureLocation.find(builds).map(\.path))
    let (builds, cases) = (builds, CaseFilter(filter))
    let (judged, signal) = try await workers.judging(.derived, cases, namesCauses: false) { pool, progress in
      await UpgradeMatrix(builds, judgedBy: pool, by: UpgradeJudge(filter: cases), progress: progress)
    }
    var matrix = judged
    matrix.isStrict = strict
    matrix.signal = signal
    try output.write(endedBy: signal) { [matrix] in $0.render(matrix) }
    if let code = ExitCode(matrix.gate) { throw code }
  }
}
