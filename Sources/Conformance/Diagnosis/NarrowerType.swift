internal import Arithmetic
internal import FocalLoss
internal import Tensors

/// `narrower-type`, `narrower-result`: computed in a type of fewer bits, or kept in one at the end.
enum NarrowerType: DiagnosisKind {
  /// Fewer values have few bits by accident.
  private static let leastCount = 4

  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    for type in [ElementType.float32, .bfloat16, .float16] {
      guard let format = type.floatFormat, format.precision < suspect.format.precision,
        try areValues(of: format, in: suspect)
      else { continue }
      if try isRounded(to: format, suspect) {
        return [
          diagnosis("narrower-result", "Every element is the documented one, kept in \(type).", type, suspect)
        ]
      }
      if let hypothesis = try computed(in: type, suspect), try suspect.holds(hypothesis) {
        return [
          diagnosis("narrower-type", "Every element is that of a computation in \(type).", type, suspect)
        ]
      }
    }
    return []
  }

  private static func diagnosis(
    _ cause: String, _ statement: String, _ type: ElementType, _ suspect: Suspect
  ) -> Diagnosis {
    Diagnosis(
      cause, statement, explains: suspect.outside,
      ["type": .text(type.rawValue), "documented_type": .text(suspect.plan.type.rawValue)])
  }

  /// Whether every element is a value of the format, and enough of them are different and not 0.
  private static func areValues(of format: FloatFormat, in suspect: Suspect) throws(JudgingError) -> Bool {
    var values: Set<Double> = []
    var areValues = true
    try suspect.scan { block in
      for value in block.actual where value.isFinite {
        if format.round(value) != value { areValues = false }
        if value != 0, values.count < leastCount { values.insert(value) }
      }
    }
    // One float64 number has 29 bits to spare in float32.
    let needed = suspect.format.precision - format.precision > 24 ? 1 : leastCount
    return areValues && values.count >= needed
  }

  private static func isRounded(to format: FloatFormat, _ suspect: Suspect) throws(JudgingError) -> Bool {
    var holds = true
    try suspect.scan { block in
      for (allowed, actual) in zip(block.allowed, block.actual) {
        let rounded = Enclosure(
          format.round(allowed.lower), format.round(allowed.upper), mayBeNaN: allowed.mayBeNaN)
        if !rounded.contains(actual) { holds = false }
      }
    }
    return holds
  }

  /// The case with every floating-point input of the formula in the narrower type.
  private static func computed(in type: ElementType, _ suspect: Suspect) throws(JudgingError) -> Hypothesis? {
    var hypothesis = Hypothesis(suspect)
    for (name, input) in suspect.conformanceCase.inputs where input.elementType.floatFormat != nil {
      guard let (stored, tensor) = try suspect.wholeInput(name) else { return nil }
      hypothesis.conformanceCase.inputs[name] = StoredTensor(
        Tensor(type, tensor.shape, values: tensor.values), inPlaceOf: stored)
    }
    for (name, output) in suspect.conformanceCase.gradOutputs {
      guard output.shape.count <= Suspect.keptCount else { return nil }
      hypothesis.conformanceCase.gradOutputs[name] = StoredTensor(
        Tensor(type, output.shape, values: try output.block(output.shape.whole).values), inPlaceOf: output)
    }
    hypothesis.conformanceCase.outputs = [:]
    hypothesis.type = type
    return hypothesis
  }
}
