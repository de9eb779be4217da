import Arithmetic
import Comparison
import FixtureAuthoring
import FocalLoss
import Tensors
import Testing

@testable import Conformance

/// One case of a build: what it was given and what it gave.
struct BuildCase: Sendable {
  var logit = Self.logit
  var loss: Tensor? = Tensor(.float32, .vector(4), values: Self.right)
  var gamma = 2.0
  var error = "it broke"

  static let logit = Tensor(.float32, .vector(4), values: [-1.5, 0.5, 0.25, 3])

  /// What the reference computes.
  static let right: [Double] = {
    guard let plan = plan(of: PaddleSigmoidFocalLoss.self) else { return [] }
    var evaluation = Evaluation(plan, in: NativeArithmetic())
    let inputs = ["logit": logit, "label": DemoFixture.label]
    return (try? evaluation.evaluate(Shape.vector(4).whole, from: inputs).results) ?? []
  }()

  /// The exact values, rounded.
  static let exact: [Double] = {
    guard let plan = plan(of: PaddleSigmoidFocalLoss.self) else { return [] }
    let columns = [logit.values, DemoFixture.label.values]
    return ExactEvaluator().values(of: plan.formula, at: columns, count: 4, in: .float32).map {
      $0.rounded ?? 0
    }
  }()

  private static func plan(of variant: any FocalLossVariant.Type) -> Plan? {
    let shape = Shape.vector(4)
    return try? variant.plan(
      Signature(Parameters(), ["logit": .init(.float32, shape), "label": .init(.float32, shape)]))
  }

  init() {}

  /// The case with other losses.
  init(loss: [Double]?) { self.loss = loss.map { Tensor(.float32, .vector(4), values: $0) } }

  func write(_ author: HDF5Author, _ name: String) throws {
    try DemoFixture.attributes(
      author, name,
      changing: ["gamma": .double(gamma)].merging(
        loss == nil ? ["outcome": .fixed("raised"), "error": .fixed(error)] : [:]
      ) { $1 })
    try author.dataset("/cases/\(name)/inputs/logit", logit)
    try author.dataset("/cases/\(name)/inputs/label", DemoFixture.label)
    if let loss { try author.dataset("/cases/\(name)/outputs/loss", loss) }
  }
}

/// A change from an old case to a new one, and what it must be called.
struct UpgradeExample: Sendable, CustomStringConvertible {
  let description: String
  let old: BuildCase?
  let new: BuildCase?
  let change: UpgradeChange
  let verdict: UpgradeVerdict

