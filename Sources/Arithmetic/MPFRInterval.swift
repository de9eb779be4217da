internal import CMPFR

/// A set of real numbers, infinities included, that holds the value of an expression: everything between two MPFR
/// numbers.
///
/// An **open** end is known not to be the value. Ends become open where a bound was rounded outward, and stay so where
/// an operation is strictly monotonic. That is what tells `1 / (1 + e)` from 1 when e is positive and too small
/// for any precision, and so `0 · log(1 − σ(x))`, which is 0, from `0 · −∞`, which has no value.
///
/// Zero has no sign here.
public final class MPFRInterval {
  /// Whether the expression has a value.
  public enum Definedness: Int, Hashable, Sendable {
    /// It has none, whichever of the operands' values are the true ones.
    case never
    /// The operands are not known well enough to say; if there is a value, it lies in the interval.
    case sometimes
    /// It has one.
    case always
  }

  /// Whether the expression has a value.
  public internal(set) var definedness = Definedness.never
  let lower = IntervalEnd(isLower: true)
  let upper = IntervalEnd(isLower: false)

  init() {}

  /// The lower end, rounded down to a `Double`; NaN where there is no value.
  public var lowerBound: Double { mpfr_get_d(lower.pointer, MPFR_RNDD) }
  /// The upper end, rounded up to a `Double`; NaN where there is no value.
  public var upperBound: Double { mpfr_get_d(upper.pointer, MPFR_RNDU) }

  /// True where the interval is one number.
  var isPoint: Bool {
    !lower.isOpen && !upper.isOpen && mpfr_equal_p(lower.pointer, upper.pointer) != 0
  }

  private var containsZero: Bool { !(isPositive || isNegative) }
  private var isPositive: Bool { lower.sign > 0 || lower.sign == 0 && lower.isOpen }
  private var isNegative: Bool { upper.sign < 0 || upper.sign == 0 && upper.isOpen }

  private func containsInfinity(_ sign: Int32) -> Bool {
    let end = sign > 0 ? upper : lower
    return end.isInfinite && end.sign == sign && !end.isOpen
  }

  private var containsInfinity: Bool { containsInfinity(1) || containsInfinity(-1) }
}

extension MPFRInterval {
  /// Takes all numbers between two; NaN for either gives no value.
  func set(_ lower: Double, _ upper: Double) {
    guard lower <= upper else { return setUndefined() }
    definedness = .always
    self.lower.set(lower)
    self.upper.set(upper)
  }

  /// Takes the image of an interval under an operation.
  func set(_ primitive: UnaryPrimitive, _ x: MPFRInterval, precision: Int) {
    guard begin(precision, x.definedness) else { return }
    switch primitive {
    case .round: setCopy(x)
    case .negate:
      lower.setNegated(x.upper)
      upper.setNegated(x.lower)
    case .absolute: setAbsolute(x)
    case .exp: setIncreasing(x, mpfr_exp)
    case .log: setLogarithm(x, pole: 0, mpfr_log)
    case .log1p: setLogarithm(x, pole: -1, mpfr_log1p)
    }
  }

  /// Takes the image of two intervals under an operation.
  func set(_ primitive: BinaryPrimitive, _ x: MPFRInterval, _ y: MPFRInterval, precision: Int) {
    guard begin(precision, x.definedness, y.definedness) else { return }
    switch primitive {
    case .add: setSum(x, y)
    case .subtract: setDifference(x, y)
    case .multiply: setProduct(x, y)
    case .divide: setQuotient(x, y)
    case .minimum:
      lower.setOuter(x.lower, y.lower)
      upper.setInner(x.upper, y.upper)
    case .maximum:
      lower.setInner(x.lower, y.lower)
      upper.setOuter(x.upper, y.upper)
    case .pow: setPower(x, y, precision)
    case .greater: setCondition(x.isAbove(y), !x.mayExceed(y))
    case .equal: setCondition(x.isPoint && y.isPoint && !x.isApart(y), x.isApart(y))
    }
  }

