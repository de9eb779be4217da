import Arithmetic
import CMPFR
import SeededNumbers
import Tensors
import Testing

@Suite("Exact arithmetic on intervals")
struct ExactIntervalTests {
  // At 40 bits every finite end is a Double, so that the bounds are the ends.
  private static let precision = 40
  private let exact = ExactArithmetic(precision: precision)
  private let brute = BruteForce(precision: 4 * precision)
  private let site = Site(.float32)

  @Test("the image of an interval holds the image of each of its points", arguments: UnaryPrimitive.allCases)
  func containsUnary(primitive: UnaryPrimitive) {
    var random = SplitMix(seed: 11)
    for _ in 0..<3000 {
      let x = Self.interval(&random)
      let image = exact.operation(primitive, at: site)(exact.interval(from: x.lowerBound, to: x.upperBound))
      for point in Self.points(in: x, &random) {
        let value = brute.operation(primitive, at: site)(brute.constant(point, .float64))
        #expect(Self.holds(image, value), "\(primitive)(\(point)) of \(x)")
      }
    }
  }

  @Test(
    "the image of two intervals holds the image of each pair of points", arguments: BinaryPrimitive.allCases)
  func containsBinary(primitive: BinaryPrimitive) {
    var random = SplitMix(seed: 12)
    for round in 0..<3000 {
      let x = Self.interval(&random)
      var y = Self.interval(&random)
      if primitive == .pow && round % 4 > 0 {
        let exponent: Double = [0, 1, 2, 3, 5, 0.5, 2.5, -0.5, -1, -2, -3][Int(random.next() % 11)]
        y = exponent...exponent
      }
      let image = exact.operation(primitive, at: site)(
        exact.interval(from: x.lowerBound, to: x.upperBound),
        exact.interval(from: y.lowerBound, to: y.upperBound))
      for (a, b) in zip(Self.points(in: x, &random), Self.points(in: y, &random).reversed()) {
        // A quotient by zero and a root of −∞ have no value here; in C they are infinite.
        if primitive == .divide && b == 0 || primitive == .pow && a == -.infinity { continue }
        let value = brute.operation(primitive, at: site)(
          brute.constant(a, .float64), brute.constant(b, .float64))
        #expect(Self.holds(image, value), "\(primitive)(\(a), \(b)) of \(x), \(y)")
      }
    }
  }

  @Test("a condition that is not certain leaves both sides of a choice")
  func choice() {
    let uncertain = exact.operation(.greater, at: site)(exact.interval(from: 0, to: 2), point(1))
    let both = exact.choice(at: site)(uncertain, point(5), exact.interval(from: -3, to: -2))
    #expect((both.lowerBound, both.upperBound) == (-3, 5))
    let undefined = exact.operation(.log, at: site)(point(-1))
    #expect(exact.choice(at: site)(uncertain, undefined, point(7)).definedness == .sometimes)
    #expect(exact.choice(at: site)(point(0), undefined, point(7)).definedness == .always)
    #expect(exact.choice(at: site)(point(1), undefined, point(7)).definedness == .never)
  }

  @Test("what has no value says so where that is certain, and where it is not")
  func definedness() {
    let log = exact.operation(.log, at: site)
    #expect(log(exact.interval(from: -2, to: -1)).definedness == .never)
    #expect(log(exact.interval(from: -1, to: 1)).definedness == .sometimes)
    #expect(log(point(0)).upperBound == -.infinity)
    let divide = exact.operation(.divide, at: site)
    #expect(divide(point(0), point(0)).definedness == .never)
    #expect(divide(point(1), point(0)).definedness == .never)
    #expect(divide(point(1), exact.interval(from: 0, to: 1)).definedness == .sometimes)
    let infinity = point(.infinity)
    #expect(exact.operation(.subtract, at: site)(infinity, infinity).definedness == .never)
    #expect(exact.operation(.multiply, at: site)(point(0), infinity).definedness == .never)
    #expect(
      exact.operation(.multiply, at: site)(exact.interval(from: 0, to: 1), infinity).definedness == .sometimes
    )
    #expect(exact.operation(.pow, at: site)(point(-1), point(0.5)).definedness == .never)
    #expect(exact.operation(.add, at: site)(point(.nan), point(1)).definedness == .never)
  }

  @Test("an operation that is exact stays one number")
  func pointsStayPoints() {
    let third = exact.operation(.divide, at: site)(point(1), point(3))
    #expect(third.lowerBound < third.upperBound)
    let quarter = exact.operation(.divide, at: site)(point(1), point(4))
    #expect((quarter.lowerBound, quarter.upperBound) == (0.25, 0.25))
    let one = exact.operation(.exp, at: site)(point(0))
    #expect((one.lowerBound, one.upperBound) == (1, 1))
  }

  private func point(_ value: Double) -> MPFRInterval { exact.interval(from: value, to: value) }

  private static func holds(_ image: MPFRInterval, _ value: BruteNumber) -> Bool {
    if value.isNaN { return image.definedness != .always }
    return image.definedness != .never
      && mpfr_cmp_d(value.pointer, image.lowerBound) >= 0 && mpfr_cmp_d(value.pointer, image.upperBound) <= 0
  }

  /// An interval of any size; every third one is a point.
  private static func interval(_ random: inout SplitMix) -> ClosedRange<Double> {
    let (x, y) = (number(&random), number(&random))
    return random.next() % 3 == 0 ? x...x : Swift.min(x, y)...Swift.max(x, y)
  }

  private static func number(_ random: inout SplitMix) -> Double {
    let special: [Double] = [
      0, 0, 1, -1, 2, -2, .infinity, -.infinity, 0x1p-1074, -0x1p-1074, 0x1p1023, -0x1p1023, 1e-9, -1e-9,
    ]
    if random.next() % 2 == 0 { return special[Int(random.next() % UInt64(special.count))] }
    return random.signedUnit() * Double(sign: .plus, exponent: Int(random.next() % 40) - 30, significand: 1)
  }

  private static func points(in x: ClosedRange<Double>, _ random: inout SplitMix) -> [Double] {
    let inner = (0..<4).map { _ in
      let share = random.signedUnit().magnitude
      let point = x.lowerBound * share + x.upperBound * (1 - share)
      return x.contains(point) ? point : x.lowerBound
    }
    return [x.lowerBound, x.upperBound] + (x.contains(0) ? [0] : [x.lowerBound]) + inner
  }
}
