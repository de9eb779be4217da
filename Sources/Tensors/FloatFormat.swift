/// A binary interchange format of at most 64 bits: a sign, an exponent field and a fraction field.
///
/// Every finite value of every format here is a `Double` as well, so a value travels as a `Double` and a format says
/// where it is rounded. `+ − × ÷` computed in `Double` and then rounded to a format of p ≤ 24 bits give that format's
/// correctly rounded result:
///
/// - `×` is exact in `Double`, and so is `+` unless the operands lie so far apart that the rounding is not near a tie.
/// - For a normal quotient 53 ≥ 2p + 2 bits suffice (S. A. Figueroa, "When is double rounding innocuous?", 1995).
/// - For a subnormal quotient a/b let t be a midpoint of the format: it has at most p bits, so t·b has at most 2p ≤ 48,
///   and a ≠ t·b puts a/b at least 2⁻⁴⁸·t from t, farther than the rounding to `Double` reaches.
public struct FloatFormat: Hashable, Sendable {
  /// Bits in the exponent field.
  public let exponentBits: Int
  /// Bits in the fraction field; the precision is one more.
  public let fractionBits: Int

  /// A format that no element type has, such as TF32's.
  package init(exponentBits: Int, fractionBits: Int) {
    self.exponentBits = exponentBits
    self.fractionBits = fractionBits
  }

  /// IEEE 754 binary16.
  public static let float16 = FloatFormat(exponentBits: 5, fractionBits: 10)
  /// The upper half of binary32.
  public static let bfloat16 = FloatFormat(exponentBits: 8, fractionBits: 7)
  /// IEEE 754 binary32.
  public static let float32 = FloatFormat(exponentBits: 8, fractionBits: 23)
  /// IEEE 754 binary64.
  public static let float64 = FloatFormat(exponentBits: 11, fractionBits: 52)

  /// Bits of precision, the hidden one included.
  public var precision: Int { fractionBits + 1 }
  /// Bits of one element.
  public var bitWidth: Int { 1 + exponentBits + fractionBits }
  /// The exponent of the largest finite value's leading bit.
  public var maximumExponent: Int { (1 << (exponentBits - 1)) - 1 }
  /// The exponent of the smallest normal value.
  public var minimumExponent: Int { 1 - maximumExponent }
  /// The bit of the sign.
  public var signMask: UInt64 { 1 << UInt64(bitWidth - 1) }
  /// Positive infinity; a magnitude above it is a NaN.
  public var infinityBits: UInt64 { ((1 << UInt64(exponentBits)) - 1) << UInt64(fractionBits) }

  /// The smallest positive normal value.
  public var leastNormal: Double { Double(sign: .plus, exponent: minimumExponent, significand: 1) }
  /// The smallest positive value, and the step between subnormals.
  public var leastNonzero: Double {
    Double(sign: .plus, exponent: minimumExponent - fractionBits, significand: 1)
  }
  /// The largest finite value.
  public var greatestFinite: Double {
    Double(
      sign: .plus, exponent: maximumExponent,
      significand: 2 - Double(sign: .plus, exponent: -fractionBits, significand: 1))
  }

  /// Rounds to the nearest value of the format, ties to even; overflow gives infinity, NaN stays NaN.
  @inlinable
  public func round(_ value: Double) -> Double {
    switch (exponentBits, fractionBits) {
    case (11, 52): return value
    case (8, 23): return Double(Float(value))
    default: return roundNarrow(value)
    }
  }

  @usableFromInline
  func roundNarrow(_ value: Double) -> Double {
    guard value.isFinite, value != 0 else { return value }
    let step = Double(
      sign: .plus, exponent: max(Int(value.exponent), minimumExponent) - fractionBits, significand: 1)
    let rounded = (value / step).rounded(.toNearestOrEven) * step
    guard rounded.magnitude <= greatestFinite else { return rounded.sign == .minus ? -.infinity : .infinity }
    return rounded == 0 && value.sign == .minus ? -0.0 : rounded
  }

  /// The value of a bit pattern; bits above ``bitWidth`` are ignored.
  @inlinable
  public func value(ofBits bits: UInt64) -> Double {
    switch (exponentBits, fractionBits) {
    case (11, 52): return Double(bitPattern: bits)
    case (8, 23): return Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))
    default: return narrowValue(ofBits: bits)
    }
  }

  @usableFromInline
  func narrowValue(ofBits bits: UInt64) -> Double {
    let fraction = bits & ((1 << UInt64(fractionBits)) - 1)
    let field = Int((bits & infinityBits) >> UInt64(fractionBits))
    let sign: FloatingPointSign = bits & signMask == 0 ? .plus : .minus
    if field == (1 << exponentBits) - 1 {
      guard fraction == 0 else { return .nan }
      return sign == .minus ? -.infinity : .infinity
    }
    let magnitude =
      field == 0
      ? Double(fraction) * leastNonzero
      : Double(fraction | (1 << UInt64(fractionBits)))
        * Double(sign: .plus, exponent: field - maximumExponent - fractionBits, significand: 1)
    return sign == .minus ? -magnitude : magnitude
  }

  /// The bit pattern of a value, rounded to the format first; a NaN gives the canonical quiet NaN.
  public func bits(of value: Double) -> UInt64 {
    if value.isNaN { return infinityBits | (1 << UInt64(fractionBits - 1)) }
    let rounded = round(value)
    let sign: UInt64 = rounded.sign == .minus ? signMask : 0
    let magnitude = rounded.magnitude
    if magnitude == .infinity { return sign | infinityBits }
    if magnitude < leastNormal { return sign | UInt64(magnitude / leastNonzero) }
    let significand = UInt64(magnitude.significand * Double(1 << fractionBits))
    let field = UInt64(Int(magnitude.exponent) + maximumExponent)
    return sign | (field << UInt64(fractionBits)) | (significand & ((1 << UInt64(fractionBits)) - 1))
  }
}
