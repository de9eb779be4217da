internal import CMPFR
public import Tensors

/// Finds the exact values of a formula: what it would give in real numbers, correctly rounded to a format.
///
/// Inputs and constants are taken exactly as they are; the formula's roundings and formats are ignored.
/// ``ExactArithmetic`` says what an operation means there.
///
/// For formats of at most 24 bits the formula is first evaluated on intervals of `Double` ends. What that does not
/// decide goes to MPFR at 64 bits (128 for float64), which double until both ends of the interval round to the same
/// value and the interval is narrow enough to measure errors by. Either way the result is proved, up to MPFR being
/// right and the platform's elementary functions to 7 ULP in `Double`, and it is the same bits on every machine.
///
/// A value stays **undecided** where no precision up to ``maximumPrecision`` is enough:
/// - what a formula takes the logarithm of, or divides by, lies beyond MPFR's exponents, as in `log(exp(−1e30))`;
/// - `1 − σ(x)`, as in the documented formula, needs |x| / ln 2 bits, so at 4,096 bits no |x| above 2,800;
/// - irrational terms cancel to a number that is exactly half-way between two values of the format.
///
/// An instance keeps its memory for the next element and serves one thread.
public final class ExactEvaluator {
  /// The most bits that are tried.
  public let maximumPrecision: Int
  /// How many elements were decided in `Double`.
  public private(set) var fastCount = 0
  /// How many elements went to MPFR; those whose input is not finite are in neither count.
  public private(set) var slowCount = 0

  private let usesFastPath: Bool
  private let outward = OutwardArithmetic()
  private var intervals: [MPFRInterval] = []
  private let scratch = MPFRVariable()
  private let neighbour = MPFRVariable()

  /// Elements that the fast path takes at a time, so that the columns of all steps stay in the processor's cache.
  private static let blockCount = 512

  /// An evaluator with its own MPFR variables.
  ///
  /// - Parameters:
  ///   - maximumPrecision: the most bits that are tried, from 64 to 65,536.
  ///   - usesFastPath: false sends every element to MPFR.
  public init(maximumPrecision: Int = 4096, usesFastPath: Bool = true) {
    self.maximumPrecision = min(max(maximumPrecision, 64), 1 << 16)
    self.usesFastPath = usesFastPath
  }

  /// The exact value for one element.
  ///
  /// - Parameters:
  ///   - program: the formula.
  ///   - inputs: a number for each of the formula's inputs; NaN or an infinity among them gives
  ///     ``ExactValue/undefined``.
  ///   - format: the format that the value is rounded to, and whose ULP measures errors.
  public func value(of program: Program, at inputs: [Double], in format: FloatFormat) -> ExactValue {
    values(of: program, at: inputs.map { [$0] }, count: 1, in: format)[0]
  }

  /// The exact values for a column of elements.
  ///
  /// - Parameters:
  ///   - program: the formula.
  ///   - columns: one column for each of the formula's inputs: `count` values, or a single one that serves every
  ///     element.
  ///   - count: the number of elements.
  ///   - format: the format that the values are rounded to, and whose ULP measures errors.
  public func values(
    of program: Program, at columns: [[Double]], count: Int, in format: FloatFormat
  ) -> [ExactValue] {
    precondition(columns.count == program.inputs.count)
    precondition(columns.allSatisfy { $0.count == count || $0.count == 1 })
    let isFast = usesFastPath && format.precision <= 24 && format.exponentBits <= 8
    var values: [ExactValue] = []
    values.reserveCapacity(count)
    for start in stride(from: 0, to: count, by: Self.blockCount) {
      let block = start..<min(start + Self.blockCount, count)
      let enclosures = isFast ? self.enclosures(of: program, columns, block) : []
      for index in block {
        if columns.contains(where: { !$0[$0.count == 1 ? 0 : index].isFinite }) {
          values.append(.undefined)
        } else if isFast,
          let number = Self.number(enclosures[enclosures.count == 1 ? 0 : index - block.lowerBound], format)
        {
          fastCount += 1
          values.append(.value(number))
        } else {
          slowCount += 1
          values.append(slowValue(of: program, columns, index, format))
        }
      }
    }
    return values
  }
}

