import FixtureAuthoring
import FocalLoss
import Testing

@testable import Conformance

/// A conforming case with its loss and its gradient, and what becomes of the run when some of it is unjudged.
@Suite("Unjudged results")
struct UnjudgedTests {
  /// A run of one committed case that conforms, changed by hand.
  private func report(_ change: (inout CaseReport) -> Void) throws -> Report {
    let location = FixtureLocation(path: "\(PublicReport.folder)/b01-right.h5")
    // Without a plan, so that cases can be added.
    var report = Report(policy: .derived, fixtures: Runner(policy: .derived).run([location]).fixtures)
    try #require(report.gate.passed)
    change(&report.fixtures[0].cases[0])
    return report
  }

  private func unjudged(_ tensor: TensorReport) -> TensorReport {
    TensorReport(name: tensor.name, type: tensor.type, shape: tensor.shape, finding: .unjudged("no rule"))
  }

  @Test("an unjudged result beside judged ones is counted, and fails where every result must be judged")
  func oneTensor() throws {
    var report = try report { $0.tensors[1] = unjudged($0.tensors[1]) }
    #expect(report.cases[0].verdict == .conformant)
    #expect(report.unjudgedTensorCount == 1)
    #expect(report.gate.passed)
    report.requiresJudged = true
    #expect(report.gate.exitCode == 2)
    #expect(report.gate.reasons == ["1 tensor unjudged, and --require-judged was given"])
  }

  @Test("a case of which nothing was judged is no success, beside cases that conform")
  func oneCase() throws {
    var report = try report { _ in }
    var missing = CaseReport(id: "b01-right.h5#missing", name: "missing")
    missing.reason = "the build did not export it"
    report.fixtures[0].cases.append(missing)
    #expect(missing.verdict == .unjudged)
    #expect(report.verdict == .unjudged)
    #expect(report.gate.exitCode == 2)
    #expect(report.gate.reasons == ["nothing of 1 case was judged"])
    report.fixtures[0].cases[1].mayBeUnjudged = true
    #expect(report.verdict == .conformant)
    #expect(report.gate.passed)
  }

  @Test("a case whose every result is unjudged is no success")
  func everyTensor() throws {
    let report = try report { report in report.tensors = report.tensors.map(unjudged) }
    #expect(report.cases[0].verdict == .unjudged)
    #expect(report.gate.exitCode == 2)
  }

  @Test(
    "where the framework computed the loss and raised for the gradient, the gradient is unjudged, and is told"
  )
  func raisedGradient() throws {
    let folder = try TemporaryFolder()
    let path = folder.file("raised.h5")
    let loss = try #require(Variants.named("torchvision.sigmoid_focal_loss"))
    try DemoFixture.write(to: path, cases: []) { author in
      for variant in Variants.all {
        try VariantCase(variant).write(author, variant.name, changing: ["grad_error": .fixed("no kernel")])
      }
      try VariantCase(loss).write(author, "both", changing: ["grad_error": .fixed("no kernel")])
      try author.dataset("/cases/both/grads/logit", DemoFixture.logit)
    }
    var report = Runner(policy: .derived).run([FixtureLocation(path: path)])
    for variant in Variants.all {
      let found = try #require(report.cases.first { $0.name == variant.name })
      let gradient = found.tensors.first { $0.name == "grads/\(variant.firstInput)" }
      #expect(gradient?.verdict == .unjudged, "\(variant.name)")
    }
    let both = try #require(report.cases.first { $0.name == "both" })
    #expect(both.error?.text.contains("grads/logit: is a gradient of a case that says in grad_error") == true)
    report.fixtures[0].cases.removeAll { $0.name == "both" }
    #expect(report.unjudgedTensorCount == Variants.all.count)
    report.requiresJudged = true
    #expect(!report.gate.passed)
  }

  @Test("an unjudged result hides no fault", arguments: [0, 1])
  func faultBeside(position: Int) throws {
    let location = FixtureLocation(path: "\(PublicReport.folder)/b03-wrong.h5")
    var report = Runner(policy: .derived).run([location])
    let tensors = report.fixtures[0].cases[0].tensors
    try #require(tensors.count == 2)
    report.fixtures[0].cases[0].tensors[position] = unjudged(tensors[position])
    let isFaulty = tensors[1 - position].verdict == .nonconformant
    #expect(report.gate.exitCode == (isFaulty ? 1 : 0))
  }

  @Test("what went wrong beside the findings fails the gate, and a signal gives its own exit code")
  func failures() throws {
    var report = try report { _ in }
    report.failures = ["the journal could not be written"]
    #expect(report.gate == Gate(reasons: ["the journal could not be written"], exitCode: 2))
    report.signal = 15
    #expect(report.gate.exitCode == 143)
  }
}
