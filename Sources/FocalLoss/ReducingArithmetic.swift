public import Arithmetic
public import Tensors

/// Whose order of additions a sum has.
public enum SummationOrder: Hashable, Sendable {
  /// That of a framework's sum, or of its mean.
  case sum, mean
  /// Any order.
  case any
}

/// An arithmetic that can also sum what a formula gives for many elements.
public protocol ReducingArithmetic: Arithmetic {
  /// A sum under way.
  associatedtype Sum

  /// An empty sum.
  func sum() -> Sum

  /// Adds one value to a sum.
  func add(_ value: Value, to sum: Sum)

  /// The sum of `count` values in the type that a framework accumulates in, of the given format.
  func value(of sum: Sum, count: Int, _ order: SummationOrder, _ format: FloatFormat) -> Value
}

/// The exact sum, rounded once: what every order of summation approaches, on every machine.
extension NativeArithmetic: ReducingArithmetic {
  public func sum() -> ExactSum { ExactSum() }

  public func add(_ value: Double, to sum: ExactSum) { sum.add(value) }

  public func value(of sum: ExactSum, count: Int, _ order: SummationOrder, _ format: FloatFormat) -> Double {
    sum.rounded(to: format)
  }
}

/// What any order of summation may give whose additions lie no deeper than the framework's.
///
/// A sum of values x whose additions form a tree of depth h, each rounded to nearest with unit roundoff u, differs
/// from the exact sum by at most ((1 + u)ʰ − 1) · Σ|x| (N. J. Higham, "Accuracy and Stability of Numerical
/// Algorithms", 2nd edition, section 4.2). Where subnormals may be flushed, each addition may lose as much as the least
/// normal number of each operand and of its result.
extension EnclosureArithmetic: ReducingArithmetic {
  /// The exact sums of the ends and of the magnitudes.
  public final class Bounds {
    fileprivate let lower = ExactSum()
    fileprivate let upper = ExactSum()
    fileprivate let magnitude = ExactSum()
    fileprivate var mayBeNaN = false
    fileprivate var hasNumbers = true
  }

  public func sum() -> Bounds { Bounds() }

  public func add(_ value: Enclosure, to sum: Bounds) {
    sum.mayBeNaN = sum.mayBeNaN || value.mayBeNaN
    guard value.hasNumbers else { return sum.hasNumbers = false }
    sum.lower.add(value.lower)
    sum.upper.add(value.upper)
    sum.magnitude.add(max(value.lower.magnitude, value.upper.magnitude))
  }

  public func value(of sum: Bounds, count: Int, _ order: SummationOrder, _ format: FloatFormat) -> Enclosure {
    guard sum.hasNumbers else { return .nan }
    let depth =
      order == .any ? max(count - 1, 0) : accuracy.summationDepth(of: count, isMean: order == .mean)
    let ends = (sum.lower.rounded(to: .float64), sum.upper.rounded(to: .float64))
    guard depth > 0 else {
      return flushed(
        Enclosure(format.round(ends.0), format.round(ends.1), mayBeNaN: sum.mayBeNaN), format)
    }
    let magnitude = sum.magnitude.rounded(to: .float64)
    let growth = Double(depth) * Double(sign: .plus, exponent: -format.precision, significand: 1)
    guard magnitude < format.greatestFinite / 4, growth <= 1 else {
      // An infinity among the elements, or partial sums that may overflow.
      let isSure = ends.0 == ends.1 && ends.0.isInfinite
      return Enclosure(
        isSure ? ends.0 : -.infinity, isSure ? ends.1 : .infinity, mayBeNaN: sum.mayBeNaN || !isSure)
    }
    // What is lost grows by no more than (1 + u)ʰ ≤ 3 on its way up. Sums of zeros alone lose nothing.
    let lost = accuracy.flushesSubnormals && magnitude > 0 ? 9 * Double(count) * format.leastNormal : 0
    // (1 + u)ʰ − 1 ≤ hu + (hu)² for hu ≤ 1. The neighbours make up for the roundings here, and the results are values of
    // the format, so rounding to nearest loses none.
    let slack = (magnitude * (growth + growth * growth) + lost).nextUp.nextUp
    return flushed(
      Enclosure(
        format.round((ends.0.nextDown - slack).nextDown), format.round((ends.1.nextUp + slack).nextUp),
        mayBeNaN: sum.mayBeNaN), format)
  }
}

/// The sum in real numbers; formats mean nothing.
extension ExactArithmetic: ReducingArithmetic {
  /// The sum so far.
  public final class Total {
    fileprivate var value: MPFRInterval
    fileprivate init(_ value: MPFRInterval) { self.value = value }
  }

  public func sum() -> Total { Total(interval(from: 0, to: 0)) }

  public func add(_ value: MPFRInterval, to sum: Total) {
    sum.value = operation(.add, at: Site(.float64))(sum.value, value)
  }

  public func value(
    of sum: Total, count: Int, _ order: SummationOrder, _ format: FloatFormat
  ) -> MPFRInterval { sum.value }
}

/// The exact sum of the documented program's elements, and that sum rounded once.
extension TracingArithmetic: ReducingArithmetic {
  /// The sum so far, in both ways.
  public struct Total {
    fileprivate let native = ExactSum()
    fileprivate let exact: ExactArithmetic.Total
  }

  public func sum() -> Total { Total(exact: exact.sum()) }

  public func add(_ value: Value, to sum: Total) {
    sum.native.add(value.native)
    exact.add(exact.interval(from: value.native, to: value.native), to: sum.exact)
  }

  public func value(of sum: Total, count: Int, _ order: SummationOrder, _ format: FloatFormat) -> Value {
    Value(
      native: sum.native.rounded(to: format),
      unrounded: exact.value(of: sum.exact, count: count, order, format))
  }
}
