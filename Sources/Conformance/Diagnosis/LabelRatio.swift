internal import FocalLoss

/// `label-ratio`: every element is the documented value times one number for its label.
enum LabelRatio: DiagnosisKind {
  /// Fewer elements of a label have a common ratio by accident.
  private static let leastCount = 2

  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    guard suspect.isElementwise, let input = suspect.labelInput,
      // What one ratio explains is no matter of the label.
      try NamedRatio.range(of: suspect) == nil
    else { return [] }
    var ranges: [Double: RatioRange] = [:]
    try suspect.scan { block in
      for index in block.actual.indices {
        let label = block.input(input, at: index)
        guard ranges.count < 3 else { return }
        ranges[label, default: RatioRange()].add(
          block.actual[index], block.allowed[index], in: suspect.format)
      }
    }
    let labels = ranges.keys.sorted()
    guard labels == [0, 1] || labels == [0] || labels == [1] else { return [] }
    let off = labels.filter { !(ranges[$0]?.contains(1) ?? false) }
    guard
      off.allSatisfy({ label in
        ranges[label].map { $0.isNarrow && $0.isOff(in: suspect.format) && $0.count >= leastCount } ?? false
      }), !off.isEmpty, labels.allSatisfy({ ranges[$0]?.isPossible ?? false })
    else { return [] }
    let names = names(suspect.conformanceCase.parameters)
    var evidence: [String: DiagnosisEvidence] = [:]
    var parts: [String] = []
    for label in labels {
      guard let range = ranges[label] else { continue }
      let isOff = off.contains(label)
      let name = names.first { isOff && range.contains($0.ratio) }
      let ratio = isOff ? name?.ratio ?? range.value : 1
      evidence["ratio_label_\(numberText(label))"] = .number(ratio)
      evidence["elements_label_\(numberText(label))"] = DiagnosisEvidence(range.count)
      if let name { evidence["meaning_label_\(numberText(label))"] = .text(name.meaning) }
      parts.append(
        isOff
          ? "every element with label \(numberText(label)) is \(numberText(ratio)) times the documented value\(name.map { " (\($0.meaning))" } ?? "")"
          : "those with label \(numberText(label)) are as documented")
    }
    let sentence = parts.joined(separator: ", and ")
    return [
      Diagnosis(
        "label-ratio", sentence.prefix(1).uppercased() + sentence.dropFirst() + ".",
        explains: suspect.outside,
        evidence)
    ]
  }

  private static func names(_ parameters: Parameters) -> [NamedFactor] {
    let (alpha, gamma) = (parameters.alpha, parameters.gamma)
    let values: [(Double, String)] = [
      (gamma, "a factor gamma too many"), (1 / gamma, "a factor gamma is missing"),
      (alpha, "a factor alpha too many"), (1 / alpha, "a factor alpha is missing"),
      (1 - alpha, "a factor 1 − alpha too many"), (1 / (1 - alpha), "a factor 1 − alpha is missing"),
      (alpha / (1 - alpha), "alpha stands where 1 − alpha is documented"),
      ((1 - alpha) / alpha, "1 − alpha stands where alpha is documented"), (-1, "the wrong sign"),
    ]
    return values.filter { $0.0.isFinite && $0.0 != 0 && $0.0 != 1 }.map {
      NamedFactor($0.0, "label-ratio", $0.1)
    }
  }
}

extension Suspect {
  /// Which of the formula's inputs is the label, or nil.
  var labelInput: Int? { plan.formula.inputs.firstIndex { ["label", "target"].contains($0.name) } }
}
