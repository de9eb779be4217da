import Arithmetic
import Comparison
import FixtureAuthoring
import FocalLoss
import Tensors
import Testing

@testable import Conformance

/// The folder of committed fixtures.
let committedFixtures = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/fixtures"

@Suite("Judge")
struct JudgeTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Judges one authored case of PaddleFormula's API whose right loss is known.
  private func judge(
    _ policy: TolerancePolicy = .uniform(.ulps(0)), without omitted: Set<String> = [],
    changing changes: [String: AuthoredValue] = [:], adding: (HDF5Author) throws -> Void = { _ in }
  ) throws -> CaseReport {
    let path = folder.file("authored.h5")
    try DemoFixture.write(to: path, cases: []) { author in
      try DemoFixture.demoCase(author, "case", without: omitted, changing: changes)
      try adding(author)
    }
    return Judge(policy: .tolerance(policy)).judge("case", of: try FixtureLocation(path: path).open())
  }

  private static let shape = Shape.vector(4)
  /// What the reference computes for the demonstration's logits and labels.
  private static let loss: [Double] = {
    let plan = try? PaddleSigmoidFocalLoss.plan(
      Signature(
        Parameters(),
        ["logit": .init(.float32, shape), "label": .init(.float32, shape)]))
    guard let plan else { return [] }
    var evaluation = Evaluation(plan, in: NativeArithmetic())
    return
      (try? evaluation.evaluate(shape.whole, from: ["logit": DemoFixture.logit, "label": DemoFixture.label])
      .results)
      ?? []
  }()

  private func judge(loss: [Double], _ policy: TolerancePolicy = .uniform(.ulps(0))) throws -> CaseReport {
    try judge(policy, without: ["outputs/loss"]) {
      try $0.dataset("/cases/case/outputs/loss", Tensor(.float32, Self.shape, values: loss))
    }
  }

  @Test("the reference's own results are identical")
  func identical() throws {
    let report = try judge(loss: Self.loss)
    #expect(report.verdict == .conformant)
    #expect(report.tensors.first?.comparison?.identical == 4)
  }

  @Test("one ULP is outside ulp:0 and within ulp:1")
  func oneULP() throws {
    var loss = Self.loss
    loss[2] = Double(Float(loss[2]).nextUp)
    #expect(try judge(loss: loss).verdict == .nonconformant)
    let lenient = try judge(loss: loss, .uniform(.ulps(1)))
    #expect(lenient.verdict == .conformant)
    #expect(lenient.tensors.first?.comparison?.within == 1)
  }

  @Test("the worst element comes with the inputs it was computed from")
  func worstInputs() throws {
    var loss = Self.loss
    loss[3] = 7
    let report = try judge(loss: loss)
    guard case .compared(let comparison, _, let inputs)? = report.tensors.first?.finding else {
      Issue.record("nothing was compared: \(report)")
      return
    }
    let worst = try #require(comparison.worst.first)
    #expect(worst.position == 3)
    #expect(
      inputs[3] == [
        NamedValue(name: "logit", type: .float32, value: 3),
        NamedValue(name: "label", type: .float32, value: 0),
      ])
  }

  @Test("no tolerance admits a NaN for a number", arguments: [Double.nan, .infinity])
  func nonfinite(value: Double) throws {
    var loss = Self.loss
    loss[0] = value
    let report = try judge(loss: loss, .uniform(.relative(rtol: 1e300, atol: 1e300)))
    #expect(report.verdict == .nonconformant)
    #expect(report.tensors.first?.comparison?.nonfiniteMismatches == 1)
  }

  @Test("a loss of another shape or type is nonconformant, and no element of it is compared")
  func mismatchedLoss() throws {
    for (tensor, reason) in [
      (Tensor(.float32, .vector(3), values: [1, 2, 3]), "has shape (3,), documented is (4,)"),
      (Tensor(.float32, .column(4), values: [1, 2, 3, 4]), "has shape (4, 1), documented is (4,)"),
      (Tensor(.float64, .vector(4), values: [1, 2, 3, 4]), "is float64, documented is float32"),
      (Tensor(.float32, .vector(0), values: []), "has shape (0,), documented is (4,)"),
      (Tensor(.float32, .vector(1), values: [1]), "has shape (1,), documented is (4,)"),
    ] {
      let report = try judge(without: ["outputs/loss"]) { try $0.dataset("/cases/case/outputs/loss", tensor) }
      #expect(report.verdict == .nonconformant)
      guard case .different(let text)? = report.tensors.first?.finding else {
        Issue.record("\(reason): was compared")
        continue
      }
      #expect(text == reason)
    }
  }

  @Test("a scalar may be stored as (1,)")
  func scalarAsVector() throws {
    let report = try judge(
      .uniform(.ulps(.max)), without: ["outputs/loss"], changing: ["reduction": .fixed("sum")]
    ) { try $0.dataset("/cases/case/outputs/loss", Tensor(.float32, .vector(1), values: [1])) }
    #expect(report.verdict == .conformant)
    #expect(report.tensors.first?.shape == .vector(1))
  }

  @Test("what the variant does not accept is an error that names the object and the reason")
  func rejected() throws {
    let unknown = try judge(changing: ["variant": .fixed("paddle.focal")])
    #expect(
      unknown.error?.text.hasPrefix(
        "authored.h5: /cases/case: variant \"paddle.focal\" is none of paddle.formula,") == true)
    let shape = try judge(without: ["inputs/label"]) {
      try $0.dataset("/cases/case/inputs/label", Tensor(.float32, .vector(2), values: [0, 1]))
    }
    #expect(
      shape.error?.text
        == "authored.h5: /cases/case/inputs/label: label has shape (2,), the variant needs (4,)")
    let missing = try judge(without: ["inputs/label"])
    #expect(
      missing.error?.text == "authored.h5: /cases/case/inputs/label: the variant needs an input named label")
    for report in [unknown, shape, missing] { #expect(report.verdict == .error) }
  }

  @Test("a gradient of another shape is nonconformant, and one of no input is an error")
  func gradients() throws {
    let right = try judge { try $0.dataset("/cases/case/grads/logit", DemoFixture.logit) }
    #expect(right.tensors.map(\.name) == ["outputs/loss", "grads/logit"])
    #expect(right.tensors.last?.verdict == .nonconformant)
    let wrong = try judge {
      try $0.dataset("/cases/case/grads/logit", Tensor(.float32, .vector(2), values: [1, 2]))
      try $0.dataset("/cases/case/grads/normalizer", DemoFixture.logit)
    }
    #expect(wrong.tensors.dropFirst().map(\.verdict) == [.nonconformant, .error])
  }

  @Test("a framework that raised is right exactly where its documentation rules the input out")
  func raised() throws {
    let raised: [String: AuthoredValue] = ["outcome": .fixed("raised"), "error": .fixed("ValueError: no")]
    let allowed = try judge(without: ["outputs/loss"], changing: raised)
    #expect(allowed.verdict == .nonconformant)
    #expect(allowed.reason == "the framework raised on input that its documentation allows: ValueError: no")
    let normalizer = try judge(without: ["outputs/loss"], changing: raised) {
      try $0.dataset("/cases/case/inputs/normalizer", Tensor(.float32, .column(4), values: [1, 1, 1, 1]))
    }
    #expect(normalizer.verdict == .conformant)
    #expect(normalizer.reason?.contains("must have zero or one dimension") == true)
    let alpha = try judge(
      without: ["outputs/loss"], changing: raised.merging(["alpha": .double(2)]) { $1 })
    #expect(alpha.verdict == .conformant)
  }

  @Test("a float64 loss of a float32 input is nonconformant; of a float64 input it tells the default type")
  func defaultType() throws {
    for (type, verdict) in [(ElementType.float32, Verdict.nonconformant), (.float64, .conformant)] {
      let report = try judge(
        .uniform(.ulps(.max)), without: ["inputs/logit", "inputs/label", "outputs/loss"],
        changing: ["variant": .fixed("torch.per_label_loop"), "reduction": .fixed("sum")]
      ) { author in
        for name in ["inputs/prob", "inputs/target"] {
          try author.dataset("/cases/case/\(name)", Tensor(type, .column(2), values: [0, 1]))
        }
        try author.dataset("/cases/case/outputs/loss", Tensor(.float64, .scalar, values: [1]))
      }
      #expect(report.verdict == verdict, "\(type): \(report)")
    }
  }

  @Test("a number with an exponent has no count of decimals, and is not taken as printed")
  func printedExponent() throws {
    #expect(try judge(changing: ["printed": .fixed("0.01 0.0 0.02 2.06e0")]).printed == nil)
  }

  @Test("numbers that a document prints are compared to as many decimals")
  func printed() throws {
    let report = try judge(changing: ["printed": .fixed("0.01 0.0 0.02 2.0599999")])
    #expect(report.printed?.documented == ["0.01", "0.0", "0.02", "2.0599999"])
    #expect(report.printed?.actual == ["0.01", "0.0", "0.02", "2.0599999"])
    #expect(report.printed?.expected.first == "0.01")
  }
}

