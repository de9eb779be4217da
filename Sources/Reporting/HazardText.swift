import Conformance
import FocalLoss
import Tensors

/// The hazards of the documented formulas: for each formula, type and tensor the regions of the input.
enum HazardText {
  private static let title = """
    Hazards: where the documented formula itself does not give the exact value, whoever evaluates it

    NaN, infinite: where the exact value is a number; lost: 0 where it is a normal number of the type; inaccurate: more
    than half of the bits wrong. A line is a run of binades of the input in which this occurs: in how many elements, of
    how many looked at in those binades, from which to which input; all fixtures together.


    """

  /// A tensor of a formula in one type, whichever framework and case it comes from.
  private struct Source: Hashable, Comparable {
    let variant: String
    let type: String
    let tensor: String

    static func < (first: Self, second: Self) -> Bool {
      // The tensors by falling name, so that outputs/ comes before grads/.
      (first.variant, first.type, second.tensor) < (second.variant, second.type, first.tensor)
    }
  }

  /// The section of a report, or an empty text where no formula has a hazard.
  static func hazards(_ report: Report) -> String {
    var hazards: [Source: Hazards] = [:]
    for conformanceCase in report.cases {
      for tensor in conformanceCase.tensors {
        let source = Source(
          variant: conformanceCase.variant ?? "", type: tensor.type?.rawValue ?? "", tensor: tensor.name)
        hazards[source, default: Hazards()].merge(tensor.hazards)
      }
    }
    let paragraphs = hazards.map { (source: $0.key, rows: rows($0.value)) }
      .filter { !$0.rows.isEmpty }.sorted { $0.source < $1.source }
    guard !paragraphs.isEmpty else { return "" }
    // One table for all, so that the columns stand below each other.
    var lines = TextTable(rows: paragraphs.flatMap(\.rows)).text.split(separator: "\n")[...]
    return title
      + paragraphs.map { paragraph in
        defer { lines = lines.dropFirst(paragraph.rows.count) }
        return head(paragraph.source)
          + lines.prefix(paragraph.rows.count).map { "  \($0)\n" }.joined()
      }.joined()
  }

  private static func head(_ source: Source) -> String {
    let input = Variants.named(source.variant)?.firstInput ?? "input"
    return visibleText("\(source.variant) \(source.type) \(source.tensor), by \(input)") + "\n"
  }

  /// A row for each region, with the kind's name in the first of each kind.
  private static func rows(_ hazards: Hazards) -> [[String]] {
    hazards.list.flatMap { hazard in
      hazard.regions.enumerated().map { index, region in
        [
          index == 0 ? hazard.kind.rawValue : "", "\(region.count) of \(region.elements)",
          DecimalText.significant(region.lowest, digits: 8), "…",
          DecimalText.significant(region.highest, digits: 8),
        ]
      }
    }
  }
}
