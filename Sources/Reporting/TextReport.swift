import Comparison
public import Conformance
import FocalLoss
import Tensors

/// The report for a person at a terminal: a summary table, what the documents print, a line for each case with known
/// differences, then each tensor that is not conformant as a paragraph, each case that could not be judged as a line, and
/// the hazards of the formulas.
public enum TextReport: ReportFormat {
  public static let name = "text"
  public static let summary =
    "for a person: a summary table, then a paragraph for each tensor that is not conformant"

  public static func render(_ report: Report) -> String {
    [
      incomplete(report).map { "\($0)\n" } ?? "",
      report.baseline.map(BaselineText.render) ?? "",
      summary(report),
      printedNumbers(report),
      ClaimText.claims(report),
      LedgerText.known(report),
      section("Nonconformant", report.fixtures.flatMap(nonconformant)),
      LedgerText.stale(report),
      unjudged(report),
      section(
        "Could not be judged",
        [report.fixtures.flatMap(errors).map { "\($0)\n" }.joined()].filter { !$0.isEmpty }),
      HazardText.hazards(report),
      "\(counts(report)).\n\(gate(report)).\n",
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  public static func render(_ comparison: FileComparison) -> String {
    let differing = comparison.tensors.filter {
      $0.verdict != .conformant || $0.comparison?.identical != $0.comparison?.count
    }
    let paragraphs = differing.map { tensor in
      visibleText(tensor.name) + "  \(tensor.verdict?.rawValue ?? "")\n" + TensorText.findings(tensor)
    }
    return
      (paragraphs + [
        "\(visibleText(comparison.actual)) against \(visibleText(comparison.expected)), policy \(comparison.policy.name): "
          + "\(counts(comparison)).\n"
      ]).joined(separator: "\n")
  }

  /// The count of each verdict.
  static func counts(_ comparison: FileComparison) -> String {
    let counts = [Verdict.conformant, .nonconformant, .error].map { verdict in
      let name =
        verdict == .conformant ? "agree" : verdict == .nonconformant ? "differ" : "could not be compared"
      return "\(comparison.tensors.count { $0.verdict == verdict }) \(name)"
    }
    // What has no elements is there only where it differs.
    let noun =
      comparison.tensors.contains { $0.verdict == .nonconformant && $0.type == nil }
      ? "object" : "dataset"
    return "\(counted(comparison.tensors.count, noun)), \(counts.joined(separator: ", "))"
  }

  public static func render(_ matrix: UpgradeMatrix) -> String { UpgradeText.render(matrix) }

  public static func render(_ agreement: Agreement) -> String { AgreementText.render(agreement) }

  private static func section(_ title: String, _ paragraphs: [String]) -> String {
    paragraphs.isEmpty ? "" : title + "\n\n" + paragraphs.joined(separator: "\n")
  }

  /// One line that says so where a run was ended before all was judged, or nil.
  static func incomplete(_ report: Report) -> String? {
    incomplete(report.notJudged, "fixture")
  }

  /// The same where the names of some things are known that were not judged.
  static func incomplete(_ notJudged: [String], _ noun: String) -> String? {
    guard !notJudged.isEmpty else { return nil }
    let names = notJudged.map(visibleText).joined(separator: ", ")
    return "INCOMPLETE: the run was ended before \(counted(notJudged.count, noun)) could be judged: \(names)"
  }

  // MARK: Summary

  /// The heads of the columns of ``summaryRow(_:)``.
  static let summaryHead = [
    "fixture", "cases", "raised", "elements", "identical", "within", "accurate", "outside", "max ULP",
    "width",
    "known", "unjudged", "verdict",
  ]

  /// A fixture in counts: its file, and a cell for each other column.
  static func summaryRow(_ fixture: FixtureReport) -> [String] {
    let comparisons = fixture.cases.flatMap(\.tensors).compactMap(\.comparison)
    let sum = { (count: KeyPath<Comparison, Int>) in
      "\(comparisons.map { $0[keyPath: count] }.reduce(0, +))"
    }
    return [
      visibleText(fixture.file), "\(fixture.cases.count)",
      "\(fixture.cases.count { $0.outcome == .raised })", sum(\.count), sum(\.identical), sum(\.within),
      sum(\.accurate), sum(\.outside), comparisons.map(\.ulps.maximum).max().map(String.init) ?? "-",
      width(fixture),
      "\(fixture.cases.count { $0.verdict == .known })", "\(unjudged(fixture).count)",
      fixture.verdict.rawValue,
    ]
  }

  private static func summary(_ report: Report) -> String {
    let table = TextTable(rows: [summaryHead] + report.fixtures.map(summaryRow))
    return "Policy \(visibleText(report.policy.name)): \(report.policy.source).\n\n" + table.text
      + exactValues(report)
  }

  /// How often the fast way decided the exact value of an element.
  private static func exactValues(_ report: Report) -> String {
    let fast = report.fixtures.map(\.exactCounts.fast).reduce(0, +)
    let count = fast + report.fixtures.map(\.exactCounts.slow).reduce(0, +)
    guard count > 0 else { return "" }
    let share = DecimalText.fixed(100 * Double(fast) / Double(count), decimals: 1)
    return "Exact values of \(counted(count, "element")): \(share) % decided in Double, the rest by MPFR.\n"
  }

  /// The median width of the enclosures of a fixture.
  private static func width(_ fixture: FixtureReport) -> String {
    var widths = ULPDistribution()
    for tensor in fixture.cases.flatMap(\.tensors) {
      if case .compared(_, .enclosure(let tensorWidths), _) = tensor.finding { widths.merge(tensorWidths) }
    }
    return widths.count == 0 ? "-" : "\(widths.median)"
  }

  /// The count of each verdict.
  static func counts(_ report: Report) -> String {
    let cases = report.cases
    let verdicts = [Verdict.conformant, .known, .unjudged, .nonconformant, .error]
    let counts = verdicts.filter { $0 != .known || report.ledger != nil }.map { verdict in
      "\(cases.count { $0.verdict == verdict }) \(verdict == .error ? "could not be judged" : verdict.rawValue)"
    }
    let tensorCount = report.unjudgedTensorCount
    let tensors = tensorCount == 0 ? "" : "; \(counted(tensorCount, "tensor")) unjudged"
    let files = report.fixtures.count { $0.error != nil }
    let unread = files == 0 ? "" : ", \(counted(files, "fixture")) could not be read"
    let staleCount = report.ledger?.stale.count ?? 0
    let stale =
      staleCount == 0 ? "" : "; the ledger is stale: \(counted(staleCount, "difference")) that it lists"
    return "\(counted(cases.count, "case")): \(counts.joined(separator: ", "))\(unread)\(tensors)\(stale)"
  }

  /// Whether the run passes, the exit code, and why it does not pass.
  static func gate(_ report: Report) -> String {
    let gate = report.gate
    guard !gate.passed else { return "Gate: passed (exit code 0)" }
    return "Gate: failed (exit code \(gate.exitCode)): "
      + gate.reasons.map(visibleText).joined(separator: "; ")
  }

  // MARK: Unjudged

  /// A case of which nothing was judged, or a tensor, as a line with the reason.
  static func unjudged(_ conformanceCase: CaseReport) -> [String] {
    if conformanceCase.verdict == .unjudged {
      let reason = conformanceCase.reason ?? "nothing of the case was judged"
      let note = conformanceCase.mayBeUnjudged ? " (allowed)" : ""
      return [visibleText("\(conformanceCase.id): \(reason)\(note)")]
        + unjudgedTensors(conformanceCase)
    }
    return unjudgedTensors(conformanceCase)
  }

  private static func unjudgedTensors(_ conformanceCase: CaseReport) -> [String] {
    conformanceCase.tensors.filter { $0.verdict == .unjudged }.map {
      "\(visibleText(conformanceCase.id))  \(TensorLine.text($0))"
    }
  }

  private static func unjudged(_ fixture: FixtureReport) -> [String] { fixture.cases.flatMap(unjudged) }

  private static func unjudged(_ report: Report) -> String {
    let lines = report.fixtures.flatMap(unjudged)
    return lines.isEmpty ? "" : "Unjudged\n\n" + lines.map { "  \($0)\n" }.joined()
  }

  // MARK: Printed numbers

  private static func printedNumbers(_ report: Report) -> String {
    var order: [String] = []
    var paragraphs: [String: (head: String, lines: [String])] = [:]
    for fixture in report.fixtures {
      for conformanceCase in fixture.cases {
        guard let printed = conformanceCase.printed else { continue }
        let name = conformanceCase.name
        if paragraphs[name] == nil {
          order.append(name)
          paragraphs[name] = (
            "  \(visibleText(name))\n    \("document".padded(22))\(visibleText(printed.documented.joined(separator: " ")))\n"
              + line("reference", printed, printed.expected, distance(conformanceCase)), []
          )
        }
        paragraphs[name]?.lines.append(line(framework(fixture), printed, printed.actual))
      }
    }
    guard !order.isEmpty else { return "" }
    return
      "Numbers that the documents print, and what the reference and the frameworks give to as many decimals\n\n"
      + order.compactMap { paragraphs[$0].map { $0.head + $0.lines.joined() } }.joined()
  }

  /// How far the reference is from the first framework that computed the case.
  private static func distance(_ conformanceCase: CaseReport) -> String {
    let ulps = conformanceCase.tensors.compactMap(\.comparison).map(\.ulps.maximum).max() ?? 0
    return "  (at most \(ulps) ULP from the framework)"
  }

  private static func line(
    _ source: String, _ printed: PrintedNumbers, _ values: [String], _ note: String = ""
  ) -> String {
    let text = printed.reproduces(values) ? "the same" : values.joined(separator: " ") + note
    return "    \(source.padded(22))\(text)\n"
  }

  private static func framework(_ fixture: FixtureReport) -> String {
    fixture.provenance.map { visibleText("\($0.framework) \($0.frameworkVersion)") }
      ?? visibleText(fixture.file)
  }

  // MARK: Findings

  private static func nonconformant(_ fixture: FixtureReport) -> [String] {
    fixture.cases.flatMap { nonconformant($0, of: fixture) }
  }

  /// Whether a framework raised on what its documentation allows, and no ledger knows of it.
  static func raisesUnduly(_ conformanceCase: CaseReport) -> Bool {
    conformanceCase.raisedUnduly && conformanceCase.knownRaise == nil
  }

  /// A paragraph for what makes a case nonconformant: that it raised, and each tensor.
  static func nonconformant(_ conformanceCase: CaseReport, of fixture: FixtureReport) -> [String] {
    var paragraphs: [String] = []
    if raisesUnduly(conformanceCase), let reason = conformanceCase.reason {
      let lines = [visibleText(reason)] + LedgerText.lines(conformanceCase.exceeded)
      paragraphs.append(head(conformanceCase, nil, fixture) + lines.map { "  \($0)\n" }.joined())
    }
    return paragraphs
      + conformanceCase.tensors.filter { $0.verdict == .nonconformant }.map {
        head(conformanceCase, $0, fixture) + TensorText.findings($0)
      }
  }

  private static func head(
    _ conformanceCase: CaseReport, _ tensor: TensorReport?, _ fixture: FixtureReport
  ) -> String {
    var lines = visibleText(conformanceCase.id) + (tensor.map { "  \(visibleText($0.name))" } ?? "") + "\n"
    if let variant = conformanceCase.variant, let parameters = conformanceCase.parameters {
      lines += "  \(visibleText(variant)) by \(framework(fixture)), \(parameters.text)\n"
    }
    if let purpose = conformanceCase.purpose { lines += "  case: \(visibleText(purpose))\n" }
    return lines
  }

  /// Why a fixture, and each of its cases and tensors, could not be judged.
  static func errors(_ fixture: FixtureReport) -> [FixtureError] {
    [fixture.error].compactMap { $0 } + fixture.cases.flatMap { errors($0, of: fixture) }
  }

  /// Why a case, and each of its tensors, could not be judged.
  static func errors(_ conformanceCase: CaseReport, of fixture: FixtureReport) -> [FixtureError] {
    let tensors = conformanceCase.tensors.compactMap { tensor -> FixtureError? in
      guard case .error(let reason) = tensor.finding else { return nil }
      return FixtureError(
        file: fixture.file, object: "/cases/\(conformanceCase.name)/\(tensor.name)", reason: reason)
    }
    return [conformanceCase.error].compactMap { $0 } + tensors
  }
}
