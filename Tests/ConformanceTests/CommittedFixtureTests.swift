import Arithmetic
import Comparison
import FocalLoss
import Tensors
import Testing

@testable import Conformance

/// What the committed fixtures give; judged once for all tests.
let committedReport = Runner(
  policy: .derived, claims: committedClaims.map(\.question), namesCauses: false
).run(
  FixtureLocation.find([committedFixtures]))

/// The claims beside them.
let committedClaims = (try? Claim.lists(beside: FixtureLocation.find([committedFixtures]))) ?? []

@Suite("Committed fixtures")
struct CommittedFixtureTests {
  @Test("every case of every fixture can be judged")
  func everyCaseIsJudged() {
    #expect(committedReport.fixtures.count == 8)
    for fixture in committedReport.fixtures {
      #expect(fixture.error == nil)
      for conformanceCase in fixture.cases where conformanceCase.verdict == .error {
        Issue.record("\(conformanceCase.id): \(conformanceCase.reason ?? "\(conformanceCase.tensors)")")
      }
    }
  }

  @Test("the numbers that the documents print come out of the frameworks and of the reference")
  func printedNumbers() {
    let printed = committedReport.cases.compactMap(\.printed)
    #expect(printed.count >= 23)
    for conformanceCase in committedReport.cases {
      guard let numbers = conformanceCase.printed else { continue }
      #expect(numbers.reproduces(numbers.actual), "\(conformanceCase.id): \(numbers.actual)")
      // The last bit of a sum is a matter of its order; the reference rounds the exact sum.
      let distance = conformanceCase.tensors.first?.comparison?.ulps.maximum
      #expect(
        numbers.reproduces(numbers.expected)
          || conformanceCase.parameters?.reduction == .sum && distance == 1,
        "\(conformanceCase.id): \(numbers.expected)")
    }
  }

  @Test("all that is nonconformant is a known fault, and every entry of the ledger is needed")
  func genuineResultsConform() throws {
    let ledgers = try Ledgers(.besideFixtures, for: FixtureLocation.find([committedFixtures]))
    let report = ledgers.applied(to: committedReport, today: CalendarDate(2026, 1, 1))
    for conformanceCase in report.cases where ![.conformant, .known].contains(conformanceCase.verdict) {
      Issue.record("\(conformanceCase.id) is \(conformanceCase.verdict)")
    }
    let findings = try #require(report.ledger)
    #expect(findings.files == [Ledger.fileName])
    for stale in findings.stale { Issue.record("\(stale)") }
    #expect(report.verdict == .conformant)
    // A known difference is no less a difference: without the ledger the same cases are nonconformant.
    let known = report.cases.filter { $0.verdict == .known }.map(\.id)
    #expect(committedReport.cases.filter { $0.verdict == .nonconformant }.map(\.id) == known)
    #expect(committedReport.verdict == .nonconformant)
    let judged = committedReport.cases.flatMap(\.tensors).filter {
      $0.name.hasPrefix("grads/") && $0.comparison != nil
    }
    #expect(judged.count > 2260)
  }

  @Test(
    "each build is identified as what it is",
    arguments: [
      ("torch-1.13", "torchvision.sigmoid_focal_loss", CrossEntropyOrder.torch1),
      ("torch-2.13.0", "torchvision.sigmoid_focal_loss", .torch2),
      ("paddle-3.3.1", "paddle.sigmoid_focal_loss", .paddle),
    ])
  func identified(file: String, variant: String, order: CrossEntropyOrder) throws {
    let fixture = try FixtureLocation(path: "\(committedFixtures)/\(file).h5").open()
    let identification = try Identification(of: fixture)
    for group in identification.groups {
      let best = try #require(group.ranks.first)
      #expect(best.program.variant == group.variant)
      #expect(Double(best.total.inside) > 0.99 * Double(best.total.count))
      if group.variant == variant {
        #expect(best.program.crossEntropy == order)
        #expect(group.ranks[1].losses.inside < best.losses.inside)
      }
      // The losses and the gradients of torch's two builds have no known difference but in the formula of the document.
      if file.hasPrefix("torch"), group.variant != "paddle.formula" {
        #expect(group.computed.map(\.program) == [best.program], "\(group.variant)")
      }
    }
  }

  @Test(
    "each library's build is identified as what it is, a loss averaged by row among them",
    arguments: ["optax-0.2.8", "kornia-0.9.0", "keras-3.15.1"])
  func identifiedLibrary(file: String) throws {
    let identification = try Identification(
      of: FixtureLocation(path: "\(committedFixtures)/\(file).h5").open())
    #expect(!identification.groups.isEmpty)
    for group in identification.groups {
      let best = try #require(group.ranks.first)
      #expect(best.program.variant == group.variant)
      #expect(best.losses.isWhole)
      #expect(best.losses.count > 300)
      #expect(try #require(best.gradients).count > 3000)
      // What the ledger lists as wrong is no element of a known program.
      let isKnownDifferent = group.variant == "keras.binary_focal_crossentropy_from_logits"
      #expect(group.computed.isEmpty == isKnownDifferent)
      if group.ranks.count > 1 { #expect(group.ranks[1].losses.inside < best.losses.inside) }
    }
  }

  /// Paddle computes tensors of seven elements or fewer without vector lanes, by the C library alone. That library
  /// is not correctly rounded, the reference is; nothing else may differ.
  @Test(
    "on Paddle's small tensors each element that is not identical is one primitive's rounding",
    arguments: ["paddle-2.6.2.h5", "paddle-3.0.0.h5", "paddle-3.3.1.h5"])
  func smallTensors(file: String) throws {
    let fixture = try FixtureLocation(path: "\(committedFixtures)/\(file)").open()
    var (identical, count) = (0, 0)
    for name in fixture.caseNames {
      let conformanceCase = try fixture.conformanceCase(name)
      // A boolean label has no meaning that Paddle and the reference share.
      guard conformanceCase.parameters.reduction == .none, let loss = conformanceCase.outputs["loss"],
        (1...7).contains(loss.shape.count), conformanceCase.inputs["label"]?.elementType != .bool
      else { continue }
      let elements = try ElementwiseCase(conformanceCase, loss)
      for position in 0..<loss.shape.count {
        count += 1
        if elements.isIdentical(at: position) {
          identical += 1
        } else {
          #expect(
            elements.isOneRounding(at: position),
            "\(conformanceCase.id) [\(position)]: \(elements.text(at: position))")
        }
      }
    }
    #expect(count > 100)
    #expect(Double(identical) >= 0.95 * Double(count), "\(identical) of \(count) are identical")
  }
}

