public import Tensors

/// Which results an implementation may give that runs these operations in this order.
///
/// - `+ − × ÷`, rounding and comparisons are IEEE 754's, rounded to nearest. They are monotonic in each operand, so
///   the ends of a result are the operation on the ends, rounded: nothing widens.
/// - An elementary function may be off by as many ULPs as its library documents (``Accuracy``): the correctly rounded
///   ends are moved apart by that many ULPs. Infinite results, and those that a definition makes exact (`pow(x, 0)`,
///   `exp(−∞)`, `log(0)`), are not moved.
/// - Where the compiler may contract `x·y + z` inside a kernel, a product's ends are those of the exact product and
///   of the rounded one.
/// - A condition that may be either way takes both sides.
/// - Where subnormals may be flushed, an operand or a result that may lie between the least normal numbers, these
///   included, may also be zero: a result just below the least normal number is rounded to it, and processors differ in
///   whether they look before or after that.
///
/// NaN is kept as a possibility beside the numbers: `∞ − ∞`, `0 · ∞`, `0 / 0`, `∞ / ∞`, and functions outside of their
/// domain. The result holds everything that any choice of roundings within the bounds can give; it may hold more,
/// since two uses of one value are taken as independent.
///
/// An instance keeps MPFR variables and serves one thread.
public struct EnclosureArithmetic: Arithmetic {
  /// The bounds of the elementary functions, and the depth of sums.
  public let accuracy: Accuracy
  private let rounding = CorrectRounding()

  /// Enclosures under the bounds of one framework's libraries.
  public init(_ accuracy: Accuracy) { self.accuracy = accuracy }

  /// A number that a framework holds in a format: a constant, or an element of an input.
  public func constant(_ value: Double, _ format: FloatFormat) -> Enclosure {
    flushed(Enclosure(format.round(value)), format)
  }

  public func operation(_ primitive: UnaryPrimitive, at site: Site) -> (Enclosure) -> Enclosure {
    let operation = keepingSubnormals(primitive, at: site)
    guard accuracy.flushesSubnormals else { return operation }
    return { flushed(operation(flushed($0, site.format)), site.format) }
  }

  public func operation(_ primitive: BinaryPrimitive, at site: Site) -> (Enclosure, Enclosure) -> Enclosure {
    let operation = keepingSubnormals(primitive, at: site)
    guard accuracy.flushesSubnormals else { return operation }
    return { x, y in
      let format = site.format
      if primitive == .pow {
        let power = operation(flushed(x, format), y)
        // Of a subnormal exponent nothing is left.
        let isLost = y.lower != 0 && y.lower.magnitude < format.leastNormal
        return flushed(isLost ? power.union(Enclosure(1)) : power, format)
      }
      let result = operation(flushed(x, format), flushed(y, format))
      guard primitive == .minimum || primitive == .maximum else { return flushed(result, format) }
      // Of two operands that count as zero either may be returned.
      return flushed(result.union(x.subnormal(in: format, with: y)), format)
    }
  }

  private func keepingSubnormals(_ primitive: UnaryPrimitive, at site: Site) -> (Enclosure) -> Enclosure {
    let (format, rounding) = (site.format, rounding)
    return switch primitive {
    case .negate: { -$0 }
    case .absolute:
      { x in
        let magnitudes = (x.lower.magnitude, x.upper.magnitude)
        guard x.hasNumbers else { return x }
        let least = x.contains(0) ? 0 : min(magnitudes.0, magnitudes.1)
        return Enclosure(least, max(magnitudes.0, magnitudes.1), mayBeNaN: x.mayBeNaN)
      }
    case .round: { Enclosure(format.round($0.lower), format.round($0.upper), mayBeNaN: $0.mayBeNaN) }
    case .exp: increasing(.exp, from: -.infinity, site) { rounding.exp($0, format) }
    case .log: increasing(.log, from: 0, site) { rounding.log($0, format) }
    case .log1p: increasing(.log1p, from: -1, site) { rounding.log1p($0, format) }
    }
  }

  private func keepingSubnormals(
    _ primitive: BinaryPrimitive, at site: Site
  ) -> (Enclosure, Enclosure) -> Enclosure {
    let format = site.format
    let mayContract = site.isFused && accuracy.contractsProducts
    return switch primitive {
    case .add: { Self.sum($0, $1, format) }
    case .subtract: { Self.sum($0, -$1, format) }
    case .multiply: { Self.product($0, $1, format, mayContract) }
    case .divide: { Self.quotient($0, $1, format) }
    case .minimum: Self.minimum
    case .maximum: { -Self.minimum(-$0, -$1) }
    case .pow: power(site)
    case .greater: Self.greater
    case .equal: Self.equal
    }
  }

  public func choice(at site: Site) -> (Enclosure, Enclosure, Enclosure) -> Enclosure {
    { condition, x, y in
      if condition.lower == 1 { return x }
      return condition.upper == 0 ? y : x.union(y)
    }
  }
}

