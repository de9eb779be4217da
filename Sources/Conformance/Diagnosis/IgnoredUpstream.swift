/// `upstream-ignored`: the gradient that was fed in is taken for all ones.
enum IgnoredUpstream: DiagnosisKind {
  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    guard suspect.isGradient, !suspect.conformanceCase.gradOutputs.isEmpty else { return [] }
    var hypothesis = Hypothesis(suspect)
    hypothesis.conformanceCase.gradOutputs = [:]
    guard try suspect.holds(hypothesis) else { return [] }
    return [
      Diagnosis(
        "upstream-ignored",
        "Every element is the gradient for ones: grad_outputs/loss, the gradient that was fed in, is ignored.",
        explains: suspect.outside)
    ]
  }
}
