import Arithmetic
import Tensors
import Testing

@testable import FocalLoss

/// What a case comes to in the native arithmetic: every element for reduction none, else the one result.
func evaluate(
  _ variant: any FocalLossVariant.Type, _ parameters: Parameters, _ inputs: [String: Tensor],
  blockCount: Int = 5
) throws -> [Double] {
  let signature = Signature(parameters, inputs.mapValues { Signature.Input($0.elementType, $0.shape) })
  let plan = try variant.uncheckedPlan(signature)
  var evaluation = Evaluation(plan, in: NativeArithmetic())
  var results: [Double] = []
  for block in plan.elements.regions(maximumCount: blockCount) {
    var tensors: [String: Tensor] = [:]
    for (name, region) in plan.reads(for: block) {
      tensors[name] = try #require(inputs[name]).cut(region)
    }
    results += try evaluation.evaluate(block, from: tensors).results
  }
  return evaluation.conclude() ?? results
}

extension Tensor {
  /// The elements of a region.
  func cut(_ region: Region) throws -> Tensor {
    let width = elementType.byteCount
    return Tensor(
      elementType, try Shape(region.extent),
      bytes: Array(bytes[(region.offset * width)..<((region.offset + region.count) * width)]))
  }

  static func floats(_ dimensions: [Int], _ values: [Double], _ type: ElementType = .float32) throws -> Tensor
  {
    Tensor(type, try Shape(dimensions), values: values)
  }

  static func integers(_ dimensions: [Int], _ values: [Int64]) throws -> Tensor {
    Tensor(.int64, try Shape(dimensions), bytes: values.flatMap { withUnsafeBytes(of: $0, Array.init) })
  }
}

@Suite("Documented numbers")
struct DocumentedNumberTests {
  static let blog: [String: Tensor] = [
    "logit": Tensor(.float32, shape23, values: [0.97, -0.91, 0.03, -0.55, -0.43, 0.71]),
    "label": Tensor(.float32, shape23, values: [1, 0, 0, 0, 1, 0]),
  ]
  private static let shape23 = (try? Shape([2, 3])) ?? .scalar

  private func isPrinted(_ values: [Double], _ printed: [Double]) -> Bool {
    values.map { ($0 * 1e8).rounded() } == printed.map { ($0 * 1e8).rounded() }
  }

  @Test("the manual calculation of the first document")
  func manual() throws {
    let values = try evaluate(PaddleFormula.self, Parameters(), Self.blog)
    #expect(
      isPrinted(values, [0.00607155, 0.02089742, 0.13681224, 0.04572807, 0.08544625, 0.37411609]), "\(values)"
    )
  }

  @Test("the API call of the first document")
  func api() throws {
    let values = try evaluate(PaddleSigmoidFocalLoss.self, Parameters(), Self.blog)
    #expect(
      isPrinted(values, [0.00607155, 0.02089742, 0.13681222, 0.04572806, 0.08544625, 0.37411612]), "\(values)"
    )
  }

  @Test("the API with a normalizer, for all or for each class", arguments: [[], [1], [3]])
  func normalizer(dimensions: [Int]) throws {
    let shape = try Shape(dimensions)
    let normalizer = Tensor(.float32, shape, values: Array(repeating: 12, count: shape.count))
    let values = try evaluate(
      PaddleSigmoidFocalLoss.self, Parameters(), Self.blog.merging(["normalizer": normalizer]) { $1 })
    #expect(
      isPrinted(values, [0.00050596, 0.00174145, 0.01140102, 0.00381067, 0.00712052, 0.03117634]), "\(values)"
    )
  }

  @Test("the example of Paddle's documentation")
  func paddleExample() throws {
    let values = try evaluate(
      PaddleSigmoidFocalLoss.self, Parameters(reduction: .sum),
      [
        "logit": .floats([2, 3], [0.97, 0.91, 0.03, 0.55, 0.43, 0.71]),
        "label": .floats([2, 3], [1, 0, 0, 0, 1, 0]),
        "normalizer": .floats([], [2]),
      ])
    // The document's last digits are those of a sum from left to right in float32; the exact sum, rounded once, is
    // the next value.
    #expect(values == [Double(Float(0.65782464).nextUp)])
  }
}

