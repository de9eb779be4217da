internal import Arithmetic
internal import FocalLoss

/// `clamped`, `epsilon-added`, `other-bound`: a value of the formula is held between bounds, or has a small number added,
/// where the documentation has none or another one.
enum ClampedValue: DiagnosisKind {
  private static let epsilons = [
    1e-2, 1e-3, 1e-4, 1e-5, 1e-6, 1e-7, 1.1920929e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15, 2.220446049250313e-16,
    1e-16,
  ]
  private static let magnitudes = [5.0, 10, 15, 16, 20, 25, 30, 40, 50, 80, 88, 100]

  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    let formula = suspect.lossPlan.formula
    let groups = ValueGroup.all(of: formula)
    for group in groups where !suspect.isLabel(group) {
      for (lower, upper) in bounds(group) {
        guard
          try suspect.holds({
            $0.replacing(group.steps) { value, _ in value.clamped(from: lower, to: upper) }
          })
        else { continue }
        return [
          diagnosis("clamped", "\(group.name) is held \(text(lower, upper))", lower, upper, group, suspect)
        ]
      }
    }
    for group in groups where group.isProbability || group.name == "the argument of log" {
      for epsilon in epsilons {
        guard try suspect.holds({ $0.replacing(group.steps) { value, _ in value + epsilon } }) else {
          continue
        }
        return [
          Diagnosis(
            "epsilon-added", "Every element is that in which \(epsilon) is added to \(group.name).",
            explains: suspect.outside, ["value": .text(group.name), "epsilon": .number(epsilon)])
        ]
      }
    }
    return try otherBound(suspect, formula)
  }

  /// A documented clamp with other bounds.
  private static func otherBound(_ suspect: Suspect, _ formula: Program) throws(JudgingError) -> [Diagnosis] {
    for value in formula.values where value.kernel == "clamp" && value.operands.count == 1 {
      for (lower, upper) in probabilityBounds + [(0, 1), (-.infinity, .infinity)] {
        guard
          try suspect.holds({
            $0.replacing([value.step]) { _, other in other(value.operands[0]).clamped(from: lower, to: upper)
            }
          })
        else { continue }
        return [
          Diagnosis(
            "other-bound",
            "Every element is that in which \(value.label ?? "the clamped value") is held \(text(lower, upper)), not as documented.",
            explains: suspect.outside,
            ["value": .text(value.label ?? "clamp"), "lower": .number(lower), "upper": .number(upper)])
        ]
      }
    }
    return []
  }

  private static let probabilityBounds: [(Double, Double)] =
    epsilons.flatMap { epsilon in
      [
        (epsilon, 1 - epsilon), (epsilon, .infinity), (epsilon, 1), (-.infinity, 1 - epsilon),
        (1e-4, 1 - epsilon),
      ]
    } + [(1e-4, .infinity)]

  private static func bounds(_ group: ValueGroup) -> [(Double, Double)] {
    if group.isProbability { return probabilityBounds }
    if group.name.hasPrefix("the argument of") {
      return epsilons.flatMap { [($0, .infinity), ($0, 1 - $0)] }
    }
    return magnitudes.flatMap { [(-$0, $0), (-$0, .infinity), (-.infinity, $0)] }
  }

  private static func text(_ lower: Double, _ upper: Double) -> String {
    switch (lower.isFinite, upper.isFinite) {
    case (true, true): "between \(numberText(lower)) and \(numberText(upper))"
    case (true, false): "at \(numberText(lower)) or above"
    case (false, true): "at \(numberText(upper)) or below"
    case (false, false): "by no bounds"
    }
  }

  private static func diagnosis(
    _ cause: String, _ text: String, _ lower: Double, _ upper: Double, _ group: ValueGroup, _ suspect: Suspect
  ) -> Diagnosis {
    Diagnosis(
      cause, "Every element is that in which \(text).", explains: suspect.outside,
      ["value": .text(group.name), "lower": .number(lower), "upper": .number(upper)])
  }
}

extension Suspect {
  /// Whether a group is the label itself.
  func isLabel(_ group: ValueGroup) -> Bool { group.isInput && ["label", "target"].contains(group.name) }
}
