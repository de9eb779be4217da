public import Conformance

extension MarkdownReport {
  public static func render(_ matrix: UpgradeMatrix) -> String {
    let steps = matrix.upgrades.joined()
    let incomplete = TextReport.incomplete(matrix.notJudged, "build").map { code($0) + ". " } ?? ""
    let rows = { (isShown: (Upgrade.Finding) -> Bool) in
      steps.flatMap { upgrade in upgrade.findings.filter(isShown).map { row($0, of: upgrade) } }
    }
    let head = ["from → to", "case", "tensor", "change", "elements changed", "reason"]
    return render(
      title: "focalcheck upgrade: \(matrix.verdict.rawValue)", incomplete + gate(matrix.gate),
      [
        Table(
          title: "Builds", head: ["from", "to", "verdict", "why"],
          rows: steps.map { upgrade in
            [
              code(UpgradeText.name(upgrade.old)), code(UpgradeText.name(upgrade.new)),
              upgrade.verdict.rawValue, code(UpgradeText.why(upgrade)),
            ]
          }),
        Table(title: "Unsafe", head: head, rows: rows { $0.change.isUnsafe }),
        Table(
          title: "Not judged", head: head,
          rows: steps.flatMap { upgrade in upgrade.errors.map { row($0, of: upgrade) } }
            + rows { $0.change == .unjudged }),
        Table(title: "Changed, and no worse", head: head, rows: rows { $0.change.isMove }),
      ])
  }

  private static func pair(_ upgrade: Upgrade) -> String {
    code("\(visibleText(upgrade.old.name)) → \(visibleText(upgrade.new.name))")
  }

  private static func row(_ finding: Upgrade.Finding, of upgrade: Upgrade) -> [String] {
    let changed = finding.tensor == nil ? "" : "\(finding.moved) of \(finding.count)"
    return [
      pair(upgrade), code(visibleText("\(finding.fixture)#\(finding.name)")),
      code(visibleText(finding.tensor ?? "")), finding.change.rawValue, changed,
      code(visibleText(finding.reason ?? "")),
    ]
  }

  private static func row(_ error: FixtureError, of upgrade: Upgrade) -> [String] {
    [
      pair(upgrade), code(visibleText(error.file)), "", UpgradeChange.unjudged.rawValue, "",
      code(error.description),
    ]
  }
}
