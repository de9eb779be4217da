import ArgumentParser
import Conformance
import Reporting

/// The options of the commands that judge: the policy, what fails the run, and where the report goes.
struct JudgingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("How to decide whether an element matches.", discussion: Policy.help))
  var policy: Policy = .derived

  @Flag(
    help: ArgumentHelp(
      "Fail (exit code 2) when any result is unjudged.",
      discussion:
        "Without it unjudged results are listed and counted, and only a case of which nothing was judged fails."
    ))
  var requireJudged = false

  @OptionGroup var ledger: LedgerOptions

  @OptionGroup var output: OutputOptions

  @OptionGroup var workers: WorkerOptions

  /// The ledgers that speak of some fixtures.
  func ledgers(for locations: [FixtureLocation]) throws -> Ledgers {
    try ledger.read(for: locations, policy: policy)
  }

  /// Writes the report, and ends with the exit code of its gate.
  ///
  /// - Throws: as ``OutputOptions/write(endedBy:_:)``, or `ExitCode` when the gate fails.
  func conclude(_ findings: Report, over cases: CaseOptions, endedBy signal: Int32?) throws {
    var report = findings
    report.requiresJudged = requireJudged
    report.signal = signal
    try output.write(endedBy: signal) { $0.render(report) }
    if let fault = report.accounting?.fault { Console.message(fault) }
    if report.fixtures.isEmpty {
      Console.message(cases.emptinessMessage)
    } else if report.comparesNothing {
      Console.message("no element was compared")
    }
    if let code = ExitCode(report.gate) { throw code }
  }
}

extension ProgressLine {
  /// Shows how far a run is.
  mutating func show(_ progress: Runner.Progress) {
    show(
      "\(visibleText(progress.file)) (\(progress.fixture) of \(progress.fixtureCount)): "
        + "case \(progress.caseCount + 1) of \(progress.caseTotal)")
  }
}
