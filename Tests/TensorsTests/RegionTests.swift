import Tensors
import Testing

@Suite("Region")
struct RegionTests {
  static let shapes: [[Int]] = [
    [], [0], [1], [7], [0, 3], [3, 0], [5, 7], [2, 3, 5], [4, 1, 3, 2], [1, 9],
  ]

  @Test(
    "regions cover a tensor once, in row-major order, and are no larger than asked", arguments: shapes,
    [1, 2, 4, 6, 100])
  func regionsCover(dimensions: [Int], maximum: Int) throws {
    let shape = try Shape(dimensions)
    var next = 0
    for region in shape.regions(maximumCount: maximum) {
      #expect(region.offset == next)
      #expect(region.count == region.extent.reduce(1, *))
      #expect(region.count <= maximum)
      #expect(region.start == shape.coordinates(of: region.offset))
      // The last element of a contiguous box is where the box ends.
      let last = zip(region.start, region.extent).map { $0 + $1 - 1 }
      #expect(shape.coordinates(of: region.positions.upperBound - 1) == last)
      next = region.positions.upperBound
    }
    #expect(next == shape.count)
  }

  @Test("a region as large as the tensor is the whole tensor")
  func wholeInOne() throws {
    let shape = try Shape([3, 4])
    #expect(Array(shape.regions(maximumCount: 12)) == [shape.whole])
  }

  @Test("positions of a matrix are found in a vector of as many elements")
  func matchesAcrossShapes() throws {
    let (matrix, vector) = (try Shape([3, 4]), Shape.vector(12))
    let rows = matrix.rows(1..<3)
    #expect(vector.region(matching: rows, of: matrix)?.positions == 4..<12)
    #expect(vector.region(matching: rows, of: matrix)?.start == [4])
    #expect(matrix.region(matching: vector.whole, of: vector) == nil)
    #expect(vector.region(matching: Shape.vector(11).whole, of: .vector(11)) == nil)
  }

  @Test("a shape that cannot be counted is an error, not a trap")
  func shapesAreChecked() {
    #expect(throws: ShapeError.tooManyElements([1 << 40, 1 << 40])) { try Shape([1 << 40, 1 << 40]) }
    #expect(throws: ShapeError.negative([2, -1])) { try Shape([2, -1]) }
  }
}
