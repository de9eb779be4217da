import ArgumentParser
import Comparison
import Conformance
import Reporting

/// `focalcheck run`
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Judge fixtures and print the report.",
    discussion: """
      EXAMPLE
        focalcheck run fixtures/paddle-3.3.1.h5 --policy ulp:4 --output json=report.json
        focalcheck run fresh.h5 --ledger fixtures/known-differences.toml
      """)

  @OptionGroup var selection: Selection

  @Option(help: ArgumentHelp("By what an element is within.", discussion: Policy.help))
  var policy: Policy = .derived

  @OptionGroup var ledger: LedgerOptions

  @OptionGroup var output: OutputOptions

  func run() throws {
    let locations = selection.locations
    let ledgers = try ledger.read(for: locations, policy: policy)
    try output.check(against: locations.map(\.path) + ledgers.paths)
    var line = ProgressLine()
    let judged = Runner(policy: policy, filter: selection.caseFilter).run(locations) { progress in
      line.show(
        "\(visibleText(progress.file)) (\(progress.fixture) of \(progress.fixtureCount)): "
          + "case \(progress.caseCount + 1) of \(progress.caseTotal)")
    }
    line.finish()
    let report = ledgers.applied(to: judged, isFiltered: !selection.filter.isEmpty)
    try output.write { $0.render(report) }
    if report.fixtures.isEmpty {
      Console.message(selection.emptinessMessage)
    } else if report.comparesNothing {
      Console.message("no element was compared")
    }
    if let code = ExitCode(report.verdict) { throw code }
  }
}
