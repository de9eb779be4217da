import FixtureAuthoring
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