  static let all: [UpgradeExample] = {
    func loss(_ change: (inout [Double]) -> Void) -> BuildCase {
      var values = BuildCase.right
      change(&values)
      return BuildCase(loss: values)
    }
    let wrong = loss { $0[1] *= 1.5 }
    let farther = loss { values in
      // One ULP away from the exact value stays inside of the enclosure.
      values[0] = Double(Float(BuildCase.exact[0]).nextUp.nextUp)
    }
    var longer = BuildCase()
    longer.loss = Tensor(.float64, .vector(4), values: BuildCase.right)
    var longest = BuildCase()
    longest.loss = Tensor(.float64, .vector(4), values: BuildCase.right.map { _ in -1e30 })
    var reshaped = BuildCase()
    reshaped.loss = Tensor(.float32, .column(4), values: BuildCase.right)
    var otherGamma = BuildCase()
    otherGamma.gamma = 2.5
    var otherInput = BuildCase()
    otherInput.logit = Tensor(.float32, .vector(4), values: [-1.5, 0.5, 0.25, 3.5])
    let exact = BuildCase(loss: BuildCase.exact)
    return [
      .init("the same bits", BuildCase(), BuildCase(), .identical, .safe),
      .init("away from the exact values", exact, farther, .farther, .moves),
      .init("towards the exact values", farther, exact, .closer, .moves),
      .init("wrong where it was right", BuildCase(), wrong, .newlyNonconformant, .unsafe),
      .init("right where it was wrong", wrong, BuildCase(), .newlyConformant, .moves),
      .init("wrong in another way", wrong, loss { $0[1] *= 1.75 }, .stillNonconformant, .moves),
      .init("more wrong", wrong, loss { $0[1] *= 3 }, .worse, .unsafe),
      .init("of the wrong sign", wrong, loss { $0[1] *= -0.25 }, .worse, .unsafe),
      .init(
        "one element more wrong", wrong, loss { values in values = values.map { $0 * 1.5 } }, .worse, .unsafe),
      .init("another element wrong", wrong, loss { $0[2] *= 1.5 }, .worse, .unsafe),
      .init("less wrong", loss { $0[1] *= 3 }, wrong, .stillNonconformant, .moves),
      .init("wrong where it was NaN", loss { $0[1] = .nan }, wrong, .stillNonconformant, .moves),
      .init("the same NaN", loss { $0[1] = .nan }, loss { $0[1] = .nan }, .identical, .safe),
      .init("the same wrong type", longer, longer, .identical, .safe),
      .init("other values of a wrong type", longer, longest, .unjudged, .unjudged),
      .init("a wrong case added", nil, wrong, .addedNonconformant, .unsafe),
      .init("wrong in the same way", wrong, wrong, .identical, .safe),
      .init("NaN where it was wrong", wrong, loss { $0[1] = .nan }, .newlyNonFinite, .unsafe),
      .init(
        "infinite where it was right", BuildCase(), loss { $0[0] = .infinity }, .newlyNonconformant, .unsafe),
      .init("another element type", BuildCase(), longer, .typeChanged, .unsafe),
      .init("another shape", BuildCase(), reshaped, .typeChanged, .unsafe),
      .init("an error where there was a value", BuildCase(), BuildCase(loss: nil), .newlyRaises, .unsafe),
      .init("a value where there was an error", BuildCase(loss: nil), BuildCase(), .noLongerRaises, .moves),
      .init(
        "a wrong value where there was an error", BuildCase(loss: nil), wrong, .newlyNonconformant, .unsafe),
      .init("the same error", BuildCase(loss: nil), BuildCase(loss: nil), .stillRaises, .safe),
      .init("a case gone", BuildCase(), nil, .caseGone, .unsafe),
      .init("a case added", nil, BuildCase(), .caseAdded, .safe),
      .init("other parameters", BuildCase(), otherGamma, .unjudged, .unjudged),
      .init("another input", BuildCase(), otherInput, .unjudged, .unjudged),
    ]
  }()

  init(
    _ description: String, _ old: BuildCase?, _ new: BuildCase?, _ change: UpgradeChange,
    _ verdict: UpgradeVerdict
  ) {
    (self.description, self.old, self.new) = (description, old, new)
    (self.change, self.verdict) = (change, verdict)
  }
}

@Suite("Upgrade")
struct UpgradeTests {
  private let folder: TemporaryFolder
  private let judge = UpgradeJudge()

  init() throws { folder = try TemporaryFolder() }

  /// Writes a build's fixture and judges it; the case "kept" is the same in every build.
  private func side(
    _ name: String, _ conformanceCase: BuildCase?, framework: String = "paddle",
    in other: TemporaryFolder? = nil
  ) throws -> Upgrade.Side {
    let folder = other ?? folder
    let author = try HDF5Author(path: folder.file(name))
    try author.attribute("schema", .fixed("focalcheck-fixture/1"))
    try author.attribute("framework", .fixed(framework))
    try author.attribute("framework_version", .fixed("3.3.1"))
    try BuildCase().write(author, "kept")
    try conformanceCase?.write(author, "case")
    try author.close()
    return judge.side(folder.file(name))
  }

  @Test("each change has its name and its verdict", arguments: UpgradeExample.all)
  func change(example: UpgradeExample) throws {
    let upgrade = judge.upgrade(
      from: try side("old.h5", example.old), to: try side("new.h5", example.new))
    let finding = try #require(upgrade.findings.first { $0.name == "case" })
    #expect(finding.change == example.change, "\(finding.reason ?? "")")
    #expect(upgrade.verdict == example.verdict)
    #expect(upgrade.findings.contains { $0.name == "kept" && $0.change == .identical })
  }

  @Test("what was nonconformant and still is, is named and not unsafe")
  func stillNonconformant() throws {
    var wrong = BuildCase.right
    wrong[1] *= 1.5
    let upgrade = judge.upgrade(
      from: try side("old.h5", BuildCase(loss: wrong)), to: try side("new.h5", BuildCase(loss: wrong)))
    #expect(upgrade.stillNonconformant.map(\.name) == ["case"])
    #expect(upgrade.verdict == .safe)
  }