extension EnclosureArithmetic {
  /// A value that may be replaced by zero where it is subnormal, or the least normal one of its sign.
  public func flushed(_ x: Enclosure, _ format: FloatFormat) -> Enclosure {
    let least = format.leastNormal
    guard accuracy.flushesSubnormals, x.lower <= least, x.upper >= -least else { return x }
    return x.union(Enclosure(0, 0))
  }
}

extension Enclosure {
  /// The subnormal numbers of two operands, where both have some or zero; no number elsewhere.
  fileprivate func subnormal(in format: FloatFormat, with other: Enclosure) -> Enclosure {
    let least = format.leastNormal
    let clipped = [self, other].map { Enclosure(max($0.lower, -least), min($0.upper, least)) }
    guard clipped[0].hasNumbers, clipped[1].hasNumbers else { return Enclosure(.infinity, -.infinity) }
    return clipped[0].union(clipped[1])
  }

  static prefix func - (x: Enclosure) -> Enclosure { Enclosure(-x.upper, -x.lower, mayBeNaN: x.mayBeNaN) }

  fileprivate var mayBeInfinite: Bool { hasNumbers && (lower == -.infinity || upper == .infinity) }
  fileprivate var hasFiniteNumbers: Bool { hasNumbers && lower < .infinity && upper > -.infinity }
}

// MARK: The operations of IEEE 754

extension EnclosureArithmetic {
  private static func sum(_ x: Enclosure, _ y: Enclosure, _ format: FloatFormat) -> Enclosure {
    guard x.hasNumbers, y.hasNumbers else { return .nan }
    let cancels =
      x.upper == .infinity && y.lower == -.infinity || x.lower == -.infinity && y.upper == .infinity
    // An end that is ∞ − ∞ belongs to no number; the numbers next to it are the infinity further inside.
    let (lower, upper) = (x.lower + y.lower, x.upper + y.upper)
    return Enclosure(
      lower.isNaN ? .infinity : format.round(lower), upper.isNaN ? -.infinity : format.round(upper),
      mayBeNaN: x.mayBeNaN || y.mayBeNaN || cancels)
  }

  private static func product(
    _ x: Enclosure, _ y: Enclosure, _ format: FloatFormat, _ mayContract: Bool
  ) -> Enclosure {
    guard x.hasNumbers, y.hasNumbers else { return .nan }
    var (lower, upper) = (Double.infinity, -Double.infinity)
    func include(_ x: Double, _ y: Double) {
      let product = x * y
      guard !product.isNaN else { return }
      let rounded = format.round(product)
      lower = min(lower, rounded)
      upper = max(upper, rounded)
      guard mayContract, product.isFinite else { return }
      // Exact in a Double for narrower formats; else the exact product lies next to the rounded one.
      let isExact = format.precision <= 26
      lower = min(lower, isExact ? product : product.nextDown)
      upper = max(upper, isExact ? product : product.nextUp)
    }
    include(x.lower, y.lower)
    include(x.lower, y.upper)
    include(x.upper, y.lower)
    include(x.upper, y.upper)
    let (xHasZero, yHasZero) = (x.contains(0), y.contains(0))
    if xHasZero && y.hasFiniteNumbers || yHasZero && x.hasFiniteNumbers { include(0, 0) }
    return Enclosure(
      lower, upper,
      mayBeNaN: x.mayBeNaN || y.mayBeNaN || xHasZero && y.mayBeInfinite || yHasZero && x.mayBeInfinite)
  }

  private static func quotient(_ x: Enclosure, _ y: Enclosure, _ format: FloatFormat) -> Enclosure {
    guard x.hasNumbers, y.hasNumbers else { return .nan }
    let mayBeNaN =
      x.mayBeNaN || y.mayBeNaN || x.contains(0) && y.contains(0) || x.mayBeInfinite && y.mayBeInfinite
    guard !y.contains(0) else {
      // The sign of a zero divisor is not known here, so neither is that of the infinity.
      return Enclosure(
        x.isPoint && x.lower == 0 && y.isPoint ? .nan : -.infinity, .infinity, mayBeNaN: mayBeNaN)
    }
    var (lower, upper) = (Double.infinity, -Double.infinity)
    for dividend in [x.lower, x.upper] {
      for divisor in [y.lower, y.upper] {
        let quotient = dividend / divisor
        guard !quotient.isNaN else { continue }
        lower = min(lower, format.round(quotient))
        upper = max(upper, format.round(quotient))
      }
    }
    return Enclosure(lower, upper, mayBeNaN: mayBeNaN)
  }

  private static func minimum(_ x: Enclosure, _ y: Enclosure) -> Enclosure {
    guard x.hasNumbers, y.hasNumbers else { return .nan }
    return Enclosure(min(x.lower, y.lower), min(x.upper, y.upper), mayBeNaN: x.mayBeNaN || y.mayBeNaN)
  }