  /// Takes x where the condition is not 0, y where it is, and both where that is open.
  func setChoice(_ condition: MPFRInterval, _ x: MPFRInterval, _ y: MPFRInterval, precision: Int) {
    guard begin(precision, condition.definedness) else { return }
    if !condition.containsZero || condition.isPoint {
      let chosen = condition.containsZero ? y : x
      if begin(precision, condition.definedness, chosen.definedness) { setCopy(chosen) }
      return
    }
    let isSure = condition.definedness == .always && x.definedness == .always && y.definedness == .always
    if x.definedness == .never || y.definedness == .never {
      let other = x.definedness == .never ? y : x
      if begin(precision, other.definedness) { setCopy(other) }
    } else {
      lower.setOuter(x.lower, y.lower)
      upper.setOuter(x.upper, y.upper)
    }
    if !isSure { weaken() }
  }
}

extension MPFRInterval {
  /// Prepares both ends for a result of operands that are defined as said.
  ///
  /// - Returns: false, with the interval undefined, when an operand has no value.
  private func begin(_ precision: Int, _ x: Definedness, _ y: Definedness = .always) -> Bool {
    definedness = x.rawValue < y.rawValue ? x : y
    lower.number.precision = precision
    upper.number.precision = precision
    return definedness != .never
  }

  private func setUndefined() {
    definedness = .never
    mpfr_set_nan(lower.pointer)
    mpfr_set_nan(upper.pointer)
  }

  private func weaken() { if definedness == .always { definedness = .sometimes } }

  private func setEverything() {
    lower.setInfinite(-1)
    upper.setInfinite(1)
  }

  private func setCopy(_ x: MPFRInterval) {
    lower.setMonotonic(x.lower, mpfr_set)
    upper.setMonotonic(x.upper, mpfr_set)
  }

  private func setCondition(_ isTrue: Bool, _ isFalse: Bool) {
    lower.set(isTrue ? 1 : 0)
    upper.set(isFalse ? 0 : 1)
  }

  private func setAbsolute(_ x: MPFRInterval) {
    if x.lower.sign >= 0 { return setCopy(x) }
    if x.upper.sign <= 0 {
      lower.setNegated(x.upper)
      upper.setNegated(x.lower)
      return
    }
    lower.set(0)
    let farther = x.farther
    upper.setMonotonic(farther, farther.isLower ? mpfr_neg : mpfr_set)
  }

  /// The end of greater magnitude; the closed one of two.
  private var farther: IntervalEnd {
    let order = mpfr_cmpabs(lower.pointer, upper.pointer)
    return order > 0 || order == 0 && !lower.isOpen ? lower : upper
  }

  private func setIncreasing(_ x: MPFRInterval, _ function: MPFRFunction) {
    lower.setMonotonic(x.lower, function)
    guard x.isPoint else { return upper.setMonotonic(x.upper, function) }
    mpfr_set(upper.pointer, lower.pointer, MPFR_RNDN)
    upper.isOpen = lower.isOpen
    if lower.isOpen { mpfr_nextabove(upper.pointer) }
  }

  private func setLogarithm(_ x: MPFRInterval, pole: Int, _ function: MPFRFunction) {
    let top = mpfr_cmp_si_2exp(x.upper.pointer, pole, 0)
    if top < 0 || top == 0 && x.upper.isOpen { return setUndefined() }
    guard mpfr_cmp_si_2exp(x.lower.pointer, pole, 0) < 0 else { return setIncreasing(x, function) }
    weaken()
    lower.setInfinite(-1)
    upper.setMonotonic(x.upper, function)
  }

  private func setSum(_ x: MPFRInterval, _ y: MPFRInterval) {
    if x.containsInfinity(1) && y.containsInfinity(-1) || x.containsInfinity(-1) && y.containsInfinity(1) {
      if x.isPoint && y.isPoint { return setUndefined() }
      weaken()
    }
    lower.setSum(x.lower, y.lower, mpfr_add)
    upper.setSum(x.upper, y.upper, mpfr_add)
  }

