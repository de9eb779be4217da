import Conformance

extension Outline {
  /// The outline of an agreement: one suite with a check for each tensor of both builds, and for each case that differs
  /// altogether or could not be judged.
  init(_ agreement: Agreement) {
    let names = [agreement.first, agreement.second].map { visibleText($0.name) }
    let incomplete = agreement.isIncomplete ? TextReport.incomplete(names, "build") : nil
    let suite = Suite(
      name: names.joined(separator: " and "),
      properties: zip(["a", "b"], [agreement.first, agreement.second]).map {
        ($0, UpgradeText.name($1))
      },
      checks: agreement.findings.map(Check.init)
        + agreement.differences.map { Check($0, .nonconformant) }
        + agreement.unjudged.map { Check($0, .error) })
    self.init(
      counts: "\(AgreementText.conclusion(agreement)).", suites: [suite], comparesNothing: false,
      failures: [incomplete].compactMap { $0 }.map { ("run", $0) }, gate: agreement.gate)
  }
}

extension Outline.Check {
  fileprivate init(_ finding: Agreement.Finding) {
    let reason: String?
    let verdict: Verdict
    if let unjudged = finding.unjudgedReason {
      reason = visibleText(unjudged)
      verdict = .error
    } else {
      reason = finding.isNonconformant ? "nonconformant in one of the builds" : nil
      verdict = finding.verdict
    }
    self.init(
      name: visibleText("\(finding.name)  \(finding.tensor)"), group: visibleText(finding.variant),
      verdict: verdict, reasons: [reason].compactMap { $0 },
      text: reason.map { "\($0)\n\(AgreementText.paragraph(finding))" } ?? "")
  }

  fileprivate init(_ difference: Agreement.Difference, _ verdict: Verdict) {
    let reason = visibleText(difference.reason)
    self.init(
      name: visibleText("\(difference.name): \(difference.reason)"), group: "focalcheck", verdict: verdict,
      reasons: [reason], text: "\(reason)\n")
  }
}
