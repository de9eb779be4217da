internal import CMPFR
public import Tensors

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Elementary functions, correctly rounded to nearest (ties to even) in a given format, subnormals included.
///
/// - For formats of at most 24 bits the function is first computed in `Double` by the platform's library. The result
///   is taken when moving it by 2⁻⁴⁵ of itself to either side rounds to the same value: a library would have to be
///   wrong by more than 128 ULP for this to decide falsely.
/// - Everything else goes to MPFR, at a precision that doubles until both neighbours of MPFR's own rounding round to
///   the same value (Ziv's strategy). MPFR's ternary value tells an exact result, so that a tie is decided exactly; a
///   result that is not exact lies at a positive distance from every tie, which ends the loop.
///
/// NaN and infinity follow C's Annex F. An instance keeps MPFR variables and serves one thread.
public final class CorrectRounding {
  private let x = MPFRVariable()
  private let y = MPFRVariable()
  private let result = MPFRVariable()
  private let rounded = MPFRVariable()

  /// A set of functions with its own MPFR variables.
  public init() {}

  /// `eˣ`.
  public func exp(_ x: Double, _ format: FloatFormat) -> Double {
    settled(platformExp(x), format)
      ?? ziv(x, 0, format) { result, x, _ in mpfr_exp(result, x, MPFR_RNDN) }
  }

  /// The natural logarithm.
  public func log(_ x: Double, _ format: FloatFormat) -> Double {
    settled(platformLog(x), format)
      ?? ziv(x, 0, format) { result, x, _ in mpfr_log(result, x, MPFR_RNDN) }
  }

  /// `log(1 + x)`.
  public func log1p(_ x: Double, _ format: FloatFormat) -> Double {
    settled(platformLog1p(x), format)
      ?? ziv(x, 0, format) { result, x, _ in mpfr_log1p(result, x, MPFR_RNDN) }
  }

  /// `xʸ`.
  public func pow(_ x: Double, _ y: Double, _ format: FloatFormat) -> Double {
    settled(platformPow(x, y), format)
      ?? ziv(x, y, format) { result, x, y in mpfr_pow(result, x, y, MPFR_RNDN) }
  }

  /// The rounding of a platform function's result, or nil where it does not decide.
  private func settled(_ value: Double, _ format: FloatFormat) -> Double? {
    guard format.precision <= 24, value.magnitude > 0x1p-900, value.magnitude < 0x1p900 else { return nil }
    let slack = value.magnitude * 0x1p-45
    let below = format.round(value - slack)
    return below == format.round(value + slack) ? below : nil
  }

  private func ziv(
    _ x: Double, _ y: Double, _ format: FloatFormat,
    _ function: (mpfr_ptr, mpfr_srcptr, mpfr_srcptr) -> Int32
  ) -> Double {
    self.x.set(x)
    self.y.set(y)
    var precision = 128
    while true {
      result.precision = precision
      let ternary = function(result.pointer, self.x.pointer, self.y.pointer)
      let nearest = result.rounded(to: format, using: rounded)
      if ternary == 0 || mpfr_number_p(result.pointer) == 0 { return nearest }
      mpfr_nextbelow(result.pointer)
      let below = result.rounded(to: format, using: rounded)
      mpfr_nextabove(result.pointer)
      mpfr_nextabove(result.pointer)
      if below == result.rounded(to: format, using: rounded) { return nearest }
      precision *= 2
    }
  }
}

// At file scope, since the methods above hide the platform's functions of the same names.
private func platformExp(_ x: Double) -> Double { exp(x) }
private func platformLog(_ x: Double) -> Double { log(x) }
private func platformLog1p(_ x: Double) -> Double { log1p(x) }
private func platformPow(_ x: Double, _ y: Double) -> Double { pow(x, y) }