/// A small elementwise case, with everything in memory.
private struct ElementwiseCase {
  let formula: Program
  let columns: [[Double]]
  let actual: Tensor

  init(_ conformanceCase: ConformanceCase, _ loss: StoredTensor) throws {
    let variant = try #require(Variants.named(conformanceCase.variant))
    let plan = try variant.plan(
      Signature(
        conformanceCase.parameters,
        conformanceCase.inputs.mapValues { Signature.Input($0.elementType, $0.shape) }))
    columns = try plan.columns(
      for: plan.elements.whole, from: conformanceCase.inputs.mapValues { try $0.readAll() })
    formula = plan.formula
    actual = try loss.readAll()
  }

  private func expected(at position: Int, in arithmetic: some Arithmetic<Double>) -> UInt64 {
    let inputs = columns.map { [$0[$0.count == 1 ? 0 : position]] }
    return Tensor(formula.type, .scalar, values: formula.evaluate(inputs, count: 1, in: arithmetic)).bits(
      at: 0)
  }

  private func agrees(_ bits: UInt64, at position: Int) -> Bool {
    let format = formula.type.arithmeticFormat
    return bits == actual.bits(at: position)
      || format.value(ofBits: bits).isNaN && actual.value(at: position).isNaN
  }

  func isIdentical(at position: Int) -> Bool {
    agrees(expected(at: position, in: NativeArithmetic()), at: position)
  }

  /// Whether moving one elementary function's result by one ULP gives the actual bits.
  func isOneRounding(at position: Int) -> Bool {
    for call in 0..<formula.steps.count {
      for direction in [-1.0, 1] {
        let nudged = NudgedArithmetic(call: call, direction: direction)
        if agrees(expected(at: position, in: nudged), at: position) { return true }
      }
    }
    return false
  }

  func text(at position: Int) -> String {
    "expected 0x\(String(expected(at: position, in: NativeArithmetic()), radix: 16)), actual 0x\(String(actual.bits(at: position), radix: 16))"
  }
}

/// The native arithmetic with the result of one elementary function moved by one ULP.
private struct NudgedArithmetic: Arithmetic {
  private final class Counter { var calls = 0 }

  let call: Int
  let direction: Double
  private let native = NativeArithmetic()
  private let counter = Counter()

  init(call: Int, direction: Double) {
    self.call = call
    self.direction = direction
  }

  private func nudged(_ value: Double, _ format: FloatFormat) -> Double {
    defer { counter.calls += 1 }
    guard counter.calls == call, value.isFinite else { return value }
    let step = Double(
      sign: .plus, exponent: max(Int(value.exponent), format.minimumExponent) - format.fractionBits,
      significand: 1)
    return format.round(value + direction * step)
  }

  func constant(_ value: Double, _ format: FloatFormat) -> Double { native.constant(value, format) }

  func operation(_ primitive: UnaryPrimitive, at site: Site) -> (Double) -> Double {
    let operation = native.operation(primitive, at: site)
    return [.exp, .log, .log1p].contains(primitive) ? { nudged(operation($0), site.format) } : operation
  }

  func operation(_ primitive: BinaryPrimitive, at site: Site) -> (Double, Double) -> Double {
    let operation = native.operation(primitive, at: site)
    return primitive == .pow ? { nudged(operation($0, $1), site.format) } : operation
  }

  func choice(at site: Site) -> (Double, Double, Double) -> Double { native.choice(at: site) }
}
