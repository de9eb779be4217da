internal import Arithmetic
internal import FocalLoss
internal import Tensors

/// `narrower-step`: one value of the formula is kept in a type of fewer bits.
enum NarrowerStep: DiagnosisKind {
  /// Types and what else processors keep values in: TF32 has eleven bits, an estimate of a reciprocal twelve.
  private static let formats: [(name: String, format: FloatFormat)] = [
    ("float32", .float32), ("float16", .float16), ("bfloat16", .bfloat16),
    ("TF32", FloatFormat(exponentBits: 8, fractionBits: 10)),
    ("12 bits", FloatFormat(exponentBits: 8, fractionBits: 11)),
  ]

  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    for group in ValueGroup.all(of: suspect.lossPlan.formula) {
      for (name, format) in formats where format.precision < suspect.format.precision {
        let isKept = try suspect.holds({ $0.replacing(group.steps) { value, _ in value.kept(in: format) } })
        let isComputed = isKept ? false : try suspect.holds({ computed(group, in: format, $0) })
        guard isKept || isComputed else { continue }
        return [
          Diagnosis(
            "narrower-step",
            "Every element is the documented one with \(group.name) \(isKept ? "kept" : "computed") in \(name).",
            explains: suspect.outside,
            ["value": .text(group.name), "kept_in": .text(name), "bits": DiagnosisEvidence(format.precision)])
        ]
      }
    }
    return []
  }

  /// The formula with elementary functions computed in a narrower type.
  private static func computed(_ group: ValueGroup, in format: FloatFormat, _ formula: Program) -> Program? {
    let type = format.type
    let values = formula.values.filter { group.steps.contains($0.step) }
    guard type.floatFormat == format, let operand = values.first?.operands.first,
      values.allSatisfy({ $0.operands == [operand] })
    else { return nil }
    let functions: [String: (Expression) -> Expression] = [
      "sigmoid": recordedSigmoid, "log": { log($0) }, "exp": { exp($0) },
    ]
    guard let kernel = values.first?.kernel, values.allSatisfy({ $0.kernel == kernel }),
      let function = functions[kernel]
    else { return nil }
    return formula.replacing(group.steps) { value, other in
      function(other(operand).cast(to: type)).cast(to: value.type)
    }
  }
}
