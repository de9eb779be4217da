import Arithmetic
import SeededNumbers
import Tensors
import Testing

@testable import FocalLoss

/// The native arithmetic with every elementary function off by a random number of steps within a bound, with products
/// that may be contracted, and with subnormal operands and results that may be flushed: an implementation that the bounds
/// allow.
private struct WithinBounds: Arithmetic {
  private final class Source {
    var random: SplitMix
    init(_ seed: UInt64) { random = SplitMix(seed: seed) }
  }

  let ulps: Int
  let contracts: Bool
  let flushes: Bool
  private let native = NativeArithmetic()
  private let source: Source

  init(ulps: Int, contracts: Bool, flushes: Bool = false, seed: UInt64) {
    (self.ulps, self.contracts, self.flushes, source) = (ulps, contracts, flushes, Source(seed))
  }

  private func isChosen() -> Bool { source.random.next() % 2 == 0 }

  /// The value, or perhaps zero where it is subnormal. Some processors look before a result is rounded.
  private func flushed(_ value: Double, _ format: FloatFormat, before rounding: Double? = nil) -> Double {
    guard flushes, value != 0, (rounding ?? value).magnitude < format.leastNormal, isChosen() else {
      return value
    }
    return value < 0 ? -0.0 : 0
  }

  private func moved(_ value: Double, _ format: FloatFormat, least: Double) -> Double {
    guard value.isFinite else { return value }
    // The ends of the bound are the likeliest to break an enclosure.
    let choice = Int(source.random.next() % 4)
    let steps =
      choice == 0 ? -ulps : choice == 1 ? ulps : Int(source.random.next() % UInt64(2 * ulps + 1)) - ulps
    var result = value
    for _ in 0..<steps.magnitude {
      let step = Double(
        sign: .plus, exponent: max(Int(result.exponent), format.minimumExponent) - format.fractionBits,
        significand: 1)
      result =
        result == 0
        ? (steps < 0 ? -1 : 1) * format.leastNonzero : format.round(result + (steps < 0 ? -step : step))
    }
    return max(least, result)
  }

  func constant(_ value: Double, _ format: FloatFormat) -> Double { native.constant(value, format) }

  func operation(_ primitive: UnaryPrimitive, at site: Site) -> (Double) -> Double {
    let operation = native.operation(primitive, at: site)
    let format = site.format
    return switch primitive {
    case .exp:
      { x in
        let x = flushed(x, format)
        return flushed(x.isInfinite ? operation(x) : moved(operation(x), format, least: 0), format)
      }
    case .log, .log1p: { flushed(moved(operation(flushed($0, format)), format, least: -.infinity), format) }
    case .round: { flushed(operation($0), format, before: $0) }
    case .negate, .absolute: operation
    }
  }

  func operation(_ primitive: BinaryPrimitive, at site: Site) -> (Double, Double) -> Double {
    let operation = native.operation(primitive, at: site)
    let format = site.format
    switch primitive {
    case .pow:
      return { x, y in
        let (x, y) = (flushed(x, format), flushed(y, format))
        let value = operation(x, y)
        return flushed(
          y == 0 || x == 0 || x == 1 || x.isInfinite
            ? value : moved(value, format, least: value < 0 ? -.infinity : 0),
          format)
      }
    case .multiply:
      // The product of two float32 is exact in a Double: kept so, the next sum rounds once.
      let mayContract = contracts && site.isFused && format == .float32
      return { x, y in
        let (x, y) = (flushed(x, format), flushed(y, format))
        return mayContract && isChosen() ? x * y : flushed(operation(x, y), format, before: x * y)
      }
    case .minimum, .maximum:
      return { x, y in
        let bothCountAsZero = flushes && max(x.magnitude, y.magnitude) < format.leastNormal
        return bothCountAsZero && isChosen() ? (isChosen() ? x : y) : flushed(operation(x, y), format)
      }
    case .divide:
      return { x, y in
        let (x, y) = (flushed(x, format), flushed(y, format))
        return flushed(operation(x, y), format, before: x / y)
      }
    case .add, .subtract, .greater, .equal:
      return { x, y in flushed(operation(flushed(x, format), flushed(y, format)), format) }
    }
  }

