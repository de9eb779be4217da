import Comparison
import FocalLoss
import Tensors
import Testing

@testable import Conformance

/// One tensor of a committed fixture.
struct ExplainedTensor: CustomStringConvertible, Sendable {
  let file: String
  let name: String
  let tensor: String

  var description: String { "\(file)#\(name) \(tensor)" }

  init(_ file: String, _ name: String, _ tensor: String = "outputs/loss") {
    (self.file, self.name, self.tensor) = (file, name, tensor)
  }

  func open() throws -> FixtureReader {
    try FixtureLocation(path: "\(committedFixtures)/\(file)").open()
  }

  static let all = [
    ExplainedTensor("paddle-3.3.1.h5", "formula.normal.none.f32"),
    ExplainedTensor("paddle-3.3.1.h5", "formula.normal.mean.f32"),
    ExplainedTensor("paddle-3.3.1.h5", "formula.normal.mean.f32", "grads/logit"),
    ExplainedTensor("paddle-3.0.0.h5", "paddle.grid-0.none.f32", "grads/logit"),
    ExplainedTensor("paddle-2.6.2.h5", "retina.head-all-positive.sum.f32"),
    ExplainedTensor("paddle-2.6.2.h5", "retina.head-all-positive.sum.f32", "grads/logit"),
    ExplainedTensor("torch-2.13.0.h5", "perlabel.labels-alpha.a0.3.mean.f32"),
    ExplainedTensor("torch-2.13.0.h5", "perlabel.labels-alpha.a0.3.mean.f32", "grads/prob"),
    ExplainedTensor("torch-1.13.h5", "torchvision.normal.sum.f32"),
  ]
}

@Suite("Explanation")
struct ExplanationTests {
  @Test(
    "ends at the value, enclosure and exact value that the worst element was judged by",
    arguments: ExplainedTensor.all)
  func agreesWithJudge(tensor: ExplainedTensor) throws {
    let fixture = try tensor.open()
    let report = Judge(policy: .derived).judge(tensor.name, of: fixture)
    let judged = try #require(report.tensors.first { $0.name == tensor.tensor })
    let comparison = try #require(judged.comparison)
    let explanation = try Explanation(tensor.name, of: fixture, tensor: tensor.tensor)
    let result = try #require(explanation.result)
    guard let worst = comparison.worst.first else {
      // All are identical, so the first element is explained.
      #expect(explanation.actual == result.native)
      return
    }
    #expect(explanation.index == judged.shape?.coordinates(of: worst.position))
    #expect(result.native == comparison.type.value(ofBits: worst.expectedBits))
    #expect(explanation.actual == comparison.type.value(ofBits: worst.actualBits))
    #expect(result.exact == worst.exact)
    #expect(result.allowed?.lowerBound == worst.allowed?.lower)
    #expect(result.allowed?.upperBound == worst.allowed?.upper)
  }

  @Test("no step of the documented program adds more than half a ULP", arguments: ExplainedTensor.all)
  func ownRoundings(tensor: ExplainedTensor) throws {
    let explanation = try Explanation(tensor.name, of: tensor.open(), tensor: tensor.tensor)
    #expect(explanation.steps.contains { $0.ownError != nil })
    for step in explanation.steps {
      guard let own = step.ownError else { continue }
      #expect(own.magnitude <= 0.5, "#\(step.number) \(step.text): \(own)")
    }
  }

  @Test("an error is the own rounding and what is inherited from the operands")
  func inheritance() throws {
    let explanation = try Explanation(
      "formula.normal.mean.f32", of: ExplainedTensor.all[1].open(), tensor: "outputs/loss")
    #expect(explanation.steps.map(\.text) == ["sum of 247 elements", "sum / 247"])
    let (sum, mean) = (explanation.steps[0], explanation.steps[1])
    let inherited = try #require(mean.amplification) * abs(try #require(sum.error))
    let difference = try #require(mean.error) - (try #require(mean.ownError))
    #expect(abs(inherited - abs(difference)) < 1e-9)
  }

  @Test("with an index an element is explained before it is reduced")
  func beforeReduction() throws {
    let tensor = ExplainedTensor.all[1]
    let explanation = try Explanation(
      tensor.name, of: tensor.open(), tensor: tensor.tensor, at: [12, 18])
    #expect(explanation.actual == nil)
    #expect(explanation.index == [12, 18])
    #expect(explanation.steps.contains { $0.text == "sigmoid" })
  }

  @Test("without a tensor the one with the worst verdict is explained")
  func worstTensor() throws {
    let explanation = try Explanation("paddle.grid-0.none.f32", of: ExplainedTensor.all[3].open())
    #expect(explanation.tensor == "grads/logit")
  }

  @Test("the framework's stages stand beside the steps of a loss and of a gradient")
  func stages() throws {
    let fixture = try ExplainedTensor("torch-2.13.0.h5", "").open()
    let name = try #require(fixture.caseNames.first { $0.hasPrefix("torchvision.stages.none.f32") })
    for tensor in ["outputs/loss", "grads/logit"] {
      let explanation = try Explanation(name, of: fixture, tensor: tensor)
      #expect(explanation.steps.contains { $0.text == "p_t" && $0.stage != nil }, "\(tensor)")
      #expect(explanation.parting == nil, "\(tensor)")
    }
  }
}