@Suite("Variants")
struct VariantTests {
  @Test("names are unique, and each variant is found by its name")
  func registry() {
    #expect(Set(Variants.all.map { $0.name }).count == Variants.all.count)
    for variant in Variants.all { #expect(Variants.named(variant.name) == variant) }
    #expect(Variants.named("paddle") == nil)
  }

  @Test("the background class is a row of zeros")
  func backgroundRow() throws {
    let logit = try Tensor.floats([2, 2], [0.3, -0.7, 1.5, 0.2])
    let byClass = try evaluate(
      PaddleDetectionFocalLoss.self, Parameters(), ["logit": logit, "target": .integers([2], [2, 0])])
    let byLabel = try evaluate(
      PaddleSigmoidFocalLoss.self, Parameters(), ["logit": logit, "label": .floats([2, 2], [0, 0, 1, 0])])
    #expect(byClass == byLabel)
  }

  @Test("the RetinaNet head drops ignored anchors and divides by the positives")
  func retinaHead() throws {
    let logit = try Tensor.floats([4, 2], [0.3, -0.7, 1.5, 0.2, 9, 9, -1, 2])
    let parameters = Parameters(reduction: .sum, lossWeight: 2)
    let result = try evaluate(
      PaddleDetectionRetinaHeadLoss.self, parameters,
      [
        "logit": logit, "anchor_label": .integers([4], [1, 0, -1, 1]), "match": .integers([4], [1, 0, 0, 0]),
        "gt_class": .integers([2, 1], [1, 0]),
      ], blockCount: 3)
    let kept = try evaluate(
      PaddleSigmoidFocalLoss.self, Parameters(reduction: .sum),
      [
        "logit": .floats([3, 2], [0.3, -0.7, 1.5, 0.2, -1, 2]),
        "label": .floats([3, 2], [1, 0, 0, 0, 0, 1]),
      ])
    // Two positives and a weight of two cancel.
    #expect(result == kept)
  }

  @Test("without positives the RetinaNet head divides by one")
  func retinaHeadWithoutPositives() throws {
    let inputs: [String: Tensor] = [
      "logit": try .floats([1, 2], [0.5, 1]), "anchor_label": try .integers([1], [0]),
      "match": try .integers([1], [0]),
      "gt_class": try .integers([0], []),
    ]
    let sum = try evaluate(
      PaddleSigmoidFocalLoss.self, Parameters(reduction: .sum),
      ["logit": .floats([1, 2], [0.5, 1]), "label": .floats([1, 2], [0, 0])])
    #expect(try evaluate(PaddleDetectionRetinaHeadLoss.self, Parameters(reduction: .sum), inputs) == sum)
  }

  @Test("the clamp caps the loss of a certain and wrong probability")
  func clampCaps() throws {
    let losses = try evaluate(
      TorchClampedBinary.self, Parameters(),
      ["prob": .floats([2], [0, 1]), "target": .integers([2], [1, 0])])
    #expect(losses == [Double(Float(2.3021245)), Double(Float(6.9063735))])
  }

  @Test("soft targets are truncated to their class")
  func softTargets() throws {
    let prob = try Tensor.floats([3], [0.2, 0.4, 0.9])
    let soft = try evaluate(
      TorchClampedBinary.self, Parameters(), ["prob": prob, "target": .floats([3], [0.99, -0.5, 1.5])])
    let hard = try evaluate(
      TorchClampedBinary.self, Parameters(), ["prob": prob, "target": .integers([3], [0, 0, 1])])
    #expect(soft == hard)
  }

  @Test("the label loop gives the mean of the labels' means and the sum of their sums")
  func labelLoop() throws {
    let prob: [Double] = [0.2, 0.7, 0.4, 0.1, 0.9, 0.6]
    let target: [Int64] = [1, 0, 0, 1, 1, 1]
    let inputs: [String: Tensor] = [
      "prob": try .floats([3, 2], prob), "target": try .integers([3, 2], target),
    ]
    for reduction in [Reduction.mean, .sum] {
      var columns: [Double] = []
      for column in 0..<2 {
        let rows = [column, 2 + column, 4 + column]
        let label: [String: Tensor] = [
          "prob": try .floats([3], rows.map { prob[$0] }),
          "target": try .integers([3], rows.map { target[$0] }),
        ]
        columns += try evaluate(TorchClampedBinary.self, Parameters(reduction: reduction), label)
      }
      let total = Float(columns[0]) + Float(columns[1])
      let expected = reduction == .mean ? total / 2 : total
      #expect(
        try evaluate(TorchPerLabelLoop.self, Parameters(reduction: reduction), inputs) == [Double(expected)])
    }
  }

