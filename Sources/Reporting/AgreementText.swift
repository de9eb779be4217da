import Conformance
import Tensors

/// Who is right where two builds differ, in words.
enum AgreementText {
  /// How many differing elements are shown, those farthest from the exact values.
  private static let shownCount = 5

  static func render(_ agreement: Agreement) -> String {
    guard !agreement.isIncomplete else {
      return (TextReport.incomplete([agreement.first.name, agreement.second.name], "build") ?? "") + "\n"
    }
    return [
      title(agreement), table(agreement), worst(agreement),
      list("Different altogether", agreement.differences), list("Not judged", agreement.unjudgedResults),
    ].filter { !$0.isEmpty }.joined(separator: "\n")
  }

  private static func title(_ agreement: Agreement) -> String {
    let side = { (letter: String, side: Upgrade.Side) in
      "\(letter): \(visibleText(side.builds.joined(separator: ", ")))  (\(visibleText(side.name)))\n"
    }
    return side("A", agreement.first) + side("B", agreement.second) + conclusion(agreement) + "\n"
  }

  /// How many cases were compared, and what came of it.
  static func conclusion(_ agreement: Agreement) -> String {
    let conclusion =
      switch agreement.verdict {
      case .conformant, .known: "they agree, within what their documentations allow"
      case .nonconformant: "they do not agree within what their documentations allow"
      case .unjudged: "it cannot be told whether they agree, since something could not be judged"
      case .error: "there is nothing to compare"
      }
    let cases = Set(agreement.findings.map(\.name)).count
    return
      "\(counted(cases, "case")) of both, \(counted(agreement.unpairedCount, "case")) of one alone: \(conclusion)"
  }

  private static func table(_ agreement: Agreement) -> String {
    guard !agreement.findings.isEmpty else { return "" }
    let standings = Agreement.Standing.allCases
    var table = TextTable(rows: [["tensors of both", "tensors", "elements"] + standings.map(\.rawValue)])
    let groups = Dictionary(grouping: agreement.findings) { [$0.variant, $0.type.rawValue, $0.tensor] }
    for (key, findings) in groups.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
      let counts = standings.map { standing in findings.map { $0.counts[standing] ?? 0 }.reduce(0, +) }
      table.rows.append(
        [key.map { visibleText($0) }.joined(separator: " "), "\(findings.count)", "\(counts.reduce(0, +))"]
          + counts.map(String.init))
    }
    return table.text
      + "\naccurate: within one ULP of the exact value; wrong: not, though the documentation may allow it\n"
  }

  private static func worst(_ agreement: Agreement) -> String {
    let findings = agreement.findings.enumerated().filter { $0.element.worst != nil }.sorted {
      let (x, y) = ($0.element.worst?.ulps ?? .max, $1.element.worst?.ulps ?? .max)
      return x != y ? x > y : $0.offset < $1.offset
    }
    guard !findings.isEmpty else { return "" }
    return "Farthest apart\n\n" + findings.prefix(shownCount).map { paragraph($0.element) }.joined()
  }

  static func paragraph(_ finding: Agreement.Finding) -> String {
    guard let worst = finding.worst else { return "" }
    let inputs = worst.inputs.map { "\(visibleText($0.name)) \(valueText($0.value, $0.type))" }
    let index = worst.index.map(String.init).joined(separator: ", ")
    let value = { (letter: String, bits: UInt64, error: Double?) in
      "    \(letter)     \(bitsValueText(bits, worst.type))"
        + (error.map { "  (\(errorText($0)) ULP away from the exact value)" } ?? "") + "\n"
    }
    return
      "  \(visibleText(finding.name))  \(finding.tensor)\(index.isEmpty ? "" : " [\(index)]")  \(inputs.joined(separator: ", "))\n"
      + value("A", worst.firstBits, worst.firstError) + value("B", worst.secondBits, worst.secondError)
      + (worst.exact.map { "    exact \(valueText($0, worst.type))\n" } ?? "")
  }

  private static func list(_ title: String, _ differences: [Agreement.Difference]) -> String {
    guard !differences.isEmpty else { return "" }
    return "\(title)\n\n"
      + differences.map { "  \(visibleText($0.name)): \(visibleText($0.reason))\n" }.joined()
  }
}
