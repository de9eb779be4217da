import ArgumentParser
import Conformance
import Reporting

/// `focalcheck agree`
struct Agree: AsyncParsableCommand, Guardable {
  static let configuration = CommandConfiguration(
    abstract: "Hold two builds, of one framework or of two, against each other and against the exact values.",
    discussion: """
      Cases are paired by name and must have been given the same bits. Each element is identical, accurate in both \
      (within one ULP of the exact value), in one of them, or in neither.

      Exit codes: 0 all differences are allowed by the two documentations; 1 something is nonconformant, or differs \
      in type or shape, or only one of them raised; 2 something could not be judged.

      EXAMPLE
        focalcheck agree paddle.h5 torch.h5 --filter 'formula.*'
      """)

  @Argument(help: "A fixture, or a folder of fixtures: A.", completion: .file())
  var first: String

  @Argument(help: "Another one: B.", completion: .file())
  var second: String

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Only the cases whose id, name, variant or framework matches the pattern; repeatable.",
      valueName: "pattern"))
  var filter: [String] = []

  @OptionGroup var workers: WorkerOptions

  @OptionGroup var output: OutputOptions

  var deadline: Int { workers.deadline(comparing: [first, second]) }

  func run() async throws {
    let empty = Agreement(notJudged: first, second)
    try output.check { $0.render(empty) != nil }
    try output.check(against: FixtureLocation.find([first, second]).map(\.path))
    let (first, second, cases) = (first, second, CaseFilter(filter))
    let (agreement, signal) = try await workers.judging(.derived, cases) { pool, progress in
      await UpgradeJudge(filter: cases).agreement(of: first, and: second, judgedBy: pool, progress: progress)
    }
    try output.write(endedBy: signal) { $0.render(agreement) ?? "" }
    if let code = ExitCode(agreement.verdict) { throw code }
  }
}
