/// How an element's two values relate before any tolerance.
public enum ElementClass: String, Hashable, Sendable, Codable {
  /// Both are finite.
  case finite
  /// Both are zero, of different sign.
  case signedZero = "signed_zero"
  /// Exactly one is NaN.
  case nan
  /// At least one is infinite, neither is NaN, and they are not the same.
  case infinity
}

/// Where an element stands in the verdict.
public enum ElementVerdict: String, Hashable, Sendable, Comparable, Codable {
  /// The same bits, or both NaN.
  case identical
  /// Inside what is allowed.
  case within
  /// Not inside, but within one ULP of the exact value.
  case accurate
  /// Neither.
  case outside

  /// Identical is best, outside is worst.
  public static func < (x: ElementVerdict, y: ElementVerdict) -> Bool { x.rank < y.rank }

  private var rank: Int {
    switch self {
    case .identical: 0
    case .within: 1
    case .accurate: 2
    case .outside: 3
    }
  }
}

/// One element whose values differ.
public struct ElementDifference: Hashable, Sendable, Codable {
  /// The row-major position.
  public let position: Int
  /// The bit pattern of the expected value.
  public let expectedBits: UInt64
  /// The bit pattern of the actual value.
  public let actualBits: UInt64
  /// How the values relate.
  public let elementClass: ElementClass
  /// The ULP distance; nil unless both are finite.
  public let ulps: UInt64?
  /// The verdict.
  public let verdict: ElementVerdict
  /// What the element may be; nil for an integer.
  public let allowed: Allowance?
  /// The exact value, rounded to the element's type; nil where it is not known.
  public let exact: Double?
  /// How far the actual value lies from the exact one, in ULPs of the exact value; nil where that has no number.
  public let actualError: Double?
  /// How far the expected value lies from the exact one, likewise.
  public let expectedError: Double?

  /// Whether this element is the worse of two: by verdict, then non-finite before finite, then by ULPs, then the
  /// earlier one.
  func isWorse(than other: ElementDifference) -> Bool {
    if verdict != other.verdict { return verdict > other.verdict }
    let (distance, otherDistance) = (ulps ?? .max, other.ulps ?? .max)
    if distance != otherDistance { return distance > otherDistance }
    return position < other.position
  }
}
