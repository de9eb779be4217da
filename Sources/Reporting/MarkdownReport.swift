public import Conformance

/// The report for the summary of a GitHub job, `--output markdown="$GITHUB_STEP_SUMMARY"`, or for a comment: the
/// verdict, a row for each fixture, and one for each tensor that is not conformant, with its worst element.
///
/// A step's summary may have 1 MiB, or nothing of it is shown (GitHub, "Workflow commands", Step isolation and limits).
/// So rows are left out, and counted, before that. A long name is cut.
///
/// Text from a file stands in code spans on one line, where Markdown, HTML, links and mentions are plain text
/// (CommonMark 0.31, section 6.1), and where a table needs `|` as `\|` (GitHub Flavored Markdown, section 4.10).
public enum MarkdownReport: ReportFormat {
  public static let name = "markdown"
  public static let summary =
    "for the summary of a GitHub job: a row for each fixture and nonconformant tensor"

  /// The most bytes of all rows; with titles and heads it stays below the 1,048,576 that GitHub takes.
  static let rowsLimit = 1_000_000
  /// The most UTF-16 code units of a name or a reason.
  static let textLimit = 300

  private static let tensorHead = [
    "tensor", "outside", "max ULP", "worst element", "expected", "actual", "exact", "diagnosis",
  ]

  public static func render(_ report: Report) -> String {
    let cases = report.cases
    return render(
      report.verdict,
      (TextReport.incomplete(report).map { code($0) + ". " } ?? "")
        + "\(TextReport.counts(report)). Policy \(report.policy.name): \(report.policy.source).\n\n"
        + "\(gate(report.gate))",
      [
        Table(
          title: "Fixtures", head: ["fixture", "framework"] + TextReport.summaryHead.dropFirst(),
          rows: report.fixtures.map(row)),
        Table(title: "Nonconformant", head: ["case"] + tensorHead, rows: cases.flatMap(rows)),
        Table(
          title: "Worse than the baseline", head: ["result and cause"],
          rows: (report.baseline?.worse ?? []).map { [code(BaselineText.line($0))] }),
        Table(
          title: "Unjudged", head: ["result and reason"],
          rows: cases.flatMap { TextReport.unjudged($0) }.map { [code($0)] }),
        Table(
          title: "Beyond the known differences", head: ["case", "tensor", "known difference"],
          rows: cases.flatMap(exceededRows)),
        errors(
          report.fixtures.flatMap(TextReport.errors).map(\.description),
          comparesNothing: report.comparesNothing),
      ])
  }

  public static func render(_ comparison: FileComparison) -> String {
    let errors = comparison.tensors.filter { $0.verdict == .error }.map { TensorLine.text($0) }
    return render(
      comparison.verdict,
      "\(TextReport.counts(comparison)). Policy \(comparison.policy.name): \(comparison.policy.source).",
      [
        Table(
          title: "Files", head: ["expected", "actual"],
          rows: [[code(visibleText(comparison.expected)), code(visibleText(comparison.actual))]]),
        Table(
          title: "Nonconformant", head: tensorHead,
          rows: comparison.tensors.filter { $0.verdict == .nonconformant }.map(cells)),
        Self.errors(errors, comparesNothing: comparison.comparesNothing),
      ])
  }

  /// Whether the run passes; the reasons are code, since they may name files.
  static func gate(_ gate: Gate) -> String {
    if gate.passed { return "Gate: **passed** (exit code 0)." }
    let reasons = gate.reasons.map { code(visibleText($0)) }.joined(separator: ", ")
    return "Gate: **failed** (exit code \(gate.exitCode)): \(reasons)."
  }

  // MARK: Tables

  struct Table {
    let title: String
    let head: [String]
    let rows: [[String]]
  }

  private static func render(_ verdict: Verdict, _ counts: String, _ tables: [Table]) -> String {
    render(title: "focalcheck: \(verdict.rawValue)", counts, tables)
  }

