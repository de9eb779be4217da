public import Conformance

extension MarkdownReport {
  public static func render(_ agreement: Agreement) -> String {
    let sides = [("A", agreement.first), ("B", agreement.second)]
    let names = sides.map { visibleText($0.1.name) }
    let incomplete =
      agreement.isIncomplete ? TextReport.incomplete(names, "build").map { code($0) + ". " } ?? "" : ""
    let standings = Agreement.Standing.allCases
    return render(
      title: "focalcheck agreement: \(agreement.verdict.rawValue)",
      incomplete + "\(AgreementText.conclusion(agreement)).\n\n\(gate(agreement.gate))",
      [
        Table(
          title: "Builds", head: ["", "build", "file or folder"],
          rows: sides.map { [$0, code(UpgradeText.name($1)), code(visibleText($1.name))] }),
        Table(
          title: "Nonconformant", head: ["case", "tensor"] + standings.map(\.rawValue),
          rows: agreement.findings.filter(\.isNonconformant).map { finding in
            [code(visibleText(finding.name)), code(visibleText(finding.tensor))]
              + standings.map { "\(finding.counts[$0] ?? 0)" }
          }),
        Table(title: "Different altogether", head: ["case", "reason"], rows: agreement.differences.map(row)),
        Table(
          title: "Not judged", head: ["case", "reason"], rows: agreement.unjudgedResults.map(row)),
      ])
  }

  private static func row(_ difference: Agreement.Difference) -> [String] {
    [code(visibleText(difference.name)), code(visibleText(difference.reason))]
  }
}
