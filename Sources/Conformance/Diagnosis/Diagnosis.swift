/// Why a tensor is nonconformant, as far as its elements prove it.
///
/// A diagnosis explains every outside element. A cause that explains less is not reported.
public struct Diagnosis: Hashable, Sendable, Codable {
  /// The cause's stable name, such as `mean-for-sum`.
  public let cause: String
  /// The cause in one sentence.
  public let statement: String
  /// How many outside elements it explains.
  public let explains: Int
  /// How many outside elements there are.
  public let of: Int
  /// What proves it.
  public let evidence: [String: DiagnosisEvidence]

  init(_ cause: String, _ statement: String, explains: Int, _ evidence: [String: DiagnosisEvidence] = [:]) {
    self.cause = cause
    self.statement = statement
    self.explains = explains
    self.of = explains
    self.evidence = evidence
  }

  /// How much of the outside elements it explains, in words.
  public var scope: String { "explains \(explains) of \(of) outside" }
}

/// One number or text of a diagnosis's evidence.
public enum DiagnosisEvidence: Hashable, Sendable, Codable {
  /// A number; NaN and infinities are allowed.
  case number(Double)
  /// A text that the program wrote; names from a file in it are as they were.
  case text(String)
}

extension DiagnosisEvidence: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral,
  ExpressibleByStringLiteral
{
  /// A number.
  public init(floatLiteral value: Double) { self = .number(value) }
  /// A number.
  public init(integerLiteral value: Int) { self = .number(Double(value)) }
  /// A text.
  public init(stringLiteral value: String) { self = .text(value) }

  init(_ count: Int) { self = .number(Double(count)) }
}

/// A kind of cause: it looks at a nonconformant tensor, and says a diagnosis where it proves one.
protocol DiagnosisKind: Sendable {
  /// The diagnoses that explain every outside element, best first; none when it cannot prove any.
  ///
  /// - Throws: ``JudgingError/unreadable(_:)`` when the file cannot be read. A hypothesis that does not apply to the case
  ///   explains nothing and throws nothing.
  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis]
}

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
