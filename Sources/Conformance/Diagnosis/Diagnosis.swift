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