  private static func greater(_ x: Enclosure, _ y: Enclosure) -> Enclosure {
    let mayHold = x.hasNumbers && y.hasNumbers && x.upper > y.lower
    let mustHold = mayHold && x.lower > y.upper && !x.mayBeNaN && !y.mayBeNaN
    return Enclosure(mustHold ? 1 : 0, mayHold ? 1 : 0)
  }

  private static func equal(_ x: Enclosure, _ y: Enclosure) -> Enclosure {
    let mayHold = x.hasNumbers && y.hasNumbers && x.lower <= y.upper && y.lower <= x.upper
    let mustHold = mayHold && x.isPoint && y.isPoint
    return Enclosure(mustHold ? 1 : 0, mayHold ? 1 : 0)
  }
}

// MARK: Elementary functions

extension EnclosureArithmetic {
  /// A function that increases from the least point of its domain on, and is NaN below it.
  private func increasing(
    _ function: ElementaryFunction, from least: Double, _ site: Site, _ rounded: @escaping (Double) -> Double
  ) -> (Enclosure) -> Enclosure {
    let (format, steps) = (site.format, accuracy.ulps(of: function, at: site))
    // No implementation leaves the function's range.
    let range = function == .exp ? 0 : -Double.infinity
    return { x in
      guard x.hasNumbers, x.upper >= least else { return .nan }
      let lower = rounded(max(x.lower, least))
      let upper = x.isPoint ? lower : rounded(x.upper)
      return Enclosure(
        max(range, format.moved(lower, by: -steps)), format.moved(upper, by: steps),
        mayBeNaN: x.mayBeNaN || x.lower < least)
    }
  }

  /// `xʸ` for an exponent that is rounded to the format, or as it was given where a framework's kernels take it so.
  private func power(_ site: Site) -> (Enclosure, Enclosure) -> Enclosure {
    let (format, steps) = (site.format, accuracy.ulps(of: .pow, at: site))
    let takesExponentAsGiven = accuracy.takesExponentAsGiven
    return { x, exponent in
      guard exponent.hasNumbers else { return .nan }
      // At or above zero the power is monotonic in its exponent, for each x; below, whole exponents give it signs.
      guard exponent.isPoint || x.lower >= 0 else {
        return Enclosure(-.infinity, .infinity, mayBeNaN: true)
      }
      var ends = [format.round(exponent.lower), format.round(exponent.upper)]
      if takesExponentAsGiven { ends += [exponent.lower, exponent.upper] }
      var power = self.power(x, ends[0], format, steps)
      for end in ends.dropFirst() where end != ends[0] {
        power = power.union(self.power(x, end, format, steps))
      }
      return exponent.mayBeNaN ? power.union(.nan) : power
    }
  }

  private func power(_ x: Enclosure, _ y: Double, _ format: FloatFormat, _ steps: Int) -> Enclosure {
    if y == 0 { return Enclosure(1) }
    guard x.hasNumbers else { return .nan }
    let isInteger = y.rounded(.towardZero) == y
    var arguments = x.isPoint ? [x.lower] : [x.lower, x.upper]
    // Below zero the power is NaN, or for a whole exponent monotonic on either side of zero.
    if x.lower < 0 {
      arguments = (isInteger ? [x.lower] : []) + (x.contains(0) ? [0, -0.0] : []) + [x.upper]
    }
    var result = Enclosure(.infinity, -.infinity, mayBeNaN: x.mayBeNaN || x.lower < 0 && !isInteger)
    for argument in arguments {
      let value = rounding.pow(argument, y, format)
      guard !value.isNaN else { continue }
      let isExact = argument == 0 || argument == 1 || argument.isInfinite
      let slack = isExact ? 0 : steps
      result = result.union(Enclosure(format.moved(value, by: -slack), format.moved(value, by: slack)))
    }
    return isInteger ? result : Enclosure(max(0, result.lower), result.upper, mayBeNaN: result.mayBeNaN)
  }
}

extension FloatFormat {
  /// A finite value moved by so many ULPs, up for positive counts; ±∞ and NaN stay.
  ///
  /// ULPs double at a power of two. Toward zero they are those of the value, away from zero those of the places
  /// passed, so that the result is the farther one, whichever value's ULP a bound means.
  package func moved(_ value: Double, by ulps: Int) -> Double {
    guard value.isFinite, ulps != 0 else { return value }
    guard value != 0, (value < 0) == (ulps < 0) else {
      let exponent = value == 0 ? minimumExponent : max(Int(value.exponent), minimumExponent)
      return round(
        value + Double(ulps) * Double(sign: .plus, exponent: exponent - fractionBits, significand: 1))
    }
    let place = bits(of: value.magnitude) + UInt64(ulps.magnitude)
    return Double(signOf: value, magnitudeOf: place < infinityBits ? self.value(ofBits: place) : .infinity)
  }
}
