internal import CMPFR
internal import Tensors

/// One MPFR number, owned.
final class MPFRVariable {
  let pointer: mpfr_ptr

  /// A NaN of 53 bits.
  init() {
    pointer = .allocate(capacity: 1)
    mpfr_init2(pointer, 53)
  }

  deinit {
    mpfr_clear(pointer)
    pointer.deallocate()
  }

  /// The precision in bits; setting it makes the value NaN.
  var precision: Int {
    get { Int(mpfr_get_prec(pointer)) }
    set { mpfr_set_prec(pointer, newValue) }
  }

  /// Takes a value exactly.
  func set(_ value: Double) {
    if precision != 53 { precision = 53 }
    mpfr_set_d(pointer, value, MPFR_RNDN)
  }

  /// The value rounded once, to nearest with ties to even, to a format; `scratch` is overwritten.
  func rounded(to format: FloatFormat, using scratch: MPFRVariable) -> Double {
    guard mpfr_regular_p(pointer) != 0 else { return mpfr_get_d(pointer, MPFR_RNDN) }
    // MPFR's exponent is that of a significand in [1/2, 1).
    let exponent = Int(mpfr_get_exp(pointer)) - 1
    let bits = min(format.precision, format.precision - (format.minimumExponent - exponent))
    let sign: FloatingPointSign = mpfr_signbit(pointer) != 0 ? .minus : .plus
    guard bits >= 1 else {
      // Below the least subnormal: only more than half of it rounds up to it.
      mpfr_set_ui_2exp(scratch.pointer, 1, exponent, MPFR_RNDN)
      let roundsUp = bits == 0 && mpfr_cmpabs(pointer, scratch.pointer) > 0
      return Double(signOf: sign == .minus ? -1 : 1, magnitudeOf: roundsUp ? format.leastNonzero : 0)
    }
    scratch.precision = bits
    mpfr_set(scratch.pointer, pointer, MPFR_RNDN)
    return format.round(mpfr_get_d(scratch.pointer, MPFR_RNDN))
  }
}