  @Test(
    "a 16-bit probability is promoted to float32 by the class mask",
    arguments: [ElementType.float16, .bfloat16])
  func maskPromotes(type: ElementType) throws {
    let plan = try TorchClampedBinary.plan(
      Signature(Parameters(), ["prob": .init(type, .vector(3)), "target": .init(.int64, .vector(3))]))
    #expect(plan.type == .float32)
    #expect(plan.shape == .column(3))
  }

  @Test("alpha −1 turns torchvision's weighting off")
  func alphaOff() throws {
    let inputs: [String: Tensor] = [
      "logit": try .floats([2], [0.5, -1]), "label": try .floats([2], [1, 0]),
    ]
    let off = try evaluate(TorchvisionSigmoidFocalLoss.self, Parameters(alpha: -1), inputs)
    let half = try evaluate(TorchvisionSigmoidFocalLoss.self, Parameters(alpha: 0.5), inputs)
    #expect(off == half.map { $0 * 2 })
  }

  @Test("the documented formula is NaN where 0 meets −∞, and the API is not")
  func formulaHazard() throws {
    let inputs: [String: Tensor] = [
      "logit": try .floats([2], [16.635532, 16.635530]), "label": try .floats([2], [1, 1]),
    ]
    let formula = try evaluate(PaddleFormula.self, Parameters(), inputs)
    #expect(formula[0].isNaN)
    #expect(formula[1].isFinite)
    #expect(try evaluate(PaddleSigmoidFocalLoss.self, Parameters(), inputs).allSatisfy(\.isFinite))
  }

  @Test(
    "a normalizer for each class divides its own column, however the blocks fall",
    arguments: [1, 2, 3, 4, 5, 100])
  func normalizerColumns(blockCount: Int) throws {
    let logit: [Double] = (0..<15).map { Double($0) / 4 - 2 }
    let divisors: [Double] = [1, 2, 4, 8, 16]
    var inputs: [String: Tensor] = [
      "logit": try .floats([3, 5], logit), "label": try .floats([3, 5], Array(repeating: 1, count: 15)),
    ]
    let plain = try evaluate(PaddleFormula.self, Parameters(), inputs)
    inputs["normalizer"] = try .floats([5], divisors)
    let divided = try evaluate(PaddleFormula.self, Parameters(), inputs, blockCount: blockCount)
    #expect(divided == plain.enumerated().map { $1 / divisors[$0 % 5] })
  }

  @Test("an empty tensor sums to 0 and has no mean")
  func empty() throws {
    let inputs: [String: Tensor] = ["logit": try .floats([0, 3], []), "label": try .floats([0, 3], [])]
    #expect(try evaluate(PaddleSigmoidFocalLoss.self, Parameters(), inputs) == [])
    #expect(try evaluate(PaddleSigmoidFocalLoss.self, Parameters(reduction: .sum), inputs) == [0])
    #expect(try evaluate(PaddleSigmoidFocalLoss.self, Parameters(reduction: .mean), inputs)[0].isNaN)
  }
}

