import ArgumentParser
import Conformance
import Reporting

/// `focalcheck known`
struct Known: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Write known differences, or tighten their bounds, from a report.",
    discussion: """
      With --reason, each nonconformant tensor of the report that no entry makes known gets one, and so does each case that \
      raised on documented input. The bounds of an entry are what the report shows: how many elements, of which classes, \
      how far from exact, and at which inputs. Entries that are there are not changed.

      With --tighten, the bounds of the entries become what the report shows. No bound becomes looser; what exceeds one \
      is listed, with exit code 1. An entry without bounds gets them. The report must be of all fixtures that the \
      entries speak of.

      EXAMPLE
        focalcheck run fixtures --output json=report.json
        focalcheck known report.json --ledger known.toml --reason 'issue 123'
        focalcheck known report.json --ledger known.toml --tighten
      """)

  @Argument(help: "The JSON report that a run wrote.", completion: .file(extensions: ["json"]))
  var report: String

  @Option(
    help: ArgumentHelp(
      "The list of known differences; with --reason it need not be there yet.", valueName: "path"),
    completion: .file(extensions: ["toml"]))
  var ledger: String

  @Option(help: ArgumentHelp("Why the differences may be there.", valueName: "text"))
  var reason: String?

  @Option(help: ArgumentHelp("Where more is said about them.", valueName: "url"))
  var link: String?

  @Option(
    name: .customLong("case"),
    help: ArgumentHelp(
      "Add entries only for cases whose id or name matches the pattern; repeatable.", valueName: "pattern"))
  var cases: [String] = []

  @Option(
    name: .customLong("tensor"),
    help: ArgumentHelp(
      "Add entries only for tensors whose name matches the pattern; repeatable.", valueName: "pattern"))
  var tensors: [String] = []

  @Flag(help: "Tighten the bounds of the entries that are there.")
  var tighten = false

  func validate() throws {
    if tighten {
      guard reason == nil, link == nil, cases.isEmpty, tensors.isEmpty else {
        throw ValidationError(
          "--tighten adds no entries; it goes without --reason, --link, --case and --tensor")
      }
    } else {
      guard let reason else {
        throw ValidationError("give the --reason of the new entries, or --tighten those that are there")
      }
      guard [reason, link ?? "-"].allSatisfy({ $0.contains { !$0.isWhitespace } }) else {
        throw ValidationError("the reason or the link is empty")
      }
    }
    if let node = FileNode(path: ledger), node == FileNode(path: report) {
      throw ValidationError("the report and the ledger are one file")
    }
  }

  func run() throws {
    do throws(any Error) {
      let recorded = try RecordedReport(path: report)
      try recorded.checkComplete()
      // Only a new entry can begin a ledger.
      let isNew = !tighten && FileNode(path: ledger) == nil
      let file =
        try isNew
        ? LedgerFile(toml: [], path: ledger, requiresBounds: true)
        : LedgerFile(path: ledger, requiresBounds: !tighten)
      try write(revision(of: file, by: recorded), over: file)
    } catch let error as TOMLFileError {
      Console.message(error.description)
      throw ExitCode.unjudged
    } catch let error as BaselineError {
      Console.message(error.description)
      throw ExitCode.unjudged
    } catch let error as OutputError {
      Console.message(visibleText(error.description))
      throw ExitCode.unjudged
    }
  }

  private func revision(of file: LedgerFile, by recorded: RecordedReport) throws -> LedgerRevision {
    guard let reason else { return try LedgerRevision(tightening: file, to: recorded) }
    return try LedgerRevision(
      adding: recorded, to: file, cases: cases, tensors: tensors, reason: reason, link: link)
  }

  private func write(_ revision: LedgerRevision, over file: LedgerFile) throws {
    let isChanged = Array(revision.text.utf8) != file.bytes
    if !isChanged, !tighten, !(cases + tensors).isEmpty {
      Console.message("nothing that --case and --tensor select is nonconformant without being known")
      throw ExitCode.unjudged
    }
    if isChanged { try OutputFile.write(revision.text, to: ledger) }
    try Console.result(revision.changes.map { "\(visibleText($0))\n" }.joined())
    if !isChanged { try Console.result("\(visibleText(ledger)) stays as it is\n") }
    guard revision.exceeded.isEmpty else {
      try Console.result(
        "\nnot allowed by the entries that select it; a --reason adds an entry\n"
          + revision.exceeded.map { "  \(visibleText($0))\n" }.joined())
      throw ExitCode.nonconformant
    }
  }
}