@Suite("The derived verdict")
struct DerivedVerdictTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Judges Paddle's API on one logit and label with some loss.
  private func judge(
    _ logit: Double, _ label: Double, loss: (Double) -> Double, variant: String = "paddle.sigmoid_focal_loss"
  ) throws -> TensorReport {
    let path = folder.file("one.h5")
    let inputs = [("inputs/logit", logit), ("inputs/label", label)]
    let plan = try #require(Variants.named(variant)).plan(
      Signature(Parameters(), ["logit": .init(.float32, .vector(1)), "label": .init(.float32, .vector(1))]))
    let expected = plan.formula.evaluate(
      [[Double(Float(logit))], [label]], count: 1, in: NativeArithmetic())[0]
    try DemoFixture.write(to: path, cases: []) { author in
      try DemoFixture.attributes(author, "one", changing: ["variant": .fixed(variant)])
      for (name, value) in inputs + [("outputs/loss", loss(expected))] {
        try author.dataset("/cases/one/\(name)", Tensor(.float32, .vector(1), values: [value]))
      }
    }
    let report = Judge(policy: .derived).judge("one", of: try FixtureLocation(path: path).open())
    return try #require(report.tensors.first)
  }

  @Test(
    "an upstream gradient of another shape than the loss is an error of the gradient, and of nothing else",
    arguments: ["none", "sum"], [0, 3])
  func upstreamShape(reduction: String, count: Int) throws {
    let author = try HDF5Author(path: folder.file("upstream.h5"))
    try author.attribute("schema", .fixed("focalcheck-fixture/1"))
    try author.attribute("framework", .fixed("paddle"))
    try author.attribute("framework_version", .fixed("3.0.0"))
    try DemoFixture.attributes(author, "case", changing: ["reduction": .fixed(reduction)])
    let isReduced = reduction == "sum"
    let ones = Tensor(.float32, .vector(count), values: Array(repeating: 1, count: count))
    for (name, tensor) in [
      ("inputs/logit", DemoFixture.logit), ("inputs/label", DemoFixture.label),
      ("grads/logit", DemoFixture.logit),
      ("outputs/loss", isReduced ? Tensor(.float32, .scalar, values: [1]) : DemoFixture.loss),
      ("grad_outputs/loss", ones),
    ] { try author.dataset("/cases/case/\(name)", tensor) }
    try author.close()
    let report = Judge(policy: .derived).judge(
      "case", of: try FixtureLocation(path: folder.file("upstream.h5")).open())
    #expect(report.tensors.map(\.name) == ["outputs/loss", "grads/logit", "grad_outputs/loss"])
    #expect(report.tensors[0].comparison?.count == (isReduced ? 1 : 4))
    guard case .error(let reason) = report.tensors[1].finding else {
      Issue.record("the gradient was judged")
      return
    }
    #expect(
      reason
        == "cannot be judged, since grad_outputs/loss has shape (\(count),), documented is \(isReduced ? "()" : "(4,)")"
    )
  }

  @Test("a documented NaN is identical, and a hazard of the formula")
  func hazard() throws {
    let tensor = try judge(17, 1, loss: { $0 }, variant: "paddle.formula")
    #expect(tensor.comparison?.identical == 1)
    #expect(tensor.hazards.list.map(\.kind) == [.nan])
    #expect(tensor.hazards.list.first?.lowest == 17)
  }

  @Test("a result that is right where the formula is not is accurate, and nobody is blamed")
  func accurate() throws {
    // −α (1 − σ)² log σ at 17, in real numbers.
    let exact = 0.25 * 1.7139e-15 * 4.13994e-8
    let wrong = try judge(17, 1, loss: { _ in exact }, variant: "paddle.formula")
    #expect(wrong.comparison?.outside == 1)
    let value = try #require(wrong.comparison?.worst.first?.exact)
    let right = try judge(17, 1, loss: { _ in value }, variant: "paddle.formula")
    #expect(right.comparison?.accurate == 1)
    #expect(right.verdict == .conformant)
    #expect(try #require(right.comparison?.actualErrors.maximum) <= 0.5)
  }

  @Test(
    "the ends of the enclosure are within, the next values are outside",
    arguments: [(1.25, 1.0), (-3.5, 0), (0.1, 0.4)])
  func ends(logit: Double, label: Double) throws {
    let off = try judge(logit, label) { $0 * 2 }
    let allowed = try #require(off.comparison?.worst.first?.allowed)
    #expect(allowed.lower < allowed.upper)
    for (value, within) in [
      (Float(allowed.lower), true), (Float(allowed.upper), true), (Float(allowed.lower).nextDown, false),
      (Float(allowed.upper).nextUp, false),
    ] {
      let comparison = try #require(try judge(logit, label) { _ in Double(value) }.comparison)
      #expect((comparison.outside == 0) == within || comparison.accurate == 1, "\(value) in \(allowed)")
    }
  }
}

