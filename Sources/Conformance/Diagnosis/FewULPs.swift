internal import Arithmetic
internal import Comparison
internal import Tensors

/// `few-ulps`: no element is farther outside than other roundings may take it.
enum FewULPs: DiagnosisKind {
  private static let most: UInt64 = 5
  private static let leastCount = 8

  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    guard suspect.isElementwise, suspect.comparison.count >= leastCount else { return [] }
    let format = suspect.format
    var farthest: UInt64 = 0
    var isNear = true
    try suspect.scan { block in
      for index in block.outside {
        let (actual, allowed) = (block.actual[index], block.allowed[index])
        guard actual.isFinite, allowed.hasNumbers, allowed.lower.isFinite, allowed.upper.isFinite else {
          return isNear = false
        }
        let end = actual < allowed.lower ? allowed.lower : allowed.upper
        farthest = max(
          farthest, ULPs.distance(format.bits(of: actual), format.bits(of: end), in: format))
      }
    }
    guard isNear, farthest <= most else { return [] }
    let place = try OutsideElements(suspect).flatMap { outside throws(JudgingError) in
      try Whereabouts.places(of: outside, suspect).first
    }
    var evidence: [String: DiagnosisEvidence] = ["farthest_ulps": .number(Double(farthest))]
    if let place { evidence["where"] = .text(place.text) }
    return [
      Diagnosis(
        "few-ulps",
        "No element is more than \(farthest) ULP outside, as much as other roundings make: another order of operations, a less accurate function or a constant in few digits.",
        explains: suspect.outside, evidence)
    ]
  }
}