  func choice(at site: Site) -> (Double, Double, Double) -> Double { native.choice(at: site) }
}

extension SplitMix {
  /// A number whose distribution is nearly normal with this deviation.
  fileprivate mutating func normal(_ deviation: Double) -> Double {
    ((0..<12).map { _ in unit() }.reduce(0, +) - 6) * deviation
  }
}

@Suite("Enclosures")
struct EnclosureTests {
  static let types: [ElementType] = [.float16, .bfloat16, .float32, .float64]

  private func formula(_ variant: any FocalLossVariant.Type, _ type: ElementType, _ parameters: Parameters)
    throws -> Program
  {
    let shape = try Shape([1, 1])
    let (float, ids) = (Signature.Input(type, shape), Signature.Input(.int64, .vector(1)))
    let isProb = variant.firstInput == "prob"
    let inputs = [
      "logit": float, "label": float, "prob": float, "target": isProb ? float : ids, "anchor_label": ids,
      "match": ids,
      "gt_class": ids,
    ]
    return try variant.uncheckedPlan(Signature(parameters, inputs)).formula
  }

  /// Logits or probabilities, with labels: random ones of every size, and those at which the formulas turn.
  ///
  /// With `nearZero`, a third of them lies among the subnormals and next to them.
  private func inputs(_ formula: Program, _ seed: UInt64, nearZero: Bool = false) -> [[Double]] {
    var random = SplitMix(seed: seed)
    let isProb = formula.inputs[0].name == "prob"
    let least = formula.inputs[0].type.arithmeticFormat.leastNormal
    let special: [Double] =
      isProb
      ? [0, 1, 1e-4, 0.00009999, 0.0001001, 0.5, 1e-45, 2, -1, .nan, .infinity]
      : [
        0, -0.0, 1e-45, 16.635532, -16.635532, 36.8, 88.72284, 88.73, -88.73, -103.97, -104, 120, -745.2,
        3e38, -3e38,
        .infinity, -.infinity, .nan,
      ]
    var first = special
    for _ in 0..<300 {
      if nearZero, random.next() % 3 == 0 {
        first.append(isProb ? random.unit() * 2 * least : random.normal(least))
      } else {
        first.append(isProb ? random.unit() : random.normal([0.01, 1, 2.5, 10, 40][Int(random.next() % 5)]))
      }
    }
    let second = first.indices.map { index in
      index.isMultiple(of: 3) && !isProb
        ? random.unit() * (nearZero && index.isMultiple(of: 2) ? 2 * least : 1) : Double(index % 2)
    }
    return zip([first, second], formula.inputs).map { column, input in
      column.map { input.type.floatFormat?.round($0) ?? $0 }
    }
  }

  @Test("hold what every allowed implementation gives", arguments: Variants.all.map { $0.name }, types)
  func inclusion(variant: String, type: ElementType) throws {
    for gamma in [0, 0.5, 1.5, 2, 5, -1] {
      let reduction: Reduction = variant.contains("retina") || variant.contains("loop") ? .sum : .none
      let formula = try formula(
        try #require(Variants.named(variant)), type,
        Parameters(gamma: gamma, reduction: reduction, lossWeight: 0.75))
      let columns = inputs(formula, 11)
      for (ulps, contracts) in [(1, false), (2, true), (4, false)] {
        expectInclusion(formula, columns, ulps: ulps, contracts: contracts, flushes: false, "gamma \(gamma)")
      }
    }
  }

