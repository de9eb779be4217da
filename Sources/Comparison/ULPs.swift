public import Tensors

/// The ULP distance: how many representable steps of a type lie between two finite values.
///
/// ±0 are the same place. From the largest value to its negative it is 4,278,190,078 steps in float32 and 2⁶⁴ − 2⁵³ − 2 in
/// float64, so an unsigned 64-bit number holds every distance. Integers count their difference.
public enum ULPs {
  /// The distance between two finite values given as bit patterns of a floating-point format.
  ///
  /// - Precondition: neither pattern is a NaN or an infinity; the function then gives a number without a meaning.
  @inlinable
  public static func distance(_ x: UInt64, _ y: UInt64, in format: FloatFormat) -> UInt64 {
    let (xMagnitude, yMagnitude) = (x & ~format.signMask, y & ~format.signMask)
    if (x ^ y) & format.signMask != 0 { return xMagnitude + yMagnitude }
    return xMagnitude > yMagnitude ? xMagnitude - yMagnitude : yMagnitude - xMagnitude
  }
}

/// The distribution of ULP distances, in constant memory.
public struct ULPDistribution: Hashable, Sendable, Codable {
  /// Counts by power of two: the first is for 0, the one at `k` for distances from 2ᵏ⁻¹ to 2ᵏ − 1.
  public private(set) var histogram = [Int](repeating: 0, count: 65)
  /// The largest distance; 0 when there is none.
  public private(set) var maximum: UInt64 = 0
  /// How many distances have been counted.
  public private(set) var count = 0
  private var sum: UInt128 = 0
  /// Counts of distances cut to their eight leading bits, grown as needed.
  private var leading: [Int] = []

  /// An empty distribution.
  public init() {}

  /// Decodes a distribution.
  ///
  /// - Throws: `DecodingError` when there are buckets that no distribution has.
  public init(from decoder: any Decoder) throws {
    let values = try decoder.container(keyedBy: CodingKeys.self)
    maximum = try values.decode(UInt64.self, forKey: .maximum)
    count = try values.decode(Int.self, forKey: .count)
    sum = try values.decode(UInt128.self, forKey: .sum)
    histogram = try values.decode(SparseCounts.self, forKey: .histogram).counts(atLeast: 65, atMost: 65)
    leading = try values.decode(SparseCounts.self, forKey: .leading)
      .counts(atLeast: 0, atMost: Self.bucket(of: .max) + 1)
    guard (0...Comparison.countLimit).contains(count), sum <= UInt128(count) * UInt128(UInt64.max) else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: decoder.codingPath, debugDescription: "no distribution has this count and sum"))
    }
  }

  /// Encodes the distribution; of its many buckets those that are not empty.
  public func encode(to encoder: any Encoder) throws {
    var values = encoder.container(keyedBy: CodingKeys.self)
    try values.encode(maximum, forKey: .maximum)
    try values.encode(count, forKey: .count)
    try values.encode(sum, forKey: .sum)
    try values.encode(SparseCounts(histogram), forKey: .histogram)
    try values.encode(SparseCounts(leading), forKey: .leading)
  }

  private enum CodingKeys: CodingKey {
    case histogram, maximum, count, sum, leading
  }

  /// Counts elements at distance 0.
  public mutating func addZeros(_ zeros: Int) {
    histogram[0] += zeros
    count += zeros
  }

  /// Counts one distance.
  public mutating func add(_ distance: UInt64) {
    guard distance > 0 else { return addZeros(1) }
    histogram[64 - distance.leadingZeroBitCount] += 1
    count += 1
    sum += UInt128(distance)
    maximum = max(maximum, distance)
    let bucket = Self.bucket(of: distance)
    if bucket >= leading.count {
      leading.append(contentsOf: repeatElement(0, count: bucket + 1 - leading.count))
    }
    leading[bucket] += 1
  }

  /// Adds the distances of another distribution.
  public mutating func merge(_ other: ULPDistribution) {
    for bucket in histogram.indices { histogram[bucket] += other.histogram[bucket] }
    if leading.count < other.leading.count {
      leading.append(contentsOf: repeatElement(0, count: other.leading.count - leading.count))
    }
    for bucket in other.leading.indices { leading[bucket] += other.leading[bucket] }
    maximum = max(maximum, other.maximum)
    count += other.count
    sum += other.sum
  }

  /// The mean distance; 0 when there is none.
  public var mean: Double { count == 0 ? 0 : Double(sum) / Double(count) }

  /// The 99th percentile; see ``percentile(_:)``.
  public var percentile99: UInt64 { percentile(99) }

  /// The median; see ``percentile(_:)``.
  public var median: UInt64 { percentile(50) }

  /// A percentile by nearest rank: exact up to 255, above that rounded up to eight significant bits, and never above
  /// ``maximum``.
  public func percentile(_ percent: Int) -> UInt64 {
    let rank = count - count / 100 * (100 - percent) - count % 100 * (100 - percent) / 100
    var seen = histogram[0]
    for bucket in leading.indices {
      seen += leading[bucket]
      if seen >= rank { return min(Self.upperBound(ofBucket: bucket), maximum) }
    }
    return maximum
  }

  // Below 256 a bucket is one distance; from there on each power of two has 128 buckets.
  private static func bucket(of distance: UInt64) -> Int {
    guard distance >= 256 else { return Int(distance) }
    let shift = 56 - distance.leadingZeroBitCount
    return 128 * shift + Int(distance >> UInt64(shift))
  }

  private static func upperBound(ofBucket bucket: Int) -> UInt64 {
    guard bucket >= 256 else { return UInt64(bucket) }
    let shift = UInt64(bucket / 128 - 1)
    let leading = UInt64(bucket) - 128 * shift
    return (leading << shift) + ((1 << shift) - 1)
  }
}

/// Counts by bucket, of which most are 0.
private struct SparseCounts: Codable {
  private var buckets: [Int] = []
  private var counts: [Int] = []

  init(_ dense: [Int]) {
    for (bucket, count) in dense.enumerated() where count != 0 {
      buckets.append(bucket)
      counts.append(count)
    }
  }

  /// All counts: up to the last that is not 0, but no fewer than a number and no more than another.
  func counts(atLeast least: Int, atMost most: Int) throws -> [Int] {
    guard buckets.count == counts.count, buckets.allSatisfy((0..<most).contains),
      counts.allSatisfy((1...Comparison.countLimit).contains)
    else {
      throw DecodingError.dataCorrupted(
        .init(codingPath: [], debugDescription: "no distribution has these buckets"))
    }
    var dense = [Int](repeating: 0, count: max(least, (buckets.max() ?? -1) + 1))
    for (bucket, count) in zip(buckets, counts) { dense[bucket] = count }
    return dense
  }
}
