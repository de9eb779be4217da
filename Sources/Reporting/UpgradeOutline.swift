import Conformance

extension Outline {
  /// The outline of upgrades: a suite for each pair of builds, with a check for each case or tensor.
  init(_ matrix: UpgradeMatrix) {
    let steps = matrix.upgrades.joined()
    let counts = steps.map { upgrade in
      "\(UpgradeText.name(upgrade.old)) → \(UpgradeText.name(upgrade.new)): "
        + "\(upgrade.verdict.rawValue): \(UpgradeText.why(upgrade))."
    }
    let incomplete = TextReport.incomplete(matrix.notJudged, "build")
    self.init(
      counts: counts.isEmpty ? "No build was compared." : counts.joined(separator: "\n"),
      suites: steps.map { Suite($0, isStrict: matrix.isStrict, isOneOfMany: matrix.sides.count > 2) },
      comparesNothing: false, failures: [incomplete].compactMap { $0 }.map { ("run", $0) }, gate: matrix.gate)
  }
}

extension Outline.Suite {
  fileprivate init(_ upgrade: Upgrade, isStrict: Bool, isOneOfMany: Bool) {
    let name = "\(visibleText(upgrade.old.name)) → \(visibleText(upgrade.new.name))"
    // A consumer may ignore all but the first of equal names.
    let prefix = isOneOfMany ? "\(name): " : ""
    self.init(
      name: name,
      properties: [
        ("old", UpgradeText.name(upgrade.old)), ("new", UpgradeText.name(upgrade.new)),
        ("verdict", upgrade.verdict.rawValue),
      ],
      checks: upgrade.errors.map { error in
        Outline.Check(
          name: prefix + visibleText(error.file), group: "focalcheck", verdict: .error,
          reasons: [error.description], text: "\(error)\n")
      } + upgrade.findings.map { Outline.Check($0, prefix: prefix, isStrict: isStrict) })
  }
}

extension Outline.Check {
  fileprivate init(_ finding: Upgrade.Finding, prefix: String, isStrict: Bool) {
    let verdict = Self.verdict(of: finding, isStrict: isStrict)
    let reason = finding.reason.map { ": \(visibleText($0))" } ?? ""
    let place = "\(visibleText(finding.fixture))#\(UpgradeText.place(finding))"
    self.init(
      name: prefix + place, group: visibleText(finding.variant ?? finding.fixture), verdict: verdict,
      reasons: verdict > .conformant ? ["\(finding.change.rawValue)\(reason)"] : [],
      text: verdict > .conformant ? UpgradeText.paragraph(finding) : "")
  }

  /// What fails an upgrade fails here; what stays nonconformant and is no worse is known.
  private static func verdict(of finding: Upgrade.Finding, isStrict: Bool) -> Verdict {
    if finding.change == .unjudged { return .error }
    if finding.change.isUnsafe || isStrict && finding.change.isMove { return .nonconformant }
    return finding.isNonconformant ? .known : .conformant
  }
}