  @Test(
    "hold what every implementation gives that flushes subnormal operands and results as it likes",
    arguments: Variants.all.map { $0.name }, types)
  func inclusionOfFlushed(variant: String, type: ElementType) throws {
    let format = try #require(type.floatFormat)
    for gamma in [0.5, 2, -1, format.leastNonzero * 3] {
      let reduction: Reduction = variant.contains("retina") || variant.contains("loop") ? .sum : .none
      let formula = try formula(
        try #require(Variants.named(variant)), type,
        Parameters(gamma: gamma, reduction: reduction, lossWeight: 0.75))
      let columns = inputs(formula, 17, nearZero: true)
      expectInclusion(formula, columns, ulps: 2, contracts: true, flushes: true, "gamma \(gamma)")
      for rules in AdjointRules.allCases {
        let gradient = formula.gradient(of: formula.inputs[0].name, rules: rules)
        expectInclusion(
          gradient, columns + [[1]], ulps: 2, contracts: true, flushes: true,
          "gradient by \(rules), gamma \(gamma)")
      }
    }
  }

  private func expectInclusion(
    _ formula: Program, _ columns: [[Double]], ulps: Int, contracts: Bool, flushes: Bool, _ what: String
  ) {
    let arithmetic = EnclosureArithmetic(
      Accuracy(uniform: ulps, contractsProducts: contracts, flushesSubnormals: flushes))
    let inputs = zip(columns, formula.inputs).map { column, input in
      column.map { arithmetic.constant($0, input.type.arithmeticFormat) }
    }
    let enclosures = formula.evaluate(inputs, count: columns[0].count, in: arithmetic)
    for seed in 0..<UInt64(3) {
      let results = formula.evaluate(
        columns, count: columns[0].count,
        in: WithinBounds(ulps: ulps, contracts: contracts, flushes: flushes, seed: seed))
      for index in results.indices where !enclosures[index].contains(results[index]) {
        Issue.record(
          "\(ulps) ULP, \(what), inputs \(columns.map { $0[$0.count == 1 ? 0 : index] }): \(results[index]) is not in \(enclosures[index])"
        )
      }
    }
  }

  @Test(
    "each operation holds what it gives when subnormal operands and results may be flushed", arguments: types)
  func flushedOperations(type: ElementType) throws {
    let format = try #require(type.floatFormat)
    let formulas: [(String, ([Expression]) -> Expression)] = [
      ("sum", { $0[0] + $0[1] }), ("difference", { $0[0] - $0[1] }), ("product", { $0[0] * $0[1] }),
      ("quotient", { $0[0] / $0[1] }), ("negation", { -$0[0] }), ("abs", { abs($0[0]) }),
      ("exp", { exp($0[0]) }), ("log", { log($0[0]) }), ("log1p", { log1p($0[0]) }),
      ("square", { pow($0[0], 2) }), ("inverse", { pow($0[0], -1) }), ("root", { pow($0[0], 0.5) }),
      ("max", { max($0[0], 0) }), ("min", { min($0[0], format.leastNonzero * 2) }),
      ("condition", { select($0[0] .> 0, $0[1], 7) }), ("equality", { select($0[0] .== 0, $0[1], 7) }),
      ("fused", { kernel("fused", $0[0], $0[1]) { $0 * $1 + $0 } }),
    ]
    let (least, step) = (format.leastNormal, format.leastNonzero)
    let magnitudes = [
      0, step, 3 * step, least - step, least, least + step, 2 * least, 0.5, 1, 3,
      // Twice the least normal number times this is rounded to the least normal number, from below.
      format.value(ofBits: format.bits(of: 0.5) - 1),
      format.greatestFinite, .infinity,
    ]
    let values = (magnitudes + magnitudes.map { -$0 } + [.nan]).map(format.round)
    let pairs = values.flatMap { x in values.map { (x, $0) } }
    for (name, formula) in formulas {
      let program = Program.record([.init("x", type), .init("y", type)], formula)
      expectInclusion(
        program, [pairs.map(\.0), pairs.map(\.1)], ulps: 1, contracts: true, flushes: true, name)
    }
  }

