import Comparison
import Conformance
import Tensors

/// What changes between builds, for the person who decides about an upgrade.
enum UpgradeText {
  /// How many findings of one kind are shown with their worst element.
  private static let shownCount = 5

  static func render(_ matrix: UpgradeMatrix) -> String {
    let incomplete = TextReport.incomplete(matrix.notJudged, "build").map { ["\($0)\n"] } ?? []
    let table = matrix.sides.count > 2 ? [self.table(matrix)] : []
    return (incomplete + table + matrix.steps.map(render)).joined(separator: "\n")
  }

  // MARK: The matrix

  private static func table(_ matrix: UpgradeMatrix) -> String {
    let names = matrix.sides.map(name)
    var table = TextTable(rows: [["from \\ to"] + names.dropFirst()])
    for (row, upgrades) in matrix.upgrades.enumerated() {
      let cells = upgrades.map { "\($0.verdict.rawValue) (\(shortCounts($0)))" }
      table.rows.append([names[row]] + Array(repeating: "", count: row) + cells)
    }
    return table.text
  }

  private static func shortCounts(_ upgrade: Upgrade) -> String {
    let unsafe = upgrade.findings.count { $0.change.isUnsafe }
    let moved = upgrade.findings.count { $0.change.isMove }
    return [unsafe > 0 ? "\(unsafe) unsafe" : nil, "\(moved) moved"].compactMap { $0 }.joined(separator: ", ")
  }

  static func name(_ side: Upgrade.Side) -> String {
    visibleText(side.builds.isEmpty ? side.name : side.builds.joined(separator: ", "))
  }

  // MARK: One upgrade

  private static func render(_ upgrade: Upgrade) -> String {
    let title =
      "\(name(upgrade.old)) → \(name(upgrade.new))  "
      + "(\(visibleText(upgrade.old.name)) → \(visibleText(upgrade.new.name)))\n"
    let sections = [
      title + "\(upgrade.verdict.rawValue): \(why(upgrade))\n", counts(upgrade), orders(upgrade),
      moves(upgrade),
      unsafe(upgrade), persistent(upgrade), unjudged(upgrade),
    ]
    return sections.filter { !$0.isEmpty }.joined(separator: "\n")
  }

  /// One line: why the verdict is what it is.
  static func why(_ upgrade: Upgrade) -> String {
    let count = { (change: UpgradeChange) in upgrade.count(of: change) }
    let unsafe = UpgradeChange.allCases.filter { $0.isUnsafe && count($0) > 0 }.map { phrase(count($0), $0) }
    let tensors = upgrade.findings.count { $0.tensor != nil }
    let moved = upgrade.findings.count { $0.change.isMove }
    switch upgrade.verdict {
    case .safe:
      return tensors == 1 ? "the one tensor has the same bits" : "all \(tensors) tensors have the same bits"
    case .moves:
      return "\(moved) of \(tensors) tensors differ; nothing is worse than before"
    case .unsafe: return unsafe.joined(separator: ", ")
    case .unjudged:
      let errors = upgrade.errors.count + count(.unjudged)
      let reason =
        errors == 0 ? "there is nothing to compare" : "\(counted(errors, "thing")) could not be judged"
      return ([reason] + unsafe).joined(separator: "; ")
    }
  }

  private static func phrase(_ count: Int, _ change: UpgradeChange) -> String {
    switch change {
    case .newlyRaises: "\(counted(count, "case")) newly \(count == 1 ? "raises" : "raise")"
    case .caseGone: "\(counted(count, "case")) gone"
    case .tensorGone: "\(counted(count, "tensor")) gone"
    case .typeChanged: "\(counted(count, "tensor")) of another shape or dtype"
    case .addedNonconformant: "\(counted(count, "result")) added and nonconformant"
    default: "\(counted(count, "tensor")) \(change.rawValue)"
    }
  }

  private static func counts(_ upgrade: Upgrade) -> String {
    var table = TextTable(rows: [["change", "cases", "tensors", "elements", "moved"]])
    for change in UpgradeChange.allCases {
      let findings = upgrade.findings.filter { $0.change == change }
      guard !findings.isEmpty else { continue }
      let tensors = findings.filter { $0.tensor != nil }
      table.rows.append([
        change.rawValue, "\(Set(findings.map { "\($0.fixture)#\($0.name)" }).count)",
        tensors.isEmpty ? "" : "\(tensors.count)",
        tensors.isEmpty ? "" : "\(tensors.map(\.count).reduce(0, +))",
        tensors.isEmpty ? "" : "\(tensors.map(\.moved).reduce(0, +))",
      ])
    }
    return table.text
  }

  private static func orders(_ upgrade: Upgrade) -> String {
    guard !upgrade.orders.isEmpty else { return "" }
    return "The new build runs other operations\n\n"
      + upgrade.orders.map { order in
        let text = { (programs: [DocumentedProgram]) in
          programs.map(\.description).joined(separator: ", or ")
        }
        return "  \(visibleText(order.variant)): \(text(order.old)) → \(text(order.new))\n"
      }.joined()
  }

