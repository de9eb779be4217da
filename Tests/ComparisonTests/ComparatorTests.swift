import Comparison
import Tensors
import Testing

private func compare(
  _ expected: [Double], _ actual: [Double], _ type: ElementType = .float32, _ tolerance: Tolerance = .ulps(0)
) -> Comparison {
  var comparator = Comparator(type, tolerance: tolerance)
  comparator.add(expected: expected, actual: Tensor(type, .vector(actual.count), values: actual), offset: 0)
  return comparator.comparison
}

@Suite("ULP distance")
struct ULPTests {
  @Test("the distance does not wrap from the largest value to its negative")
  func doesNotWrap() {
    #expect(
      compare([-.greatestFiniteMagnitude], [.greatestFiniteMagnitude], .float64).ulps.maximum
        == 18_437_736_874_454_810_622)
    let largest = Double(Float.greatestFiniteMagnitude)
    #expect(compare([-largest], [largest]).ulps.maximum == 4_278_190_078)
    #expect(compare([-65504], [65504], .float16).ulps.maximum == 63_486)
  }

  @Test(
    "zero lies between the least values of either sign",
    arguments: [ElementType.float16, .bfloat16, .float32, .float64])
  func throughZero(type: ElementType) throws {
    let least = try #require(type.floatFormat).leastNonzero
    #expect(compare([-least], [least], type).ulps.maximum == 2)
    #expect(compare([0], [least], type).ulps.maximum == 1)
    #expect(compare([-0.0], [least], type).ulps.maximum == 1)
  }

  @Test("the distance is the number of nextUp steps", arguments: [0.1, -1.0, 3e38, 1e-45, -2e-38])
  func countsSteps(start: Double) {
    var value = Float(start)
    for steps in 0..<UInt64(20) {
      guard value.isFinite else { return }
      #expect(compare([start], [Double(value)]).ulps.maximum == steps)
      value = value.nextUp
    }
  }

  @Test("the 99th percentile is the nearest rank, rounded up to eight bits above 255")
  func percentile() {
    var distribution = ULPDistribution()
    distribution.addZeros(98)
    distribution.add(7)
    distribution.add(1_000_001)
    #expect(distribution.percentile99 == 7)
    distribution.add(1_000_001)
    #expect(distribution.percentile99 == 1_000_001)
    distribution.add(5_000_000)
    #expect((1_000_001...1_003_519).contains(distribution.percentile99))
    #expect(distribution.histogram[0] == 98)
    #expect(distribution.histogram[3] == 1)
    #expect(distribution.histogram[20] == 2)
    #expect(distribution.mean == Double(7 + 2 * 1_000_001 + 5_000_000) / 102)
  }

  @Test("the largest distance is kept when smaller ones follow")
  func maximum() {
    var distances = ULPDistribution()
    for distance: UInt64 in [3, 9, 4] { distances.add(distance) }
    #expect(distances.maximum == 9)
  }

  @Test("a percentile whose rank is that of the last zero is zero")
  func percentileOfZeros() {
    var distances = ULPDistribution()
    distances.addZeros(99)
    distances.add(7)
    #expect(distances.percentile99 == 0)
    #expect(distances.percentile(100) == 7)
  }

  @Test("distributions that are merged are the distribution of all")
  func merges() {
    let distances: [UInt64] = [0, 1, 5, 300, 70_000, 0, 9, 1 << 60]
    var (all, first, second) = (ULPDistribution(), ULPDistribution(), ULPDistribution())
    for (index, distance) in distances.enumerated() {
      all.add(distance)
      if index < 3 { first.add(distance) } else { second.add(distance) }
    }
    first.merge(second)
    #expect(first == all)
    #expect(all.median == 5)
  }

  @Test("a percentile of every size is no lower than the truth and less than 1 % above it", arguments: 0..<64)
  func percentileBuckets(bit: Int) {
    for distance in [UInt64(1) << UInt64(bit), (UInt64(1) << UInt64(bit)) + (UInt64(1) << UInt64(bit)) / 3] {
      var distribution = ULPDistribution()
      distribution.add(distance)
      distribution.add(.max)
      let percentile = distribution.percentile99
      #expect(percentile == .max)
      var low = ULPDistribution()
      for _ in 0..<200 { low.add(distance) }
      low.add(.max)
      #expect(low.percentile99 >= distance)
      #expect(Double(low.percentile99) <= Double(distance) * 1.008)
    }
  }
}

@Suite("Comparator")
struct ComparatorTests {
  @Test("NaN, infinities and signed zeros are classes of their own, and never a distance")
  func classes() {
    let comparison = compare(
      [.nan, .nan, 1, .infinity, .infinity, 1, 0, -0.0],
      [.nan, 1, .nan, .infinity, -.infinity, .infinity, -0.0, -0.0],
      .float32, .ulps(.max))
    #expect(comparison.identical == 3)
    #expect(comparison.nanMismatches == 2)
    #expect(comparison.infinityMismatches == 2)
    #expect(comparison.signedZeroMismatches == 1)
    #expect(comparison.outside == 4)
    #expect(comparison.within == 1)
    #expect(comparison.ulps.maximum == 0)
    #expect(comparison.worst.filter { $0.ulps == nil }.count == 4)
    #expect(comparison.count == 8)
  }

