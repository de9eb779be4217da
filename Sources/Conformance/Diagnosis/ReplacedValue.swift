internal import Arithmetic
internal import FocalLoss

/// `power-as-product`, `factor-missing`, `value-complemented`, `value-negated`, `value-replaced`, `sigmoid-twice`: a value of the formula is 1,
/// 1 minus itself, its negative, or another of its values.
enum ReplacedValue: DiagnosisKind {
  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    let formula = suspect.lossPlan.formula
    let groups = ValueGroup.all(of: formula)
    if let product = try powerAsProduct(suspect) { return [product] }
    for group in groups where !group.isInput {
      if try suspect.holds({ $0.replacing(group.steps) { value, _ in value.filled(with: 1) } }) {
        return [diagnosis("factor-missing", group.name, "is 1", suspect)]
      }
      if try suspect.holds({ $0.replacing(group.steps) { value, _ in 1 - value } }) {
        return [diagnosis("value-complemented", group.name, "is 1 − \(group.name)", suspect)]
      }
      if try suspect.holds({ $0.replacing(group.steps) { value, _ in -value } }) {
        return [diagnosis("value-negated", group.name, "has the wrong sign", suspect)]
      }
      let alpha = suspect.conformanceCase.parameters.alpha
      if group.name == "alpha_t", alpha.isFinite,
        try suspect.holds({ $0.replacing(group.steps) { value, _ in value.filled(with: alpha) } })
      {
        return [diagnosis("value-replaced", group.name, "is alpha for each label", suspect)]
      }
      for other in formula.values
      where group.steps.allSatisfy({ other.step < $0 }) && other.label != nil && other.label != group.name {
        let types = formula.values.filter { group.steps.contains($0.step) }.map(\.type)
        guard types.allSatisfy({ $0 == other.type }),
          try suspect.holds({ $0.replacing(group.steps) { _, value in value(other.step) } })
        else { continue }
        return [diagnosis("value-replaced", group.name, "is \(other.label ?? "another value")", suspect)]
      }
    }
    for group in groups where group.isInput && group.name == "logit" {
      if try suspect.holds({ $0.replacing(group.steps) { value, _ in recordedSigmoid(value) } }) {
        return [
          Diagnosis(
            "sigmoid-twice", "Every element is that of logits that have passed a sigmoid before.",
            explains: suspect.outside)
        ]
      }
    }
    return []
  }

  /// γ as a factor of `1 − p_t`, not its exponent; for all labels, or in the term of one.
  private static func powerAsProduct(_ suspect: Suspect) throws(JudgingError) -> Diagnosis? {
    let gamma = suspect.conformanceCase.parameters.gamma
    guard gamma.isFinite else { return nil }
    for label in [Double?.none, 1, 0] {
      let holds = try suspect.holds { formula in
        let values = formula.values
        let powers = values.filter { $0.kernel == "pow" && $0.operands.count == 1 }
        let operands = Dictionary(powers.map { ($0.step, $0.operands[0]) }) { first, _ in first }
        let labels = values.first { ["label", "target"].contains($0.label ?? "") && $0.type == formula.type }
        guard !powers.isEmpty, label == nil || labels != nil else { return nil }
        var next = powers.map(\.step).sorted().makeIterator()
        return formula.replacing(Set(operands.keys)) { power, value in
          guard let step = next.next(), let operand = operands[step] else { return power }
          let product = gamma * value(operand)
          guard let label, let y = labels.map({ value($0.step) }) else { return product }
          // One of the two factors is 0.
          return label == 1 ? y * product + (1 - y) * power : (1 - y) * product + y * power
        }
      }
      guard holds else { continue }
      let place = label.map { " where the label is \(numberText($0))" } ?? ""
      return Diagnosis(
        "power-as-product",
        "Every element is that in which gamma, \(numberText(gamma)), is a factor of 1 − p_t and not its exponent\(place).",
        explains: suspect.outside, ["gamma": .number(gamma), "label": .text(label.map(numberText) ?? "any")])
    }
    return nil
  }

  private static func diagnosis(_ cause: String, _ name: String, _ text: String, _ suspect: Suspect)
    -> Diagnosis
  {
    Diagnosis(
      cause, "Every element is that in which \(name) \(text).", explains: suspect.outside,
      ["value": .text(name), "change": .text(text)])
  }
}
