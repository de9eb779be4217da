import Arithmetic
import CMPFR
import SeededNumbers
import Tensors
import Testing

@Suite("Exact values")
struct ExactEvaluatorTests {
  static let gammas: [Double] = [0, 0.5, 2, 5, -1]
  static let formats: [FloatFormat] = [.float16, .bfloat16, .float32, .float64]

  @Test(
    "are those of 2,000 bits, correctly rounded, and measure errors to three digits",
    arguments: LossFormula.all,
    gammas)
  func areCorrectlyRounded(formula: LossFormula, gamma: Double) throws {
    let program = formula.program(gamma: gamma)
    let brute = BruteForce(precision: 2000)
    let evaluator = ExactEvaluator()
    for format in Self.formats {
      for inputs in Self.inputs(formula, format) {
        let expected = brute.value(of: program, at: inputs)
        let exact = evaluator.value(of: program, at: inputs, in: format)
        if expected.isNaN {
          #expect(exact == .undefined, "at \(inputs)")
          continue
        }
        let value = expected.rounded(to: format)
        #expect(exact.rounded == value, "at \(inputs)")
        guard value.isFinite else { continue }
        for actual in [
          value, value + format.leastNonzero, format.round(value * 1.001), -value, format.greatestFinite,
        ] {
          let error = try #require(exact.error(of: actual), "at \(inputs)")
          let ulps = Swift.min(expected.error(of: actual, in: format), .greatestFiniteMagnitude)
          #expect(abs(error - ulps) <= Swift.max(0.0005 * ulps.magnitude, 0x1p-35), "\(actual) at \(inputs)")
        }
      }
    }
  }

  @Test("are the same from the fast path and from MPFR alone", arguments: LossFormula.all, gammas)
  func fastPathAgrees(formula: LossFormula, gamma: Double) throws {
    let program = formula.program(.float32, gamma: gamma)
    let (fast, slow) = (ExactEvaluator(), ExactEvaluator(usesFastPath: false))
    var random = SplitMix(seed: 21)
    let count = 2000
    let x = (0..<count).map { _ in
      let unit = random.signedUnit()
      return FloatFormat.float32.round(formula.takesProbability ? unit.magnitude : unit * unit * unit * 20)
    }
    let y = (0..<count).map { _ in Double(random.next() % 2) }
    let exact = slow.values(of: program, at: [x, y], count: count, in: .float32)
    for (index, value) in fast.values(of: program, at: [x, y], count: count, in: .float32).enumerated() {
      #expect(value.rounded == exact[index].rounded, "at \(x[index]), \(y[index])")
      let neighbour = Double((Float(value.rounded ?? 0)).nextUp)
      let (error, ulps) = (
        try #require(value.error(of: neighbour)), try #require(exact[index].error(of: neighbour))
      )
      #expect(abs(error - ulps) <= 0.0005 * ulps)
    }
    #expect(fast.fastCount + fast.slowCount == count)
    #expect(fast.fastCount > count * 3 / 4)
    #expect((slow.fastCount, slow.slowCount) == (0, count))
  }