  @Test("the ten worst are kept when they come first")
  func worstFirst() {
    let steps = (1...12).reversed().map { 1 + Double($0) * 0x1p-23 }
    let comparison = compare(Array(repeating: 1, count: 12), steps)
    #expect(comparison.worst.map(\.ulps) == (3...12).reversed())
  }

  @Test("what is outside is worse than what is within, however far that is")
  func outsideIsWorse() {
    let comparison = compare([0, 1], [1e-4, 1.01], .float32, .relative(rtol: 0, atol: 1e-3))
    #expect(comparison.worst.map(\.position) == [1, 0])
  }

  @Test("what is outside is worse than what is accurate, however far that is")
  func accurateIsBetter() {
    var comparator = Comparator(.float32)
    let references = [0.5, 5].map { ElementReference(Allowance(0, 0), exact: 0, actualError: $0) }
    comparator.add(
      expected: [1, 1], actual: Tensor(.float32, .vector(2), values: [2, 1.5]), references: references,
      offset: 0)
    #expect(comparator.comparison.accurate == 1)
    #expect(comparator.comparison.worst.map(\.position) == [1, 0])
  }

  @Test("beside a tolerance an enclosure allows nothing")
  func toleranceAlone() {
    var comparator = Comparator(.float32, tolerance: .ulps(0))
    let everything = ElementReference(
      Allowance(-.infinity, .infinity, admitsNaN: true), exact: 1, actualError: 0)
    comparator.add(
      expected: [1, 1, 1], actual: Tensor(.float32, .vector(3), values: [.nan, .infinity, 1.5]),
      references: [everything, everything, everything], offset: 0)
    #expect(comparator.comparison.outside == 3)
  }

  @Test("NaN agree whatever their payload")
  func payloads() {
    var comparator = Comparator(.float32, tolerance: .ulps(0))
    let nan: [UInt32] = [0x7FC0_0000, 0xFFC0_0001]
    nan[0...0].withUnsafeBytes { expected in
      nan[1...1].withUnsafeBytes { comparator.add(expected: expected, actual: $0, offset: 0) }
    }
    #expect(comparator.comparison.identical == 1)
  }

  @Test("a relative tolerance is measured from the expected value")
  func relativeTolerance() {
    let tolerance = Tolerance.relative(rtol: 0.5, atol: 0)
    #expect(compare([2], [3], .float64, tolerance).within == 1)
    #expect(compare([3], [1.4], .float64, tolerance).outside == 1)
    #expect(compare([1], [1.6], .float64, tolerance).outside == 1)
    #expect(compare([0], [1e-9], .float64, tolerance).outside == 1)
    #expect(compare([0], [1e-9], .float64, .relative(rtol: 0, atol: 1e-8)).within == 1)
  }

  @Test("the differences kept are those of finite values")
  func maxima() {
    let comparison = compare([1, 4, .infinity], [1.5, 3, 0], .float64, .ulps(.max))
    #expect(comparison.maximumAbsolute == 1)
    #expect(comparison.maximumRelative == 0.5)
    #expect(compare([0], [1], .float64).maximumRelative == .infinity)
  }

  @Test("the ten worst are kept, non-finite first, then by distance, then by position")
  func worst() {
    var expected = [Double](repeating: 1, count: 40)
    var actual = (0..<40).map { Double(Float(1) + Float($0 % 20) * 0x1p-23) }
    expected[33] = .nan
    actual[5] = .infinity
    let worst = compare(expected, actual).worst
    #expect(worst.count == Comparator.worstCount)
    #expect(worst.prefix(2).map(\.position) == [5, 33])
    #expect(worst.dropFirst(2).map { $0.ulps ?? 0 } == [19, 19, 18, 18, 17, 17, 16, 16])
    #expect(worst[2].position == 19)
    #expect(worst[3].position == 39)
  }

  @Test(
    "an element within its own allowance is within, NaN where it is allowed, and one near the exact value is accurate"
  )
  func references() {
    var comparator = Comparator(.float32)
    comparator.add(
      expected: [1, 1, .infinity, 1, .nan, 1],
      actual: Tensor(.float32, .vector(6), values: [1.5, 1.5, .nan, .nan, 3, 1.5]),
      references: [
        ElementReference(Allowance(1, 2), exact: 1.5, actualError: 0.25, expectedError: -4),
        ElementReference(Allowance(1, 1.25), exact: 1.25, actualError: 1.5, expectedError: 2),
        ElementReference(Allowance(.infinity, .infinity, admitsNaN: true)), ElementReference(Allowance(0, 2)),
        ElementReference(Allowance(0, 2, admitsNaN: true)),
        ElementReference(Allowance(1, 1.25), exact: 1.5, actualError: -1, expectedError: 3),
      ], offset: 7)
    let comparison = comparator.comparison
    #expect((comparison.within, comparison.accurate, comparison.outside) == (2, 1, 3))
    #expect(comparison.worst.filter { $0.verdict == .outside }.map(\.position).sorted() == [8, 10, 11])
    #expect(comparison.worst.first { $0.position == 12 }?.exact == 1.5)
    #expect((comparison.actualErrors.maximum, comparison.actualErrors.count) == (1.5, 3))
    #expect((comparison.expectedErrors.maximum, comparison.expectedErrors.mean) == (4, 3))
  }

