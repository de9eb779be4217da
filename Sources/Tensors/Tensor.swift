/// A row-major tensor, or one block of it, with its elements in the machine's byte order.
public struct Tensor: Hashable, Sendable {
  /// The type of each element.
  public let elementType: ElementType
  /// The dimensions.
  public let shape: Shape
  /// The elements' bytes; `shape.count * elementType.byteCount` of them.
  public let bytes: [UInt8]

  /// A tensor over existing bytes.
  ///
  /// - Precondition: `bytes.count == shape.count * elementType.byteCount`.
  public init(_ elementType: ElementType, _ shape: Shape, bytes: [UInt8]) {
    precondition(bytes.count == shape.count * elementType.byteCount)
    self.elementType = elementType
    self.shape = shape
    self.bytes = bytes
  }

  /// A tensor of a floating-point type; each value is rounded to it.
  ///
  /// - Precondition: `elementType` has a ``FloatFormat`` and there are `shape.count` values.
  public init(_ elementType: ElementType, _ shape: Shape, values: [Double]) {
    guard let format = elementType.floatFormat else { preconditionFailure("\(elementType) is no float type") }
    let width = elementType.byteCount
    var bytes: [UInt8] = []
    bytes.reserveCapacity(values.count * width)
    for value in values {
      withUnsafeBytes(of: format.bits(of: value).littleEndian) { bytes.append(contentsOf: $0.prefix(width)) }
    }
    self.init(elementType, shape, bytes: bytes)
  }

  /// The number of elements.
  public var count: Int { shape.count }

  /// The bit pattern of one element, in the low bits.
  public func bits(at position: Int) -> UInt64 {
    precondition(position >= 0 && position < count)
    return bytes.withUnsafeBytes { buffer in
      switch elementType.byteCount {
      case 1: UInt64(buffer[position])
      case 2: UInt64(buffer.loadUnaligned(fromByteOffset: 2 * position, as: UInt16.self))
      case 4: UInt64(buffer.loadUnaligned(fromByteOffset: 4 * position, as: UInt32.self))
      default: buffer.loadUnaligned(fromByteOffset: 8 * position, as: UInt64.self)
      }
    }
  }

  /// One element as an integer, or nil for a floating-point type or a value above `Int.max`.
  public func integer(at position: Int) -> Int? {
    elementType.integer(ofBits: bits(at: position)).flatMap(Int.init(exactly:))
  }

  /// One element as a `Double`; exact for every type except 64-bit integers beyond 2^53, which are rounded.
  public func value(at position: Int) -> Double { elementType.value(ofBits: bits(at: position)) }

  /// All elements as `Double`, by the rule of ``value(at:)``.
  public var values: [Double] { (0..<count).map(value(at:)) }
}

extension Tensor {
  /// A region as a tensor of the region's extents.
  ///
  /// - Precondition: it is a region of ``shape``.
  public func part(_ region: Region) -> Tensor {
    let width = elementType.byteCount
    let shape = (try? Shape(region.extent)) ?? .vector(region.count)
    return Tensor(
      elementType, shape,
      bytes: Array(bytes[(region.offset * width)..<((region.offset + region.count) * width)]))
  }

  /// The same elements in the same order under another shape.
  ///
  /// - Precondition: the shape has as many elements.
  public func reshaped(_ shape: Shape) -> Tensor { Tensor(elementType, shape, bytes: bytes) }
}
