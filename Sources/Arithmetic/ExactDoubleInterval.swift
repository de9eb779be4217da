internal import CMPFR
internal import Tensors

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A closed interval of `Double` ends that holds a real number, or nothing known.
///
/// An infinite end is a bound that overflowed. Where the number itself might be infinite or have no value,
/// nothing is known.
struct DoubleInterval {
  let lower: Double
  let upper: Double

  static let unknown = DoubleInterval(unchecked: .nan, .nan)

  /// An interval between two ends; unknown when either is NaN.
  @inline(__always)
  init(_ lower: Double, _ upper: Double) {
    let isKnown = lower <= upper
    self.init(unchecked: isKnown ? lower : .nan, isKnown ? upper : .nan)
  }

  @inline(__always)
  private init(unchecked lower: Double, _ upper: Double) { (self.lower, self.upper) = (lower, upper) }

  @inline(__always)
  var isUnknown: Bool { lower.isNaN }
}

/// Intervals in `Double`, each end rounded outward: quick, right wherever it says anything, and the same bits on every
/// machine.
///
/// The end of a sum is the neighbour of the computed sum where its rounding error, which is computed exactly, has the
/// wrong sign; the ends of products and quotients are the neighbours of the computed ones. Powers with
/// small whole exponents are products; the other functions are those of ``RoundedFunctions``.
///
/// An instance keeps MPFR variables and serves one thread.
struct OutwardArithmetic: Arithmetic {
  private let functions = RoundedFunctions()

  func constant(_ value: Double, _ format: FloatFormat) -> DoubleInterval { point(value) }

  func point(_ value: Double) -> DoubleInterval {
    value.isFinite ? DoubleInterval(value, value) : .unknown
  }

  func operation(_ primitive: UnaryPrimitive, at site: Site) -> (DoubleInterval) -> DoubleInterval {
    switch primitive {
    case .round: { $0 }
    case .negate: { DoubleInterval(-$0.upper, -$0.lower) }
    case .absolute: absolute
    case .exp: { [functions] in functions.exp($0) }
    case .log: { [functions] in $0.lower > 0 ? functions.log($0) : .unknown }
    case .log1p: { [functions] in $0.lower > -1 ? functions.log1p($0) : .unknown }
    }
  }

  func operation(
    _ primitive: BinaryPrimitive, at site: Site
  ) -> (DoubleInterval, DoubleInterval) -> DoubleInterval {
    switch primitive {
    case .add: { DoubleInterval(sumBelow($0.lower, $1.lower), sumAbove($0.upper, $1.upper)) }
    case .subtract: { DoubleInterval(sumBelow($0.lower, -$1.upper), sumAbove($0.upper, -$1.lower)) }
    case .multiply: product
    case .divide: quotient
    case .minimum: { choose($0, $1, Swift.min) }
    case .maximum: { choose($0, $1, Swift.max) }
    case .pow: { [functions] in power($0, $1, functions) }
    case .greater: { condition($0.lower > $1.upper, $0.upper <= $1.lower, $0, $1) }
    case .equal:
      {
        condition(
          $0.lower == $1.upper && $0.upper == $1.lower, $0.lower > $1.upper || $0.upper < $1.lower, $0, $1)
      }
    }
  }

  func choice(at site: Site) -> (DoubleInterval, DoubleInterval, DoubleInterval) -> DoubleInterval {
    { condition, x, y in
      if condition.isUnknown { return .unknown }
      if condition.lower > 0 || condition.upper < 0 { return x }
      if condition.lower == condition.upper { return y }
      return x.isUnknown || y.isUnknown
        ? .unknown : DoubleInterval(min(x.lower, y.lower), max(x.upper, y.upper))
    }
  }
}

private func absolute(_ x: DoubleInterval) -> DoubleInterval {
  if x.lower >= 0 { return x }
  return DoubleInterval(x.upper <= 0 ? -x.upper : 0, x.isUnknown ? .nan : max(-x.lower, x.upper))
}

private func choose(
  _ x: DoubleInterval, _ y: DoubleInterval, _ choice: (Double, Double) -> Double
) -> DoubleInterval {
  if x.isUnknown || y.isUnknown { return .unknown }
  return DoubleInterval(choice(x.lower, y.lower), choice(x.upper, y.upper))
}

private func condition(
  _ isTrue: Bool, _ isFalse: Bool, _ x: DoubleInterval, _ y: DoubleInterval
) -> DoubleInterval {
  if x.isUnknown || y.isUnknown { return .unknown }
  return DoubleInterval(isTrue ? 1 : 0, isFalse ? 0 : 1)
}

@inline(__always)
private func sumBelow(_ x: Double, _ y: Double) -> Double {
  let sum = x + y
  return sum.magnitude < 0x1p1000 && sumError(x, y, sum) >= 0 ? sum : sum.nextDown
}

