internal import Arithmetic

/// `modulator-not-differentiated`, `factor-not-differentiated`, `derivative-missing`, `power-factor-missing`: the gradient
/// of the documented loss, but for one rule of the chain.
enum GradientRule: DiagnosisKind {
  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    guard suspect.isGradient else { return [] }
    let gamma = suspect.conformanceCase.parameters.gamma
    // A modulator first: what reaches it alone cannot be told from it.
    let groups = ValueGroup.all(of: suspect.lossPlan.formula).filter { !$0.isInput }
    for group in groups.filter(\.isModulator) + groups.filter({ !$0.isModulator }) {
      let evidence: [String: DiagnosisEvidence] = ["value": .text(group.name)]
      if try suspect.holds({ $0.detaching(group.steps) }) {
        return [
          Diagnosis(
            group.isModulator ? "modulator-not-differentiated" : "factor-not-differentiated",
            "Every element is the gradient with \(group.name) taken as a constant\(group.isModulator ? ": the modulator (1 − p_t)^gamma is not differentiated" : "").",
            explains: suspect.outside, evidence)
        ]
      }
      if group.isModulator, gamma.isFinite, gamma != 0,
        try suspect.holds({ $0.dividingAdjoints(of: group.steps, by: gamma) })
      {
        return [
          Diagnosis(
            "power-factor-missing",
            "Every element is the gradient whose derivative of the power lacks its factor gamma, \(numberText(gamma)).",
            explains: suspect.outside, evidence.merging(["gamma": .number(gamma)]) { first, _ in first })
        ]
      }
      if try suspect.holds({ $0.passingAdjoints(through: group.steps) }) {
        return [
          Diagnosis(
            "derivative-missing",
            "Every element is the gradient without the derivative of \(group.name), which is taken to be 1.",
            explains: suspect.outside, evidence)
        ]
      }
    }
    return []
  }
}
