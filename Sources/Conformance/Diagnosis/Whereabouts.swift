internal import Arithmetic
internal import FocalLoss
internal import Tensors

#if canImport(FoundationEssentials)
  import FoundationEssentials
#endif
#if canImport(Glibc)
  import Glibc
#elseif canImport(Darwin)
  import Darwin
#endif

/// `single-element`, `where-input`, `where-region`, `where-row`, `where-column`, `where-lane`, `where-tail`: what the outside
/// elements have in common, and most others have not.
enum Whereabouts: DiagnosisKind {
  /// A place that all outside elements are in.
  struct Place {
    let cause: String
    /// What it is, in words that follow "they are".
    let text: String
    let evidence: [String: DiagnosisEvidence]
    /// How many of all elements are in it.
    let count: Int
  }

  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    guard suspect.isElementwise, let outside = try OutsideElements(suspect),
      let place = try places(of: outside, suspect).first
    else { return [] }
    // Some elements of the place may be inside.
    let shared = outside.elements.count < place.count ? ", as \(place.count) of all elements are" : ""
    return [
      Diagnosis(
        place.cause, "\(outside.subject) \(outside.verb("is", "are")) \(place.text)\(shared)\(outside.rest).",
        explains: suspect.outside,
        place.evidence.merging(
          ["elements_there": DiagnosisEvidence(place.count), "elements": DiagnosisEvidence(outside.count)]
        ) { first, _ in first })
    ]
  }

  /// The places that all outside elements share by no accident, the smallest first.
  static func places(of outside: OutsideElements, _ suspect: Suspect) throws(JudgingError) -> [Place] {
    guard suspect.isElementwise, let first = outside.elements.first else { return [] }
    let count = outside.count
    if outside.elements.count == 1 { return count >= 8 ? [single(first, suspect)] : [] }
    var found = positions(outside, suspect)
    found += try inputs(outside, suspect)
    return found.filter { isTelling($0, outside) }.sorted { $0.count < $1.count }
  }

  /// Whether so many elements are in the place by accident less than once in a million.
  private static func isTelling(_ place: Place, _ outside: OutsideElements) -> Bool {
    guard place.count < outside.count, outside.elements.count >= 2 else { return false }
    let share = Double(place.count) / Double(outside.count)
    return -Double(outside.elements.count) * log(share) >= 14
  }

  private static func single(_ element: OutsideElements.Element, _ suspect: Suspect) -> Place {
    let index = suspect.tensor.shape.coordinates(of: element.position).map(String.init).joined(
      separator: ", ")
    let inputs = zip(suspect.plan.formula.inputs, element.inputs).map { "\($0.name) \(numberText($1))" }
    return Place(
      cause: "single-element", text: "at [\(index)], with \(inputs.joined(separator: ", "))",
      evidence: ["position": DiagnosisEvidence(element.position)], count: 1)
  }

  // MARK: By position

  private static func positions(_ outside: OutsideElements, _ suspect: Suspect) -> [Place] {
    let positions = outside.elements.map(\.position)
    let (count, length) = (outside.count, max(suspect.plan.rowLength, 1))
    guard let first = positions.first, let last = positions.last else { return [] }
    var places: [Place] = []
    if suspect.plan.elements.rank > 1 {
      if Set(positions.map { $0 / length }).count == 1 {
        places.append(
          Place(
            cause: "where-row", text: "in row \(first / length)",
            evidence: ["row": DiagnosisEvidence(first / length)],
            count: length))
      }
      if Set(positions.map { $0 % length }).count == 1 {
        places.append(
          Place(
            cause: "where-column", text: "in column \(first % length)",
            evidence: ["column": DiagnosisEvidence(first % length)], count: count / length))
      }
    }
    for width in [4, 8, 16, 32, 64] where Set(positions.map { $0 % width }).count == 1 {
      places.append(
        Place(
          cause: "where-lane", text: "at positions \(first % width) modulo \(width)",
          evidence: ["lane": DiagnosisEvidence(first % width), "width": DiagnosisEvidence(width)],
          count: (count - first % width + width - 1) / width))
    }
    if last == count - 1 || count - first <= 64 {
      places.append(
        Place(
          cause: "where-tail", text: "among the last \(count - first) elements",
          evidence: ["first": DiagnosisEvidence(first)], count: count - first))
    }
    return places
  }

  // MARK: By input

  private static func inputs(_ outside: OutsideElements, _ suspect: Suspect) throws(JudgingError) -> [Place] {
    var places: [Place] = []
    for (input, name) in suspect.plan.formula.inputs.map(\.name).enumerated() {
      let values = outside.elements.map { $0.inputs[input] }
      guard let lowest = values.min(), let highest = values.max(), values.allSatisfy({ !$0.isNaN }) else {
        continue
      }
      let least = values.map(\.magnitude).min() ?? 0
      var equal = 0
      var below = 0
      var above = 0
      var far = 0
      try suspect.scan { block in
        for index in block.actual.indices {
          let value = block.input(input, at: index)
          if value == lowest { equal += 1 }
          if value <= highest { below += 1 }
          if value >= lowest { above += 1 }
          if value.magnitude >= least { far += 1 }
        }
      }
      if lowest == highest {
        places.append(
          Place(
            cause: "where-input", text: "where \(name) is \(numberText(lowest))",
            evidence: ["input": .text(name), "value": .number(lowest)], count: equal))
        continue
      }
      let regions = [
        (below, "\(name) is \(highest) or below", -Double.infinity, highest),
        (above, "\(name) is \(lowest) or above", lowest, Double.infinity),
        (far, "\(name) is \(least) or more in magnitude", least, Double.infinity),
      ]
      // A region is only as good as the share of its elements that are outside.
      for (count, text, lower, upper) in regions where 2 * outside.elements.count >= count {
        places.append(
          Place(
            cause: "where-region", text: "where \(text)",
            evidence: ["input": .text(name), "lower": .number(lower), "upper": .number(upper)], count: count))
      }
    }
    return places
  }
}