  @Test("the worst moved element comes with its inputs, both values and the exact one")
  func worst() throws {
    var moved = BuildCase.right
    moved[2] *= 1.25
    moved[3] = Double(Float(moved[3]).nextUp)
    let upgrade = judge.upgrade(
      from: try side("old.h5", BuildCase()), to: try side("new.h5", BuildCase(loss: moved)))
    let finding = try #require(upgrade.findings.first { $0.name == "case" })
    let worst = try #require(finding.worst)
    #expect(finding.moved == 2)
    #expect(worst.index == [2])
    #expect(worst.inputs.map(\.value) == [0.25, 1])
    #expect(worst.type.value(ofBits: worst.firstBits) == BuildCase.right[2])
    #expect(worst.type.value(ofBits: worst.secondBits) == Double(Float(moved[2])))
    #expect(worst.exact == BuildCase.exact[2])
  }

  @Test("a fixture that cannot be read is not judged")
  func unreadable() throws {
    let old = try side("old.h5", BuildCase())
    let upgrade = judge.upgrade(from: old, to: judge.side(folder.file("missing.h5")))
    #expect(upgrade.verdict == .unjudged)
  }

  @Test("beside fixtures that are safe, one that cannot be read leaves the upgrade unjudged")
  func unreadableBesideSafe() throws {
    let (old, new) = (try TemporaryFolder(), try TemporaryFolder())
    for target in [old, new] { _ = try side("a.h5", nil, in: target) }
    #expect(judge.upgrade(from: judge.side(old.path), to: judge.side(new.path)).verdict == .safe)
    try Damage.write(new.file("bad.h5"), Array(repeating: 7, count: 200))
    let upgrade = judge.upgrade(from: judge.side(old.path), to: judge.side(new.path))
    #expect(upgrade.findings.map(\.change) == [.identical])
    #expect(upgrade.errors.map(\.file) == ["bad.h5"])
    #expect(upgrade.verdict == .unjudged)
  }

  @Test("fixtures in folders are paired by file name, then by framework")
  func folders() throws {
    let (old, new) = (try TemporaryFolder(), try TemporaryFolder())
    for (target, names) in [(old, ["a.h5", "torch-1.h5"]), (new, ["a.h5", "torch-2.h5"])] {
      for name in names {
        let author = try HDF5Author(path: target.file(name))
        try author.attribute("schema", .fixed("focalcheck-fixture/1"))
        try author.attribute("framework", .fixed(name == "a.h5" ? "paddle" : "torch"))
        try author.attribute("framework_version", .fixed("2.0"))
        try BuildCase().write(author, "in-\(name.prefix(1))")
        try author.close()
      }
    }
    let upgrade = judge.upgrade(from: judge.side(old.path), to: judge.side(new.path))
    #expect(upgrade.findings.map(\.change) == [.identical, .identical])
    #expect(upgrade.verdict == .safe)
  }

  @Test("the matrix has each build against each later one, and the worst verdict")
  func matrix() throws {
    var wrong = BuildCase.right
    wrong[1] *= 1.5
    let sides = [
      try side("a.h5", BuildCase()), try side("b.h5", BuildCase(loss: wrong)), try side("c.h5", BuildCase()),
    ]
    let matrix = UpgradeMatrix(sides, by: judge)
    #expect(matrix.upgrades.map { $0.map(\.verdict) } == [[.unsafe, .safe], [.moves]])
    #expect(matrix.steps.map(\.verdict) == [.unsafe, .moves])
    #expect(matrix.verdict == .unsafe)
  }

  @Test("a new order of operations is noticed on the real builds")
  func orders() throws {
    let judge = UpgradeJudge(filter: CaseFilter(["*torchvision.drift*"]))
    let sides = ["torch-1.13.h5", "torch-2.13.0.h5"].map { judge.side("\(committedFixtures)/\($0)") }
    let upgrade = judge.upgrade(from: sides[0], to: sides[1])
    let order = try #require(upgrade.orders.first { $0.variant == "torchvision.sigmoid_focal_loss" })
    // Paddle's order explains the old build here as well, and not the new one.
    #expect(order.old.contains { $0.crossEntropy == .torch1 })
    #expect(order.new.map(\.crossEntropy) == [.torch2])
    #expect(upgrade.verdict == .moves)
  }
}

