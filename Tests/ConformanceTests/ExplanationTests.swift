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

  /// The smallest case of each variant, reduction, outcome and set of tensors in each committed fixture.
  static let sample: [ExplainedCase] = FixtureLocation.find([committedFixtures]).flatMap { location in
    do {
      let fixture = try location.open()
      var smallest: [[String]: (count: Int, example: ExplainedCase)] = [:]
      for name in fixture.caseNames {
        let conformanceCase = try fixture.conformanceCase(name)
        let tensors = conformanceCase.results.values.filter { $0.shape.count > 0 }.map(\.name).sorted()
        let kind =
          [conformanceCase.variant, "\(conformanceCase.parameters.reduction)", "\(conformanceCase.outcome)"]
          + tensors
        let count = conformanceCase.inputs.values.map(\.shape.count).reduce(0, +)
        let example = ExplainedCase(file: location.fileName, name: name, tensors: tensors)
        if count < smallest[kind]?.count ?? .max { smallest[kind] = (count, example) }
      }
      return smallest.values.map(\.example).sorted { $0.name < $1.name }
    } catch {
      return [ExplainedCase(file: location.fileName, name: "\(error)", tensors: [])]
    }
  }
}

/// A case of a committed fixture, and the names of its results that have elements.
struct ExplainedCase: CustomStringConvertible, Sendable {
  let file: String
  let name: String
  let tensors: [String]

  var description: String { "\(file)#\(name)" }
}

@Suite("Explanation")
struct ExplanationTests {
  @Test(
    "ends at the value, enclosure and exact value that the worst element was judged by",
    arguments: ExplainedTensor.all)
  func agreesWithJudge(tensor: ExplainedTensor) throws {
    try expectAgreement(tensor, in: try tensor.open())
  }

  private func expectAgreement(_ tensor: ExplainedTensor, in fixture: FixtureReader) throws {
    let report = Judge(policy: .derived).judge(tensor.name, of: fixture)
    let judged = try #require(report.tensors.first { $0.name == tensor.tensor })
    let comparison = try #require(judged.comparison)
    let explanation = try Explanation(tensor.name, of: fixture, tensor: tensor.tensor)
    let result = try #require(explanation.result)
    guard let worst = comparison.worst.first else {
      // All are identical, so the first element is explained.
      let actual = try #require(explanation.actual)
      #expect(actual == result.native || actual.isNaN && result.native.isNaN, "\(tensor)")
      #expect(explanation.index.allSatisfy { $0 == 0 }, "\(tensor)")
      return
    }
    #expect(explanation.index == judged.shape?.coordinates(of: worst.position) || judged.shape?.count == 1)
    #expect(result.native.bitPattern == comparison.type.value(ofBits: worst.expectedBits).bitPattern)
    let actual = try #require(explanation.actual)
    #expect(actual.isNaN || actual == comparison.type.value(ofBits: worst.actualBits))
    #expect(result.exact == worst.exact)
    #expect(result.allowed?.lowerBound == worst.allowed?.lower)
    #expect(result.allowed?.upperBound == worst.allowed?.upper)
  }

  @Test(
    "each kind of committed case is explained without a tensor or an index, or it is said why not",
    arguments: ExplainedTensor.sample)
  func everyKind(example: ExplainedCase) throws {
    let fixture = try ExplainedTensor(example.file, example.name).open()
    let conformanceCase = try fixture.conformanceCase(example.name)
    if conformanceCase.outcome == .raised {
      let error = #expect(throws: FixtureError.self) { try Explanation(example.name, of: fixture) }
      let message = try #require(conformanceCase.error)
      #expect(
        error?.text.contains("the framework raised, so there is no result to explain: \(message)") == true)
      return
    }
    for tensor in example.tensors {
      try expectAgreement(ExplainedTensor(example.file, example.name, tensor), in: fixture)
    }
    guard example.tensors.isEmpty else {
      let explanation = try Explanation(example.name, of: fixture)
      #expect(explanation.actual != nil)
      #expect(explanation.parameters == conformanceCase.parameters || explanation.parameters.alpha.isNaN)
      return
    }
    let error = #expect(throws: FixtureError.self) { try Explanation(example.name, of: fixture) }
    #expect(error?.text.contains("has no element") == true, "\(error?.text ?? "")")
  }

  @Test("every kind of case is among those that are explained")
  func sampleIsWhole() throws {
    let sample = ExplainedTensor.sample
    #expect(Set(sample.map(\.file)).count == 8)
    #expect(sample.contains { $0.tensors.contains("grads/prob") })
    #expect(sample.contains { $0.tensors.isEmpty })
    #expect(sample.count > 60, "\(sample.count)")
  }

  @Test("a loss with one result for each row is explained by an element of the row, and by an index of one")
  func rows() throws {
    let fixture = try ExplainedTensor("keras-3.15.1.h5", "").open()
    let name = try #require(
      fixture.caseNames.first { name in
        let loss = try? fixture.conformanceCase(name).outputs["loss"]
        return name.hasSuffix(".none.f32") && (loss?.shape.count ?? 0) > 1
      })
    let worst = try Explanation(name, of: fixture, tensor: "outputs/loss")
    let element = try #require(worst.element)
    #expect(Array(element.dropLast()) == worst.index)
    #expect(worst.steps.contains { $0.text.contains("row \(worst.index[0])") })
    let rows = try #require(try fixture.conformanceCase(name).outputs["loss"]).shape.count
    for row in [0, rows - 1] {
      let explanation = try Explanation(name, of: fixture, tensor: "outputs/loss", at: [row, 0])
      #expect(explanation.index == [row])
      #expect(explanation.element == [row, 0])
      let loss = try fixture.conformanceCase(name).outputs["loss"]?.readAll()
      #expect(explanation.actual == loss?.value(at: row))
    }
    #expect(throws: FixtureError.self) {
      try Explanation(name, of: fixture, tensor: "outputs/loss", at: [rows, 0])
    }
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
