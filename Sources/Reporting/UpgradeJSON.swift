import Comparison
public import Conformance
import Tensors

extension JSONReport {
  /// The value of an upgrade's `schema`.
  public static let upgradeSchema = "focalcheck-upgrade/1"

  public static func render(_ matrix: UpgradeMatrix) -> String {
    let upgrades = matrix.upgrades.joined().map { upgrade in
      let findings = upgrade.findings.map { encoded(FindingObject($0)) }
      return """
        {"old":\(encoded(SideObject(upgrade.old))),
        "new":\(encoded(SideObject(upgrade.new))),
        "verdict":\(encoded(upgrade.verdict.rawValue)),
        "why":\(encoded(UpgradeText.why(upgrade))),
        "counts":\(encoded(counts(upgrade))),
        "orders":\(encoded(upgrade.orders.map(OrderObject.init))),
        "errors":\(encoded(upgrade.errors.map(\.text))),
        "findings":[
        \(findings.joined(separator: ",\n"))
        ]}
        """
    }
    return """
      {"schema":\(encoded(upgradeSchema)),
      \(incomplete(matrix.notJudged))"verdict":\(encoded(matrix.verdict.rawValue)),
      "gate":\(encoded(GateObject(matrix.gate))),
      "upgrades":[
      \(upgrades.joined(separator: ",\n"))
      ]}

      """
  }

  private static func counts(_ upgrade: Upgrade) -> [String: Int] {
    let counts = UpgradeChange.allCases.map { ($0.rawValue, upgrade.count(of: $0)) }.filter { $0.1 > 0 }
    return Dictionary(uniqueKeysWithValues: counts)
  }
}

struct SideObject: Encodable {
  let name: String
  let builds: [String]

  init(_ side: Upgrade.Side) { (name, builds) = (side.name, side.builds) }
}

private struct OrderObject: Encodable {
  let variant: String
  let old: [String]
  let new: [String]

  init(_ order: Upgrade.OrderChange) {
    (variant, old, new) = (order.variant, order.old.map(\.description), order.new.map(\.description))
  }
}

private struct FindingObject: Encodable {
  struct Errors: Encodable {
    let max: Double
    let mean: Double

    init?(_ errors: ExactErrors) {
      guard errors.count > 0 else { return nil }
      (max, mean) = (errors.maximum, errors.mean)
    }
  }

  let fixture: String
  let name: String
  let variant: String?
  let tensor: String?
  let change: String
  let count: Int?
  let moved: Int?
  let oldExactUlp: Errors?
  let newExactUlp: Errors?
  let nonconformant: Bool
  let oldDiscrepancy: Discrepancy?
  let newDiscrepancy: Discrepancy?
  let reason: String?
  let worst: PairObject?

  init(_ finding: Upgrade.Finding) {
    (fixture, name, variant, tensor) = (finding.fixture, finding.name, finding.variant, finding.tensor)
    change = finding.change.rawValue
    count = finding.tensor.map { _ in finding.count }
    moved = finding.tensor.map { _ in finding.moved }
    (oldExactUlp, newExactUlp) = (Errors(finding.oldErrors), Errors(finding.newErrors))
    (nonconformant, reason) = (finding.isNonconformant, finding.reason)
    oldDiscrepancy = finding.oldDiscrepancy
    newDiscrepancy = finding.newDiscrepancy
    worst = finding.worst.map(PairObject.init)
  }
}
