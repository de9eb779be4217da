/// `normalizer-missing`, `normalizer-twice`, `normalizer-multiplied`, `normalizer-changed` and the same for `weight` and
/// `pos_weight`: the documented result with another divisor or weight.
enum ChangedNormalizer: DiagnosisKind {
  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    for name in ["normalizer", "weight", "pos_weight"] {
      guard let (stored, tensor) = try suspect.wholeInput(name) else { continue }
      var absent = Hypothesis(suspect)
      absent.conformanceCase.inputs[name] = nil
      if try suspect.holds(absent) {
        return [diagnosis("\(cause(name))-missing", name, "is ignored", suspect)]
      }
      let values = tensor.values
      let mean = values.reduce(0, +) / Double(max(values.count, 1))
      let first = values.first ?? 1
      let changes: [(cause: String, text: String, change: (Double) -> Double)] = [
        ("twice", "counts twice", { $0 * $0 }),
        ("multiplied", "is on the other side of the fraction", { 1 / $0 }),
        ("changed", "is replaced by its mean, \(numberText(mean))", { _ in mean }),
        ("changed", "is replaced by its first element, \(numberText(first))", { _ in first }),
        ("changed", "is replaced by its sum", { _ in mean * Double(values.count) }),
        ("changed", "is held at 1 or above", { max($0, 1) }),
        ("changed", "has its square root taken", { $0.squareRoot() }),
        ("changed", "is rounded to a whole number", { $0.rounded() }),
        ("changed", "has 1 added", { $0 + 1 }),
        ("changed", "has 1e-6 added", { $0 + 1e-6 }),
        ("changed", "has 1e-5 added", { $0 + 1e-5 }),
        ("changed", "has 1e-8 added", { $0 + 1e-8 }),
      ]
      for change in changes {
        let changed = tensor.mapped(change.change)
        guard changed != tensor, try suspect.holds(name, being: changed, in: stored) else { continue }
        return [diagnosis("\(cause(name))-\(change.cause)", name, change.text, suspect)]
      }
    }
    return []
  }

  private static func cause(_ name: String) -> String { name == "normalizer" ? name : "weight" }

  private static func diagnosis(_ cause: String, _ name: String, _ text: String, _ suspect: Suspect)
    -> Diagnosis
  {
    Diagnosis(
      cause, "Every element is that in which \(name) \(text).", explains: suspect.outside,
      ["input": .text(name), "change": .text(text)])
  }
}
