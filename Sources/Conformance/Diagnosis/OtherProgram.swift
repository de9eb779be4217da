internal import Arithmetic
internal import FocalLoss

/// `other-order`, `other-variant`: another documented program gives every element.
enum OtherProgram: DiagnosisKind {
  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    if let program = suspect.reordered {
      return [
        Diagnosis(
          "other-order",
          "Every element can be that of the same function by other operations: \(program).",
          explains: suspect.outside, ["program": .text("\(program)")])
      ]
    }
    let documented = suspect.variant.name
    // The gradient by the framework's own rules comes first: what differs is the loss.
    let programs = DocumentedProgram.losses.filter { $0.variant != documented || $0.crossEntropy != nil }
    for program in programs {
      guard let hypothesis = Hypothesis(suspect).being(program), try suspect.holds(hypothesis) else {
        continue
      }
      return [
        Diagnosis(
          "other-variant", "Every element can be that of another documented program: \(program).",
          explains: suspect.outside, ["program": .text("\(program)")])
      ]
    }
    return []
  }
}

extension Hypothesis {
  /// The same case computed by a documented program; nil where there is no such variant.
  func being(_ program: DocumentedProgram) -> Hypothesis? {
    guard let variant = Variants.named(program.variant) else { return nil }
    var hypothesis = self
    hypothesis.variant = variant
    hypothesis.crossEntropy = program.crossEntropy
    hypothesis.rules = program.rules
    return hypothesis
  }
}

extension Suspect {
  /// Whether a program of the same function gives every element, and many of the outside ones bit by bit.
  func computes(sameFunctionBy program: DocumentedProgram) throws(JudgingError) -> Bool {
    var hypothesis = Hypothesis(self).being(program)
    hypothesis?.isSameFunction = true
    return try holds(hypothesis)
  }

  /// Tests a hypothesis, if there is one.
  func holds(_ hypothesis: Hypothesis?) throws(JudgingError) -> Bool {
    guard let hypothesis else { return false }
    return try holds(hypothesis)
  }
}
