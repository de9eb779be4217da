public import Conformance

/// What a self-test of the judge found, as text.
public enum SelfTestText {
  /// A row for each kind of change, and below it each change that was not judged as demanded.
  public static func render(_ report: SelfTestReport) -> String {
    var table = TextTable(rows: [["planted", "faults", "allowed", "not applicable", "as demanded", "wrong"]])
    for kind in report.kinds { table.rows.append(cells(kind.name, [kind])) }
    table.rows.append(cells("all", report.kinds))
    let fewest = report.fewestKinds.map { ", at least \($0) kinds in each" } ?? ""
    let text = """
      \(count(report.kinds.count, "kind")) of change in \(report.tensors) of \(count(report.candidates, "tensor")) of \
      \(count(report.fixtures, "fixture"))\(fewest), judged by the policy \(visibleText(report.policy)).
      faults must be nonconformant, or errors where type or shape is wrong; what is allowed must be conformant.

      """
    return text + "\n" + table.text + notes(report)
  }

  private static func cells(_ name: String, _ kinds: [SelfTestReport.Kind]) -> [String] {
    func sum(_ count: (SelfTestReport.Kind) -> Int) -> String { "\(kinds.map(count).reduce(0, +))" }
    return [
      name, sum(\.faults), sum(\.harmless), sum(\.inapplicable), sum { $0.planted - $0.mistaken },
      sum(\.mistaken),
    ]
  }

  private static func notes(_ report: SelfTestReport) -> String {
    var text = ""
    let unfit = report.candidates - report.tensors - report.oversized
    if unfit > 0 {
      text += "\nNothing was planted in \(count(unfit, "tensor")) not conformant or without a reference\n"
    }
    if report.oversized > 0 {
      text +=
        "\nNothing was planted in \(count(report.oversized, "tensor")) of more than \(SelfTest.maximumCount) elements\n"
    }
    if !report.unplanted.isEmpty {
      text += "\nNo fault could be planted of: \(report.unplanted.joined(separator: ", "))\n"
    }
    if !report.mistakes.isEmpty {
      text += "\nWrong:\n"
      for mistake in report.mistakes {
        text +=
          "  \(visibleText(mistake.kind)): \(visibleText(mistake.id)) \(visibleText(mistake.tensor)) "
          + "is \(mistake.judged?.rawValue ?? "not judged"), and must be \(mistake.demanded.rawValue)\n"
      }
    }
    for error in report.errors { text += "\nCannot be read: \(error.description)\n" }
    return text
  }

  private static func count(_ count: Int, _ noun: String) -> String {
    "\(count) \(noun)\(count == 1 ? "" : "s")"
  }
}
