import FixtureAuthoring
import SeededNumbers
import Tensors

/// Two files, each with one float32 dataset, which differ in 1 % of the places.
struct FilePair {
  /// How many elements each dataset holds.
  let count: Int
  /// What the elements are drawn from.
  let seed: UInt64

  /// Writes both files block by block.
  func write(expected expectedPath: String, actual actualPath: String) throws {
    let authors = try [expectedPath, actualPath].map { try HDF5Author(path: $0) }
    let streams = try authors.map { try $0.stream("/values", .float32, .vector(count)) }
    var generator = SplitMix(seed: seed)
    for region in Shape.vector(count).regions(maximumCount: 1 << 16) {
      let expected = (0..<region.count).map { _ in generator.normal() }
      let actual = expected.map { generator.next() % 100 == 0 ? generator.neighbour(of: $0) : $0 }
      for (stream, values) in zip(streams, [expected, actual]) {
        try values.withUnsafeBytes { try stream.write(region, $0) }
      }
    }
    for stream in streams { try stream.close() }
    for author in authors { try author.close() }
  }
}

extension SplitMix {
  /// About a standard normal value: the sum of four uniform ones, scaled to variance 1.
  fileprivate mutating func normal() -> Float {
    let bits = next()
    let sum = (0..<4).reduce(Float(0)) { $0 + Float((bits >> UInt64(16 * $1)) & 0xFFFF) }
    return (sum * 0x1p-16 - 2) * Float(3).squareRoot()
  }

  /// A value 2⁰ to 2¹³ ULP away from zero, which is at most 2⁻¹⁰ of the value.
  fileprivate mutating func neighbour(of value: Float) -> Float {
    Float(bitPattern: value.bitPattern + (1 << UInt32(next() % 14)))
  }
}
