/// A box of a tensor whose elements lie one after another in row-major order.
public struct Region: Hashable, Sendable {
  /// The first element's coordinate on each axis.
  public let start: [Int]
  /// The extent on each axis.
  public let extent: [Int]
  /// The row-major position of the first element.
  public let offset: Int
  /// The number of elements.
  public let count: Int

  /// The positions that the region covers.
  public var positions: Range<Int> { offset..<(offset + count) }
}

extension Shape {
  /// The region that covers the whole tensor.
  public var whole: Region {
    Region(start: dimensions.map { _ in 0 }, extent: dimensions, offset: 0, count: count)
  }

  /// Covers the tensor, in row-major order, with regions of at most `maximumCount` elements.
  ///
  /// An empty tensor has no region. Every region is as large as a box can be that is contiguous in row-major order,
  /// so a reader needs one hyperslab for each.
  public func regions(maximumCount: Int) -> some Sequence<Region> & Sendable {
    Regions(shape: self, maximumCount: max(1, maximumCount))
  }
}

private struct Regions: Sequence, IteratorProtocol, Sendable {
  let shape: Shape
  /// The axis that is cut; axes before it advance one by one, axes after it are whole.
  let axis: Int
  let rowsPerRegion: Int
  let rowCount: Int
  var offset = 0

  init(shape: Shape, maximumCount: Int) {
    self.shape = shape
    var rowCount = 1
    var axis = shape.rank
    // An empty tensor has no region, and its other extents need not have a product.
    while axis > 0, shape.count > 0, rowCount * Swift.max(shape.dimensions[axis - 1], 1) <= maximumCount {
      axis -= 1
      rowCount *= Swift.max(shape.dimensions[axis], 1)
    }
    if axis > 0 {
      self.axis = axis - 1
      self.rowCount = rowCount
      self.rowsPerRegion = Swift.max(1, maximumCount / rowCount)
    } else {
      self.axis = -1
      self.rowCount = shape.count
      self.rowsPerRegion = 1
    }
  }

  mutating func next() -> Region? {
    guard offset < shape.count else { return nil }
    guard axis >= 0 else {
      offset = shape.count
      return shape.whole
    }
    let start = shape.coordinates(of: offset)
    let rows = Swift.min(rowsPerRegion, shape.dimensions[axis] - start[axis])
    let extent = shape.dimensions.indices.map { $0 < axis ? 1 : $0 == axis ? rows : shape.dimensions[$0] }
    defer { offset += rows * rowCount }
    return Region(start: start, extent: extent, offset: offset, count: rows * rowCount)
  }
}

extension Shape {
  /// The region of whole rows, each an index of the first axis; a scalar has one row.
  ///
  /// - Precondition: the rows exist.
  public func rows(_ rows: Range<Int>) -> Region {
    guard let rowCount = dimensions.first else { return whole }
    precondition(rows.isEmpty || rows.lowerBound >= 0 && rows.upperBound <= rowCount)
    let rowLength = rowCount == 0 ? 0 : count / rowCount
    return Region(
      start: [rows.lowerBound] + dimensions.dropFirst().map { _ in 0 },
      extent: [rows.count] + dimensions.dropFirst(),
      offset: rows.lowerBound * rowLength, count: rows.count * rowLength)
  }
}

extension Shape {
  /// The region with the same row-major positions as `region` of a tensor of another shape but equal count, or nil
  /// where that is no box: when the shapes differ and more than one axis here is longer than 1.
  public func region(matching region: Region, of other: Shape) -> Region? {
    if self == other { return region }
    let long = dimensions.indices.filter { dimensions[$0] != 1 }
    guard count == other.count, long.count <= 1 else { return nil }
    guard let axis = long.first else { return whole }
    var (start, extent) = (whole.start, whole.extent)
    start[axis] = region.offset
    extent[axis] = region.count
    return Region(start: start, extent: extent, offset: region.offset, count: region.count)
  }
}

extension Shape {
  /// The region of one element.
  ///
  /// - Precondition: the element exists.
  public func element(at position: Int) -> Region {
    precondition((0..<count).contains(position))
    let start = coordinates(of: position)
    return Region(start: start, extent: start.map { _ in 1 }, offset: position, count: 1)
  }
}
