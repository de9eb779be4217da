internal import Arithmetic
internal import Tensors

/// The outside elements of a tensor, as many as are kept, and the counts of all.
struct OutsideElements {
  struct Element {
    let position: Int
    let actual: Double
    let expected: Double
    let allowed: Enclosure
    let inputs: [Double]
  }

  /// The outside elements, in order.
  private(set) var elements: [Element] = []
  /// How many elements there are in all.
  private(set) var count = 0

  /// nil when there are too many to be kept.
  init?(_ suspect: Suspect) throws(JudgingError) {
    guard suspect.outside <= Suspect.keptCount else { return nil }
    var found: [Element] = []
    var total = 0
    try suspect.scan { block in
      total += block.actual.count
      for index in block.outside {
        found.append(
          Element(
            position: block.region.offset + index, actual: block.actual[index],
            expected: block.expected[index],
            allowed: block.allowed[index], inputs: block.inputs.indices.map { block.input($0, at: index) }))
      }
    }
    elements = found
    count = total
  }

  /// "The outside element" or "All 17 outside elements", and the verb for it.
  var subject: String {
    switch elements.count {
    case 1: "The one outside element"
    case 2: "Both outside elements"
    default: "All \(elements.count) outside elements"
    }
  }

  func verb(_ one: String, _ many: String) -> String { elements.count == 1 ? one : many }

  /// What the sentence says of the other elements.
  var rest: String {
    let inside = count - elements.count
    return inside == 0
      ? "" : inside == 1 ? "; the other element is as documented" : "; the other \(inside) are as documented"
  }
}