extension ExactEvaluator {
  private func enclosures(
    of program: Program, _ columns: [[Double]], _ block: Range<Int>
  ) -> [DoubleInterval] {
    let inputs = columns.map { column in
      (column.count == 1 ? column[...] : column[block]).map(outward.point)
    }
    return program.columns(inputs, in: outward)[program.output]
  }

  /// The number that an interval stands for, or nil where it does not decide.
  private static func number(_ enclosure: DoubleInterval, _ format: FloatFormat) -> ExactNumber? {
    let (lower, upper) = (enclosure.lower, enclosure.upper)
    let rounded = format.round(lower)
    guard rounded.isFinite, rounded == format.round(upper) else { return nil }
    let exponent = max(Int(lower.exponent), format.minimumExponent)
    guard exponent == max(Int(upper.exponent), format.minimumExponent) else { return nil }
    let ulpExponent = exponent - format.fractionBits
    let scale = Double(sign: .plus, exponent: -ulpExponent, significand: 1)
    let (low, high, nearest) = (lower * scale, upper * scale, rounded * scale)
    let distance = max(low - nearest, nearest - high, 0)
    guard ExactNumber.isMeasurable(width: high - low, distance: distance) else { return nil }
    return ExactNumber(
      rounded: rounded == 0 ? 0 : rounded,
      magnitude: .init(high: low + (high - low) / 2, low: 0, exponent: ulpExponent))
  }
}

extension ExactEvaluator {
  private func slowValue(
    of program: Program, _ columns: [[Double]], _ index: Int, _ format: FloatFormat
  ) -> ExactValue {
    while intervals.count < program.steps.count { intervals.append(MPFRInterval()) }
    return value(in: format) { precision in
      evaluate(program, columns, index, precision)
      return intervals[program.output]
    }
  }

  /// The exact value of what is not one element's formula, such as a sum of many elements.
  ///
  /// - Parameters:
  ///   - format: the format that the value is rounded to, and whose ULP measures errors.
  ///   - interval: an interval that holds the value, computed with so many bits; it is asked for with more bits until it
  ///     decides.
  public func value<E: Error>(
    in format: FloatFormat, _ interval: (_ precision: Int) throws(E) -> MPFRInterval
  ) throws(E) -> ExactValue {
    var precision = min(format.precision <= 32 ? 64 : 128, maximumPrecision)
    while true {
      let result = try interval(precision)
      if result.definedness == .never { return .undefined }
      let isLast = precision >= maximumPrecision
      if result.definedness == .always, let number = number(result, format, isLast) { return .value(number) }
      if isLast { return .undecided }
      precision = min(2 * precision, maximumPrecision)
    }
  }

  private func evaluate(_ program: Program, _ columns: [[Double]], _ index: Int, _ precision: Int) {
    for (position, step) in program.steps.enumerated() {
      let result = intervals[position]
      switch step.operation {
      case .input(let input):
        let value = columns[input][columns[input].count == 1 ? 0 : index]
        result.set(value, value)
      case .constant(let value): result.set(value, value)
      case .unary(let primitive, let x): result.set(primitive, intervals[x], precision: precision)
      case .binary(let primitive, let x, let y):
        result.set(primitive, intervals[x], intervals[y], precision: precision)
      case .select(let condition, let x, let y):
        result.setChoice(intervals[condition], intervals[x], intervals[y], precision: precision)
      }
    }
  }

