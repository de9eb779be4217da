import Arithmetic
import Tensors
import Testing

@testable import FocalLoss

/// The native arithmetic with every elementary function off by a random number of steps within a bound, and with
/// products that may be contracted, and subnormal numbers that may be flushed: an implementation that the bounds allow.
private struct WithinBounds: Arithmetic {
  private final class Source {
    var random: NumberSource
    init(_ seed: UInt64) { random = NumberSource(seed: seed) }
  }

  let ulps: Int
  let contracts: Bool
  let flushes: Bool
  private let native = NativeArithmetic()
  private let source: Source

  init(ulps: Int, contracts: Bool, flushes: Bool = false, seed: UInt64) {
    (self.ulps, self.contracts, self.flushes, source) = (ulps, contracts, flushes, Source(seed))
  }

  private func flushed(_ value: Double, _ format: FloatFormat) -> Double {
    guard flushes, value.magnitude < format.leastNormal, source.random.next() % 4 != 0 else { return value }
    return 0
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
    let operation = moving(primitive, at: site)
    guard ![.negate, .absolute, .round].contains(primitive) else { return operation }
    return { flushed(operation(flushed($0, site.format)), site.format) }
  }

  func operation(_ primitive: BinaryPrimitive, at site: Site) -> (Double, Double) -> Double {
    let operation = moving(primitive, at: site)
    return { flushed(operation(flushed($0, site.format), flushed($1, site.format)), site.format) }
  }

  private func moving(_ primitive: UnaryPrimitive, at site: Site) -> (Double) -> Double {
    let operation = native.operation(primitive, at: site)
    return switch primitive {
    case .exp: { $0.isInfinite ? operation($0) : moved(operation($0), site.format, least: 0) }
    case .log, .log1p: { moved(operation($0), site.format, least: -.infinity) }
    case .negate, .absolute, .round: operation
    }
  }

  private func moving(_ primitive: BinaryPrimitive, at site: Site) -> (Double, Double) -> Double {
    let operation = native.operation(primitive, at: site)
    if primitive == .pow {
      return { x, y in
        let value = operation(x, y)
        return y == 0 || x == 0 || x == 1 || x.isInfinite
          ? value : moved(value, site.format, least: x < 0 ? -.infinity : 0)
      }
    }
    guard primitive == .multiply, contracts, site.isFused, site.format == .float32 else { return operation }
    // The product of two float32 is exact in a Double: kept so, the next sum rounds once.
    return { x, y in source.random.next() % 2 == 0 ? operation(x, y) : x * y }
  }

  func choice(at site: Site) -> (Double, Double, Double) -> Double { native.choice(at: site) }
}

/// Numbers that are the same everywhere.
private struct NumberSource {
  private var state: UInt64
  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// A number in [0, 1).
  mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A number whose distribution is nearly normal with this deviation.
  mutating func normal(_ deviation: Double) -> Double {
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
    let isProb = variant.inputs[0] == "prob"
    let inputs = [
      "logit": float, "label": float, "prob": float, "target": isProb ? float : ids, "anchor_label": ids,
      "match": ids,
      "gt_class": ids,
    ]
    return try variant.plan(Signature(parameters, inputs)).formula
  }

