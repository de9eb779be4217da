import Conformance

/// What became of the documents' claims, in words.
enum ClaimText {
  /// How many counterexamples of a claim are shown.
  private static let shownCount = 3

  /// A line for each claim, and below a refuted one the evidence; or an empty text.
  static func claims(_ report: Report) -> String {
    guard !report.claims.isEmpty else { return "" }
    let counts = [ClaimFinding.Outcome.holds, .refuted, .unchecked].compactMap { outcome in
      let count = report.claims.count { $0.outcome == outcome }
      return count == 0 ? nil : "\(count) \(outcome.rawValue)"
    }
    let width = report.claims.map(\.claim.id.count).max() ?? 0
    return "What the documents say, checked on these fixtures: \(counts.joined(separator: ", "))\n\n"
      + report.claims.map { text($0, width) }.joined()
  }

  private static func text(_ finding: ClaimFinding, _ width: Int) -> String {
    let claim = finding.claim
    var text =
      "  \(finding.outcome.rawValue.padded(11)) \(visibleText(claim.id).padded(width))  \(visibleText(claim.statement))"
      + "  (\(counted(finding.caseCount, "case")))\n"
    guard finding.outcome == .refuted else { return text }
    text += "      \(visibleText(claim.source)): \(visibleText(claim.quote))\n"
    for reason in finding.counterexamples.prefix(shownCount) { text += "      \(visibleText(reason))\n" }
    let count = finding.counterexamples.count - shownCount
    return count > 0 ? text + "      and \(counted(count, "more case")) of \(finding.caseCount)\n" : text
  }
}
