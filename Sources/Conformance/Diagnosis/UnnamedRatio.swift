/// `one-ratio`: many elements are all the documented value times one number, whatever that number stands for.
enum UnnamedRatio: DiagnosisKind {
  /// Fewer elements have a common ratio by accident.
  private static let leastCount = 8

  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    guard let range = try NamedRatio.range(of: suspect), range.isNarrow, range.isOff(in: suspect.format),
      range.count >= leastCount
    else { return [] }
    return [
      Diagnosis(
        "one-ratio",
        "Every element is \(range.text) times the documented value, as far as rounding tells.",
        explains: suspect.outside,
        [
          "ratio": .number(range.value), "lowest_ratio": .number(range.lower),
          "highest_ratio": .number(range.upper), "elements": DiagnosisEvidence(range.count),
        ])
    ]
  }
}