struct RejectedCase: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let variant: any FocalLossVariant.Type
  var parameters = Parameters()
  let inputs: [String: Signature.Input]
  let reason: String

  static let all: [RejectedCase] = {
    func input(_ type: ElementType, _ dimensions: Int...) -> Signature.Input {
      Signature.Input(type, (try? Shape(dimensions)) ?? .scalar)
    }
    let logit = input(.float32, 2, 3)
    let target = input(.int64, 2)
    return [
      RejectedCase(
        testDescription: "labels of another shape are not broadcast", variant: PaddleFormula.self,
        inputs: ["logit": logit, "label": input(.float32, 1, 3)], reason: "(1, 3)"),
      RejectedCase(
        testDescription: "a 2-D normalizer", variant: PaddleSigmoidFocalLoss.self,
        inputs: ["logit": logit, "label": logit, "normalizer": input(.float32, 2, 3)],
        reason: "zero or one dimension"),
      RejectedCase(
        testDescription: "a normalizer of another length", variant: PaddleSigmoidFocalLoss.self,
        inputs: ["logit": logit, "label": logit, "normalizer": input(.float32, 2)], reason: "last axis"),
      RejectedCase(
        testDescription: "an integer label for Paddle's API", variant: PaddleSigmoidFocalLoss.self,
        inputs: ["logit": logit, "label": input(.int64, 2, 3)], reason: "label is int64"),
      RejectedCase(
        testDescription: "a missing label", variant: TorchvisionSigmoidFocalLoss.self,
        inputs: ["logit": logit],
        reason: "needs an input named label"),
      RejectedCase(
        testDescription: "1-D logits for class ids", variant: PaddleDetectionFocalLoss.self,
        inputs: ["logit": target, "target": target], reason: "logit is int64"),
      RejectedCase(
        testDescription: "float class ids", variant: PaddleDetectionFocalLoss.self,
        inputs: ["logit": logit, "target": input(.float32, 2)], reason: "needs integers"),
      RejectedCase(
        testDescription: "a mean of the RetinaNet head", variant: PaddleDetectionRetinaHeadLoss.self,
        parameters: Parameters(reduction: .mean),
        inputs: ["logit": logit, "anchor_label": target, "match": target, "gt_class": target],
        reason: "reduction is mean"),
      RejectedCase(
        testDescription: "the label loop without a reduction", variant: TorchPerLabelLoop.self,
        inputs: ["prob": logit, "target": logit], reason: "reduction is none"),
      RejectedCase(
        testDescription: "more labels than sums can be kept for", variant: TorchPerLabelLoop.self,
        parameters: Parameters(reduction: .mean),
        inputs: ["prob": input(.float32, 0, 1 << 62), "target": input(.int64, 0, 1 << 62)],
        reason: "labels; sums"),
      RejectedCase(
        testDescription: "more ground truth than is kept", variant: PaddleDetectionRetinaHeadLoss.self,
        parameters: Parameters(reduction: .sum),
        inputs: [
          "logit": logit, "anchor_label": target, "match": target, "gt_class": input(.int64, 1 << 40),
        ],
        reason: "at most 1048576"),
      RejectedCase(
        testDescription: "a target of another size", variant: TorchClampedBinary.self,
        parameters: Parameters(reduction: .mean), inputs: ["prob": logit, "target": target], reason: "(2,)"),
    ]
  }()
}

@Suite("Rejections")
struct RejectionTests {
  @Test("what the documentation rules out is rejected with its reason", arguments: RejectedCase.all)
  func rejects(rejected: RejectedCase) {
    do {
      _ = try rejected.variant.uncheckedPlan(Signature(rejected.parameters, rejected.inputs))
      Issue.record("it was planned")
    } catch {
      #expect(error.description.contains(rejected.reason), "\(error)")
    }
  }

  @Test(
    "alpha outside of the documented range is computed, but a framework may raise on it",
    arguments: [1.5, -0.5, .nan, .infinity])
  func undocumentedAlpha(alpha: Double) throws {
    let logit = Signature.Input(.float32, .vector(2))
    let signature = Signature(Parameters(alpha: alpha), ["logit": logit, "label": logit])
    for variant in [PaddleSigmoidFocalLoss.self, TorchvisionSigmoidFocalLoss.self]
      as [any FocalLossVariant.Type]
    {
      #expect(variant.undocumented(signature)?.description.contains("alpha is \(alpha)") == true)
      _ = try variant.uncheckedPlan(signature)
    }
  }