@Suite("Runner")
struct RunnerTests {
  @Test("a bad file and a bad case lose nothing else")
  func nothingIsLost() throws {
    let folder = try TemporaryFolder()
    try DemoFixture.write(to: folder.file("good.h5"), cases: ["a", "b"]) {
      try DemoFixture.demoCase($0, "bad", without: ["outputs/loss"])
    }
    try Damage.write(folder.file("text.h5"), Array(repeating: 65, count: 100))
    let locations = FixtureLocation.find([folder.path, folder.file("missing.h5")])
    let report = Runner(policy: .tolerance(.uniform(.ulps(.max)))).run(locations)
    #expect(report.fixtures.map(\.file) == ["good.h5", "text.h5", "missing.h5"])
    #expect(report.cases.map(\.name) == ["a", "b", "bad"])
    #expect(report.cases.map(\.verdict) == [.conformant, .conformant, .error])
    #expect(report.fixtures.dropFirst().allSatisfy { $0.error != nil })
    #expect(report.verdict == .error)
  }

  @Test(
    "a filter matches id, name, variant, framework and version",
    arguments: [
      ("good.h5#a", ["a"]), ("a", ["a"]), ("*#?", ["a", "b"]), ("paddle.*", ["a", "b"]),
      ("demo", ["a", "b"]),
      ("demo 1.2.*", ["a", "b"]), ("torch*", []), ("[b]", ["b"]),
    ])
  func filters(pattern: String, names: [String]) throws {
    let folder = try TemporaryFolder()
    try DemoFixture.write(to: folder.file("good.h5"), cases: ["a", "b"])
    let report = Runner(policy: .tolerance(.uniform(.ulps(.max))), filter: CaseFilter([pattern]))
      .run(FixtureLocation.find([folder.path]))
    #expect(report.cases.map(\.name) == names)
  }

