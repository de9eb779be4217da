import Arithmetic
import Comparison
import FixtureAuthoring
import FocalLoss
import Tensors
import Testing

@testable import Conformance

@Suite("Self-test")
struct SelfTestTests {
  private static let shape = Shape.column(8)
  private static let logit = Tensor(
    .float32, shape, values: [-4.5, -2.25, -0.75, -0.125, 0.25, 1.5, 2.75, 6])
  private static let label = Tensor(.float32, shape, values: [0, 1, 1, 0, 1, 0, 0, 1])

  /// Plants changes in a case of Paddle's API whose loss and gradient are what the documented program gives.
  private func selfTest(_ policy: Policy, spoiling: Bool = false) throws -> SelfTestReport {
    let folder = try TemporaryFolder()
    let path = folder.file("authored.h5")
    let loss = try PaddleSigmoidFocalLoss.plan(
      Signature(
        Parameters(), ["logit": .init(.float32, Self.shape), "label": .init(.float32, Self.shape)]))
    let gradient = try loss.gradient(of: "logit", rules: .paddle3, Participation(in: loss), gradOutput: nil)
    let author = try HDF5Author(path: path)
    try author.attribute("schema", .fixed("focalcheck-fixture/1"))
    try author.attribute("framework", .fixed("paddle"))
    try author.attribute("framework_version", .fixed("3.3.1"))
    try DemoFixture.attributes(author, "case")
    try author.dataset("/cases/case/inputs/logit", Self.logit)
    try author.dataset("/cases/case/inputs/label", Self.label)
    for (name, plan) in [("outputs/loss", loss), ("grads/logit", gradient)] {
      var evaluation = Evaluation(plan, in: NativeArithmetic())
      let values = try evaluation.evaluate(
        Self.shape.whole, from: ["logit": Self.logit, "label": Self.label]
      ).results
      try author.dataset(
        "/cases/case/\(name)",
        Tensor(.float32, Self.shape, values: spoiling ? values.map { $0 * 1.5 } : values))
    }
    try author.close()
    return SelfTest(policy: policy).run(FixtureLocation(path: path))
  }

  @Test("the judge finds every planted fault in a loss and its gradient, and lets pass what is allowed")
  func judgedRightly() throws {
    let report = try selfTest(.derived)
    #expect(report.mistakes == [])
    #expect(report.errors == [])
    #expect(report.verdict == .conformant)
    #expect(report.tensors == 2)
    #expect(report.kinds.count { $0.faults == 2 } >= 20, "\(report.kinds)")
    #expect(report.fewestKinds == report.kinds.count { $0.planted > 0 } - 1, "\(report.kinds)")
    for kind in report.kinds {
      #expect(kind.planted + kind.inapplicable == 2, "\(kind)")
      if kind.isAllowed { #expect(kind.faults == 0, "\(kind)") }
    }
  }

  @Test(
    "a judge that allows too much or too little is exposed, with the kind of change that it misjudges",
    arguments: [
      (Tolerance.ulps(.max), "one step above the enclosure", Verdict.nonconformant, Verdict.conformant),
      (.ulps(.max), "sign of every element", .nonconformant, .conformant),
      (.ulps(.max), "wrong alpha", .nonconformant, .conformant),
      (.relative(rtol: 1e-5, atol: 1e-5), "one step below the enclosure", .nonconformant, .conformant),
      (.ulps(0), "the enclosure's upper end", .conformant, .nonconformant),
    ])
  func brokenJudge(tolerance: Tolerance, kind: String, demanded: Verdict, judged: Verdict) throws {
    let report = try selfTest(.tolerance(.uniform(tolerance)))
    #expect(report.verdict == .nonconformant)
    #expect(
      report.mistakes.contains {
        $0.kind == kind && $0.tensor == "outputs/loss" && $0.demanded == demanded && $0.judged == judged
      }, "\(report.mistakes)")
    #expect(report.kinds.map(\.mistaken).reduce(0, +) == report.mistakes.count)
  }

  @Test("nothing is planted in a tensor that is nonconformant, and that is no success")
  func nonconformant() throws {
    let report = try selfTest(.derived, spoiling: true)
    #expect(report.candidates == 2)
    #expect(report.tensors == 0)
    #expect(report.verdict == .error)
  }

  @Test("a fixture that cannot be read is no success")
  func unreadable() throws {
    let report = SelfTest().run(FixtureLocation(path: "missing.h5"))
    #expect(report.errors.count == 1)
    #expect(report.verdict == .error)
  }

  @Test("a few real tensors have every kind of fault, and each is judged as it must be")
  func realTensors() {
    let names = [
      "formula.specials.none.f32", "formula.blog-norm-c.none.f32", "paddle.specials-finite.sum.f32",
      "ppdet.classes-weight.w2.none.f32", "paddle.specials-soft.none.f32",
    ]
    let report = SelfTest(filter: CaseFilter(names)).run(
      FixtureLocation(path: "\(committedFixtures)/paddle-3.3.1.h5"))
    #expect(report.mistakes == [])
    // Paddle has no label smoothing.
    #expect(report.unplanted == ["wrong label smoothing"])
    // Two gradients are wrong themselves: Paddle 3.3.1's at logit 0.
    #expect(report.candidates == 10)
    #expect(report.tensors == 8)
    #expect(report.verdict == .conformant)
  }

  @Test("a judge that keeps exact values says what one does that works them out each time")
  func memory() throws {
    let fixture = try FixtureLocation(path: "\(committedFixtures)/paddle-3.3.1.h5").open()
    let (keeping, plain) = (
      Judge(policy: .derived, namesCauses: false, memory: ExactMemory()),
      Judge(policy: .derived, namesCauses: false, memory: nil)
    )
    var count = 0
    for name in ["formula.blog-norm-c.none.f32", "paddle.paddle-doc.mean.f32", "paddle.paddle-doc.sum.f64"] {
      let stored = try fixture.conformanceCase(name)
      for tensor in ["outputs/loss", "grads/logit"] {
        let found = try Specimen(tensor, of: stored, fixture.provenance, by: ExactEvaluator(), ExactMemory())
        let specimen = try #require(found, "\(name) \(tensor)")
        for change in PlantedChange.all {
          let changed: ConformanceCase? =
            switch change.planting {
            case .fault(let plant), .allowed(let plant), .refused(let plant): plant(specimen)
            case .worsening: nil
            }
          guard let changed else { continue }
          let reports = [keeping, plain].map { $0.judge(changed, of: fixture) }
          let what = "\(change.name) in \(name) \(tensor)"
          #expect(reports[0].verdict == reports[1].verdict, "\(what)")
          for (kept, worked) in zip(reports[0].tensors, reports[1].tensors) {
            #expect(kept.comparison == worked.comparison, "\(what)")
            #expect(kept.hazards == worked.hazards, "\(what)")
          }
          count += 1
        }
      }
    }
    #expect(count > 150)
  }

  @Test(
    "the next values of a format are one ULP away, across zero and beyond the largest number",
    arguments: [
      (1.0, 0x1.000002p0, 0x1.fffffep-1), (-1, -0x1.fffffep-1, -0x1.000002p0), (0, 0x1p-149, -0x1p-149),
      (-0.0, 0x1p-149, -0x1p-149), (0x1.fffffep127, .infinity, 0x1.fffffcp127),
    ])
  func neighbours(value: Double, above: Double, below: Double) {
    #expect(FloatFormat.float32.neighbour(true, of: value) == above)
    #expect(FloatFormat.float32.neighbour(false, of: value) == below)
  }
}