  @Test("of what is no subnormal are the same whether subnormals may be flushed or not")
  func flushingElsewhere() throws {
    let formula = try formula(PaddleSigmoidFocalLoss.self, .float32, Parameters())
    var random = SplitMix(seed: 6)
    let logits = (0..<2000).map { _ in Double(Float(random.normal(2.5))) }
    let labels = (0..<2000).map { Double($0 % 2) }
    let (kept, flushed) = (Accuracy(uniform: 2), Accuracy(uniform: 2, flushesSubnormals: true))
    let enclosures = [kept, flushed].map {
      formula.evaluate(
        [logits, labels].map { $0.map(Enclosure.init) }, count: 2000, in: EnclosureArithmetic($0))
    }
    #expect(enclosures[0] == enclosures[1])
  }

  @Test("are points where nothing is uncertain")
  func points() throws {
    let formula = try formula(PaddleSigmoidFocalLoss.self, .float32, Parameters())
    let columns = inputs(formula, 3)
    let enclosures = formula.evaluate(
      columns.map { $0.map(Enclosure.init) }, count: columns[0].count,
      in: EnclosureArithmetic(Accuracy(uniform: 0)))
    let expected = formula.evaluate(columns, count: columns[0].count, in: NativeArithmetic())
    for (enclosure, value) in zip(enclosures, expected) {
      #expect(value.isNaN ? enclosure.mayBeNaN : enclosure.lower == value && enclosure.upper == value)
    }
  }

  @Test(
    "of Paddle's float32 API on normal logits are at most 10 ULP wide in the median, with 2 ULP for each function"
  )
  func tightness() throws {
    let formula = try formula(PaddleSigmoidFocalLoss.self, .float32, Parameters())
    var random = SplitMix(seed: 5)
    let logits = (0..<4000).map { _ in Double(Float(random.normal(2.5))) }
    let labels = (0..<4000).map { Double($0 % 2) }
    let enclosures = formula.evaluate(
      [logits, labels].map { $0.map(Enclosure.init) }, count: 4000,
      in: EnclosureArithmetic(Accuracy(uniform: 2)))
    let widths = enclosures.compactMap { $0.width(in: .float32) }.sorted()
    #expect(widths.count == 4000)
    #expect(widths[2000] <= 10, "the median is \(widths[2000])")
  }

  @Test(
    "of the gradients of Paddle's float32 API on normal logits are at most 20 ULP wide in the median, with 2 ULP for each function",
    arguments: [AdjointRules.paddle26, .paddle3])
  func gradientTightness(rules: AdjointRules) throws {
    let formula = try formula(PaddleSigmoidFocalLoss.self, .float32, Parameters())
    var random = SplitMix(seed: 5)
    let logits = (0..<4000).map { _ in Double(Float(random.normal(2.5))) }
    let labels = (0..<4000).map { Double($0 % 2) }
    let enclosures = formula.gradient(of: "logit", rules: rules).evaluate(
      [logits, labels, [1]].map { $0.map(Enclosure.init) }, count: 4000,
      in: EnclosureArithmetic(Accuracy(uniform: 2)))
    let widths = enclosures.compactMap { $0.width(in: .float32) }.sorted()
    #expect(widths.count == 4000)
    #expect(widths[2000] <= 20, "the median is \(widths[2000])")
  }

  @Test("a formula in another order of operations falls outside")
  func anotherOrder() {
    let inputs = [Program.Input("x", .float32)]
    let documented = Program.record(inputs) { x in kernel("softplus", x[0]) { log(1 + exp(-abs($0))) } }
    let other = Program.record(inputs) { x in kernel("softplus", x[0]) { log1p(exp(-abs($0))) } }
    var random = SplitMix(seed: 9)
    let logits = (0..<2000).map { _ in Double(Float(random.normal(6))) }
    let enclosures = documented.evaluate(
      [logits.map(Enclosure.init)], count: 2000, in: EnclosureArithmetic(Accuracy(uniform: 2)))
    let results = other.evaluate([logits], count: 2000, in: NativeArithmetic())
    #expect(zip(enclosures, results).count { !$0.contains($1) } > 200)
  }
}