  private func setDifference(_ x: MPFRInterval, _ y: MPFRInterval) {
    if x.containsInfinity(1) && y.containsInfinity(1) || x.containsInfinity(-1) && y.containsInfinity(-1) {
      if x.isPoint && y.isPoint { return setUndefined() }
      weaken()
    }
    lower.setSum(x.lower, y.upper, mpfr_sub)
    upper.setSum(x.upper, y.lower, mpfr_sub)
  }

  private func setProduct(_ x: MPFRInterval, _ y: MPFRInterval) {
    if x.containsZero && y.containsInfinity || x.containsInfinity && y.containsZero {
      if x.isPoint && y.isPoint { return setUndefined() }
      weaken()
    }
    let (a, b, c, d) = (x.lower, x.upper, y.lower, y.upper)
    switch (a.sign >= 0, b.sign <= 0, c.sign >= 0, d.sign <= 0) {
    case (true, _, true, _): setProducts(a, c, b, d)
    case (true, _, _, true): setProducts(b, c, a, d)
    case (true, _, _, _): setProducts(b, c, b, d)
    case (_, true, true, _): setProducts(a, d, b, c)
    case (_, true, _, true): setProducts(b, d, a, c)
    case (_, true, _, _): setProducts(a, d, a, c)
    case (_, _, true, _): setProducts(a, d, b, d)
    case (_, _, _, true): setProducts(b, c, a, c)
    default:
      let other = MPFRInterval()
      _ = other.begin(lower.number.precision, .always)
      setProducts(a, d, a, c)
      other.setProducts(b, c, b, d)
      if other.lower.isOutside(lower) { swap(lower, other.lower) }
      if other.upper.isOutside(upper) { swap(upper, other.upper) }
    }
  }

  private func setProducts(_ a: IntervalEnd, _ b: IntervalEnd, _ c: IntervalEnd, _ d: IntervalEnd) {
    lower.setProduct(a, b)
    upper.setProduct(c, d)
  }

  private func swap(_ x: IntervalEnd, _ y: IntervalEnd) {
    mpfr_swap(x.pointer, y.pointer)
    (x.isOpen, y.isOpen) = (y.isOpen, x.isOpen)
  }

  private func setQuotient(_ x: MPFRInterval, _ y: MPFRInterval) {
    if y.containsZero || x.containsInfinity && y.containsInfinity {
      if y.isPoint && (y.containsZero || x.isPoint) { return setUndefined() }
      weaken()
    }
    let (a, b, c, d) = (x.lower, x.upper, y.lower, y.upper)
    switch (a.sign >= 0, b.sign <= 0, c.sign >= 0, d.sign <= 0) {
    case (true, _, true, _): setQuotients(a, d, b, c, 1)
    case (_, true, true, _): setQuotients(a, c, b, d, 1)
    case (_, _, true, _): setQuotients(a, c, b, c, 1)
    case (true, _, _, true): setQuotients(b, d, a, c, -1)
    case (_, true, _, true): setQuotients(b, c, a, d, -1)
    case (_, _, _, true): setQuotients(b, d, a, d, -1)
    default: setEverything()
    }
  }

  private func setQuotients(
    _ a: IntervalEnd, _ b: IntervalEnd, _ c: IntervalEnd, _ d: IntervalEnd, _ divisorSign: Int32
  ) {
    lower.setQuotient(a, b, divisorSign)
    upper.setQuotient(c, d, divisorSign)
  }

