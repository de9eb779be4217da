public import Tensors

/// Every result that an implementation may give: the values of a format between two ends, and NaN where it may occur.
///
/// The ends are values of the format, or ±∞. There may be no number at all, only NaN. Zeros of either sign are one
/// place.
public struct Enclosure: Hashable, Sendable {
  /// The least number; +∞ when there is none.
  public let lower: Double
  /// The greatest number; −∞ when there is none.
  public let upper: Double
  /// Whether NaN may be the result.
  public let mayBeNaN: Bool

  /// The numbers between two ends, none when `lower > upper`, and NaN when it is said so.
  public init(_ lower: Double, _ upper: Double, mayBeNaN: Bool = false) {
    (self.lower, self.upper) = lower <= upper ? (lower, upper) : (.infinity, -.infinity)
    self.mayBeNaN = mayBeNaN
  }

  /// One value, which may be NaN.
  public init(_ value: Double) {
    self.init(value, value, mayBeNaN: value.isNaN)
  }

  /// No number, only NaN.
  public static let nan = Enclosure(.nan)

  /// Whether there is any number.
  public var hasNumbers: Bool { lower <= upper }

  /// Whether the enclosure is one number.
  public var isPoint: Bool { lower == upper && !mayBeNaN }

  /// Whether any number may be the result, so that the enclosure tells nothing about it.
  public var admitsAnyNumber: Bool { lower == -.infinity && upper == .infinity }

  /// Whether a value may be the result.
  public func contains(_ value: Double) -> Bool {
    value.isNaN ? mayBeNaN : lower <= value && value <= upper
  }

  /// The least enclosure that holds both.
  public func union(_ other: Enclosure) -> Enclosure {
    Enclosure(min(lower, other.lower), max(upper, other.upper), mayBeNaN: mayBeNaN || other.mayBeNaN)
  }

  /// How many representable steps lie between the ends; 0 for a point, nil when an end is infinite or there is no number.
  public func width(in format: FloatFormat) -> UInt64? {
    guard lower.isFinite, upper.isFinite else { return nil }
    let (x, y) = (format.bits(of: lower), format.bits(of: upper))
    let (xMagnitude, yMagnitude) = (x & ~format.signMask, y & ~format.signMask)
    return (x ^ y) & format.signMask != 0
      ? xMagnitude + yMagnitude : max(xMagnitude, yMagnitude) - min(xMagnitude, yMagnitude)
  }
}