@Suite("Sums in enclosures")
struct EnclosedSumTests {
  private func elements(_ count: Int) -> [Double] {
    var random = SplitMix(seed: 21)
    return (0..<count).map { _ in Double(Float(random.unit())) }
  }

  private func enclosure(_ values: [Double], _ framework: String, _ reduction: Reduction = .sum) -> Enclosure
  {
    enclosure(values, Accuracy(framework: framework, device: "cpu"), reduction)
  }

  private func enclosure(_ values: [Double], _ accuracy: Accuracy, _ reduction: Reduction = .sum) -> Enclosure
  {
    enclosure(values.map { Enclosure($0) }, accuracy, reduction)
  }

  private func enclosure(
    _ elements: [Enclosure], _ accuracy: Accuracy, _ reduction: Reduction = .sum
  ) -> Enclosure {
    let arithmetic = EnclosureArithmetic(accuracy)
    let sum = arithmetic.sum()
    for element in elements { arithmetic.add(element, to: sum) }
    return arithmetic.value(of: sum, count: elements.count, reduction == .mean ? .mean : .sum, .float32)
  }

  /// A sum over a random binary tree of a bounded depth, each addition rounded to float32.
  private func treeSum(_ values: ArraySlice<Double>, depth: Int, _ random: inout SplitMix) -> Double {
    if values.count == 1 { return values[values.startIndex] }
    // Either side must fit below what depth is left.
    let most = depth > 20 ? values.count - 1 : min(values.count - 1, 1 << (depth - 1))
    let least = max(1, values.count - most)
    let cut = values.startIndex + least + Int(random.next() % UInt64(most - least + 1))
    let (left, right) = (
      treeSum(values[..<cut], depth: depth - 1, &random), treeSum(values[cut...], depth: depth - 1, &random)
    )
    return Double(Float(left) + Float(right))
  }

  @Test(
    "hold every order of the framework's depth", arguments: ["torch", "paddle", "keras", "jax"],
    [1, 2, 3, 9, 100, 1280, 4096])
  func orders(framework: String, count: Int) {
    let values = elements(count)
    let allowed = enclosure(values, framework)
    let depth = Accuracy(framework: framework, device: "cpu").summationDepth(of: count, isMean: false)
    var random = SplitMix(seed: 4)
    for order in 0..<20 {
      var shuffled = values
      for index in shuffled.indices.dropFirst() {
        shuffled.swapAt(index, Int(random.next() % UInt64(index + 1)))
      }
      let sum = count == 1 ? shuffled[0] : treeSum(shuffled[...], depth: min(depth, 60), &random)
      #expect(allowed.contains(sum), "order \(order): \(sum) is not in \(allowed)")
    }
  }

  @Test(
    "hold the sums of what uncertain elements may be, on either side of zero, though each addition rounds away from it",
    arguments: ["torch", "paddle"], [(0.0, 1.0), (-1, 0), (-0.25, 1), (0.5, 1)])
  func uncertainElements(framework: String, ends: (lower: Double, upper: Double)) {
    let accuracy = Accuracy(framework: framework, device: "cpu")
    // A little more than half an ULP of the first, so that each addition adds a whole one.
    let magnitudes = [1] + Array(repeating: 0x1.01p-24, count: 99)
    #expect(accuracy.summationDepth(of: magnitudes.count, isMean: false) == magnitudes.count - 1)
    let allowed = enclosure(
      magnitudes.map { Enclosure(ends.lower * $0, ends.upper * $0) }, accuracy)
    for end in [ends.lower, ends.upper] {
      let sum = magnitudes.reduce(Float(0)) { $0 + Float(end * $1) }
      #expect(sum == Float(end * (1 + 99 * 0x1p-23)))
      #expect(allowed.contains(Double(sum)), "\(sum) is not in \(allowed)")
    }
  }