  private func setPower(_ x: MPFRInterval, _ y: MPFRInterval, _ precision: Int) {
    guard y.isPoint else { return setPowers(x, y, precision) }
    let exponent = y.lower
    if exponent.sign == 0 {
      lower.set(1)
      upper.set(1)
      return
    }
    let value = mpfr_get_d(exponent.pointer, MPFR_RNDN)
    guard value.isFinite, mpfr_cmp_d(exponent.pointer, value) == 0 else { return setPowers(x, y, precision) }
    if value.rounded() != value {
      if x.isNegative { return setUndefined() }
      if x.lower.sign < 0 { weaken() }
      setEvenPower(x.lower.sign < 0 ? nil : x.lower, x.upper, exponent)
    } else if value.remainder(dividingBy: 2) == 0 {
      if x.lower.sign >= 0 {
        setEvenPower(x.lower, x.upper, exponent)
      } else if x.upper.sign <= 0 {
        setEvenPower(x.upper, x.lower, exponent)
      } else {
        setEvenPower(nil, x.farther, exponent)
      }
    } else if value > 0 {
      lower.setPower(x.lower, exponent)
      upper.setPower(x.upper, exponent)
    } else if x.lower.sign >= 0 || x.isNegative {
      lower.setPower(x.upper, exponent, poleSign: x.isNegative ? -1 : 1)
      upper.setPower(x.lower, exponent)
    } else {
      setEverything()
    }
  }

  /// A power that grows or falls with |x| alone, from the nearest |x|, nil for 0, to the farthest.
  private func setEvenPower(_ nearest: IntervalEnd?, _ farthest: IntervalEnd, _ exponent: IntervalEnd) {
    let (near, far) = exponent.sign > 0 ? (lower, upper) : (upper, lower)
    if let nearest {
      near.setPower(nearest, exponent)
    } else if exponent.sign > 0 {
      near.set(0)
    } else {
      near.setInfinite(1)
    }
    far.setPower(farthest, exponent)
  }

  /// A power whose exponent is not one `Double`: monotonic in either operand for positive x, given up for others.
  private func setPowers(_ x: MPFRInterval, _ y: MPFRInterval, _ precision: Int) {
    guard x.lower.sign > 0, !x.upper.isInfinite, !y.lower.isInfinite, !y.upper.isInfinite else {
      weaken()
      return setEverything()
    }
    let corner = MPFRInterval()
    for (index, (base, exponent)) in [
      (x.lower, y.lower), (x.lower, y.upper), (x.upper, y.lower), (x.upper, y.upper),
    ].enumerated() {
      _ = corner.begin(precision, .always)
      corner.lower.setPower(base, exponent)
      corner.upper.setPower(base, exponent)
      if index == 0 || corner.lower.isOutside(lower) { swap(lower, corner.lower) }
      if index == 0 || corner.upper.isOutside(upper) { swap(upper, corner.upper) }
    }
    (lower.isOpen, upper.isOpen) = (false, false)
  }

  private func isAbove(_ y: MPFRInterval) -> Bool {
    let order = mpfr_cmp(lower.pointer, y.upper.pointer)
    return order > 0 || order == 0 && (lower.isOpen || y.upper.isOpen)
  }

  private func mayExceed(_ y: MPFRInterval) -> Bool { mpfr_cmp(upper.pointer, y.lower.pointer) > 0 }

  private func isApart(_ y: MPFRInterval) -> Bool { isAbove(y) || y.isAbove(self) }
}

typealias MPFRFunction = (mpfr_ptr, mpfr_srcptr, mpfr_rnd_t) -> Int32

/// One end of an interval, rounded outward.
final class IntervalEnd {
  let number = MPFRVariable()
  let isLower: Bool
  /// True where the value is known not to be the end itself.
  var isOpen = false

  init(isLower: Bool) { self.isLower = isLower }

  var pointer: mpfr_ptr { number.pointer }
  var sign: Int32 { mpfr_sgn(pointer) }
  var isZero: Bool { mpfr_zero_p(pointer) != 0 }
  var isInfinite: Bool { mpfr_inf_p(pointer) != 0 }
  private var isNaN: Bool { mpfr_nan_p(pointer) != 0 }
  private var outward: mpfr_rnd_t { isLower ? MPFR_RNDD : MPFR_RNDU }

