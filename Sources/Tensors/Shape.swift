/// The dimensions of a row-major tensor; a scalar has none.
public struct Shape: Hashable, Sendable, Codable {
  /// The extent of each axis, outermost first.
  public let dimensions: [Int]
  /// The number of elements: 1 for a scalar, 0 when an axis is empty.
  public let count: Int

  /// The shape of a 0-d tensor.
  public static let scalar = Shape(dimensions: [], count: 1)

  /// A shape with checked dimensions.
  ///
  /// - Throws: ``ShapeError`` when a dimension is negative or the element count does not fit an `Int`.
  public init(_ dimensions: [Int]) throws(ShapeError) {
    var count = 1
    for dimension in dimensions {
      guard dimension >= 0 else { throw .negative(dimensions) }
      let (product, overflow) = count.multipliedReportingOverflow(by: dimension)
      guard !overflow else { throw .tooManyElements(dimensions) }
      count = product
    }
    self.init(dimensions: dimensions, count: count)
  }

  private init(dimensions: [Int], count: Int) {
    self.dimensions = dimensions
    self.count = count
  }

  /// A one-dimensional shape; `count` must not be negative.
  public static func vector(_ count: Int) -> Shape {
    precondition(count >= 0)
    return Shape(dimensions: [count], count: count)
  }

  /// A column of a matrix, `(count, 1)`; `count` must not be negative.
  public static func column(_ count: Int) -> Shape {
    precondition(count >= 0)
    return Shape(dimensions: [count, 1], count: count)
  }

  /// Decodes the dimensions, with the checks of ``init(_:)``.
  public init(from decoder: any Decoder) throws {
    try self.init([Int](from: decoder))
  }

  /// Encodes the dimensions.
  public func encode(to encoder: any Encoder) throws { try dimensions.encode(to: encoder) }

  /// The number of axes.
  public var rank: Int { dimensions.count }

  /// The coordinates of a row-major position.
  public func coordinates(of position: Int) -> [Int] {
    var rest = position
    var coordinates = dimensions
    for axis in dimensions.indices.reversed() {
      let extent = max(dimensions[axis], 1)
      coordinates[axis] = rest % extent
      rest /= extent
    }
    return coordinates
  }
}

extension Shape: CustomStringConvertible {
  /// The shape as Python prints it: `()`, `(3,)`, `(2, 3)`.
  public var description: String {
    dimensions.count == 1
      ? "(\(dimensions[0]),)" : "(" + dimensions.map(String.init).joined(separator: ", ") + ")"
  }
}

/// Why dimensions are not a shape.
public enum ShapeError: Error, Hashable, Sendable, CustomStringConvertible {
  case negative([Int])
  case tooManyElements([Int])

  /// One line for a person.
  public var description: String {
    switch self {
    case .negative(let dimensions): "negative dimension in \(dimensions)"
    case .tooManyElements(let dimensions): "the element count of \(dimensions) does not fit 63 bits"
    }
  }
}
