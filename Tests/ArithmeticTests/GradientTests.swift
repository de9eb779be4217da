import Arithmetic
import SeededNumbers
import Tensors
import Testing

/// A function of one variable, and a point to look at it.
struct Sample: CustomStringConvertible, Sendable {
  let description: String
  let point: Double
  let formula: @Sendable (Expression) -> Expression
}

private func gradient(
  _ type: ElementType, _ points: [Double], _ rules: AdjointRules, upstream: Double = 1,
  _ formula: (Expression) -> Expression
) -> [Double] {
  let program = Program.record([.init("x", type)]) { formula($0[0]) }.gradient(of: "x", rules: rules)
  return program.evaluate([points, [upstream]], count: points.count, in: NativeArithmetic())
}

@Suite("Gradient")
struct GradientTests {
  static let samples: [Sample] = [
    Sample(description: "negate", point: 0.7) { -$0 },
    Sample(description: "absolute below 0", point: -0.7) { abs($0) * 3 },
    Sample(description: "exp", point: 0.7) { exp($0) },
    Sample(description: "log", point: 0.7) { log($0) },
    Sample(description: "log1p", point: 0.7) { log1p($0) },
    Sample(description: "add", point: 0.7) { $0 + exp($0) },
    Sample(description: "subtract", point: 0.7) { log($0) - exp($0) },
    Sample(description: "subtract from a number", point: 0.7) { 2 - exp($0) },
    Sample(description: "multiply", point: 0.7) { $0 * exp($0) },
    Sample(description: "multiply a number", point: 0.7) { 3 * $0 * 0.5 },
    Sample(description: "divide", point: 0.7) { log($0) / exp($0) },
    Sample(description: "divide by a number", point: 0.7) { $0 / 3 },
    Sample(description: "divide a number", point: 0.7) { 3 / $0 },
    Sample(description: "pow", point: 0.7) { pow($0, 1.7) },
    Sample(description: "pow of 1", point: 0.7) { pow($0, 1) },
    Sample(description: "pow below 1", point: 0.7) { pow($0, -0.5) },
    Sample(description: "max above", point: 0.7) { max($0, 0.5) * $0 },
    Sample(description: "max below", point: 0.3) { max($0, 0.5) * $0 },
    Sample(description: "min above", point: 0.7) { min($0, 0.5) * $0 },
    Sample(description: "min below", point: 0.3) { min($0, 0.5) * $0 },
    Sample(description: "select", point: 0.7) { select($0 .> 0.5, $0 * $0, 9) },
    Sample(description: "select the number", point: 0.3) { select($0 .> 0.5, $0 * $0, 9) },
    Sample(description: "a kernel of many steps", point: 0.7) {
      kernel("k", $0) { x in log1p(exp(-abs(x))) + max(x, 0.5) * (x .> 0) - select(x .> 0.5, 2 / x, 1) / 3 }
    },
    Sample(description: "a kernel that reads one tensor twice", point: 0.7) {
      kernel("k", exp($0), exp($0)) { $0 * $1 } + { y in kernel("l", y, y) { $0 / (1 + $1) } }(log1p($0))
    },
    Sample(description: "a value used four times", point: 0.7) { x in
      let s = exp(x)
      return s * s + s / (1 + s)
    },
  ]

  @Test("the adjoint is the derivative", arguments: samples, AdjointRules.allCases)
  func finiteDifferences(sample: Sample, rules: AdjointRules) {
    let program = Program.record([.init("x", .float64)]) { sample.formula($0[0]) }
    let step = 0x1p-17
    let values = program.evaluate(
      [[sample.point + step, sample.point - step]], count: 2, in: NativeArithmetic())
    let difference = (values[0] - values[1]) / (2 * step)
    let adjoint = gradient(.float64, [sample.point], rules, sample.formula)[0]
    // A third derivative below 60 adds at most 10 step², and both values together are off by some 8 ULP.
    let tolerance = 10 * step * step + 8 * values[0].ulp.magnitude / step
    #expect((adjoint - difference).magnitude <= tolerance, "\(adjoint) and \(difference)")
  }

