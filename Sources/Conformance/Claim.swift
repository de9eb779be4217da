#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// A statement of a document that real results can confirm or refute.
public struct Claim: Hashable, Sendable, Codable {
  /// The name, such as `blog.manual-prints`.
  public let id: String
  /// What the document says, in short and in its own words or numbers.
  public let quote: String
  /// Which document, and where in it.
  public let source: String
  /// What is looked at, in plain words.
  public let statement: String
  /// How it is checked, and on what.
  public let question: ClaimQuestion
  /// The line of its entry.
  public let line: Int
}

/// What is asked of the cases that a claim is about.
public struct ClaimQuestion: Hashable, Sendable, Codable {
  /// How it is checked.
  public let check: ClaimCheck
  /// Shell patterns on the names of the cases that it is checked on.
  public let cases: [String]
}

/// The ways in which a claim is checked; each case that is looked at either bears it out or is evidence against it.
public enum ClaimCheck: Hashable, Sendable, Codable {
  /// The loss has the numbers that the case's attribute `printed` quotes, to as many decimals.
  case printed
  /// The framework gives a value, and the case is conformant: it computes what is documented.
  case computed
  /// The framework refuses the case.
  case refused
  /// The loss agrees with that of another case, in which `of` is replaced by `with`, to so many decimals.
  case agrees(of: String, with: String, decimals: Int)
  /// The loss is that of another case, in which `of` is replaced by `with`, divided by this one's normalizer and rounded
  /// once: the same bits.
  case divided(of: String, with: String)
  /// Loss and gradient are those of the case of the same name with reduction sum, divided by the number of elements, to
  /// so many ULPs.
  case meanOfSum(ulps: UInt64)
  /// No element of the loss is greater, and one is equal to as many decimals as the number has.
  case greatest(String)
  /// The gradient is zero exactly where the probability of the target's class is below the bound, or above 1.
  case flatBelow(Double)
  /// Every element of a stage lies between two numbers.
  case stage(String, from: Double, through: Double)
}

/// What one case says of a claim.
public struct ClaimEvidence: Hashable, Sendable, Codable {
  /// What it comes to.
  public enum Kind: Hashable, Sendable, Codable {
    /// The case bears the claim out.
    case bears
    /// It does not, for this reason.
    case against(String)
    /// What the claim is about cannot be read.
    case unreadable(FixtureError)
  }

  /// Which of the run's claims it is, from 0.
  public let claim: Int
  /// What the case says of it.
  public let kind: Kind
}

/// What became of a claim.
public struct ClaimFinding: Hashable, Sendable {
  /// Whether it is true of the builds that were looked at.
  public enum Outcome: String, Hashable, Sendable {
    /// Every case bears it out.
    case holds
    /// A case does not.
    case refuted
    /// No case of the run speaks of it, or one that does cannot be read.
    case unchecked = "not checked"
  }

  /// The claim.
  public let claim: Claim
  /// How many cases were looked at.
  public internal(set) var caseCount = 0
  /// Why each case that does not bear it out does not, in the order of the fixtures and cases.
  public internal(set) var counterexamples: [String] = []
  /// What could not be read of the cases that it is checked on.
  public internal(set) var unreadable: [FixtureError] = []

  /// Whether it is true.
  public var outcome: Outcome {
    if !counterexamples.isEmpty { return .refuted }
    return caseCount == 0 || !unreadable.isEmpty ? .unchecked : .holds
  }
}

extension ClaimQuestion {
  /// The most bytes of ``text``: systems bound an argument, Linux to 128 KiB.
  static let maximumByteCount = 1 << 16

  /// The question as an argument of a worker; see ``init(parsing:)``.
  var text: String {
    // Encoding strings and finite numbers cannot fail.
    (try? WorkerCoding.encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? ""
  }

  /// What a worker was asked; nil where the text is no question.
  public init?(parsing text: String) {
    guard let question = try? WorkerCoding.decoder.decode(Self.self, from: Data(text.utf8)) else {
      return nil
    }
    self = question
  }
}
