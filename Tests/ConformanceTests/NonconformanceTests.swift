import Arithmetic
import Comparison
import FixtureAuthoring
import FocalLoss
import Tensors
import Testing

@testable import Conformance

@Suite("Nonconformance")
struct NonconformanceTests {
  private let folder: TemporaryFolder
  private static let shape = Shape.vector(512)
  private static let logit = Tensor(
    .float32, shape, values: (0..<512).map { Double(Float(0.05 * Double($0) - 12.8)) })
  private static let label = Tensor(.float32, shape, values: (0..<512).map { Double($0 * 7 % 3 / 2) })

  init() throws { folder = try TemporaryFolder() }

  private static func plan(
    _ variant: any FocalLossVariant.Type, _ order: CrossEntropyOrder? = nil, _ reduction: Reduction = .none
  ) throws -> Plan {
    var signature = Signature(
      Parameters(reduction: reduction), ["logit": .init(.float32, shape), "label": .init(.float32, shape)])
    signature.crossEntropy = order
    return try variant.plan(signature)
  }

  /// What a program gives, element by element or reduced.
  private static func values(_ plan: Plan) throws -> [Double] {
    var evaluation = Evaluation(plan, in: NativeArithmetic())
    let results = try evaluation.evaluate(shape.whole, from: ["logit": logit, "label": label]).results
    return evaluation.conclude() ?? results
  }

  /// Judges a loss that claims to be a variant's.
  private func judge(
    _ variant: any FocalLossVariant.Type, _ loss: [Double], _ reduction: Reduction = .none,
    gradient: [Double]? = nil, policy: Policy = .derived
  ) throws -> CaseReport {
    let path = folder.file("authored.h5")
    let author = try HDF5Author(path: path)
    try author.attribute("schema", .fixed("focalcheck-fixture/1"))
    try author.attribute("framework", .fixed("paddle"))
    try author.attribute("framework_version", .fixed("3.3.1"))
    try DemoFixture.demoCase(
      author, "case", without: ["inputs/logit", "inputs/label", "outputs/loss"],
      changing: ["variant": .fixed(variant.name), "reduction": .fixed(reduction.rawValue)])
    try author.dataset("/cases/case/inputs/logit", Self.logit)
    try author.dataset("/cases/case/inputs/label", Self.label)
    try author.dataset(
      "/cases/case/outputs/loss",
      Tensor(.float32, reduction == .none ? Self.shape : .scalar, values: loss))
    if let gradient {
      try author.dataset("/cases/case/grads/logit", Tensor(.float32, Self.shape, values: gradient))
    }
    try author.close()
    return Judge(policy: policy).judge("case", of: try FixtureLocation(path: path).open())
  }

  @Test("another order of the cross entropy is nonconformant, and named")
  func reordered() throws {
    let loss = try Self.values(Self.plan(PaddleSigmoidFocalLoss.self, .torch2))
    let tensor = try #require(try judge(PaddleSigmoidFocalLoss.self, loss).tensors.first)
    #expect(tensor.verdict == .nonconformant)
    #expect(tensor.nonconformance?.reordered?.crossEntropy == .torch2, "\(tensor.nonconformance as Any)")
  }

  @Test("another function is not a reordering, though some variant computes it")
  func otherFunction() throws {
    // The two formulas differ for soft labels only, so on these labels they are one function; half of the labels are
    // turned around here, which no order of operations does.
    let loss = try Self.values(Self.plan(PaddleFormula.self)).reversed()
    let tensor = try #require(try judge(PaddleFormula.self, Array(loss)).tensors.first)
    #expect(tensor.verdict == .nonconformant)
    #expect(tensor.nonconformance?.reordered == nil)
    #expect(tensor.nonconformance?.accuracy == nil)
  }

  @Test("a gradient by another framework's rules is reordered")
  func reorderedGradient() throws {
    let loss = try Self.plan(PaddleFormula.self)
    let gradient = try loss.gradient(of: "logit", rules: .torch, Participation(in: loss), gradOutput: nil)
    let report = try judge(PaddleFormula.self, Self.values(loss), gradient: Self.values(gradient))
    let tensor = try #require(report.tensors.last)
    #expect(tensor.name == "grads/logit")
    // If Paddle's rules allowed all of it there would be nothing to call reordered.
    try #require(tensor.verdict == .nonconformant)
    #expect(tensor.nonconformance?.reordered?.rules == .torch)
  }

  @Test(
    "results nearer to the exact values than the documented program's are more accurate, farther ones less")
  func accuracy() throws {
    let plan = try Self.plan(PaddleFormula.self)
    let exact = ExactEvaluator().values(
      of: plan.formula, at: [Self.logit.values, Self.label.values], count: 512, in: .float32)
    let near = exact.map { Double(Float($0.rounded ?? 0).nextUp.nextUp) }
    let more = try #require(try judge(PaddleFormula.self, near).tensors.first)
    #expect(more.verdict == .nonconformant)
    #expect(more.nonconformance?.accuracy == .more)
    let expected = try Self.values(plan)
    let far = zip(expected, exact).map { expected, exact in
      // Away from the exact value, by a 2^14th of itself.
      expected * (1 + 0x1p-14 * ((exact.error(of: expected) ?? 0) < 0 ? -1 : 1))
    }
    let less = try #require(
      try judge(PaddleFormula.self, far.map { Double(Float($0)) }).tensors.first)
    #expect(less.verdict == .nonconformant)
    #expect(less.nonconformance?.accuracy == .less, "\(less.comparison?.actualErrors as Any)")
  }

  @Test(
    "reduced results have exact values, and so have gradients through a reduction",
    arguments: [Reduction.sum, .mean])
  func reduced(reduction: Reduction) throws {
    let plan = try Self.plan(PaddleSigmoidFocalLoss.self, nil, reduction)
    let gradient = try plan.gradient(of: "logit", rules: .paddle3, Participation(in: plan), gradOutput: nil)
    let report = try judge(
      PaddleSigmoidFocalLoss.self, Self.values(plan), reduction, gradient: Self.values(gradient))
    #expect(report.verdict == .conformant)
    for tensor in report.tensors {
      let comparison = try #require(tensor.comparison)
      #expect(comparison.actualErrors.count == comparison.count, "\(tensor.name)")
    }
    // A sum of positive losses is off by less than the worst of them.
    let error = try #require(report.tensors.first?.comparison?.expectedErrors.maximum)
    #expect(error > 0 && error < 100, "\(error)")
  }

  @Test("under a tolerance gradients are judged as well, and exact values are reported")
  func tolerance() throws {
    let plan = try Self.plan(PaddleSigmoidFocalLoss.self)
    var gradient = try Self.values(
      plan.gradient(of: "logit", rules: .paddle3, Participation(in: plan), gradOutput: nil))
    gradient[500] += 0.25
    let policy = try #require(Policy(parsing: "torch"))
    let report = try judge(
      PaddleSigmoidFocalLoss.self, Self.values(plan), gradient: gradient, policy: policy)
    let tensor = try #require(report.tensors.last)
    #expect(tensor.comparison?.outside == 1)
    #expect(tensor.comparison?.worst.first?.position == 500)
    #expect(tensor.comparison?.worst.first?.exact != nil)
    #expect(tensor.comparison?.accurate == 0)
  }
}