  @Test("documented parameters and types are no reason to raise", arguments: [ElementType.float32, .float64])
  func documented(type: ElementType) {
    let logit = Signature.Input(type, .vector(2))
    for variant in Variants.all {
      let inputs = ["logit": logit, "label": logit, "prob": logit]
      #expect(variant.undocumented(Signature(Parameters(alpha: 1), inputs)) == nil, "\(variant.name)")
      let half = inputs.mapValues { _ in Signature.Input(.float16, .vector(2)) }
      #expect(variant.undocumented(Signature(Parameters(), half)) != nil, "\(variant.name)")
    }
    let off = Signature(Parameters(alpha: -1), ["logit": logit, "label": logit])
    #expect(TorchvisionSigmoidFocalLoss.undocumented(off) == nil)
  }

  @Test("shapes as large as they come are planned or rejected, never a trap")
  func hugeShapes() throws {
    for dimensions in [[0, Int.max], [Int.max, 0], [0, Int.max, Int.max], [1, Int.max], [Int.max]] {
      for variant in Variants.all {
        let float = Signature.Input(.float32, try Shape(dimensions))
        let rows = Signature.Input(.int64, .vector(dimensions[0]))
        let inputs = [
          "logit": float, "label": float, "prob": float,
          "target": variant.firstInput == "prob" ? float : rows,
          "anchor_label": rows, "match": rows, "gt_class": .init(.int64, .vector(0)),
        ]
        for reduction in Reduction.allCases {
          guard let plan = try? variant.uncheckedPlan(Signature(Parameters(reduction: reduction), inputs))
          else {
            continue
          }
          let evaluation = Evaluation(plan, in: NativeArithmetic())
          let block = plan.elements.regions(maximumCount: 8).first { _ in true }
          #expect((block == nil) == (plan.elements.count == 0))
          if let block { _ = plan.reads(for: block) } else { _ = evaluation.conclude() }
        }
      }
    }
  }

  @Test("elements outside of their range are rejected by name", arguments: [Int64(-1), 4, .max])
  func elementsAreChecked(id: Int64) throws {
    #expect(throws: Rejection.self) {
      try evaluate(
        PaddleDetectionFocalLoss.self, Parameters(),
        ["logit": .floats([1, 3], [0, 0, 0]), "target": .integers([1], [id])])
    }
  }

  @Test(
    "labels, indices and classes of anchors outside of their range are rejected by name",
    arguments: [
      ("anchor_label", [Int64(2)]), ("anchor_label", [-2]), ("anchor_label", [.max]), ("match", [2]),
      ("match", [-1]), ("match", [.max]), ("gt_class", [3, 0]), ("gt_class", [-1, 0]),
      ("gt_class", [.max, 0]),
    ])
  func anchorsAreChecked(name: String, elements: [Int64]) throws {
    var inputs: [String: Tensor] = [
      "logit": try .floats([1, 2], [0.5, 1]), "anchor_label": try .integers([1], [1]),
      "match": try .integers([1], [0]), "gt_class": try .integers([2], [1, 0]),
    ]
    let parameters = Parameters(reduction: .sum)
    #expect(throws: Never.self) {
      try evaluate(PaddleDetectionRetinaHeadLoss.self, parameters, inputs)
    }
    inputs[name] = try .integers([elements.count], elements)
    let rejection = #expect(throws: Rejection.self) {
      try evaluate(PaddleDetectionRetinaHeadLoss.self, parameters, inputs)
    }
    #expect(rejection?.input == name)
  }

  @Test("a target that has no class is rejected", arguments: [2.0, -1, .nan, .infinity, 1e300])
  func targetsAreChecked(target: Double) throws {
    #expect(throws: Rejection.self) {
      try evaluate(
        TorchClampedBinary.self, Parameters(),
        ["prob": .floats([1], [0.5]), "target": .floats([1], [target], .float64)])
    }
  }
}