  static func render(title: String, _ counts: String, _ tables: [Table]) -> String {
    var text = "# \(title)\n\n\(counts)\n"
    var remaining = rowsLimit
    for table in tables where !table.rows.isEmpty {
      var rows = LimitedText(byteCount: remaining)
      let left = rows.append(table.rows.lazy.map(line))
      remaining -= rows.text.utf8.count
      let rule = line(table.head.map { _ in "---" })
      text += "\n## \(table.title)\n\n\(line(table.head))\(rule)\(rows.text)"
      if left > 0 { text += "\n\(left) more\n" }
    }
    return text
  }

  private static func line(_ cells: [String]) -> String { "| \(cells.joined(separator: " | ")) |\n" }

  // MARK: Rows

  private static func row(_ fixture: FixtureReport) -> [String] {
    let cells = TextReport.summaryRow(fixture)
    let framework = fixture.provenance.map {
      visibleText("\($0.framework) \($0.frameworkVersion) on \($0.device)")
    }
    return [code(cells[0]), code(framework ?? "")] + cells.dropFirst()
  }

  private static func rows(of conformanceCase: CaseReport) -> [[String]] {
    let id = code(visibleText(conformanceCase.id))
    var rows: [[String]] = []
    if TextReport.raisesUnduly(conformanceCase), let reason = conformanceCase.reason {
      rows.append([id, "", "", "", code(visibleText(reason)), "", "", "", ""])
    }
    return rows
      + conformanceCase.tensors.filter { $0.verdict == .nonconformant }.map { [id] + cells($0) }
  }

  /// The known differences that select something of a case and do not allow it.
  private static func exceededRows(of conformanceCase: CaseReport) -> [[String]] {
    let id = code(visibleText(conformanceCase.id))
    return LedgerText.lines(conformanceCase.exceeded).map { [id, "", code($0)] }
      + conformanceCase.tensors.flatMap { tensor in
        LedgerText.lines(tensor.exceeded).map { [id, code(visibleText(tensor.name)), code($0)] }
      }
  }

  /// The cells below ``tensorHead``.
  private static func cells(_ tensor: TensorReport) -> [String] {
    let name = code(visibleText(tensor.name))
    switch tensor.finding {
    case .compared(let comparison, _, _):
      let worst = WorstElement(tensor)
      let place = worst.map { $0.inputs.isEmpty ? $0.place : "\($0.place) \($0.inputs)" }
      return [
        name, "\(comparison.outside) of \(comparison.count)", "\(comparison.ulps.maximum)", code(place ?? ""),
        worst?.expected ?? "", worst?.actual ?? "", worst?.exact ?? "",
        code(DiagnosisText.line(tensor) ?? ""),
      ]
    case .different(let reason), .error(let reason), .unjudged(let reason):
      return [name, "", "", code(visibleText(reason)), "", "", "", ""]
    case .given: return [name, "", "", "", "", "", "", ""]
    }
  }

  private static func errors(_ reasons: [String], comparesNothing: Bool) -> Table {
    Table(
      title: "Could not be judged", head: ["what and why"],
      rows: (reasons + (comparesNothing ? ["no element was compared"] : [])).map { [code($0)] })
  }

  /// Visible text as a code span in a table's cell; nothing for nothing.
  static func code(_ visible: String) -> String {
    guard !visible.isEmpty else { return "" }
    let text = visible.limited(toUTF16: textLimit)
    let runs = text.unicodeScalars.split { $0 != "`" }.map(\.count)
    let fence = String(repeating: "`", count: (runs.max() ?? 0) + 1)
    // One space at each end is taken off, and keeps a backtick there apart from the fence.
    let pad = text.first == " " || text.unicodeScalars.contains("`") ? " " : ""
    return fence + pad + text.replacingScalars { $0 == "|" ? "\\|" : nil } + pad + fence
  }
}