  @Test("a filter does not hide a case whose variant cannot be read, nor one that is damaged")
  func filterHidesNothing() throws {
    let folder = try TemporaryFolder()
    try DemoFixture.write(to: folder.file("demo.h5"), cases: ["good"]) { author in
      try DemoFixture.demoCase(author, "bad", without: ["outputs/loss"])
      try DemoFixture.demoCase(author, "worse", changing: ["variant": .int(3)])
    }
    let report = Runner(policy: .tolerance(.uniform(.ulps(.max))), filter: CaseFilter(["paddle.*"]))
      .run(FixtureLocation.find([folder.path]))
    #expect(report.cases.map(\.name) == ["bad", "good", "worse"])
    #expect(report.verdict == .error)
  }

  @Test("a file that is named twice is judged once")
  func twice() throws {
    let folder = try TemporaryFolder()
    try DemoFixture.write(to: folder.file("demo.h5"))
    let paths = [folder.path, folder.file("demo.h5"), folder.file("./demo.h5")]
    #expect(FixtureLocation.find(paths).count == 1)
  }

  @Test("a run that compares no element is no success")
  func nothingCompared() throws {
    let folder = try TemporaryFolder()
    let empty = Tensor(.float32, .vector(0), values: [])
    try DemoFixture.write(to: folder.file("empty.h5"), cases: []) { author in
      try DemoFixture.attributes(author, "empty")
      for name in ["inputs/logit", "inputs/label", "outputs/loss"] {
        try author.dataset("/cases/empty/\(name)", empty)
      }
    }
    let report = Runner(policy: .tolerance(.uniform(.ulps(0)))).run(FixtureLocation.find([folder.path]))
    #expect(report.cases.map(\.verdict) == [.conformant])
    #expect(report.comparesNothing)
    #expect(report.verdict == .error)
  }

  @Test("a manifest pins its folder's files")
  func manifest() throws {
    let folder = try TemporaryFolder()
    try DemoFixture.write(to: folder.file("pinned.h5"))
    let digest = String(repeating: "0", count: 64)
    let text =
      "{\"schema\":\"focalcheck-manifest/1\",\"fixtures\":[{\"file\":\"pinned.h5\",\"sha256\":\"\(digest)\",\"bytes\":1}]}"
    try Damage.write(folder.file("manifest.json"), Array(text.utf8))
    for path in [folder.path, folder.file("pinned.h5")] {
      let report = Runner(policy: .tolerance(.uniform(.ulps(.max)))).run(FixtureLocation.find([path]))
      #expect(report.fixtures.first?.error?.reason.contains("the manifest pins") == true)
    }
  }
}
