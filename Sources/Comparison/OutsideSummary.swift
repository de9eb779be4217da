/// How an element outside is wrong.
public enum MismatchClass: String, Hashable, Sendable, CaseIterable, Codable, CodingKeyRepresentable {
  /// A finite number, where a finite number of the same sign, or zero, is expected.
  case finite
  /// A finite number of the opposite sign of the one that is expected.
  case sign
  /// NaN, where a number or an infinity is expected.
  case nan
  /// An infinity, where anything else is expected, the other infinity included.
  case infinity
  /// A finite number, where NaN or an infinity is expected.
  case finiteForNonfinite = "finite_for_nonfinite"

  /// The class of an actual value that is not the expected one.
  package init(expected: Double, actual: Double) {
    if actual.isNaN {
      self = .nan
    } else if actual.isInfinite {
      self = .infinity
    } else if !expected.isFinite {
      self = .finiteForNonfinite
    } else {
      self = expected * actual.signum < 0 ? .sign : .finite
    }
  }

  /// Whether both values are finite, so that the element has an error.
  package var hasError: Bool { self == .finite || self == .sign }
}

extension Double {
  /// −1, 0 or 1: a product with it cannot underflow.
  fileprivate var signum: Double { self > 0 ? 1 : self < 0 ? -1 : 0 }
}

/// All outside elements of a tensor together: how many there are of each class, how far they are from the exact values, and
/// from which inputs they were computed. Its size does not grow with the number of elements.
package struct OutsideSummary: Hashable, Sendable, Codable {
  /// The values of one input of the formula at the outside elements.
  package struct InputRange: Hashable, Sendable, Codable {
    /// The input's name.
    package let name: String
    /// The least value; +∞ where all are NaN. −0 is 0.
    package private(set) var lowest = Double.infinity
    /// The greatest value; −∞ where all are NaN.
    package private(set) var highest = -Double.infinity
    /// At how many outside elements the input is NaN.
    package private(set) var nanCount = 0

    init(name: String) { self.name = name }

    /// A range as a report recorded it.
    package init(name: String, lowest: Double, highest: Double, nanCount: Int) {
      self.name = name
      self.lowest = lowest
      self.highest = highest
      self.nanCount = nanCount
    }

    mutating func add(_ value: Double) {
      guard !value.isNaN else {
        nanCount += 1
        return
      }
      lowest = min(lowest, value + 0)
      highest = max(highest, value + 0)
    }
  }

  /// How many elements there are of each class that occurs.
  package private(set) var counts: [MismatchClass: Int] = [:]
  /// The largest error of an element with an error, in ULPs of the exact value; see ``withoutExact``.
  package private(set) var maximumULPs = 0.0
  /// The largest error as a number; +∞ where it is beyond the range of `Double`.
  package private(set) var maximumAbsolute = 0.0
  /// How many elements have an error and no finite exact value; theirs is the distance from the expected value.
  package private(set) var withoutExact = 0
  /// The formula's inputs, in their order; empty for a reduced result, and where the inputs are not known.
  package private(set) var inputs: [InputRange] = []

  /// No elements yet.
  init() {}

  /// A summary as a report recorded it.
  package init(
    counts: [MismatchClass: Int], maximumULPs: Double = 0, maximumAbsolute: Double = 0, withoutExact: Int = 0,
    inputs: [InputRange] = []
  ) {
    self.counts = counts
    self.maximumULPs = maximumULPs
    self.maximumAbsolute = maximumAbsolute
    self.withoutExact = withoutExact
    self.inputs = inputs
  }

  /// How many elements there are.
  package var count: Int { counts.values.reduce(0, +) }

  /// Whether any elements have these counts and errors.
  package var isPossible: Bool {
    let parts = Array(counts.values) + inputs.map(\.nanCount) + [withoutExact]
    return parts.allSatisfy((0...Comparison.countLimit).contains) && maximumULPs >= 0 && maximumAbsolute >= 0
  }

  /// Adds an element with an error.
  ///
  /// - Parameters:
  ///   - mismatch: its class, one with an error.
  ///   - ulps: its error in ULPs.
  ///   - absolute: its error as a number.
  ///   - isExact: whether both are distances from the exact value.
  mutating func add(_ mismatch: MismatchClass, ulps: Double, absolute: Double, isExact: Bool) {
    add(mismatch)
    maximumULPs = max(maximumULPs, ulps)
    maximumAbsolute = max(maximumAbsolute, absolute)
    if !isExact { withoutExact += 1 }
  }

  /// Adds an element of a class without an error.
  mutating func add(_ mismatch: MismatchClass) { counts[mismatch, default: 0] += 1 }

  /// Adds the inputs of outside elements.
  ///
  /// - Parameters:
  ///   - columns: the names and values of all inputs for a block; one value serves all elements.
  ///   - positions: which of the block's elements are outside.
  mutating func addInputs(_ columns: [(name: String, values: [Double])], at positions: [Int]) {
    if inputs.isEmpty { inputs = columns.map { InputRange(name: $0.name) } }
    for (index, column) in columns.enumerated() {
      for position in positions { inputs[index].add(column.values[column.values.count == 1 ? 0 : position]) }
    }
  }
}
