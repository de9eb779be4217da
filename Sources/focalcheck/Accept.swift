import ArgumentParser
import Conformance
import Reporting

/// `focalcheck accept`
struct Accept: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Take a report for the baseline, with a reason.",
    discussion: """
      Shows in what the report is worse and better than the baseline, and writes it over the baseline with the reason \
      and the counts added to those that were accepted before. Nothing else writes a baseline. A report of a run in which \
      something could not be judged is refused. Where there is no baseline yet, the report becomes the first.

      EXAMPLE
        focalcheck run fixtures --output json=new.json
        focalcheck accept new.json --baseline old.json --reason 'new torch'
      """)

  @Argument(help: "The JSON report that a run wrote.", completion: .file(extensions: ["json"]))
  var report: String

  @Option(help: ArgumentHelp("The baseline.", valueName: "path"), completion: .file(extensions: ["json"]))
  var baseline: String

  @Option(help: ArgumentHelp("Why what is worse is accepted, and what has changed.", valueName: "text"))
  var reason: String

  func validate() throws {
    guard reason.contains(where: { !$0.isWhitespace }) else { throw ValidationError("the reason is empty") }
  }

  func run() throws {
    do {
      let contents = try RecordedReport.contents(of: report)
      let new = try RecordedReport(json: contents, path: report)
      try new.checkAcceptable()
      let old = FileNode(path: baseline) == nil ? nil : try RecordedReport(path: baseline)
      let comparison = try old.map { old throws(BaselineError) in try BaselineComparison(new, against: old) }
      let acceptance = comparison.map { Acceptance(reason, $0) } ?? Acceptance(reason, first: new)
      try OutputFile.write(
        BaselineFile.text(contents, accepted: (old?.accepted ?? []) + [acceptance]), to: baseline)
      if let comparison { try Console.result(BaselineText.render(comparison) + "\n") }
      try Console.result("Accepted into \(visibleText(baseline)): \(visibleText(reason))\n")
    } catch let error as BaselineError {
      Console.message(error.description)
      throw ExitCode.unjudged
    } catch let error as OutputError {
      Console.message(visibleText(error.description))
      throw ExitCode.unjudged
    }
  }
}