  /// Takes a closed end exactly.
  func set(_ value: Double) {
    number.set(value)
    isOpen = false
  }

  func setInfinite(_ sign: Int32, isOpen: Bool = false) {
    mpfr_set_inf(pointer, sign)
    self.isOpen = isOpen
  }

  /// The end's image under a strictly monotonic function, which is open where it was rounded.
  func setMonotonic(_ x: IntervalEnd, _ function: MPFRFunction) {
    let ternary = function(pointer, x.pointer, outward)
    isOpen = ternary != 0 || x.isOpen
  }

  func setNegated(_ x: IntervalEnd) { setMonotonic(x, mpfr_neg) }

  func setSum(
    _ x: IntervalEnd, _ y: IntervalEnd, _ function: (mpfr_ptr, mpfr_srcptr, mpfr_srcptr, mpfr_rnd_t) -> Int32
  ) {
    let ternary = function(pointer, x.pointer, y.pointer, outward)
    if isNaN { return setInfinite(isLower ? -1 : 1) }
    isOpen =
      ternary == 0 && isInfinite
      ? !(x.isInfinite && !x.isOpen || y.isInfinite && !y.isOpen) : ternary != 0 || x.isOpen || y.isOpen
  }

  func setProduct(_ x: IntervalEnd, _ y: IntervalEnd) {
    if x.isZero || y.isZero {
      mpfr_set_zero(pointer, 1)
      isOpen = !(x.isZero && !x.isOpen || y.isZero && !y.isOpen)
      return
    }
    let ternary = mpfr_mul(pointer, x.pointer, y.pointer, outward)
    isOpen =
      ternary == 0 && isInfinite
      ? !(x.isInfinite && !x.isOpen || y.isInfinite && !y.isOpen) : ternary != 0 || x.isOpen || y.isOpen
  }

  /// The quotient of two ends; a divisor of zero is approached from `divisorSign`.
  func setQuotient(_ x: IntervalEnd, _ y: IntervalEnd, _ divisorSign: Int32) {
    if x.isZero {
      mpfr_set_zero(pointer, 1)
      isOpen = x.isOpen && !(y.isInfinite && !y.isOpen)
      return
    }
    if y.isZero { return setInfinite(x.sign * divisorSign, isOpen: !x.isInfinite || x.isOpen) }
    let ternary = mpfr_div(pointer, x.pointer, y.pointer, outward)
    if isNaN { return setInfinite(isLower ? -1 : 1) }
    if ternary == 0 && (x.isInfinite || y.isInfinite) {
      isOpen = x.isInfinite ? x.isOpen : y.isOpen
    } else {
      isOpen = ternary != 0 || x.isOpen || y.isOpen
    }
  }

  /// A power with a finite exponent that is not 0; 0 to a negative power is infinite with the sign of the pole.
  func setPower(_ x: IntervalEnd, _ exponent: IntervalEnd, poleSign: Int32 = 1) {
    if x.isZero && exponent.sign < 0 { return setInfinite(poleSign, isOpen: x.isOpen) }
    let ternary = mpfr_pow(pointer, x.pointer, exponent.pointer, outward)
    isOpen = ternary != 0 || x.isOpen
  }

  /// True where this end reaches farther out than another of the same side; a closed end farther than an open one.
  func isOutside(_ x: IntervalEnd) -> Bool {
    let order = mpfr_cmp(pointer, x.pointer)
    return order == 0 ? x.isOpen && !isOpen : isLower == (order < 0)
  }

  /// The end of the union of two intervals.
  func setOuter(_ x: IntervalEnd, _ y: IntervalEnd) { setMonotonic(y.isOutside(x) ? y : x, mpfr_set) }

  /// The end of what lies within both intervals.
  func setInner(_ x: IntervalEnd, _ y: IntervalEnd) { setMonotonic(y.isOutside(x) ? x : y, mpfr_set) }
}
