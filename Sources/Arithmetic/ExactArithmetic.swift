public import Tensors

/// The real numbers: each value is an interval that holds what the formula would give without any rounding.
///
/// The ends are MPFR numbers of one precision, the lower rounded down and the upper rounded up. Formats are ignored:
/// constants are taken as the `Double` that was recorded, and ``UnaryPrimitive/round`` does nothing.
///
/// - Infinity is a value: `log(0) = −∞`, `exp(−∞) = 0`, `x⁰ = 1` for every x, and `0ˣ = +∞` for negative x.
/// - No value have `0 / 0` and every other quotient by zero, since zero has no sign here; `∞ − ∞`, `0 · ∞` and `∞ / ∞`;
///   the logarithm of a negative number and its power with a fractional exponent; an operation of an operand without
///   a value, comparisons included. ``MPFRInterval/definedness`` says where that is certain and where it is not.
/// - A condition that is not certain is the interval [0, 1], and a choice by it holds both sides.
///
/// A value is an object of its own, so evaluating a column costs memory for each step and element:
/// ``ExactEvaluator`` keeps one set of intervals for all elements.
public struct ExactArithmetic: Arithmetic {
  /// Bits of each end.
  public let precision: Int

  /// An arithmetic of a precision in bits, from 2 to 65,536.
  public init(precision: Int = 128) { self.precision = min(max(precision, 2), 1 << 16) }

  /// All numbers from the one to the other; no value when either is NaN, or the lower is the greater.
  public func interval(from lower: Double, to upper: Double) -> MPFRInterval {
    let result = MPFRInterval()
    result.set(lower, upper)
    return result
  }

  public func constant(_ value: Double, _ format: FloatFormat) -> MPFRInterval {
    interval(from: value, to: value)
  }

  public func operation(_ primitive: UnaryPrimitive, at site: Site) -> (MPFRInterval) -> MPFRInterval {
    { [precision] x in
      let result = MPFRInterval()
      result.set(primitive, x, precision: precision)
      return result
    }
  }

  public func operation(
    _ primitive: BinaryPrimitive, at site: Site
  ) -> (MPFRInterval, MPFRInterval) -> MPFRInterval {
    { [precision] x, y in
      let result = MPFRInterval()
      result.set(primitive, x, y, precision: precision)
      return result
    }
  }

  public func choice(at site: Site) -> (MPFRInterval, MPFRInterval, MPFRInterval) -> MPFRInterval {
    { [precision] condition, x, y in
      let result = MPFRInterval()
      result.setChoice(condition, x, y, precision: precision)
      return result
    }
  }
}
