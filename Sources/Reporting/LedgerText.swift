import Comparison
import Conformance

/// What ledgers had to do with a run: the known differences by their reasons, and those that are stale.
enum LedgerText {
  private static let knownTitle =
    "Known differences: nonconformant, and listed in the ledger with these reasons\n\n"
  private static let staleTitle = "Stale differences of the ledger\n\n"

  /// Each known reason with its cases, a line for each, or an empty text.
  static func known(_ report: Report) -> String {
    // The patterns of one entry have its line and its reason in common.
    struct Entry: Hashable {
      let reason: String
      let link: String?
    }
    var order: [Entry] = []
    var rows: [Entry: [[String]]] = [:]
    for conformanceCase in report.cases {
      for (difference, what) in differences(conformanceCase) {
        let entry = Entry(reason: difference.reason, link: difference.link)
        if rows[entry] == nil { order.append(entry) }
        rows[entry, default: []].append(["    " + visibleText(conformanceCase.id), what])
      }
    }
    guard !order.isEmpty else { return "" }
    // One table for all, so that the columns stand below each other.
    var lines = aligned(order.flatMap { rows[$0] ?? [] })[...]
    return knownTitle
      + order.map { entry in
        let count = rows[entry]?.count ?? 0
        defer { lines = lines.dropFirst(count) }
        let link = entry.link.map { "  \(visibleText($0))\n" } ?? ""
        return "  \(visibleText(entry.reason))\n\(link)" + lines.prefix(count).joined()
      }.joined()
  }

  /// Each stale difference with its cause, or an empty text.
  static func stale(_ report: Report) -> String {
    let lines = staleLines(report)
    return lines.isEmpty ? "" : staleTitle + lines.map { "  \($0)\n" }.joined()
  }

  /// Each stale difference with its cause.
  static func staleLines(_ report: Report) -> [String] {
    (report.ledger?.stale ?? []).map { stale in
      let difference = stale.difference
      let tensor = difference.tensor.map { " \($0)" } ?? (difference.selectsRaises ? " raised" : "")
      let versions = difference.versions.map { " \($0)" } ?? ""
      let build = difference.framework.map { " by \($0)\(versions)" } ?? ""
      return visibleText("\(difference.file):\(difference.line): \(difference.cases)\(tensor)\(build)")
        + visibleText(": \(stale.cause); its reason was: \(difference.reason)")
    }
  }

  /// The reasons that the ledger gives for what is known of a case, each once.
  static func reasons(_ conformanceCase: CaseReport) -> [String] {
    var reasons: [String] = []
    for (difference, what) in differences(conformanceCase) {
      let reason = "known: \(what): \(visibleText(difference.reason))"
      if !reasons.contains(reason) { reasons.append(reason) }
    }
    return reasons
  }

  /// Each known difference that selects something without allowing it, with the bounds that are exceeded.
  static func lines(_ exceeded: [ExceededDifference]) -> [String] {
    exceeded.map { exceeded in
      let place = "\(exceeded.difference.file):\(exceeded.difference.line)"
      return visibleText("known difference at \(place) \(exceeded.excesses.joined(separator: "; "))")
    }
  }

  /// Each difference that is known in a case, with what it is.
  private static func differences(_ conformanceCase: CaseReport) -> [(KnownDifference, String)] {
    var differences = conformanceCase.knownRaise.map { [($0, "raised")] } ?? []
    var tensors: [(KnownDifference, [String])] = []
    for tensor in conformanceCase.tensors {
      guard let known = tensor.known else { continue }
      let counts = tensor.comparison.map { " \($0.outside) of \($0.count)" } ?? ""
      let text = visibleText(tensor.name) + counts
      if let index = tensors.firstIndex(where: { $0.0 == known }) {
        tensors[index].1.append(text)
      } else {
        tensors.append((known, [text]))
      }
    }
    differences += tensors.map { ($0.0, "outside: \($0.1.joined(separator: ", "))") }
    return differences
  }

  private static func aligned(_ rows: [[String]]) -> [String] {
    let width = rows.map { $0[0].count }.max() ?? 0
    return rows.map { "\($0[0].padded(width))  \($0[1])\n" }
  }
}
