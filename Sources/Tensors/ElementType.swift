/// The type of a tensor's elements, as a framework or an HDF5 file names it.
///
/// Floating-point types come with a ``FloatFormat``; `bool` is stored as one byte, 0 or 1.
public enum ElementType: String, Hashable, Sendable, CaseIterable {
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
}

extension ElementType: CustomStringConvertible {
  /// The name that NumPy, PyTorch and Paddle use, such as `float32`.
  public var description: String { rawValue }
}