  @Test("a gradient is proportional to its upstream")
  func upstream() {
    for rules in AdjointRules.allCases {
      #expect(
        gradient(.float64, [0.5], rules, upstream: -8) { exp($0) * $0 } == [-12 * 1.648_721_270_700_128_2])
    }
  }

  @Test("adjoints of a value used twice are rounded and added, the later use first")
  func accumulation() {
    let program = Program.record([.init("x", .float32)]) { ($0[0] * 3 + $0[0] * 5) + $0[0] * 7 }
      .gradient(of: "x", rules: .torch)
    #expect(
      program.kernels.map(\.name).filter { $0 != "accumulate in any order" } == [
        "multiply", "multiply", "multiply", "accumulate", "accumulate",
      ])
    #expect(program.evaluate([[2], [1]], count: 1, in: NativeArithmetic()) == [15])
    // 2²⁴ + 1 is 2²⁴ in float32, and 2²⁴ + 2 is itself.
    let lost = gradient(.float32, [2], .torch) { x in
      let ones = x * 1 + x * 1
      return ones + x * 16_777_216
    }
    #expect(lost == [16_777_216])
    let kept = gradient(.float32, [2], .torch) { x in
      let large = x * 16_777_216
      return large + x * 1 + x * 1
    }
    #expect(kept == [16_777_218])
  }

  @Test("the rules' own order of operations: log")
  func logRules() {
    let (x, dy) = (Double(Float(0.9)), Double(Float(0.3)))
    let torch = gradient(.float32, [x], .torch, upstream: dy) { log($0) }
    let paddle = gradient(.float32, [x], .paddle3, upstream: dy) { log($0) }
    #expect(torch == [Double(Float(dy) / Float(x))])
    #expect(paddle == [Double(Float(dy) * (1 / Float(x)))])
    #expect(torch != paddle)
  }

  @Test("the rules' own order of operations: pow")
  func powRules() {
    let (x, dy) = (Double(Float(0.3)), Double(Float(0.7)))
    let torch = gradient(.float32, [x], .torch, upstream: dy) { pow($0, 3) }
    let paddle = gradient(.float32, [x], .paddle26, upstream: dy) { pow($0, 3) }
    #expect(torch == [Double(Float(dy) * (3 * (Float(x) * Float(x))))])
    #expect(paddle == [Double(Float(dy) * 3 * (Float(x) * Float(x)))])
    #expect(torch != paddle)
  }

  @Test("x⁰ has gradient 0 for every x and every upstream", arguments: AdjointRules.allCases)
  func powOfZero(rules: AdjointRules) {
    let points: [Double] = [0, -0.0, 1, -3, .infinity, .nan]
    for upstream: Double in [1, -.infinity, .nan] {
      #expect(gradient(.float32, points, rules, upstream: upstream) { pow($0, 0) } == [0, 0, 0, 0, 0, 0])
    }
    #expect(gradient(.float32, [0], rules) { pow($0, 1) } == [1])
    #expect(gradient(.float32, [0], rules) { pow($0, 0.5) } == [.infinity])
  }

  @Test("a clamp passes the adjoint inside; PyTorch at its bounds too, Paddle not; NaN passes nothing")
  func clampEdges() {
    let (low, high) = (Double(Float(0.0001)), 1.0)
    let points = [
      low, low.nextDown32, low.nextUp32, high, high.nextUp32, high.nextDown32, 0.5, -.infinity, .nan,
    ]
    for clamp in [
      { kernel("clamp", $0) { min(max($0, 0.0001), 1) } }, { (x: Expression) in min(max(x, 0.0001), 1) },
    ] {
      #expect(gradient(.float32, points, .torch, clamp) == [1, 0, 1, 1, 0, 1, 1, 0, 0])
      #expect(gradient(.float32, points, .paddle26, clamp) == [0, 0, 1, 0, 0, 1, 1, 0, 0])
    }
  }

  @Test("the rules' own order of operations: JAX")
  func jaxRules() {
    let (x, dy) = (Double(Float(0.9)), Double(Float(0.3)))
    #expect(gradient(.float32, [x], .jax, upstream: dy) { log($0) } == [Double(Float(dy) / Float(x))])
    let inverse = 1 / (Float(x) * Float(x))
    #expect(
      gradient(.float32, [x], .jax, upstream: dy) { 3 / $0 } == [Double(-(Float(dy) * inverse * 3))])
    let square = Float(0.3) * Float(0.3)
    #expect(
      gradient(.float32, [Double(Float(0.3))], .jax, upstream: Double(Float(0.7))) { pow($0, 3) }
        == [Double(Float(0.7) * (3 * square))])
    // Half of the adjoint goes through a tie, and |0| has slope 1.
    #expect(gradient(.float32, [0.4, 0.5, 0.6], .jax) { max($0, 0.5) } == [0, 0.5, 1])
    #expect(gradient(.float32, [-2, 0, 2], .jax) { abs($0) } == [-1, 1, 1])
    #expect(gradient(.float32, [-2, 0, 2], .torch) { abs($0) } == [-1, 0, 1])
  }

  @Test("the rules' own order of operations: TensorFlow")
  func tensorFlowRules() {
    let (x, dy) = (Float(0.3), Float(0.7))
    func gradient(_ formula: (Expression) -> Expression) -> [Double] {
      ArithmeticTests.gradient(.float32, [Double(x)], .tensorflow, upstream: Double(dy), formula)
    }
    #expect(gradient { log($0) } == [Double(dy * (1 / x))])
    #expect(gradient { log1p($0) } == [Double(dy * (1 / (x + 1)))])
    #expect(gradient { 3 / $0 } == [Double(dy * (-3 / x / x))])
    #expect(gradient { pow($0, 3) } == [Double(dy * 3 * (x * x))])
    #expect(gradient { max($0, 0.30000001192092896) } == [Double(dy)])
  }

  @Test("a value of two orders is that of the first, and its enclosure holds both")
  func orders() {
    let program = Program.record([.init("x", .float32)]) { x in kernel("k", x[0]) { either($0 + 1, $0 * 3) } }
    #expect(program.evaluate([[2]], count: 1, in: NativeArithmetic()) == [3])
    let enclosures = program.evaluate(
      [[Enclosure(2)]], count: 1, in: EnclosureArithmetic(Accuracy(uniform: 0)))
    #expect(enclosures == [Enclosure(3, 6)])
  }

  @Test("a backward kernel on a 16-bit type rounds once; backward passes of several kernels round in between")
  func halfKernels() {
    let x = FloatFormat.float16.round(1.1), dy = FloatFormat.float16.round(0.7)
    let slope = Float(dy) * (1 / Float(x))
    #expect(
      gradient(.float16, [x], .paddle3, upstream: dy) { log($0) } == [
        FloatFormat.float16.round(Double(slope))
      ])
    let square = FloatFormat.float16.round(x * x)
    let torch = FloatFormat.float16.round(dy * FloatFormat.float16.round(3 * square))
    #expect(gradient(.float16, [x], .torch, upstream: dy) { pow($0, 3) } == [torch])
    let paddle = FloatFormat.float16.round(Double(Float(dy) * 3 * Float(x * x)))
    #expect(gradient(.float16, [x], .paddle3, upstream: dy) { pow($0, 3) } == [paddle])
  }

  @Test("the adjoint of a narrower operand is rounded to its type")
  func promotion() {
    let program = Program.record([.init("x", .float16), .init("y", .float32)]) { $0[0] * $0[1] }
    let gradient = program.gradient(of: "x", rules: .torch)
    #expect(gradient.type == .float16)
    #expect(gradient.inputs.map(\.type) == [.float16, .float32, .float32])
    let y = Double(Float(0.1)), upstream = Double(Float(0.3))
    let result = gradient.evaluate([[2], [y], [upstream]], count: 1, in: NativeArithmetic())
    #expect(result == [FloatFormat.float16.round(Double(Float(upstream) * Float(y)))])
    #expect(program.gradient(of: "y", rules: .torch).type == .float32)
  }

  @Test("a function of several kernels rounds as they do, and has its own adjoint")
  func autogradFunctions() {
    let formula = { (x: [Expression]) in
      autogradFunction(x[0] * 2, x[1]) { x, y in
        log(exp(x)) * y
      } adjoint: { dz, x, _, _, _ in
        (dz * 1000, -x * dz)
      }
    }
    let inputs = [Program.Input("x", .float16), Program.Input("y", .float16)]
    let program = Program.record(inputs, formula)
    let plain = Program.record(inputs) { log(exp($0[0] * 2)) * $0[1] }
    #expect(program.steps == plain.steps)
    #expect(program.kernels == plain.kernels)
    let values = [[0.5], [3], [2]]
    let native = NativeArithmetic()
    #expect(program.gradient(of: "x", rules: .torch).evaluate(values, count: 1, in: native) == [4000])
    #expect(program.gradient(of: "y", rules: .torch).evaluate(values, count: 1, in: native) == [-2])
  }

  @Test("an input without influence, and one to which no gradient is passed, have gradient 0")
  func zeroGradients() {
    let program = Program.record([.init("x", .float32), .init("y", .float32), .init("z", .float32)]) {
      kernel("k", $0[0], $0[1]) {
        $0 * $1
      } adjoint: { dz, _, y, _, _ in
        (dz * y, nil)
      }
    }
    let values: [[Double]] = [[2], [3], [5], [7]]
    let gradients = ["x", "y", "z"].map {
      program.gradient(of: $0, rules: .torch).evaluate(values, count: 1, in: NativeArithmetic())
    }
    #expect(gradients == [[21], [0], [0]])
  }

  @Test("only what the gradient needs is kept, kernels whole, and adjoints are named")
  func programs() {
    let program = Program.record([.init("x", .float16)]) {
      log(kernel("shifted", $0[0]) { $0 + 1 }.named("s")).named("loss")
    }
    let gradient = program.gradient(of: "x", rules: .torch)
    #expect(gradient.kernels.map(\.name) == ["shifted", "divide", "shifted_grad"])
    #expect(gradient.steps.compactMap(\.label) == ["x", "s", "upstream", "ds", "dx"])
    for (index, kernel) in gradient.kernels.enumerated() {
      #expect(kernel.steps.allSatisfy { gradient.steps[$0].kernel == index })
      #expect(kernel.steps.last == kernel.output)
    }
  }

  @Test("a gradient can be differentiated again")
  func secondDerivative() {
    let program = Program.record([.init("x", .float64)]) { pow($0[0], 3) }
    let second = program.gradient(of: "x", rules: .torch).gradient(of: "x", rules: .torch)
    #expect(second.inputs.map(\.name) == ["x", "upstream", "upstream"])
    #expect(second.evaluate([[2], [1], [1]], count: 1, in: NativeArithmetic()) == [12])
  }
}