@inline(__always)
private func sumAbove(_ x: Double, _ y: Double) -> Double {
  let sum = x + y
  return sum.magnitude < 0x1p1000 && sumError(x, y, sum) <= 0 ? sum : sum.nextUp
}

/// `x + y − sum`, exactly (D. E. Knuth's TwoSum).
@inline(__always)
private func sumError(_ x: Double, _ y: Double, _ sum: Double) -> Double {
  let y1 = sum - x
  return (x - (sum - y1)) + (y - y1)
}

@inline(__always)
private func isExactFactor(_ x: Double) -> Bool { x == 0 || x.magnitude == 1 }

@inline(__always)
private func productBelow(_ x: Double, _ y: Double) -> Double {
  isExactFactor(x) || isExactFactor(y) ? x * y : (x * y).nextDown
}

@inline(__always)
private func productAbove(_ x: Double, _ y: Double) -> Double {
  isExactFactor(x) || isExactFactor(y) ? x * y : (x * y).nextUp
}

private func product(_ x: DoubleInterval, _ y: DoubleInterval) -> DoubleInterval {
  let (a, b, c, d) = (x.lower, x.upper, y.lower, y.upper)
  if a >= 0 {
    if c >= 0 { return DoubleInterval(productBelow(a, c), productAbove(b, d)) }
    return DoubleInterval(productBelow(b, c), productAbove(d <= 0 ? a : b, d))
  }
  if b <= 0 {
    if d <= 0 { return DoubleInterval(productBelow(b, d), productAbove(a, c)) }
    return DoubleInterval(productBelow(a, d), productAbove(c >= 0 ? b : a, c))
  }
  if c >= 0 { return DoubleInterval(productBelow(a, d), productAbove(b, d)) }
  if d <= 0 { return DoubleInterval(productBelow(b, c), productAbove(a, c)) }
  let corners = (productBelow(a, d), productBelow(b, c), productAbove(a, c), productAbove(b, d))
  if corners.0.isNaN || corners.1.isNaN || corners.2.isNaN || corners.3.isNaN { return .unknown }
  return DoubleInterval(min(corners.0, corners.1), max(corners.2, corners.3))
}

private func quotient(_ x: DoubleInterval, _ y: DoubleInterval) -> DoubleInterval {
  if y.upper < 0 {
    return quotient(DoubleInterval(-x.upper, -x.lower), DoubleInterval(-y.upper, -y.lower))
  }
  guard y.lower > 0 else { return .unknown }
  return DoubleInterval(
    quotientBelow(x.lower, x.lower >= 0 ? y.upper : y.lower),
    quotientAbove(x.upper, x.upper >= 0 ? y.lower : y.upper))
}

@inline(__always)
private func quotientBelow(_ x: Double, _ y: Double) -> Double {
  x == 0 || y == 1 ? x : (x / y).nextDown
}

@inline(__always)
private func quotientAbove(_ x: Double, _ y: Double) -> Double {
  x == 0 || y == 1 ? x : (x / y).nextUp
}

private func power(_ x: DoubleInterval, _ y: DoubleInterval, _ functions: RoundedFunctions) -> DoubleInterval
{
  let exponent = y.lower
  guard exponent == y.upper, !x.isUnknown else { return .unknown }
  if exponent == 0 { return DoubleInterval(1, 1) }
  if let whole = Int(exactly: exponent), whole.magnitude <= 8 {
    let power = power(x, whole.magnitude)
    return whole > 0 ? power : quotient(DoubleInterval(1, 1), power)
  }
  guard x.lower > 0 || x.lower == 0 && exponent > 0 else { return .unknown }
  return functions.power(x, exponent)
}

/// A power by multiplication: monotonic in |x|, and in x where the exponent is odd.
private func power(_ x: DoubleInterval, _ exponent: UInt) -> DoubleInterval {
  guard exponent > 1 else { return x }
  let isOdd = exponent % 2 == 1
  guard x.lower >= 0 else {
    let magnitudes = power(absolute(x), exponent)
    guard isOdd else { return magnitudes }
    if x.upper <= 0 { return DoubleInterval(-magnitudes.upper, -magnitudes.lower) }
    return DoubleInterval(
      -power(DoubleInterval(-x.lower, -x.lower), exponent).upper,
      power(DoubleInterval(x.upper, x.upper), exponent).upper)
  }
  let half = power(x, exponent / 2)
  let square = product(half, half)
  let result = isOdd ? product(x, square) : square
  return DoubleInterval(max(result.lower, 0), result.upper)
}