  /// The number that an interval stands for, or nil where it does not decide.
  ///
  /// With `isLast`, a number that is too uncertain to measure errors by is better than none.
  private func number(_ interval: MPFRInterval, _ format: FloatFormat, _ isLast: Bool) -> ExactNumber? {
    let (lower, upper) = (interval.lower, interval.upper)
    let rounded = rounded(lower, format)
    guard rounded == self.rounded(upper, format) else { return nil }
    if let magnitude = magnitude(interval, rounded, format) {
      return ExactNumber(rounded: rounded == 0 ? 0 : rounded, magnitude: magnitude)
    }
    let isBeyondRange = lower.isInfinite && upper.isInfinite
    return isBeyondRange || isLast ? ExactNumber(rounded: rounded == 0 ? 0 : rounded, magnitude: nil) : nil
  }

  /// An end's rounding; that of the numbers next to it where the end is open, which differs where it is half-way
  /// between two values.
  private func rounded(_ end: IntervalEnd, _ format: FloatFormat) -> Double {
    guard end.isOpen else { return end.number.rounded(to: format, using: scratch) }
    // Two bits more, so that the neighbour passes no half-way point.
    neighbour.precision = max(end.number.precision, format.precision) + 2
    mpfr_set(neighbour.pointer, end.pointer, MPFR_RNDN)
    if end.isLower { mpfr_nextabove(neighbour.pointer) } else { mpfr_nextbelow(neighbour.pointer) }
    return neighbour.rounded(to: format, using: scratch)
  }

  private func magnitude(
    _ interval: MPFRInterval, _ rounded: Double, _ format: FloatFormat
  ) -> ExactNumber.Magnitude? {
    let (lower, upper) = (interval.lower, interval.upper)
    guard !lower.isInfinite, !upper.isInfinite else { return nil }
    let exponents = (binade(lower, format), binade(upper, format))
    let exponent = max(exponents.0, exponents.1) - format.fractionBits
    let nearest = min(max(rounded, -format.greatestFinite), format.greatestFinite)
    scratch.precision = max(lower.number.precision, upper.number.precision) + 2
    let width = scaled(exponent, MPFR_RNDU) { mpfr_sub($0, upper.pointer, lower.pointer, MPFR_RNDU) }
    let above = scaled(exponent, MPFR_RNDD) { mpfr_sub_d($0, lower.pointer, nearest, MPFR_RNDD) }
    let below = scaled(exponent, MPFR_RNDD) { mpfr_d_sub($0, nearest, upper.pointer, MPFR_RNDD) }
    let distance = exponents.0 == exponents.1 ? max(above, below, 0) : 0
    guard ExactNumber.isMeasurable(width: width, distance: distance) else { return nil }
    let high = scaled(exponent + 1, MPFR_RNDN) { mpfr_add($0, lower.pointer, upper.pointer, MPFR_RNDN) }
    mpfr_sub_d(scratch.pointer, scratch.pointer, high, MPFR_RNDN)
    return .init(high: high, low: mpfr_get_d(scratch.pointer, MPFR_RNDN), exponent: exponent)
  }

  /// What `body` puts into the scratch variable, which it stays in, over 2^exponent.
  private func scaled(_ exponent: Int, _ rounding: mpfr_rnd_t, _ body: (mpfr_ptr) -> Int32) -> Double {
    _ = body(scratch.pointer)
    mpfr_mul_2si(scratch.pointer, scratch.pointer, -exponent, rounding)
    return mpfr_get_d(scratch.pointer, rounding)
  }

  /// The exponent of the binade that measures an end; the next one where the end lies just below it.
  private func binade(_ end: IntervalEnd, _ format: FloatFormat) -> Int {
    let exponent = end.isZero ? Int.min : Int(mpfr_get_exp(end.pointer)) - 1
    guard exponent >= format.minimumExponent - 1 else { return format.minimumExponent }
    neighbour.precision = max(end.number.precision, format.precision + ExactNumber.slack) + 2
    mpfr_set_si_2exp(
      neighbour.pointer, end.sign < 0 ? -1 : 1, exponent - format.fractionBits - ExactNumber.slack, MPFR_RNDN)
    mpfr_add(neighbour.pointer, neighbour.pointer, end.pointer, MPFR_RNDZ)
    return max(Int(mpfr_get_exp(neighbour.pointer)) - 1, format.minimumExponent)
  }
}
