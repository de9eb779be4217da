import ArgumentParser
import Conformance

/// `focalcheck run`
struct Run: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Judge fixtures and print the report.",
    discussion: """
      EXAMPLE
        focalcheck run fixtures/paddle-3.3.1.h5 --policy ulp:4 --output json=report.json
      """)

  @OptionGroup var selection: Selection

  @OptionGroup var judging: JudgingOptions

  func run() throws {
    let locations = selection.locations
    try judging.output.check(against: locations.map(\.path))
    var line = ProgressLine()
    let report = judging.runner(over: selection.cases).run(locations) { line.show($0) }
    line.finish()
    try judging.conclude(report, over: selection.cases)
  }
}