  // MARK: What moves safely

  /// A row for each variant, type and tensor, and the element that moved the most.
  private static func moves(_ upgrade: Upgrade) -> String {
    let moves = upgrade.findings.filter { $0.change.isMove && $0.worst != nil }
    guard !moves.isEmpty else { return "" }
    var table = TextTable(rows: [
      [
        "moves", "tensors", "closer", "farther", "elements", "moved", "max ULP", "old error", "new error",
      ]
    ])
    let groups = Dictionary(grouping: moves) { finding in
      [finding.variant ?? "", finding.worst?.type.rawValue ?? "", finding.tensor ?? ""]
    }
    for (key, findings) in groups.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      let count = { (change: UpgradeChange) in "\(findings.count { $0.change == change })" }
      let error = { (errors: [ExactErrors]) in measureText(errors.map(\.maximum).max() ?? 0) }
      let isOpen = findings.contains { $0.worst?.ulps == nil }
      table.rows.append([
        key.map { visibleText($0) }.joined(separator: " "), "\(findings.count)", count(.closer),
        count(.farther),
        "\(findings.map(\.count).reduce(0, +))", "\(findings.map(\.moved).reduce(0, +))",
        isOpen ? "not finite" : "\(findings.compactMap { $0.worst?.ulps }.max() ?? 0)",
        error(findings.map(\.oldErrors)), error(findings.map(\.newErrors)),
      ])
    }
    let worst = moves.max { ($0.worst?.ulps ?? .max) < ($1.worst?.ulps ?? .max) }
    return
      "What changes and is no worse; errors are the largest against the exact values, in their ULPs\n\n"
      + table.text + (worst.map { "\nthe farthest move:\n" + paragraph($0) } ?? "")
  }

  // MARK: What does not

  private static func unsafe(_ upgrade: Upgrade) -> String {
    UpgradeChange.allCases.filter(\.isUnsafe).compactMap { change in
      let findings = upgrade.findings.filter { $0.change == change }
      guard !findings.isEmpty else { return nil }
      // The worst first: what is not finite, then by distance.
      let sorted = findings.enumerated().sorted {
        let (x, y) = ($0.element.worst?.ulps ?? .max, $1.element.worst?.ulps ?? .max)
        return x != y ? x > y : $0.offset < $1.offset
      }.map(\.element)
      var text = "Unsafe: \(phrase(findings.count, change))\n\n"
      text += sorted.prefix(shownCount).map(paragraph).joined()
      if findings.count > shownCount {
        text += "  and\n" + sorted.dropFirst(shownCount).map { "    \(place($0))\n" }.joined()
      }
      return text
    }.joined(separator: "\n")
  }

  private static func persistent(_ upgrade: Upgrade) -> String {
    let findings = upgrade.stillNonconformant
    guard !findings.isEmpty else { return "" }
    return "Still nonconformant: \(counted(findings.count, "tensor"))\n\n"
      + findings.map {
        "  \(place($0))\($0.change == .identical ? "" : "  (\($0.moved) of \($0.count) moved)")\n"
      }
      .joined()
  }

  private static func unjudged(_ upgrade: Upgrade) -> String {
    let findings = upgrade.findings.filter { $0.change == .unjudged }
    let lines =
      upgrade.errors.map { $0.description }
      + findings.map { "\(place($0)): \(visibleText($0.reason ?? ""))" }
    return lines.isEmpty ? "" : "Not judged\n\n" + lines.map { "  \($0)\n" }.joined()
  }

  static func place(_ finding: Upgrade.Finding) -> String {
    visibleText(finding.name) + (finding.tensor.map { "  \(visibleText($0))" } ?? "")
  }

  static func paragraph(_ finding: Upgrade.Finding) -> String {
    var text = "  \(place(finding))"
    if finding.tensor != nil { text += "  \(finding.moved) of \(counted(finding.count, "element")) moved" }
    text += "\n"
    if let reason = finding.reason { text += "    \(visibleText(reason))\n" }
    guard let worst = finding.worst else { return text }
    let inputs = worst.inputs.map { "\(visibleText($0.name)) \(valueText($0.value, $0.type))" }
    let index = worst.index.map(String.init).joined(separator: ", ")
    let place = worst.index.isEmpty ? "the result" : "[\(index)]"
    text += "    \(place)\(inputs.isEmpty ? "" : "  \(inputs.joined(separator: ", "))")\n"
    let value = { (name: String, bits: UInt64, error: Double?) in
      "      \(name.padded(5)) \(bitsValueText(bits, worst.type))"
        + (error.map { "  (\(errorText($0)) ULP away from the exact value)" } ?? "") + "\n"
    }
    text +=
      value("old", worst.firstBits, worst.firstError) + value("new", worst.secondBits, worst.secondError)
    if let exact = worst.exact { text += "      exact \(valueText(exact, worst.type))\n" }
    return text
  }
}
