import ArgumentParser
import Conformance
import Reporting

/// `focalcheck agree`
struct Agree: AsyncParsableCommand, Guardable {
  static let configuration = CommandConfiguration(
    abstract: "Compare two builds, of one framework or of two, with each other and with the exact values.",
    discussion: """
      Cases are paired by name and must have been given the same bits. Each element is identical, accurate in both \
      (within one ULP of the exact value), in one of them, or in neither. Builds agree only where the results of both \
      were judged and each element that differs has an exact value.

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
    try output.check(against: FixtureLocation.find([first, second]).map(\.path))
    let (first, second, cases) = (first, second, CaseFilter(filter))
    let (judged, signal) = try await workers.judging(.derived, cases, namesCauses: false) { pool, progress in
      await UpgradeJudge(filter: cases).agreement(of: first, and: second, judgedBy: pool, progress: progress)
    }
    var agreement = judged
    agreement.signal = signal
    try output.write(endedBy: signal) { [agreement] in $0.render(agreement) }
    if let code = ExitCode(agreement.gate) { throw code }
  }
}
