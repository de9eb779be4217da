/// What an element may be: the numbers from `lower` to `upper`, none when `lower > upper`, and NaN where it is allowed.
public struct Allowance: Hashable, Sendable, Codable {
  /// The least number.
  public let lower: Double
  /// The greatest number.
  public let upper: Double
  /// Whether NaN is allowed.
  public let admitsNaN: Bool

  /// An allowance between two ends.
  public init(_ lower: Double, _ upper: Double, admitsNaN: Bool = false) {
    (self.lower, self.upper, self.admitsNaN) = (lower, upper, admitsNaN)
  }

  /// Whether a value is allowed; zeros of either sign are one place.
  public func admits(_ value: Double) -> Bool {
    value.isNaN ? admitsNaN : lower <= value && value <= upper
  }
}
