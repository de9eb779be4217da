internal import FocalLoss
internal import Tensors

/// `gamma-off`, `other-gamma`, `alpha-off`, `alpha-swapped`, `other-alpha`, `smoothing-off`, `plain-cross-entropy`: the
/// same variant with another parameter.
enum OtherParameters: DiagnosisKind {
  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    var found: [Diagnosis] = []
    for candidate in candidates(suspect) {
      var hypothesis = Hypothesis(suspect)
      hypothesis.conformanceCase.parameters = candidate.parameters
      guard !found.contains(where: { $0.cause == candidate.cause }), try suspect.holds(hypothesis) else {
        continue
      }
      found.append(
        Diagnosis(
          candidate.cause, "Every element is that of \(candidate.text).", explains: suspect.outside,
          candidate.evidence))
    }
    return found
  }

  private struct Candidate {
    let parameters: Parameters
    let cause: String
    let text: String
    let evidence: [String: DiagnosisEvidence]
  }

  private static func candidates(_ suspect: Suspect) -> [Candidate] {
    let documented = suspect.conformanceCase.parameters
    var candidates: [Candidate] = []
    func add(
      _ cause: String, _ text: String, _ evidence: [String: DiagnosisEvidence] = [:],
      _ change: (inout Parameters) -> Void
    ) {
      var parameters = documented
      change(&parameters)
      candidates.append(Candidate(parameters: parameters, cause: cause, text: text, evidence: evidence))
    }
    let (alpha, gamma) = (documented.alpha, documented.gamma)
    for other in others(of: gamma, [0, 1, 2, 3, gamma.rounded(.towardZero), gamma - 1, gamma + 1, 2 * gamma])
    {
      add(
        other == 0 ? "gamma-off" : "other-gamma",
        "gamma \(numberText(other)) where \(numberText(gamma)) was given",
        ["gamma": .number(other), "given": .number(gamma)]
      ) { $0.gamma = other }
    }
    let unweighted = unweightedAlpha(suspect)
    if alpha.isFinite, alpha >= 0, let unweighted {
      add(
        "alpha-off", "no weighting by alpha, where alpha \(numberText(alpha)) was given",
        ["given": .number(alpha)]
      ) {
        $0.alpha = unweighted
      }
    }
    if alpha.isFinite, alpha >= 0, alpha != 0.5 {
      add(
        "alpha-swapped",
        "alpha and 1 − alpha swapped: alpha \(numberText(1 - alpha)) where \(numberText(alpha)) was given",
        ["alpha": .number(1 - alpha), "given": .number(alpha)]
      ) { $0.alpha = 1 - alpha }
    }
    for other in others(of: alpha, [0.25, 0.5, 0.75, 1]) where other != 1 - alpha {
      add(
        "other-alpha",
        "alpha \(numberText(other)) where \(alpha.isFinite ? numberText(alpha) : "no weighting") was given",
        ["alpha": .number(other), "given": .number(alpha)]
      ) { $0.alpha = other }
    }
    if documented.labelSmoothing != 0 {
      add("smoothing-off", "no label smoothing", ["given": .number(documented.labelSmoothing)]) {
        $0.labelSmoothing = 0
      }
    }
    if gamma != 0, alpha.isFinite, alpha >= 0, let unweighted {
      add("plain-cross-entropy", "the cross entropy alone, without gamma and alpha") {
        $0.gamma = 0
        $0.alpha = unweighted
      }
    }
    return candidates
  }

  /// The alpha by which a variant turns the weighting off; nil where it has none.
  private static func unweightedAlpha(_ suspect: Suspect) -> Double? {
    for alpha in [Double.nan, -1] {
      var unweighted = suspect.conformanceCase
      unweighted.parameters.alpha = alpha
      if suspect.variant.undocumented(unweighted.signature(suspect.provenance)) == nil { return alpha }
    }
    return nil
  }

  /// Other values of a parameter: some, and itself in fewer bits or digits.
  private static func others(of value: Double, _ values: [Double]) -> [Double] {
    let formats: [FloatFormat] = [.float32, .float16, .bfloat16]
    let rounded = value.isFinite ? formats.map { $0.round(value) } : []
    let digits =
      value.isFinite && value.magnitude < 1e3
      ? [1e2, 1e3, 1e4, 1e5, 1e6, 1e7].map { (value * $0).rounded() / $0 } : []
    return (rounded + digits + values).reduce(into: []) { others, other in
      if other != value, other.isFinite, !others.contains(other) { others.append(other) }
    }
  }
}