  @Test("blocks add up to one comparison")
  func blocks() {
    let expected = (0..<100).map { Double($0) }
    let actual = expected.map { $0.truncatingRemainder(dividingBy: 7) == 0 ? $0 + 1 : $0 }
    var comparator = Comparator(.float64, tolerance: .ulps(3))
    for start in stride(from: 0, to: 100, by: 9) {
      let range = start..<min(start + 9, 100)
      comparator.add(
        expected: Array(expected[range]),
        actual: Tensor(.float64, .vector(range.count), values: Array(actual[range])),
        offset: start)
    }
    #expect(comparator.comparison == compare(expected, actual, .float64, .ulps(3)))
  }

  @Test("64-bit integers that are one apart differ, beyond 2^53 as well")
  func wideIntegers() {
    var comparator = Comparator(.int64, tolerance: .relative(rtol: 0, atol: 0))
    let values: [Int64] = [1 << 53, (1 << 53) + 1]
    values[0...0].withUnsafeBytes { expected in
      values[1...1].withUnsafeBytes { comparator.add(expected: expected, actual: $0, offset: 0) }
    }
    #expect(comparator.comparison.outside == 1)
    #expect(comparator.comparison.maximumAbsolute == 1)
  }

  @Test("integers count their difference", arguments: [ElementType.int8, .uint8])
  func integers(type: ElementType) {
    var comparator = Comparator(type, tolerance: .ulps(0))
    let bytes: [UInt8] = [0, 1, 0xFF]
    bytes[0...1].withUnsafeBytes { expected in
      bytes[1...2].withUnsafeBytes { comparator.add(expected: expected, actual: $0, offset: 0) }
    }
    let farther: UInt64 = type == .int8 ? 2 : 254
    #expect(comparator.comparison.ulps.maximum == farther)
    #expect(comparator.comparison.outside == 2)
  }
}

@Suite("TolerancePolicy")
struct TolerancePolicyTests {
  @Test(
    "a policy is written as it is read",
    arguments: ["torch", "numpy", "paddle", "ulp:4", "rtol=0.001,atol=1e-05"])
  func parses(text: String) throws {
    #expect(try #require(TolerancePolicy(parsing: text)).name == text)
  }

  @Test("either part of a tolerance may be left out")
  func partial() throws {
    #expect(
      try #require(TolerancePolicy(parsing: "rtol=1e-3")).tolerance(for: .float32)
        == .relative(rtol: 1e-3, atol: 0))
    #expect(
      try #require(TolerancePolicy(parsing: "atol=2,rtol=1")).tolerance(for: .int8)
        == .relative(rtol: 1, atol: 2))
  }

  @Test(
    "anything else is refused",
    arguments: [
      "", "ulp:", "ulp:-1", "ulp:1.5", "rtol=", "rtol=nan", "rtol=-1", "rtol=1,rtol=2", "rtol=1,,atol=1",
      "Torch", "x=1",
    ])
  func refuses(text: String) { #expect(TolerancePolicy(parsing: text) == nil) }

  @Test(
    "what is allowed around a value is what the tolerance admits",
    arguments: [0, -0.0, 1e-45, -1e-44, 1, -2.5, 3.4e38])
  func allowed(expected: Double) {
    let format = FloatFormat.float32
    for steps in [UInt64(0), 1, 5, 1 << 33] {
      let allowed = Tolerance.ulps(steps).allowed(around: format.bits(of: expected), in: format)
      for end in [allowed.lower, allowed.upper] {
        let distance = compare([expected], [end]).ulps.maximum
        #expect(distance == steps || distance < steps && end.magnitude == format.greatestFinite, "\(end)")
      }
      #expect(allowed.admits(format.round(expected)))
    }
    let relative = Tolerance.relative(rtol: 0.5, atol: 0.25)
    let range = relative.allowed(around: FloatFormat.float64.bits(of: expected), in: .float64)
    for (share, outside) in [(0.999, 0), (1.001, 1)] {
      for end in [range.lower, range.upper] {
        let actual = expected + share * (end - expected)
        #expect(compare([expected], [actual], .float64, relative).outside == outside, "\(actual)")
      }
    }
    #expect(relative.allowed(around: format.bits(of: .nan), in: format).admitsNaN)
    #expect(
      relative.allowed(around: format.bits(of: .infinity), in: format) == Allowance(.infinity, .infinity))
  }

  @Test("torch's tolerance grows as the type narrows")
  func torchTable() {
    let torch = TolerancePolicy.presets[0]
    #expect(torch.tolerance(for: .float32) == .relative(rtol: 1.3e-6, atol: 1e-5))
    #expect(torch.tolerance(for: .bfloat16) == .relative(rtol: 1.6e-2, atol: 1e-5))
    #expect(torch.tolerance(for: .int64) == .relative(rtol: 0, atol: 0))
  }
}
