/// The registry of diagnoses.
enum Diagnoses {
  /// Every kind of cause, in tiers, the most specific first: a tier is asked when none before it had an answer.
  static let tiers: [[any DiagnosisKind.Type]] = [
    [NamedRatio.self],
    [OtherParameters.self],
    [UnnamedRatio.self],
    [LabelRatio.self],
    [GradientRule.self, IgnoredUpstream.self],
    [MovedInput.self, MovedResult.self],
    [ChangedLabel.self, ChangedNormalizer.self],
    [NarrowerType.self],
    [OtherProgram.self],
    [WrongElements.self],
    [OtherOperations.self],
    [ClampedValue.self],
    [ReplacedValue.self],
    [NarrowerStep.self],
    [FewULPs.self],
    [Whereabouts.self],
  ]

  /// How many causes that explain all alike are reported; more prove nothing.
  static let most = 3

  /// Why a tensor is nonconformant: the first is the primary diagnosis, the others explain all elements as well.
  static func of(_ suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    guard try suspect.isConsistent() else { return [] }
    for tier in tiers {
      var found: [Diagnosis] = []
      for kind in tier { found += try kind.diagnoses(of: suspect) }
      if (1...most).contains(found.count) { return found }
    }
    return []
  }
}