/// Increasing elementary functions, correctly rounded to 44 bits: each end moves outward by half a step of those.
///
/// The platform's `Double` function decides where an error of 7 of its ULPs could not change the rounding (glibc
/// documents 1 to 2 for `Double`; musl and Apple claim below 1), and MPFR decides elsewhere. So the result is the same
/// bits either way, and on every machine. Beyond 2^±1000 the ends are MPFR's, rounded down and up.
final class RoundedFunctions {
  private let x = MPFRVariable()
  private let y = MPFRVariable()
  private let result = MPFRVariable()

  /// Bits of a `Double` beyond the 44.
  private static let spareBits: UInt64 = 9
  private static let halfStep: UInt64 = 1 << (spareBits - 1)
  private static let slack = 0x1p-49
  private static let range = 0x1p-1000...0x1p1000

  func exp(_ x: DoubleInterval) -> DoubleInterval {
    image(x.lower, x.upper, one: 0, platformExp) { mpfr_exp($0, $1, $2) }
  }

  func log(_ x: DoubleInterval) -> DoubleInterval {
    image(x.lower, x.upper, one: nil, platformLog) { mpfr_log($0, $1, $2) }
  }

  func log1p(_ x: DoubleInterval) -> DoubleInterval {
    image(x.lower, x.upper, one: nil, platformLog1p) { mpfr_log1p($0, $1, $2) }
  }

  /// The powers of numbers that are not negative; 0 among them only for a positive exponent.
  func power(_ x: DoubleInterval, _ exponent: Double) -> DoubleInterval {
    y.set(exponent)
    let (least, greatest) = exponent > 0 ? (x.lower, x.upper) : (x.upper, x.lower)
    return image(least, greatest, one: 1) {
      platformPow($0, exponent)
    } _: {
      mpfr_pow($0, $1, self.y.pointer, $2)
    }
  }

  /// The interval from the function's value at `least` to that at `greatest`; the value at `one` is exactly 1.
  @inline(__always)
  private func image(
    _ least: Double, _ greatest: Double, one: Double?, _ hint: (Double) -> Double, _ function: MPFRFunction
  ) -> DoubleInterval {
    let lower = ends(least, one, hint, function)
    return least == greatest
      ? lower : DoubleInterval(lower.lower, ends(greatest, one, hint, function).upper)
  }

  /// An interval around the function's value at one argument; `hint` is the platform's function.
  @inline(__always)
  func ends(
    _ argument: Double, _ one: Double?, _ hint: (Double) -> Double, _ function: MPFRFunction
  ) -> DoubleInterval {
    if argument == one { return DoubleInterval(1, 1) }
    let value = hint(argument)
    if Self.range.contains(value.magnitude) {
      let slack = value.magnitude * Self.slack
      let rounded = Self.rounded(value - slack)
      if rounded == Self.rounded(value + slack), Self.range.contains(rounded.magnitude) {
        return Self.neighbourhood(of: rounded)
      }
    }
    return mpfrEnds(argument, function)
  }

  private func mpfrEnds(_ argument: Double, _ function: MPFRFunction) -> DoubleInterval {
    mpfr_set_d(x.pointer, argument, MPFR_RNDN)
    result.precision = 53 - Int(Self.spareBits)
    _ = function(result.pointer, x.pointer, MPFR_RNDN)
    let rounded = mpfr_get_d(result.pointer, MPFR_RNDN)
    if Self.range.contains(rounded.magnitude) { return Self.neighbourhood(of: rounded) }
    // Rounding to 53 bits and then to `Double`, both times in one direction, is rounding once.
    result.precision = 53
    _ = function(result.pointer, x.pointer, MPFR_RNDD)
    let lower = mpfr_get_d(result.pointer, MPFR_RNDD)
    _ = function(result.pointer, x.pointer, MPFR_RNDU)
    return DoubleInterval(lower, mpfr_get_d(result.pointer, MPFR_RNDU))
  }

  /// The nearest number of 44 bits. Which of two equally near does not matter: a true value there is left to MPFR.
  @inline(__always)
  private static func rounded(_ value: Double) -> Double {
    Double(bitPattern: (value.bitPattern + halfStep) & ~(2 * halfStep - 1))
  }

  /// Everything that rounds to a number of 44 bits, the half-way points included; just below a power of two, where steps
  /// halve, so do the `Double`s'.
  @inline(__always)
  private static func neighbourhood(of rounded: Double) -> DoubleInterval {
    let nearer = Double(bitPattern: rounded.bitPattern - halfStep)
    let farther = Double(bitPattern: rounded.bitPattern + halfStep)
    return rounded < 0 ? DoubleInterval(farther, nearer) : DoubleInterval(nearer, farther)
  }
}

// At file scope, since the methods above hide the platform's functions of the same names.
private func platformExp(_ x: Double) -> Double { exp(x) }
private func platformLog(_ x: Double) -> Double { log(x) }
private func platformLog1p(_ x: Double) -> Double { log1p(x) }
private func platformPow(_ x: Double, _ y: Double) -> Double { pow(x, y) }
