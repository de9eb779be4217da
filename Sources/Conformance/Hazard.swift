internal import Arithmetic
internal import Tensors

/// Where the documented formula itself, evaluated as documented, does not give the loss: a property of the formula, and
/// no fault of a framework that follows it.
public struct Hazard: Hashable, Sendable {
  /// What goes wrong.
  public enum Kind: String, Hashable, Sendable, CaseIterable {
    /// NaN, where the exact value is a number.
    case nan = "NaN"
    /// Infinite, where the exact value is finite.
    case infinite
    /// Zero, where the exact value is a normal number of the type.
    case lost
    /// More than half of its bits are wrong.
    case inaccurate
  }

  /// What goes wrong.
  public let kind: Kind
  /// How many elements.
  public internal(set) var count: Int
  /// The least value of the formula's first input among them: a logit or a probability.
  public internal(set) var lowest: Double
  /// The greatest.
  public internal(set) var highest: Double

  /// What is wrong with an expected value, or nil.
  static func kind(_ expected: Double, _ exact: ExactValue, in format: FloatFormat) -> Kind? {
    guard let value = exact.rounded, value.isFinite else { return nil }
    if expected.isNaN { return .nan }
    if expected.isInfinite { return .infinite }
    if expected == 0, value.magnitude >= format.leastNormal { return .lost }
    let half = Double(sign: .plus, exponent: format.precision / 2, significand: 1)
    return (exact.error(of: expected) ?? 0).magnitude > half ? .inaccurate : nil
  }
}

/// Hazards of one tensor, or of many.
public struct Hazards: Hashable, Sendable {
  private var byKind: [Hazard.Kind: Hazard] = [:]

  /// Each kind that occurs, in the order of ``Hazard/Kind``.
  public var list: [Hazard] { Hazard.Kind.allCases.compactMap { byKind[$0] } }

  /// No hazards.
  public init() {}

  mutating func add(_ kind: Hazard.Kind, at input: Double) {
    merge(Hazard(kind: kind, count: 1, lowest: input, highest: input))
  }

  /// Adds those of another tensor.
  public mutating func merge(_ other: Hazards) { other.list.forEach { merge($0) } }

  private mutating func merge(_ hazard: Hazard) {
    guard var known = byKind[hazard.kind] else { return byKind[hazard.kind] = hazard }
    known.count += hazard.count
    known.lowest = min(known.lowest, hazard.lowest)
    known.highest = max(known.highest, hazard.highest)
    byKind[hazard.kind] = known
  }
}
