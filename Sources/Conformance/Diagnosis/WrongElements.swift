internal import Arithmetic
internal import Tensors

/// `not-a-number`, `infinite`, `not-finite`, `exact-zero`, `wrong-sign`, `result-clipped`, `stale-elements`,
/// `elements-reversed`, `partial-ratio`: the outside elements alone, and all in the same way.
enum WrongElements: DiagnosisKind {
  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    guard let outside = try OutsideElements(suspect), let finding = try finding(outside, suspect) else {
      return []
    }
    let place = try Whereabouts.places(of: outside, suspect).first
    var evidence = finding.evidence
    evidence["elements"] = DiagnosisEvidence(outside.count)
    if let place {
      evidence["where"] = .text(place.text)
      evidence.merge(place.evidence) { first, _ in first }
    }
    return [
      Diagnosis(
        finding.cause,
        "\(outside.subject) \(finding.text)\(place.map { "; \(outside.verb("it is", "they are")) \($0.text)" } ?? "")\(outside.rest).",
        explains: suspect.outside, evidence)
    ]
  }

  private struct Finding {
    let cause: String
    let text: String
    var evidence: [String: DiagnosisEvidence] = [:]
  }

  private static func finding(_ outside: OutsideElements, _ suspect: Suspect) throws(JudgingError) -> Finding?
  {
    let elements = outside.elements
    if elements.allSatisfy({ $0.actual.isNaN }) {
      return Finding(cause: "not-a-number", text: outside.verb("is NaN", "are NaN"))
    }
    if elements.allSatisfy({ $0.actual.isInfinite }) {
      return Finding(cause: "infinite", text: outside.verb("is infinite", "are infinite"))
    }
    if elements.allSatisfy({ !$0.actual.isFinite }) {
      return Finding(cause: "not-finite", text: "are NaN or infinite")
    }
    guard elements.allSatisfy({ $0.actual.isFinite }) else { return nil }
    if elements.allSatisfy({ $0.actual == 0 }) { return zero(outside, suspect) }
    if elements.allSatisfy({ $0.allowed.contains(-$0.actual) }) {
      return Finding(cause: "wrong-sign", text: outside.verb("has the wrong sign", "have the wrong sign"))
    }
    // A whole tensor has other explanations than a few of its elements.
    guard suspect.isElementwise, elements.count < outside.count else { return nil }
    if let clipped = try clipped(outside, suspect) { return clipped }
    if let moved = try moved(outside, suspect) { return moved }
    return ratio(outside, suspect)
  }

  private static func zero(_ outside: OutsideElements, _ suspect: Suspect) -> Finding {
    let largest = outside.elements.map(\.expected.magnitude).max() ?? 0
    let flushed = largest < suspect.format.leastNormal
    return Finding(
      cause: flushed ? "subnormals-flushed" : "exact-zero",
      text: flushed
        ? "\(outside.verb("is 0 where a subnormal number is", "are 0 where subnormal numbers are")) documented"
        : "\(outside.verb("is", "are")) exactly 0, where up to \(largest) in magnitude is documented",
      evidence: ["largest_documented": .number(largest)])
  }

  /// Whether all have one magnitude, which the documented values of all exceed and no other element exceeds.
  private static func clipped(_ outside: OutsideElements, _ suspect: Suspect) throws(JudgingError) -> Finding?
  {
    let elements = outside.elements
    guard elements.count >= 2, let bound = elements.first?.actual.magnitude,
      elements.allSatisfy({ $0.actual.magnitude == bound && $0.expected.magnitude >= bound })
    else { return nil }
    var exceeds = false
    try suspect.scan { block in
      if block.actual.contains(where: { $0.magnitude > bound }) { exceeds = true }
    }
    guard !exceeds else { return nil }
    return Finding(
      cause: "result-clipped", text: "are held at ±\(numberText(bound)), where more is documented",
      evidence: ["bound": .number(bound)])
  }

  /// Whether the outside elements have the values of other places, all in the same way.
  private static func moved(_ outside: OutsideElements, _ suspect: Suspect) throws(JudgingError) -> Finding? {
    let elements = outside.elements
    guard elements.count <= 4096, outside.count <= Suspect.keptCount, let first = elements.first?.position,
      let last = elements.last?.position
    else { return nil }
    var allowed: [Enclosure] = []
    var actual: [Double] = []
    try suspect.scan { block in
      allowed += block.allowed
      actual += block.actual
    }
    if elements.count >= 2,
      elements.allSatisfy({ allowed[first + last - $0.position].contains($0.actual) && $0.actual != 0 })
    {
      return Finding(
        cause: "elements-reversed",
        text: elements.count == 2 ? "are in each other's place" : "are in reverse order",
        evidence: ["first": DiagnosisEvidence(first), "last": DiagnosisEvidence(last)])
    }
    let row = suspect.plan.rowLength
    for offset in [-1, 1, -row, row] where offset != 0 {
      let isStale = elements.allSatisfy { element in
        let place = element.position + offset
        return actual.indices.contains(place) && element.actual != 0
          && (allowed[place].contains(element.actual) || actual[place] == element.actual)
      }
      guard isStale else { continue }
      return Finding(
        cause: "stale-elements",
        text:
          "\(outside.verb("has", "have")) the value that is documented \(offset.magnitude) \(offset.magnitude == 1 ? "place" : "places") \(offset < 0 ? "before" : "behind") \(outside.verb("it", "them"))",
        evidence: ["offset": DiagnosisEvidence(offset)])
    }
    return nil
  }

  private static func ratio(_ outside: OutsideElements, _ suspect: Suspect) -> Finding? {
    var range = RatioRange()
    for element in outside.elements { range.add(element.actual, element.allowed, in: suspect.format) }
    guard range.isPossible, range.isNarrow, range.isOff(in: suspect.format) else { return nil }
    let plain = [2.0, 0.5, 4, 0.25, 10, 0.1].first { range.contains($0) }
    guard let ratio = plain ?? (range.count >= 3 ? range.value : nil) else { return nil }
    return Finding(
      cause: "partial-ratio",
      text: "\(outside.verb("is", "are")) \(numberText(ratio)) times the documented value",
      evidence: ["ratio": .number(ratio)])
  }
}
