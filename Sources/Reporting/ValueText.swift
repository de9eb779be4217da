import Tensors

/// A value in the shortest decimal that reads back to it in its own type.
func valueText(_ value: Double, _ type: ElementType) -> String {
  if value.isNaN { return "NaN" }
  if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
  if type.floatFormat == nil { return shortened("\(value)") }
  return type == .float64 ? "\(value)" : "\(Float(value))"
}

/// A bit pattern as hexadecimal digits, as many as the type has.
func bitsText(_ bits: UInt64, _ type: ElementType) -> String {
  let digits = String(bits, radix: 16)
  return "0x" + String(repeating: "0", count: max(0, 2 * type.byteCount - digits.count)) + digits
}

/// A measure such as a relative difference, with three significant digits and no more.
func measureText(_ value: Double) -> String {
  guard value.isFinite, value != 0 else {
    return valueText(value, .float64) == "0.0" ? "0" : valueText(value, .float64)
  }
  let exponent = Int(value.exponent) * 30103 / 100_000 - (value.exponent < 0 ? 1 : 0)
  let scale = power(10, 2 - exponent)
  let rounded = scale.isFinite && scale > 0 ? (value * scale).rounded() / scale : value
  return shortened("\(Float(rounded))")
}

private func power(_ base: Double, _ exponent: Int) -> Double {
  (0..<exponent.magnitude).reduce(1) { product, _ in exponent < 0 ? product / base : product * base }
}

private func shortened(_ text: String) -> String { text.hasSuffix(".0") ? String(text.dropLast(2)) : text }

extension String {
  /// The text with spaces after it up to a width.
  func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

  /// The text with spaces before it up to a width.
  func rightAligned(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}
