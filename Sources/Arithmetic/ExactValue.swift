/// What a formula gives in real numbers.
public enum ExactValue: Hashable, Sendable {
  /// A number, or an infinity that the formula itself reaches, such as log(0).
  case value(ExactNumber)
  /// The formula has no value: an operation such as 0 / 0 or ∞ − ∞, or an input that is not finite.
  case undefined
  /// The precision that is allowed does not tell.
  case undecided

  /// The value, correctly rounded; nil where there is none.
  public var rounded: Double? {
    if case .value(let number) = self { number.rounded } else { nil }
  }

  /// The error of a value that somebody computed; see ``ExactNumber/error(of:)``.
  public func error(of actual: Double) -> Double? {
    if case .value(let number) = self { number.error(of: actual) } else { nil }
  }
}

/// A real number: rounded to a format, and exact enough to measure errors against it.
public struct ExactNumber: Hashable, Sendable {
  /// The number rounded once to the format, to nearest with ties to even; zero is +0, and a number beyond the largest
  /// finite value is infinite.
  public let rounded: Double
  /// The number itself; nil where it is infinite, or too large for MPFR, beyond 2^2³⁰.
  let magnitude: Magnitude?

  /// `(high + low) · 2^exponent`, where 2^exponent is the number's ULP.
  struct Magnitude: Hashable, Sendable {
    let high: Double
    let low: Double
    let exponent: Int
  }

  /// How far a value lies above the exact one (below it when negative), in ULPs of the exact value.
  ///
  /// The ULP is the distance between values of the format in the exact number's binade: 2^(e − fraction bits) for
  /// 2^e ≤ |exact| < 2^(e + 1), and never less than the step between subnormals. The binades go on beyond the largest
  /// finite value. A number within 2⁻³⁵ ULP below a power of two is measured by that power's ULP, so that where the
  /// exact value is 1 − 10⁻⁴⁴ the neighbours of 1 are as far away as they are from 1.
  ///
  /// For an `actual` that is a value of the format, three significant digits are right, and 2⁻³⁵ ULP for an error below
  /// 2⁻²⁴ ULP. An error beyond the range of `Double`, possible in float64 only, becomes the largest finite `Double`.
  ///
  /// - Returns: nil where `actual` or the exact value is not finite, or the exact value beyond 2^2³⁰.
  public func error(of actual: Double) -> Double? {
    guard let magnitude, actual.isFinite else { return nil }
    let scaled = Double(sign: .plus, exponent: -magnitude.exponent, significand: actual)
    let limit = Double.greatestFiniteMagnitude
    return min(max((scaled - magnitude.high) - magnitude.low, -limit), limit)
  }

  /// An error is right to 2^−slack ULP at least.
  static let slack = 35

  /// True where an interval that is `width` ULPs wide and `distance` ULPs away from the nearest value of the format
  /// is narrow enough for what ``error(of:)`` promises.
  static func isMeasurable(width: Double, distance: Double) -> Bool {
    width <= 0x1p-11 * max(distance, 0x1p-24)
  }
}
