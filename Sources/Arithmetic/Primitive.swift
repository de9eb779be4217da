/// An operation of one operand.
public enum UnaryPrimitive: String, Hashable, Sendable, CaseIterable {
  /// `−x`, exact.
  case negate
  /// `|x|`, exact.
  case absolute
  /// `eˣ`; `exp(−∞) = 0`, `exp(+∞) = +∞`.
  case exp
  /// Natural logarithm; `log(±0) = −∞`, NaN below zero.
  case log
  /// `log(1 + x)`; `log1p(−1) = −∞`, NaN below −1, `log1p(±0) = ±0`.
  case log1p
  /// Rounds to nearest, ties to even, from a wider type.
  case round
}

/// An operation of two operands.
public enum BinaryPrimitive: String, Hashable, Sendable, CaseIterable {
  case add, subtract, multiply, divide
  /// The lesser operand, where −0 < +0; NaN when either is NaN.
  case minimum
  /// The greater operand, where −0 < +0; NaN when either is NaN.
  case maximum
  /// `xʸ` as C's `pow`: `pow(x, ±0) = 1` and `pow(1, y) = 1` for every x and y, NaN included. The exponent is a Python
  /// number as it was given; the native value is that of the exponent rounded to the type of the operation.
  case pow
  /// 1 when `x > y`, else 0 (0 for NaN).
  case greater
  /// 1 when `x = y`, else 0 (0 for NaN); `+0 = −0`.
  case equal
}
