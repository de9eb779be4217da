/// How an element outside is wrong.
public enum MismatchClass: String, Hashable, Sendable, CaseIterable {
  /// A finite number, where a finite number of the same sign, or zero, is right.
  case finite
  /// A finite number of the opposite sign of the right one.
  case sign
  /// NaN, where a number or an infinity is right.
  case nan
  /// An infinity, where anything else is right, the other infinity included.
  case infinity
  /// A finite number, where NaN or an infinity is right.
  case finiteForNonfinite = "finite_for_nonfinite"

  /// Whether both values are finite, so that the element has an error.
  package var hasError: Bool { self == .finite || self == .sign }
}

extension Discrepancy {
  /// How many elements outside there are of each class that occurs; each element is in one class.
  package var counts: [MismatchClass: Int] {
    let finite = outside - nan - infinite - unmeasured - wrongSign
    let counts: [MismatchClass: Int] = [
      .finite: finite, .sign: wrongSign, .nan: nan, .infinity: infinite, .finiteForNonfinite: unmeasured,
    ]
    return counts.filter { $0.value != 0 }
  }
}

/// The values of one input of the formula at the elements outside of a tensor. Its size does not grow with their number.
package struct OutsideInput: Hashable, Sendable, Codable {
  /// The input's name.
  package let name: String
  /// The least value; +∞ where all are NaN. −0 is 0.
  package private(set) var lowest = Double.infinity
  /// The greatest value; −∞ where all are NaN.
  package private(set) var highest = -Double.infinity
  /// At how many elements outside the input is NaN.
  package private(set) var nan = 0

  init(name: String) { self.name = name }

  /// Values that were recorded.
  package init(name: String, lowest: Double, highest: Double, nan: Int = 0) {
    self.name = name
    self.lowest = lowest
    self.highest = highest
    self.nan = nan
  }

  /// Whether there can be such values.
  var isPossible: Bool { (0...Comparison.countLimit).contains(nan) && !lowest.isNaN && !highest.isNaN }

  mutating func add(_ value: Double) {
    guard !value.isNaN else {
      nan += 1
      return
    }
    lowest = min(lowest, value + 0)
    highest = max(highest, value + 0)
  }
}

/// All elements outside of a tensor together: how wrong they are, and from which inputs they were computed.
package struct OutsideSummary: Hashable, Sendable {
  /// How wrong they are.
  package let discrepancy: Discrepancy
  /// The formula's inputs, in their order; empty for a reduced result, and where the inputs are not known.
  package let inputs: [OutsideInput]

  /// The elements outside of a tensor.
  package init(_ discrepancy: Discrepancy, inputs: [OutsideInput]) {
    self.discrepancy = discrepancy
    self.inputs = inputs
  }

  /// How many there are of each class that occurs.
  package var counts: [MismatchClass: Int] { discrepancy.counts }

  /// Whether any tensor can have them.
  package var isPossible: Bool {
    discrepancy.isPossible && counts.values.allSatisfy { $0 > 0 } && inputs.allSatisfy(\.isPossible)
  }
}
