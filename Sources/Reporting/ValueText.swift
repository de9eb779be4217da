import FocalLoss
import Tensors

/// A value in the shortest decimal that reads back to it; that of float32 for the 16-bit types.
func valueText(_ value: Double, _ type: ElementType) -> String {
  if value.isNaN { return "NaN" }
  if value.isInfinite { return value < 0 ? "-Infinity" : "Infinity" }
  return type == .float64 ? "\(value)" : "\(Float(value))"
}

/// The value of a bit pattern.
func bitsValueText(_ bits: UInt64, _ type: ElementType) -> String {
  type.integer(ofBits: bits).map { "\($0)" } ?? valueText(type.value(ofBits: bits), type)
}

/// A bit pattern as hexadecimal digits, as many as the type has.
func bitsText(_ bits: UInt64, _ type: ElementType) -> String {
  let digits = String(bits, radix: 16)
  return "0x" + String(repeating: "0", count: max(0, 2 * type.byteCount - digits.count)) + digits
}

/// A measure such as a relative difference, with three significant digits and no more.
func measureText(_ value: Double) -> String {
  value.isFinite ? DecimalText.significant(value, digits: 3) : valueText(value, .float64)
}

/// The magnitude of an error in ULPs.
func errorText(_ error: Double) -> String {
  error != 0 && error.magnitude < 0.001 ? "under 0.001" : measureText(error.magnitude)
}

/// A count with its noun.

extension String {
  /// The text with spaces after it up to a width.
  func padded(_ width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }

  /// The text with spaces before it up to a width.
  func rightAligned(_ width: Int) -> String { String(repeating: " ", count: max(0, width - count)) + self }
}

extension Parameters {
  /// The parameters in one line; those that are not required, where they are not their defaults.
  var text: String {
    text(of: Variants.parameters.filter { $0.isRequired || self[$0] != $0.defaultValue })
  }

  /// All parameters of a variant in one line.
  func text(of variant: String) -> String { text(of: Variants.named(variant)?.parameters ?? []) }

  private func text(of specs: [ParameterSpec]) -> String {
    specs.map { "\($0.name) \(self[$0])" }.joined(separator: ", ")
  }
}