extension Double {
  fileprivate var nextUp32: Double { Double(Float(self).nextUp) }
  fileprivate var nextDown32: Double { Double(Float(self).nextDown) }
}

@Suite("Accumulation")
struct AccumulationTests {
  /// `x·a + x·b + x·c + x·d`, whose adjoints of x are the four factors.
  private static let program = Program.record(
    ["x", "a", "b", "c", "d"].map { Program.Input($0, .float32) }
  ) { inputs in inputs[1...].map { inputs[0] * $0 }.dropFirst().reduce(inputs[0] * inputs[1]) { $0 + $1 } }
  .gradient(of: "x", rules: .torch)

  /// The sum of some values in float32, by a tree of additions that a generator chooses.
  private static func sum(_ values: [Float], _ generator: inout some RandomNumberGenerator) -> Float {
    var values = values
    while values.count > 1 {
      values.shuffle(using: &generator)
      let pair = values.removeLast() + values.removeLast()
      values.append(pair)
    }
    return values[0]
  }

  @Test("an enclosure holds the sum of adjoints in every order, and hardly more")
  func anyOrder() {
    var generator = SplitMix(seed: 7)
    let arithmetic = EnclosureArithmetic(Accuracy(uniform: 1))
    var widest: Float = 0
    for _ in 0..<100 {
      let factors = (0..<4).map { _ in
        Float.random(in: -1...1, using: &generator) * Float(1 << Int.random(in: 0...9))
      }
      let columns = ([1] + factors.map(Double.init) + [1]).map { [Enclosure($0)] }
      let enclosure = Self.program.evaluate(columns, count: 1, in: arithmetic)[0]
      let sums = (0..<600).map { _ in Self.sum(factors, &generator) }
      for sum in sums { #expect(enclosure.contains(Double(sum)), "\(factors): \(sum) in \(enclosure)") }
      #expect(
        enclosure.lower >= Double(sums.min() ?? 0) && enclosure.upper <= Double(sums.max() ?? 0), "\(factors)"
      )
      widest = max(widest, (sums.max() ?? 0) - (sums.min() ?? 0))
    }
    #expect(widest > 0, "no order made a difference")
  }

  @Test("the other orders are no steps of the documented program")
  func otherOrders() {
    let documented = Self.program.steps.indices.filter { !Self.program.isOtherOrder($0) }
    let additions = documented.filter {
      if case .binary(.add, _, _) = Self.program.steps[$0].operation { true } else { false }
    }
    #expect(additions.count == 3)
  }
}
