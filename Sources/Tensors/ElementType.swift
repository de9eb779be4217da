/// The type of a tensor's elements, as a framework or an HDF5 file names it.
///
/// Floating-point types come with a ``FloatFormat``; `bool` is stored as one byte, 0 or 1.
public enum ElementType: String, Hashable, Sendable, CaseIterable, Codable {
  case float16, bfloat16, float32, float64
  case int8, int16, int32, int64
  case uint8, uint16, uint32, uint64
  case bool

  /// The number of bytes that one element takes in a ``Tensor``.
  public var byteCount: Int {
    switch self {
    case .int8, .uint8, .bool: 1
    case .float16, .bfloat16, .int16, .uint16: 2
    case .float32, .int32, .uint32: 4
    case .float64, .int64, .uint64: 8
    }
  }

  /// The binary format, or nil for integers and booleans.
  public var floatFormat: FloatFormat? {
    switch self {
    case .float16: .float16
    case .bfloat16: .bfloat16
    case .float32: .float32
    case .float64: .float64
    default: nil
    }
  }

  /// The format in which values of the type take part in arithmetic: its own, or float64 for integers and booleans.
  public var arithmeticFormat: FloatFormat { floatFormat ?? .float64 }
}

extension ElementType {
  /// The value of an integer's bit pattern, or nil for a floating-point type; a boolean is 0 or 1.
  public func integer(ofBits bits: UInt64) -> Int128? {
    switch self {
    case .float16, .bfloat16, .float32, .float64: nil
    case .bool: bits == 0 ? 0 : 1
    case .uint8, .uint16, .uint32, .uint64: Int128(bits)
    case .int8: Int128(Int8(truncatingIfNeeded: bits))
    case .int16: Int128(Int16(truncatingIfNeeded: bits))
    case .int32: Int128(Int32(truncatingIfNeeded: bits))
    case .int64: Int128(Int64(truncatingIfNeeded: bits))
    }
  }

  /// The value of a bit pattern; exact for every type except 64-bit integers beyond 2^53, which are rounded.
  public func value(ofBits bits: UInt64) -> Double {
    floatFormat?.value(ofBits: bits) ?? integer(ofBits: bits).map(Double.init) ?? .nan
  }
}

extension ElementType: CustomStringConvertible {
  /// The name that NumPy, PyTorch and Paddle use, such as `float32`.
  public var description: String { rawValue }
}
