import Conformance

/// A report as a CI service takes it: suites of checks, each with a verdict.
///
/// A run has a suite for each fixture and a check for each case. The comparison of two files has one suite, with a
/// check for each dataset; an upgrade and an agreement have one for each pair of builds, with a check for each result. Where nothing was compared, and for each stale difference of a ledger and each
/// thing that is worse than a baseline, there is a check of its own: no list of checks looks better than the verdict. All text is visible text.
struct Outline {
  /// The count of each verdict; no text from a file is in it.
  let counts: String
  /// The suites, in the order of the report.
  let suites: [Suite]

  /// A fixture, or the comparison of two files.
  struct Suite {
    /// The file's name.
    let name: String
    /// Where it comes from.
    let properties: [(name: String, value: String)]
    /// What was judged of it.
    let checks: [Check]
  }

  /// A case, or a dataset.
  struct Check {
    /// The case's id, or the dataset's path.
    let name: String
    /// The variant of the case; the file where that is not known.
    let group: String
    /// The verdict.
    let verdict: Verdict
    /// Why the verdict is not better, a line for each tensor and each other reason.
    let reasons: [String]
    /// The same at length.
    let text: String

    /// Whether the check counts against the run.
    var fails: Bool {
      switch verdict {
      case .conformant, .known, .unjudged: false
      case .nonconformant, .error: true
      }
    }
  }

  /// The suites, and the checks of a run as a whole.
  init(
    counts: String, suites: [Suite], comparesNothing: Bool, failures: [(name: String, line: String)] = [],
    gate: Gate? = nil
  ) {
    self.counts = counts
    var checks = failures.map { name, line in
      Check(name: name, group: "focalcheck", verdict: .nonconformant, reasons: [line], text: "\(line)\n")
    }
    if comparesNothing {
      checks.append(
        Check(
          name: "run", group: "focalcheck", verdict: .error, reasons: ["no element was compared"],
          text: "No element was compared.\n"))
    }
    // No list of checks looks better than the gate.
    if let gate, !gate.passed, !(suites.flatMap(\.checks) + checks).contains(where: \.fails) {
      let reasons = gate.reasons.map(visibleText)
      checks.append(
        Check(
          name: "gate", group: "focalcheck", verdict: gate.exitCode == 1 ? .nonconformant : .error,
          reasons: reasons, text: reasons.map { "\($0)\n" }.joined()))
    }
    self.suites = suites + (checks.isEmpty ? [] : [Suite(name: "focalcheck", properties: [], checks: checks)])
  }
}

extension Outline {
  /// The outline of a run.
  init(_ report: Report) {
    self.init(
      counts: "\(TextReport.counts(report)). \(TextReport.gate(report)).",
      suites: report.fixtures.map { Suite($0, policy: report.policy) },
      comparesNothing: report.comparesNothing,
      failures: [TextReport.incomplete(report)].compactMap { $0 }.map { ("run", $0) }
        + LedgerText.staleLines(report).map { ("ledger", $0) }
        + (report.baseline?.worse ?? []).map { ("baseline", BaselineText.line($0)) }
        + report.failures.map { ("run", visibleText($0)) },
      gate: report.gate)
  }

  /// The outline of a comparison.
  init(_ comparison: FileComparison) {
    let (expected, actual) = (visibleText(comparison.expected), visibleText(comparison.actual))
    let properties = [("expected", expected), ("actual", actual), ("policy", comparison.policy.name)]
    let suite = Suite(
      name: actual, properties: properties, checks: comparison.tensors.map { Check($0, of: actual) })
    self.init(
      counts: "\(TextReport.counts(comparison)).", suites: [suite],
      comparesNothing: comparison.comparesNothing)
  }
}

extension Outline.Suite {
  fileprivate init(_ fixture: FixtureReport, policy: Policy) {
    var properties: [(String, String?)] = [
      ("sha256", fixture.digest?.sha256), ("bytes", fixture.digest.map { "\($0.byteCount)" }),
    ]
    if let provenance = fixture.provenance {
      properties += [
        ("framework", provenance.framework), ("framework_version", provenance.frameworkVersion),
        ("device", provenance.device),
      ]
      properties += provenance.environment
    }
    properties.append(("policy", policy.name))
    self.init(
      name: visibleText(fixture.file),
      properties: properties.compactMap { name, value in value.map { (name, visibleText($0)) } },
      checks: [fixture.error.map { Outline.Check($0, of: fixture) }].compactMap { $0 }
        + fixture.cases.flatMap { [Outline.Check($0, of: fixture)] + Outline.Check.unjudged($0, of: fixture) }
    )
  }
}

extension Outline.Check {
  fileprivate init(_ error: FixtureError, of fixture: FixtureReport) {
    let file = visibleText(fixture.file)
    self.init(name: file, group: file, verdict: .error, reasons: [error.description], text: "\(error)\n")
  }

  fileprivate init(_ conformanceCase: CaseReport, of fixture: FixtureReport) {
    let verdict = conformanceCase.verdict
    var reasons: [String] = []
    var paragraphs: [String] = []
    if verdict > .conformant {
      let errors = TextReport.errors(conformanceCase, of: fixture)
      let tensors = conformanceCase.tensors.filter { $0.verdict == .nonconformant }
      reasons =
        errors.map(\.description)
        + tensors.flatMap {
          [TensorLine.text($0)] + LedgerText.lines($0.exceeded)
        }
      if TextReport.raisesUnduly(conformanceCase), let reason = conformanceCase.reason {
        reasons.append(visibleText(reason))
        reasons += LedgerText.lines(conformanceCase.exceeded)
      }
      if verdict == .unjudged { reasons += TextReport.unjudged(conformanceCase).prefix(1) }
      reasons += LedgerText.reasons(conformanceCase)
      paragraphs = errors.map { "\($0)\n" } + TextReport.nonconformant(conformanceCase, of: fixture)
    }
    self.init(
      name: visibleText(conformanceCase.id),
      group: visibleText(conformanceCase.variant ?? fixture.file), verdict: verdict, reasons: reasons,
      text: paragraphs.joined(separator: "\n"))
  }

  /// A check for each unjudged result of a case of which other results were judged.
  fileprivate static func unjudged(_ conformanceCase: CaseReport, of fixture: FixtureReport) -> [Self] {
    guard conformanceCase.verdict != .unjudged else { return [] }
    return conformanceCase.tensors.filter { $0.verdict == .unjudged }.map { tensor in
      let line = TensorLine.text(tensor)
      return Self(
        name: visibleText("\(conformanceCase.id) \(tensor.name)"),
        group: visibleText(conformanceCase.variant ?? fixture.file), verdict: .unjudged, reasons: [line],
        text: "\(line)\n")
    }
  }

  fileprivate init(_ tensor: TensorReport, of file: String) {
    let verdict = tensor.verdict ?? .conformant
    self.init(
      name: visibleText(tensor.name), group: file, verdict: verdict,
      reasons: verdict > .conformant ? [TensorLine.text(tensor)] : [],
      text: verdict > .conformant ? TensorText.findings(tensor) : "")
  }
}
