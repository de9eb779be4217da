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

/// Intervals in `Double`, each end rounded outward: quick, and right wherever it says anything.
///
/// The end of a sum is the neighbour of the computed sum where its rounding error, which is computed exactly, has the
/// wrong sign; the ends of products and quotients are the neighbours of the computed ones. The platform's `exp`,
/// `log`, `log1p` and `pow` are trusted to 4 ULP (glibc documents 1 to 2 for `Double`; musl and Apple claim below 1),
/// and to be exact where the result is `exp(0)`, `log(1)`, `log1p(0)` or a power of 0 or 1, which are not asked of them.
struct OutwardArithmetic: Arithmetic {
  func constant(_ value: Double, _ format: FloatFormat) -> DoubleInterval { point(value) }

  func point(_ value: Double) -> DoubleInterval {
    value.isFinite ? DoubleInterval(value, value) : .unknown
  }

  func operation(_ primitive: UnaryPrimitive, at site: Site) -> (DoubleInterval) -> DoubleInterval {
    switch primitive {
    case .round: { $0 }
    case .negate: { DoubleInterval(-$0.upper, -$0.lower) }
    case .absolute: absolute
    case .exp:
      { DoubleInterval(max(below($0.lower, 0, 1, platformExp), 0), above($0.upper, 0, 1, platformExp)) }
    case .log:
      { x in
        x.lower > 0
          ? DoubleInterval(below(x.lower, 1, 0, platformLog), above(x.upper, 1, 0, platformLog)) : .unknown
      }
    case .log1p:
      { x in
        x.lower > -1
          ? DoubleInterval(below(x.lower, 0, 0, platformLog1p), above(x.upper, 0, 0, platformLog1p))
          : .unknown
      }
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
    case .pow: power
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

private func power(_ x: DoubleInterval, _ y: DoubleInterval) -> DoubleInterval {
  let exponent = y.lower
  guard exponent == y.upper, !x.isUnknown else { return .unknown }
  if exponent == 0 { return DoubleInterval(1, 1) }
  if exponent == 1 { return x }
  if exponent == 2 {
    let magnitude = absolute(x)
    return DoubleInterval(
      max(productBelow(magnitude.lower, magnitude.lower), 0), productAbove(magnitude.upper, magnitude.upper))
  }
  guard x.lower > 0 || x.lower == 0 && exponent > 0 else { return .unknown }
  let (near, far) = exponent > 0 ? (x.lower, x.upper) : (x.upper, x.lower)
  let lower = near == 0 ? 0 : below(near, 1, 1) { platformPow($0, exponent) }
  let upper = far == 0 ? 0 : above(far, 1, 1) { platformPow($0, exponent) }
  return DoubleInterval(max(lower, 0), upper)
}

/// The least number that an increasing function's value at x may be; `exact` at `argument`.
@inline(__always)
private func below(_ x: Double, _ argument: Double, _ exact: Double, _ function: (Double) -> Double) -> Double
{
  if x == argument { return exact }
  let value = function(x)
  // Close to the ends of the exponent range 4 ULP are not 2⁻⁵⁰ of the value.
  if value.magnitude < 0x1p-1000 { return -0x1p-999 }
  return value == .infinity ? 0x1p1023 : value - value.magnitude * 0x1p-50
}

/// The greatest number that an increasing function's value at x may be; `exact` at `argument`.
@inline(__always)
private func above(_ x: Double, _ argument: Double, _ exact: Double, _ function: (Double) -> Double) -> Double
{
  if x == argument { return exact }
  let value = function(x)
  return value.magnitude < 0x1p-1000 ? 0x1p-999 : value + value.magnitude * 0x1p-50
}

// At file scope, since the names stand for formulas on expressions as well.
private func platformExp(_ x: Double) -> Double { exp(x) }
private func platformLog(_ x: Double) -> Double { log(x) }
private func platformLog1p(_ x: Double) -> Double { log1p(x) }
private func platformPow(_ x: Double, _ y: Double) -> Double { pow(x, y) }
