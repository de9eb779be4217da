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
        focalcheck run fixtures --baseline reports/baseline.json
      """)

  @OptionGroup var selection: Selection

  @Option(help: ArgumentHelp("By what an element is within.", discussion: Policy.help))
  var policy: Policy = .derived

  @OptionGroup var ledger: LedgerOptions

  @Option(
    help: ArgumentHelp(
      "Fail only on what is worse than in an earlier JSON report.",
      discussion: """
        Worse are a worse verdict, more elements outside or NaN, another dtype or shape, a case that raises now, and what \
        is gone. Where only files are named, the other fixtures of the baseline are not looked at. A run never writes \
        its baseline; see focalcheck accept.
        """, valueName: "path"), completion: .file(extensions: ["json"]))
  var baseline: String?

  @OptionGroup var output: OutputOptions

  func run() throws {
    let locations = selection.locations
    let ledgers = try ledger.read(for: locations, policy: policy)
    try output.check(against: locations.map(\.path) + ledgers.paths + (baseline.map { [$0] } ?? []))
    let recorded = try recordedBaseline()
    var line = ProgressLine()
    let judged = Runner(policy: policy, filter: selection.caseFilter).run(locations) { progress in
      line.show(
        "\(visibleText(progress.file)) (\(progress.fixture) of \(progress.fixtureCount)): "
          + "case \(progress.caseCount + 1) of \(progress.caseTotal)")
    }
    line.finish()
    var report = ledgers.applied(to: judged, isFiltered: !selection.filter.isEmpty)
    var failure: BaselineError?
    if let recorded {
      do throws(BaselineError) {
        report.baseline = try BaselineComparison(
          RecordedReport(report), against: recorded, filter: selection.caseFilter,
          isWhole: selection.namesFolder)
      } catch {
        failure = error
      }
    }
    try output.write { $0.render(report) }
    if report.fixtures.isEmpty {
      Console.message(selection.emptinessMessage)
    } else if report.comparesNothing {
      Console.message("no element was compared")
    }
    if let failure {
      Console.message(failure.description)
      throw ExitCode.unjudged
    }
    if let code = ExitCode(report.gate) { throw code }
  }

  /// The baseline that is asked for.
  ///
  /// - Throws: `ExitCode.unjudged`, after a message, when it cannot be used.
  private func recordedBaseline() throws -> RecordedReport? {
    do throws(BaselineError) {
      guard let baseline else { return nil }
      let recorded = try RecordedReport(path: baseline)
      try recorded.check(policy: policy.name)
      return recorded
    } catch {
      Console.message(error.description)
      throw ExitCode.unjudged
    }
  }
}