/// What is looked at in a change of a result.
private struct Transition: Sendable, CustomTestStringConvertible {
  let old: ResultState
  let new: ResultState

  var testDescription: String { "\(old) → \(new)" }

  static let all = ResultState.allCases.flatMap { old in
    ResultState.allCases.map { Transition(old: old, new: $0) }
  }

  /// How bad a state is: nothing that was there may be missing, and what cannot be judged may be wrong.
  static func badness(_ state: ResultState) -> Int {
    switch state {
    case .conformant: 0
    case .unjudged: 1
    case .nonconformant, .different: 2
    case .error: 3
    case .missing: 4
    }
  }
}

@Suite("Changes of results")
struct ResultTransitionTests {
  @Test("no change to a worse state is safe, whatever the bits do", arguments: Transition.all)
  private func transitions(transition: Transition) {
    let (old, new) = (transition.old, transition.new)
    for hasMoved in [false, true] {
      for isNewlyNonFinite in [false, hasMoved] {
        for isWorse in [false, hasMoved] {
          let move = ResultMove(hasMoved: hasMoved, isNewlyNonFinite: isNewlyNonFinite, isWorse: isWorse)
          let change = UpgradeChange(from: old, to: new, move)
          let passes = !change.isUnsafe && change != .unjudged
          // A result that is new is judged for itself.
          let before = old == .missing ? 0 : Transition.badness(old)
          if Transition.badness(new) > before { #expect(!passes, "\(change)") }
          if [ResultState.unjudged, .error].contains(new) {
            #expect(!passes || old == .unjudged && new == .unjudged && !hasMoved, "\(change)")
          }
          if old == .nonconformant, new == .nonconformant {
            #expect(passes == !(isWorse || isNewlyNonFinite))
          }
          if isNewlyNonFinite, old != .missing { #expect(!passes, "\(change)") }
          if old == .conformant, new == .conformant { #expect(passes == !isNewlyNonFinite) }
          if new == .conformant, old != .error, !isNewlyNonFinite { #expect(passes, "\(change)") }
          #expect(!(hasMoved && passes && old == new && change == .identical))
        }
      }
    }
  }
}

/// A variant by its name, so that a test can be asked for it.
private let variantNames = Variants.all.map { $0.name }

@Suite("Changes of the loss of every variant")
struct VariantUpgradeTests {
  private let folder: TemporaryFolder
  private let judge = UpgradeJudge()

  init() throws { folder = try TemporaryFolder() }

  private func side(
    _ name: String, _ variant: String, framework: String = "paddle",
    changingLoss change: (inout [Double]) -> Void
  ) throws -> Upgrade.Side {
    let author = try HDF5Author(path: folder.file(name))
    try author.attribute("schema", .fixed("focalcheck-fixture/1"))
    try author.attribute("framework", .fixed(framework))
    try author.attribute("framework_version", .fixed("3.3.1"))
    try VariantCase(try #require(Variants.named(variant))).write(author, "case", changingLoss: change)
    try author.close()
    return judge.side(folder.file(name))
  }

  @Test("a wrong result that gets more wrong is unsafe, and one that moves is not", arguments: variantNames)
  func worse(variant: String) throws {
    let old = try side("old.h5", variant) { $0[0] *= 1.5 }
    for (name, change, verdict) in [
      ("the same", { $0 * 1.5 }, UpgradeVerdict.safe), ("moved", { $0 * 1.6 }, .moves),
      ("3 times", { $0 * 3 }, .unsafe), ("-1e30", { _ in -1e30 }, .unsafe), ("NaN", { _ in .nan }, .unsafe),
      ("infinite", { _ in .infinity }, .unsafe), ("right", { $0 }, .moves),
    ] as [(String, (Double) -> Double, UpgradeVerdict)] {
      let new = try side("new.h5", variant) { $0[0] = change($0[0]) }
      let upgrade = judge.upgrade(from: old, to: new)
      #expect(upgrade.verdict == verdict, "\(name): \(upgrade.findings.map(\.change))")
    }
  }

  @Test(
    "builds of which one has a wrong value never agree", arguments: variantNames, ["paddle", "mylib"])
  func agreement(variant: String, framework: String) throws {
    let right = try side("a.h5", variant, framework: framework) { _ in }
    #expect(judge.agreement(of: right, and: right).gate.exitCode == 0)
    for value in [-1e30, 1e30, .nan, .infinity, -.infinity] {
      let wrong = try side("b.h5", variant, framework: framework) { $0[0] = value }
      for agreement in [judge.agreement(of: right, and: wrong), judge.agreement(of: wrong, and: right)] {
        #expect(!agreement.gate.passed, "\(value): \(agreement.verdict)")
        #expect(!agreement.gate.reasons.isEmpty)
      }
      // Two builds that are wrong alike do not agree with their documentation either.
      #expect(!judge.agreement(of: wrong, and: wrong).gate.passed, "\(value) in both")
    }
  }
}

@Suite("Agreement")
struct AgreementTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("each element stands where the exact value puts it")
  func standings() throws {
    let exact = BuildCase.exact
    let off = exact.map { Double(Float($0) * 1.01) }
    let judge = UpgradeJudge()
    func side(_ name: String, _ loss: [Double]) throws -> Upgrade.Side {
      try DemoFixture.write(to: folder.file(name), cases: []) { author in
        try BuildCase(loss: loss).write(author, "case")
      }
      return judge.side(folder.file(name))
    }
    let neighbour = Double(Float(exact[1]).nextUp)
    let agreement = judge.agreement(
      of: try side("a.h5", [exact[0], exact[1], off[2], off[3]]),
      and: try side("b.h5", [exact[0], neighbour, exact[2], Double(Float(off[3]).nextUp)]))
    let finding = try #require(agreement.findings.first)
    #expect(finding.counts == [.identical: 1, .bothAccurate: 1, .firstWorse: 1, .bothWrong: 1])
    #expect(agreement.verdict == .nonconformant)
    #expect(finding.worst?.index == [2])
  }

  @Test("builds with a result that nobody judges never agree, and none is a safe upgrade")
  func unjudged() throws {
    let judge = UpgradeJudge()
    func side(_ name: String, _ value: Double) throws -> Upgrade.Side {
      try DemoFixture.write(to: folder.file(name), cases: []) { author in
        try BuildCase().write(author, "case")
        try author.dataset("/cases/case/outputs/other", Tensor(.float32, .vector(1), values: [value]))
      }
      return judge.side(folder.file(name))
    }
    let sides = (try side("a.h5", 0.384), try side("b.h5", -1e30))
    for pair in [(sides.0, sides.1), (sides.0, sides.0)] {
      let agreement = judge.agreement(of: pair.0, and: pair.1)
      #expect(agreement.verdict == .error)
      #expect(agreement.gate.exitCode == 2)
      #expect(agreement.unjudged.contains { $0.reason.contains("outputs/other") })
      #expect(judge.upgrade(from: pair.0, to: pair.1).verdict == .unjudged)
    }
  }

  @Test("a framework that raises unduly on both sides does not agree with its documentation")
  func raisesUnduly() throws {
    let judge = UpgradeJudge()
    try DemoFixture.write(to: folder.file("a.h5"), cases: []) { author in
      try BuildCase().write(author, "kept")
      try BuildCase(loss: nil).write(author, "case")
    }
    let side = judge.side(folder.file("a.h5"))
    let agreement = judge.agreement(of: side, and: side)
    #expect(agreement.differences.map(\.name) == ["case", "case"])
    #expect(agreement.gate.exitCode == 1)
  }

  @Test("what only one build raises on is a difference, and other inputs cannot be judged")
  func differences() throws {
    let judge = UpgradeJudge()
    var otherInput = BuildCase()
    otherInput.logit = Tensor(.float32, .vector(4), values: [1, 2, 3, 4])
    for (name, cases) in [
      ("a.h5", [BuildCase(), BuildCase(), BuildCase()]),
      ("b.h5", [BuildCase(), BuildCase(loss: nil), otherInput]),
    ] {
      try DemoFixture.write(to: folder.file(name), cases: []) { author in
        for (place, conformanceCase) in cases.enumerated() {
          try conformanceCase.write(author, "case-\(place)")
        }
      }
    }
    let agreement = judge.agreement(of: judge.side(folder.file("a.h5")), and: judge.side(folder.file("b.h5")))
    #expect(agreement.differences == [.init(name: "case-1", reason: "only B raises: it broke")])
    #expect(agreement.unjudged.map(\.name) == ["case-2"])
    #expect(agreement.verdict == .unjudged)
    #expect(agreement.gate.exitCode == 2)
  }
}
