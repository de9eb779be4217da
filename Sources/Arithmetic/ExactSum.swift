internal import CMPFR
public import Tensors

/// A sum of floating-point values without any rounding, whatever their order and number.
///
/// The accumulator has one bit for each binary place between the least subnormal and 2⁶⁴ times the largest `Double`,
/// so no addition rounds. NaN, or infinities of both signs, make the sum NaN; an infinity of one sign makes it that
/// infinity. The sum of no values, or of zeros, is +0.
public final class ExactSum {
  private let sum = MPFRVariable()
  private let scratch = MPFRVariable()

  /// An empty sum.
  public init() {
    // 2⁻¹⁰⁷⁴ … 2¹⁰²⁴, and 64 places for carries.
    sum.precision = 1074 + 1024 + 64
    mpfr_set_zero(sum.pointer, 1)
  }

  /// Adds one value.
  public func add(_ value: Double) { mpfr_add_d(sum.pointer, sum.pointer, value, MPFR_RNDN) }

  /// The sum, rounded once to a format.
  public func rounded(to format: FloatFormat) -> Double {
    let value = sum.rounded(to: format, using: scratch)
    return value == 0 ? 0 : value
  }
}
