internal import Tensors

/// How wrong a tensor is: how many of its elements are outside, and how far they are from right.
///
/// A nonconformant tensor can get worse. Upgrades, baselines and the bounds of known differences compare these values
/// to tell whether it did. Only elements outside count: what lies inside of an enclosure is not wrong, however far it
/// is from the exact value.
public struct Discrepancy: Hashable, Sendable, Codable {
  /// How many elements are outside.
  public internal(set) var outside = 0
  /// How many of them are NaN.
  public internal(set) var nan = 0
  /// How many of them are infinite.
  public internal(set) var infinite = 0
  /// How many of them are numbers of which no distance can be told, since NaN or an infinity was expected.
  public internal(set) var unmeasured = 0
  /// How many of them are finite and have the opposite sign of the exact value, or of the expected one where no exact
  /// value is known.
  public internal(set) var wrongSign = 0
  /// The largest error of those that are finite, in ULPs of the exact value; where that is not known, the distance from the
  /// expected value. 0 where there is none.
  public internal(set) var maximumError = 0.0
  /// The largest error of those that are finite, as a number; +∞ where it is beyond the range of `Double`.
  public internal(set) var maximumAbsoluteError = 0.0
  /// How many have which error, by power of two: `classes[k]` counts errors from 2ᵏ to below 2ᵏ⁺¹ ULPs, and
  /// `classes[0]` the smaller ones as well.
  public internal(set) var classes: [Int: Int] = [:]

  /// Nothing is outside yet.
  public init() {}

  private enum CodingKeys: String, CodingKey {
    case outside, nan, infinite, unmeasured, wrongSign, classes
    case maximumError = "maxError"
    case maximumAbsoluteError = "maxAbsoluteError"
  }

  /// Counts an element outside.
  ///
  /// - Parameters:
  ///   - actual: its value.
  ///   - right: the exact value, or the expected one where no exact value is known.
  ///   - error: its error in ULPs; nil where it has none.
  mutating func add(_ actual: Double, insteadOf right: Double, error: Double?) {
    outside += 1
    if actual.isNaN {
      nan += 1
    } else if actual.isInfinite {
      infinite += 1
    } else {
      if let magnitude = error?.magnitude {
        if actual * right.signOfNonzero < 0 { wrongSign += 1 }
        maximumError = max(maximumError, magnitude)
        maximumAbsoluteError = max(maximumAbsoluteError, (actual - right).magnitude)
        classes[Self.errorClass(of: magnitude), default: 0] += 1
      } else {
        unmeasured += 1
      }
    }
  }

  /// The class of an error: the largest `k` with 2ᵏ ≤ error, and 0 for what is less than 1.
  public static func errorClass(of magnitude: Double) -> Int { magnitude < 1 ? 0 : Int(magnitude.exponent) }

  /// The largest class that has an element, or nil.
  public var largestClass: Int? { classes.keys.max() }

  /// Whether the counts are such as a tensor can have.
  public var isPossible: Bool {
    let counts = [outside, nan, infinite, unmeasured, wrongSign] + classes.values
    return counts.allSatisfy((0...Comparison.countLimit).contains)
      && classes.keys.allSatisfy((0...Self.classLimit).contains) && maximumError >= 0
      && maximumAbsoluteError >= 0
  }

  /// No `Double` has a larger exponent.
  private static let classLimit = 1023
}

extension Discrepancy {
  /// An error is larger than another one when it is about twice as large: results that move among equally wrong ones are
  /// no worse. The bound is a little below 2, so that rounding decides nothing.
  public static let growth = 1.875

  /// Errors of fewer ULPs differ by rounding alone.
  public static let leastError = 4.0

  /// One thing in which a tensor is more wrong than before.
  public struct Worsening: Hashable, Sendable, CustomStringConvertible {
    let before: String
    let after: String
    let words: String

    /// What it was and what it is, in plain words.
    public var description: String { "\(before) → \(after) \(words)" }

    /// The same for the change the other way round.
    public var reversed: String { "\(after) → \(before) \(words)" }
  }

  /// In what a tensor is more wrong than before; empty where it is no worse.
  ///
  /// It is worse when
  /// - more elements are outside;
  /// - more are NaN, or more are NaN or infinite;
  /// - more have the wrong sign, and were not NaN or infinite before;
  /// - the largest error has grown by ``growth`` at least, counted from ``leastError``, and is not one of an element
  ///   that had no error before;
  /// - in some class of errors, or beyond, are more elements than there were in the class below, or beyond.
  ///
  /// The last rule leaves each element the room of one class. So errors that do not double make nothing worse, and
  /// errors that grow fourfold always do, few or many.
  public func worsenings(since old: Discrepancy) -> [Worsening] {
    var worsenings: [Worsening] = []
    func add(_ before: Int, _ after: Int, _ words: String) {
      worsenings.append(Worsening(before: "\(before)", after: "\(after)", words: words))
    }
    if outside > old.outside { add(old.outside, outside, "outside") }
    if nan > old.nan { add(old.nan, nan, "NaN") }
    if infinite > old.infinite, nonfinite > old.nonfinite { add(old.infinite, infinite, "infinite") }
    if wrongSign > old.wrongSign, wrongSign + nonfinite > old.wrongSign + old.nonfinite {
      add(old.wrongSign, wrongSign, "of the wrong sign")
    }
    if let growth = errorGrowth(since: old) { worsenings.append(growth) }
    return worsenings
  }

  /// How many are NaN or infinite.
  public var nonfinite: Int { nan + infinite }

  private var withoutError: Int { nonfinite + unmeasured }

  private func errorGrowth(since old: Discrepancy) -> Worsening? {
    let isLarger = maximumError >= Self.growth * max(old.maximumError, Self.leastError)
    if isLarger, old.maximumError > 0, withoutError >= old.withoutError {
      return Worsening(
        before: Self.text(old.maximumError), after: Self.text(maximumError), words: "ULP as the largest error"
      )
    }
    // That more are outside is told already.
    let added = max(0, outside - old.outside)
    let least = Self.errorClass(of: Self.leastError)
    for errorClass in classes.keys.sorted(by: >) where errorClass > least {
      let after = count(from: errorClass)
      guard after > old.count(from: errorClass - 1) + added else { continue }
      return Worsening(
        before: "\(old.count(from: errorClass))", after: "\(after)",
        words: "off by 2^\(errorClass) ULP or more")
    }
    return nil
  }

  /// How many have an error of a class or beyond, or none that can be told.
  private func count(from errorClass: Int) -> Int {
    withoutError + classes.filter { $0.key >= errorClass }.values.reduce(0, +)
  }

  private static func text(_ error: Double) -> String { DecimalText.significant(error, digits: 3) }
}

extension Double {
  /// −1 or 1; 0 for zeros and NaN.
  fileprivate var signOfNonzero: Double { self < 0 ? -1 : self > 0 ? 1 : 0 }
}