  @Test("of an element that may be NaN may be NaN, beside the sums of the numbers that it may be")
  func uncertainNaN() {
    let accuracy = Accuracy(framework: "torch", device: "cpu")
    let allowed = enclosure([Enclosure(1, 2, mayBeNaN: true), Enclosure(1)], accuracy)
    #expect(allowed.mayBeNaN)
    #expect(allowed.contains(2) && allowed.contains(3) && !allowed.contains(4))
    #expect(!enclosure([Enclosure(1, 2), Enclosure(1)], accuracy).mayBeNaN)
  }

  @Test(
    "exclude a relative error of 1e-4 and a dropped element", arguments: ["torch", "paddle"],
    [Reduction.sum, .mean])
  func faults(framework: String, reduction: Reduction) {
    let values = elements(4096)
    let allowed = enclosure(values, framework, reduction)
    let total = values.reduce(0, +)
    #expect(allowed.contains(Double(Float(total))))
    for fault in [total * (1 + 1e-4), total * (1 - 1e-4), total - total / 4096] {
      #expect(!allowed.contains(Double(Float(fault))), "\(fault) is in \(allowed)")
    }
  }

  @Test("hold sums whose subnormal operands and partial sums are flushed", arguments: [2, 9, 100])
  func flushed(count: Int) {
    let accuracy = Accuracy(framework: "jax", device: "cpu")
    let least = FloatFormat.float32.leastNormal
    var random = SplitMix(seed: 8)
    for order in 0..<200 {
      let values = (0..<count).map { _ in Double(Float(random.normal(least))) }
      func flushed(_ value: Double) -> Double {
        value.magnitude < least && random.next() % 2 == 0 ? 0 : value
      }
      let sum = values.dropFirst().reduce(values[0]) { sum, value in
        flushed(Double(Float(flushed(sum)) + Float(flushed(value))))
      }
      let allowed = enclosure(values, accuracy)
      #expect(allowed.contains(sum), "order \(order): \(sum) is not in \(allowed)")
    }
    #expect(enclosure(Array(repeating: 0, count: count), accuracy) == Enclosure(0))
  }

  @Test("of a mean hold the product with the rounded reciprocal of the count", arguments: [3, 7, 49, 300])
  func multipliedMean(count: Int) {
    let accuracy = Accuracy(framework: "torch", device: "cuda")
    let arithmetic = EnclosureArithmetic(accuracy)
    var random = SplitMix(seed: 12)
    for order in 0..<200 {
      // Each addition loses its operand, nearly half an ULP, so that the sum is as far off as it can be.
      let first = Double(Float(1 + random.unit() * 0.999))
      let values = [first] + Array(repeating: (order % 2 == 0 ? 1 : -1) * 0x1.ffp-25, count: count - 1)
      let sum = values.reduce(Float(0)) { $0 + Float($1) }
      #expect(Double(sum) == first)
      let mean = Double(sum * (1 / Float(count)))
      let allowed = arithmetic.operation(.divide, at: Site(.float32))(
        enclosure(values, accuracy, .mean), arithmetic.constant(Double(count), .float32))
      #expect(allowed.contains(mean), "order \(order): \(mean) is not in \(allowed)")
    }
  }

  @Test("take NaN, infinities and overflow as they may come")
  func nonfinite() {
    #expect(enclosure([1, .nan], "torch") == .nan)
    let infinite = enclosure([1, .infinity, 2], "torch")
    #expect(infinite.contains(.infinity))
    let overflow = enclosure([3e38, 3e38, -3e38], "torch")
    #expect(overflow.contains(3e38) && overflow.contains(.infinity))
    #expect(enclosure([], "torch") == Enclosure(0))
    #expect(enclosure([5], "torch") == Enclosure(5))
  }
}
