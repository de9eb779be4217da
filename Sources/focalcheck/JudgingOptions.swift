import ArgumentParser
import Conformance
import Reporting

/// What the commands that judge have in common: by what they judge, and where the report goes.
struct JudgingOptions: ParsableArguments {
  @Option(help: ArgumentHelp("By what an element is within.", discussion: Policy.help))
  var policy: Policy = .derived

  @OptionGroup var ledger: LedgerOptions

  @OptionGroup var output: OutputOptions

  @OptionGroup var workers: WorkerOptions

  /// The ledgers that speak of some fixtures.
  func ledgers(for locations: [FixtureLocation]) throws -> Ledgers {
    try ledger.read(for: locations, policy: policy)
  }

  /// Writes the report, and says so where nothing was judged.
  ///
  /// - Throws: as ``OutputOptions/write(endedBy:_:)``.
  func write(_ report: Report, over cases: CaseOptions, endedBy signal: Int32?) throws {
    try output.write(endedBy: signal) { $0.render(report) }
    if let fault = report.accounting?.fault { Console.message(fault) }
    if report.fixtures.isEmpty {
      Console.message(cases.emptinessMessage)
    } else if report.comparesNothing {
      Console.message("no element was compared")
    }
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