  @Test("each operation on Double intervals agrees with MPFR's, at the ends of its domain too")
  func fastOperationsAgree() {
    let formulas: [(String, ([Expression]) -> Expression)] = [
      ("exp", { exp($0[0]) }), ("log", { log($0[0]) }), ("log1p", { log1p($0[0]) }),
      ("abs", { abs($0[0] - 1 / $0[1]) }),
      ("sum", { $0[0] + $0[1] / 3 }), ("difference", { $0[0] - $0[1] / 3 }),
      ("product", { ($0[0] - exp($0[1])) * ($0[1] - exp($0[0])) }),
      ("quotient", { ($0[0] / 3) / ($0[1] / 7) }),
      ("square", { pow($0[0] - $0[1] / 3, 2) }), ("root", { pow($0[0] / 3, 0.5) }),
      ("inverse", { pow($0[0], -1.5) }),
      ("cube", { pow($0[0] - $0[1] / 3, 3) }), ("eighth power", { pow($0[0] - $0[1] / 3, 8) }),
      ("reciprocal", { pow($0[0] / 3, -1) }), ("inverse cube", { pow($0[0] / 3, -3) }),
      ("inverse square", { pow($0[0] / 3, -2) }), ("ninth power", { pow($0[0] / 3, 9) }),
      ("power near 1", { pow(1 + $0[0] / 1024, 0.25) }), ("huge exponent", { pow($0[0] / 3, -0x1p63) }),
      ("min", { min($0[0] / 3, 0.25) }), ("max", { max($0[0] / 3, 0.25) }),
      ("select", { select($0[0] / 3 .> 0, $0[0], 7) }), ("equal", { select($0[0] / 4 .== 0.25, $0[0], 7) }),
    ]
    let values: [Double] = [0, -0.0, 1, -1, 0.1, -0.7, 3, 1e-40, 88.7, -88.8, 700, -745, 1e30, -3e38, 4]
    for (name, formula) in formulas {
      let program = Program.record([.init("x", .float32), .init("y", .float32)], formula)
      let (fast, slow) = (ExactEvaluator(), ExactEvaluator(maximumPrecision: 512, usesFastPath: false))
      for x in values {
        for y in values {
          let exact = slow.value(of: program, at: [x, y], in: .float32)
          let value = fast.value(of: program, at: [x, y], in: .float32)
          #expect(value.rounded == exact.rounded, "\(name)(\(x), \(y))")
          let neighbour = FloatFormat.float32.moved(exact.rounded ?? 0)
          guard let error = value.error(of: neighbour), let ulps = exact.error(of: neighbour) else {
            #expect(value.error(of: neighbour) == exact.error(of: neighbour), "\(name)(\(x), \(y))")
            continue
          }
          #expect(
            abs(error - ulps) <= max(0.0005 * ulps.magnitude, 0x1p-35),
            "\(name)(\(x), \(y)): \(error) and \(ulps)")
        }
      }
      #expect(fast.fastCount > 0, "\(name)")
    }
  }

  @Test("are undefined for an input that is not finite", arguments: [Double.nan, .infinity, -.infinity])
  func nonFiniteInputs(input: Double) {
    let evaluator = ExactEvaluator()
    let program = LossFormula.paddleAPI.program(gamma: 2)
    for format in Self.formats {
      #expect(evaluator.value(of: program, at: [input, 1], in: format) == .undefined)
      #expect(evaluator.value(of: program, at: [1, input], in: format) == .undefined)
    }
    #expect((evaluator.fastCount, evaluator.slowCount) == (0, 0))
  }

  @Test("are undefined where the formula has no value, infinite where it is")
  func undefined() {
    #expect(value([0]) { $0[0] / $0[0] } == .undefined)
    #expect(value([-2]) { log($0[0]) } == .undefined)
    #expect(value([0]) { log($0[0]) * $0[0] } == .undefined)
    #expect(value([0]) { log($0[0]) - log($0[0]) } == .undefined)
    #expect(value([-2]) { pow($0[0], 0.5) } == .undefined)
    #expect(value([0]) { log($0[0]) }.rounded == -.infinity)
    #expect(value([0]) { log($0[0]) }.error(of: 1) == nil)
    #expect(value([0]) { pow($0[0], -1) }.rounded == .infinity)
    #expect(value([0]) { pow($0[0], 0) }.rounded == 1)
    #expect(value([-0.0]) { $0[0] * 1 }.rounded?.sign == .plus)
  }

  @Test("of the API formula are decided at the largest logits", arguments: [FloatFormat.float32, .float64])
  func largestLogits(format: FloatFormat) throws {
    let program = LossFormula.paddleAPI.program(gamma: 2)
    let evaluator = ExactEvaluator()
    for x in [format.greatestFinite, -format.greatestFinite] {
      for y in [0.0, 1] {
        let isWrong = (x > 0) == (y == 0)
        let exact = evaluator.value(of: program, at: [x, y], in: format)
        #expect(exact.rounded == (isWrong ? x.magnitude * (y == 1 ? 0.25 : 0.75) : 0).rounded(to: format))
        let rounded = try #require(exact.rounded)
        #expect(try #require(exact.error(of: rounded)).magnitude <= 0.5)
      }
    }
  }

  @Test("of the documented formula need a bit for each e-fold, and are undecided beyond what is allowed")
  func documentedFormula() {
    let program = LossFormula.documented.program(gamma: 2)
    #expect(ExactEvaluator().value(of: program, at: [2500, 0], in: .float32).rounded == 0.75 * 2500)
    #expect(ExactEvaluator().value(of: program, at: [3000, 0], in: .float32) == .undecided)
    #expect(
      ExactEvaluator(maximumPrecision: 2048).value(of: program, at: [2500, 0], in: .float32) == .undecided)
    // log(1 − σ(x)) is finite, however little is known of it, so its product with the label's 0 is 0.
    #expect(ExactEvaluator().value(of: program, at: [3e38, 1], in: .float32).rounded == 0)
  }

  @Test("are undecided where an exponent leaves MPFR's range, unless it does not matter")
  func exponentRange() {
    #expect(value([-1e30]) { log(exp($0[0])) } == .undecided)
    #expect(value([-1e30]) { log(exp($0[0])) * 0 }.rounded == 0)
    #expect(value([-1e30]) { exp($0[0]) }.rounded == 0)
    #expect(value([1e30]) { exp($0[0]) }.rounded == .infinity)
    #expect(value([1e30]) { 1 / exp($0[0]) }.rounded == 0)
  }

  @Test("half-way between two values go to the even one, and beside it to the nearer, however close")
  func ties() {
    let tie = 1 + 0x1p-24
    for evaluator in [ExactEvaluator(), ExactEvaluator(usesFastPath: false)] {
      let plain = Program.record([.init("x", .float64)]) { $0[0] * 1 }
      #expect(evaluator.value(of: plain, at: [tie], in: .float32).rounded == 1)
      let above = Program.record([.init("x", .float64)]) { tie + exp($0[0]) }
      #expect(evaluator.value(of: above, at: [-200], in: .float32).rounded == 1 + 0x1p-23)
      #expect(evaluator.value(of: above, at: [-1e30], in: .float32).rounded == 1 + 0x1p-23)
      let below = Program.record([.init("x", .float64)]) { (tie + 0x1p-23) - exp($0[0]) }
      #expect(evaluator.value(of: below, at: [-1e30], in: .float32).rounded == 1 + 0x1p-23)
    }
  }

  @Test("measure an error in ULPs of the exact value", arguments: formats)
  func fractionalErrors(format: FloatFormat) throws {
    let ulp = Double(sign: .plus, exponent: -format.fractionBits, significand: 1)
    let one = value([1], in: format) { $0[0] * 1 }
    #expect(one.error(of: 1) == 0)
    #expect(one.error(of: 1 + ulp) == 1)
    #expect(one.error(of: 1 - ulp / 2) == -0.5)
    #expect(one.error(of: .nan) == nil)
    #expect(one.error(of: .infinity) == nil)
    let third = value([1], in: format) { $0[0] / 3 }
    #expect(abs(try #require(third.error(of: format.round(1 / 3.0)))) < 0.5)
    // 1/3 is 0.0101…₂: rounded at an even number of bits it is off by a third of an ULP.
    let sign: Double = format.fractionBits % 2 == 0 ? -1 : 1
    let below = Double(sign: .plus, exponent: -2 - format.fractionBits, significand: 1)
    let nearest = format.round(1 / 3.0)
    let error = try #require(third.error(of: nearest))
    #expect(abs(error.magnitude - 1.0 / 3) < 1e-9 && error * sign > 0)
    #expect(abs(try #require(third.error(of: nearest + below)) - error - 1) < 1e-9)
  }

  @Test("measure an error near zero in steps between subnormals", arguments: formats)
  func subnormalErrors(format: FloatFormat) throws {
    let step = format.leastNonzero
    let exact = value([3 * step, 4], in: format) { $0[0] / $0[1] }
    #expect(exact.rounded == step)
    #expect(exact.error(of: step) == 0.25)
    #expect(exact.error(of: 0) == -0.75)
    #expect(exact.error(of: format.leastNormal) == format.leastNormal / step - 0.75)
    let zero = value([0, 4], in: format) { $0[0] / $0[1] }
    #expect(zero.error(of: step) == 1)
    let largest = try #require(zero.error(of: format.greatestFinite))
    #expect(largest == Swift.min(format.greatestFinite / step, .greatestFiniteMagnitude))
  }

  @Test("just below a power of two count the power's ULP, farther below the ULP of their own binade")
  func errorsBelowPowersOfTwo() throws {
    let above = 1 + 0x1p-23
    #expect(abs(try #require(value([1]) { $0[0] - 0x1p-62 }.error(of: above)) - 1) < 1e-9)
    #expect(abs(try #require(value([-200]) { 1 - exp($0[0]) }.error(of: above)) - 1) < 1e-9)
    #expect(abs(try #require(value([1]) { $0[0] - 0x1p-50 }.error(of: above)) - 2) < 1e-6)
  }

  @Test("beyond the largest finite value are infinite, and still measure an error")
  func overflow() throws {
    let exact = value([0x1p127], in: .float32) { $0[0] * 4 }
    #expect(exact.rounded == .infinity)
    let error = try #require(exact.error(of: FloatFormat.float32.greatestFinite))
    #expect(error == (FloatFormat.float32.greatestFinite - 0x1p129) / 0x1p106)
  }

  @Test("ignore the formula's own roundings and take constants as they are given")
  func formatsAreIgnored() {
    let program = Program.record([.init("x", .float16)]) { $0[0] * 0.1 + 4096 - 4096 }
    let exact = ExactEvaluator().value(of: program, at: [1], in: .float64)
    #expect(exact.rounded == 0.1)
  }

  @Test("of a column are those of its elements, one value serving them all")
  func columns() {
    let program = LossFormula.paddleAPI.program(gamma: 2)
    let x = (0..<1300).map { Double($0) / 100 - 6 }
    let exact = ExactEvaluator().values(of: program, at: [x, [1]], count: x.count, in: .float32)
    for index in [0, 511, 512, 1299] {
      #expect(exact[index] == ExactEvaluator().value(of: program, at: [x[index], 1], in: .float32))
    }
    let same = ExactEvaluator().values(of: program, at: [[2], [1]], count: 700, in: .float32)
    #expect(same.count == 700 && Set(same).count == 1)
    #expect(ExactEvaluator().values(of: program, at: [[], []], count: 0, in: .float32).isEmpty)
  }

  private func value(
    _ inputs: [Double], in format: FloatFormat = .float32, _ formula: ([Expression]) -> Expression
  ) -> ExactValue {
    let program = Program.record(inputs.indices.map { .init("x\($0)", .float64) }, formula)
    return ExactEvaluator().value(of: program, at: inputs, in: format)
  }

  /// Logits or probabilities near the places where a formula changes, with hard and soft labels.
  private static func inputs(_ formula: LossFormula, _ format: FloatFormat) -> [[Double]] {
    let magnitudes: [Double] =
      formula.takesProbability
      ? [0, format.leastNonzero, 1e-5, 0.0001, 0.3, 0.5, 1 - 0x1p-24, 1]
      : [
        0, format.leastNonzero, format.leastNormal, 1e-4, 0.5, 1, 2.5, 8.3, 16.6, 16.635532, 36.7, 44, 88.7,
        88.72284,
        103.97, 120, 350, 700,
      ]
    let values = formula.takesProbability ? magnitudes : magnitudes + magnitudes.map { -$0 }
    return values.flatMap { x in
      (formula.takesProbability ? [0, 1] : [0, 1, 0.3]).map { [format.round(x), $0] }
    }
  }
}

extension FloatFormat {
  /// The next value up.
  fileprivate func moved(_ value: Double) -> Double {
    round(
      value + max(value.magnitude, leastNormal) * Double(sign: .plus, exponent: -fractionBits, significand: 1)
    )
  }
}

extension Double {
  fileprivate func rounded(to format: FloatFormat) -> Double { format.round(self) }
}
