internal import Arithmetic
internal import Tensors

/// Where the documented formula itself, evaluated as documented, does not give the exact value: a property of the
/// formula, and no fault of a framework that follows it.
public struct Hazard: Hashable, Sendable {
  /// What goes wrong.
  public enum Kind: String, Hashable, Sendable, CaseIterable, Codable {
    /// NaN, where the exact value is a number.
    case nan = "NaN"
    /// Infinite, where the exact value is finite.
    case infinite
    /// Zero, where the exact value is a normal number of the type.
    case lost
    /// More than half of the bits are wrong that the narrowest type among the inputs and the result has.
    case inaccurate
  }

  /// A part of the line of the formula's first input, a logit or a probability, in which a kind of hazard occurs.
  ///
  /// The line is divided into binades, 2^e ≤ |x| < 2^(e + 1) of one sign, and |x| < 2⁻²⁴. A region is a run of binades
  /// in each of which the kind occurs. Binades without an element that was looked at do not end a run, but a run goes
  /// from negative inputs to positive ones only where the kind occurs at |x| < 2⁻²⁴ as well.
  public struct Region: Hashable, Sendable {
    /// How many elements have the hazard.
    public let count: Int
    /// How many elements were looked at in the region's binades: all elements with a finite exact value whose input
    /// lies in one of them, with any label. So some may lie in the first or the last binade beyond ``lowest`` or
    /// ``highest``.
    public let elements: Int
    /// The least input of an element with the hazard.
    public let lowest: Double
    /// The greatest.
    public let highest: Double
  }

  /// What goes wrong.
  public let kind: Kind
  /// Where it does, by rising input; never empty.
  public let regions: [Region]

  /// How many elements.
  public var count: Int { regions.map(\.count).reduce(0, +) }
  /// The least value of the formula's first input among them: a logit or a probability.
  public var lowest: Double { regions.first?.lowest ?? .nan }
  /// The greatest.
  public var highest: Double { regions.last?.highest ?? .nan }

  /// What is wrong with an expected value, or nil.
  static func kind(
    _ expected: Double, _ exact: Double, error: Double?, in format: FloatFormat, narrowest: FloatFormat
  ) -> Kind? {
    if expected.isNaN { return .nan }
    if expected.isInfinite { return .infinite }
    if expected == 0, exact.magnitude >= format.leastNormal { return .lost }
    let half = Double(sign: .plus, exponent: format.precision - narrowest.precision / 2, significand: 1)
    return (error ?? 0).magnitude > half ? .inaccurate : nil
  }
}

/// Hazards of one tensor, or of many.
///
/// Its size does not grow with the number of elements, and it does not depend on their order.
public struct Hazards: Hashable, Sendable, Codable {
  private var binades: [Binade: Tally] = [:]

  /// Each kind that occurs, in the order of ``Hazard/Kind``.
  public var list: [Hazard] {
    Hazard.Kind.allCases.compactMap { kind in
      let regions = regions(of: kind)
      return regions.isEmpty ? nil : Hazard(kind: kind, regions: regions)
    }
  }

  /// No hazards.
  public init() {}

  /// Looks at one element; it counts only where its exact value is finite.
  mutating func add(
    _ expected: Double, _ exact: ExactValue, at input: Double, in format: FloatFormat, narrowest: FloatFormat
  ) {
    guard let value = exact.rounded, value.isFinite, let binade = Binade(of: input) else { return }
    let kind = Hazard.kind(
      expected, value, error: exact.error(of: expected), in: format, narrowest: narrowest)
    binades[binade, default: Tally()].add(kind, at: input)
  }

  /// Adds those of another tensor.
  public mutating func merge(_ other: Hazards) { binades.merge(other.binades) { $0.merged(with: $1) } }

  private func regions(of kind: Hazard.Kind) -> [Hazard.Region] {
    var regions: [Hazard.Region] = []
    var previous: Binade?
    for (binade, tally) in binades.sorted(by: { $0.key < $1.key }) {
      guard let extent = tally.extents[kind] else {
        previous = nil
        continue
      }
      let region = Hazard.Region(
        count: extent.count, elements: tally.elements, lowest: extent.lowest, highest: extent.highest)
      if let previous, !previous.isBeyondZero(from: binade), let last = regions.popLast() {
        regions.append(last.joined(to: region))
      } else {
        regions.append(region)
      }
      previous = binade
    }
    return regions
  }
}

extension Hazard.Region {
  /// One region of this and one of greater inputs.
  fileprivate func joined(to next: Self) -> Self {
    Self(
      count: count + next.count, elements: elements + next.elements, lowest: lowest, highest: next.highest)
  }
}

/// The inputs of one sign and one exponent, or those around zero.
private struct Binade: Hashable, Comparable, Codable {
  /// Below 2 to this power, the inputs around zero begin: smaller logits and probabilities behave as zero does.
  private static let leastExponent = -24

  /// The place in the order of the line: 0 around zero.
  private let position: Int

  /// The binade of an input; nil where that is not finite, for then no exact value is.
  init?(of input: Double) {
    guard input.isFinite else { return nil }
    let isAroundZero = input.magnitude < Double(sign: .plus, exponent: Self.leastExponent, significand: 1)
    let distance = isAroundZero ? 0 : Int(input.exponent) - Self.leastExponent + 1
    position = input < 0 ? -distance : distance
  }

  static func < (first: Self, second: Self) -> Bool { first.position < second.position }

  /// True where the two have different signs.
  func isBeyondZero(from other: Self) -> Bool { position.signum() * other.position.signum() < 0 }
}

/// What was found in one binade.
private struct Tally: Hashable, Sendable, Codable {
  struct Extent: Hashable, Sendable, Codable {
    var count: Int
    var lowest: Double
    var highest: Double

    func merged(with other: Self) -> Self {
      Self(
        count: count + other.count, lowest: min(lowest, other.lowest), highest: max(highest, other.highest))
    }
  }

  /// How many elements were looked at.
  private(set) var elements = 0
  /// Those with a hazard.
  private(set) var extents: [Hazard.Kind: Extent] = [:]

  mutating func add(_ kind: Hazard.Kind?, at input: Double) {
    elements += 1
    guard let kind else { return }
    // −0 becomes 0, since which of the two is the least would depend on the order.
    let extent = Extent(count: 1, lowest: input + 0, highest: input + 0)
    extents[kind] = extents[kind]?.merged(with: extent) ?? extent
  }

  func merged(with other: Self) -> Self {
    var merged = self
    merged.elements += other.elements
    merged.extents.merge(other.extents) { $0.merged(with: $1) }
    return merged
  }
}