  /// Logits or probabilities, with labels: random ones of every size, and those at which the formulas turn.
  private func inputs(_ formula: Program, _ seed: UInt64) -> [[Double]] {
    var random = NumberSource(seed: seed)
    let isProb = formula.inputs[0].name == "prob"
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
      first.append(isProb ? random.unit() : random.normal([0.01, 1, 2.5, 10, 40][Int(random.next() % 5)]))
    }
    let second = first.indices.map { index in
      index.isMultiple(of: 3) && !isProb ? random.unit() : Double(index % 2)
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
      for (ulps, contracts, flushes) in [(1, false, false), (2, true, false), (4, false, true)] {
        let enclosures = formula.evaluate(
          columns.map { $0.map(Enclosure.init) }, count: columns[0].count,
          in: EnclosureArithmetic(
            Accuracy(uniform: ulps, contractsProducts: contracts, flushesSubnormals: flushes)))
        for seed in 0..<UInt64(3) {
          let results = formula.evaluate(
            columns, count: columns[0].count,
            in: WithinBounds(ulps: ulps, contracts: contracts, flushes: flushes, seed: seed))
          for index in results.indices where !enclosures[index].contains(results[index]) {
            Issue.record(
              "\(ulps) ULP, gamma \(gamma), inputs \(columns.map { $0[index] }): \(results[index]) is not in \(enclosures[index])"
            )
          }
        }
      }
    }
  }

  @Test(
    "a subnormal number may be flushed to zero by the operations that compute, where the framework does so")
  func flushing() {
    let least = FloatFormat.float32.leastNormal
    func sum(_ values: [Double], flushes: Bool) -> Enclosure {
      let formula = Program.record([Program.Input("x", .float32), Program.Input("y", .float32)]) {
        $0[0] + $0[1]
      }
      return formula.evaluate(
        values.map { [Enclosure($0)] }, count: 1,
        in: EnclosureArithmetic(Accuracy(uniform: 1, flushesSubnormals: flushes)))[0]
    }
    #expect(sum([least / 2, least / 4], flushes: false) == Enclosure(0.75 * least))
    #expect(sum([least / 2, least / 4], flushes: true) == Enclosure(0, 0.75 * least))
    #expect(sum([least / 2, -least], flushes: true) == Enclosure(-least, 0))
    #expect(sum([least, least], flushes: true) == Enclosure(2 * least))
    let negated = Program.record([Program.Input("x", .float32)]) { -$0[0] }.evaluate(
      [[Enclosure(least / 2)]], count: 1,
      in: EnclosureArithmetic(Accuracy(uniform: 1, flushesSubnormals: true)))
    #expect(negated == [Enclosure(-least / 2)])
    #expect(Accuracy(framework: "optax", device: "cpu").flushesSubnormals)
    #expect(!Accuracy(framework: "torch", device: "cpu").flushesSubnormals)
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
    var random = NumberSource(seed: 5)
    let logits = (0..<4000).map { _ in Double(Float(random.normal(2.5))) }
    let labels = (0..<4000).map { Double($0 % 2) }
    let enclosures = formula.evaluate(
      [logits, labels].map { $0.map(Enclosure.init) }, count: 4000,
      in: EnclosureArithmetic(Accuracy(uniform: 2)))
    let widths = enclosures.compactMap { $0.width(in: .float32) }.sorted()
    #expect(widths.count == 4000)
    #expect(widths[2000] <= 10, "the median is \(widths[2000])")
  }

  @Test("a formula in another order of operations falls outside")
  func anotherOrder() {
    let inputs = [Program.Input("x", .float32)]
    let documented = Program.record(inputs) { x in kernel("softplus", x[0]) { log(1 + exp(-abs($0))) } }
    let other = Program.record(inputs) { x in kernel("softplus", x[0]) { log1p(exp(-abs($0))) } }
    var random = NumberSource(seed: 9)
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
    var random = NumberSource(seed: 21)
    return (0..<count).map { _ in Double(Float(random.unit())) }
  }

  private func enclosure(_ values: [Double], _ framework: String, _ reduction: Reduction = .sum) -> Enclosure
  {
    let arithmetic = EnclosureArithmetic(Accuracy(framework: framework, device: "cpu"))
    let sum = arithmetic.sum()
    for value in values { arithmetic.add(Enclosure(value), to: sum) }
    return arithmetic.value(of: sum, count: values.count, reduction, .float32)
  }

  /// A sum over a random binary tree of a bounded depth, each addition rounded to float32.
  private func treeSum(_ values: ArraySlice<Double>, depth: Int, _ random: inout NumberSource) -> Double {
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
    "hold every order of the framework's depth", arguments: ["torch", "paddle"],
    [1, 2, 3, 9, 100, 1280, 4096])
  func orders(framework: String, count: Int) {
    let values = elements(count)
    let allowed = enclosure(values, framework)
    let depth = Accuracy(framework: framework, device: "cpu").summationDepth(of: count, isMean: false)
    var random = NumberSource(seed: 4)
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
