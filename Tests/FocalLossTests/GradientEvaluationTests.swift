import Arithmetic
import Tensors
import Testing

@testable import FocalLoss

/// The gradient of a case with respect to the variant's first input, in blocks.
private func gradient(
  _ variant: any FocalLossVariant.Type, _ parameters: Parameters, _ inputs: [String: Tensor],
  _ rules: AdjointRules, gradOutput: [Double] = [1], blockCount: Int = 5
) throws -> [Double] {
  let signature = Signature(parameters, inputs.mapValues { Signature.Input($0.elementType, $0.shape) })
  let plan = try variant.uncheckedPlan(signature)
  var participation = Participation(in: plan)
  let fed = Tensor(
    plan.type, plan.shape,
    values: plan.shape.whole.positions.map { gradOutput[gradOutput.count == 1 ? 0 : $0] })
  func tensors(_ plan: Plan, _ block: Region) throws -> [String: Tensor] {
    var tensors: [String: Tensor] = [:]
    for (name, region) in plan.reads(for: block) {
      tensors[name] = try #require(name == Plan.gradOutput ? fed : inputs[name]).cut(region)
    }
    return tensors
  }
  let blocks = plan.elements.regions(maximumCount: blockCount)
  if participation.dependsOnElements {
    for block in blocks { try participation.add(block, from: tensors(plan, block)) }
  }
  let gradient = try plan.gradient(
    of: variant.firstInput, rules: rules, participation, gradOutput: plan.shape)
  var evaluation = Evaluation(gradient, in: NativeArithmetic())
  return try blocks.flatMap { try evaluation.evaluate($0, from: tensors(gradient, $0)).results }
}

/// A case of one variant in float64, small enough for finite differences.
struct GradientCase: CustomStringConvertible, Sendable {
  let description: String
  let variant: any FocalLossVariant.Type
  let parameters: Parameters
  let inputs: [String: Tensor]

  init(
    _ description: String, _ variant: any FocalLossVariant.Type, _ parameters: Parameters,
    _ inputs: [String: Tensor]
  ) {
    (self.description, self.variant, self.parameters, self.inputs) = (
      description, variant, parameters, inputs
    )
  }

  static let all: [GradientCase] = {
    func tensor(_ dimensions: [Int], _ values: [Double]) -> Tensor {
      Tensor(.float64, (try? Shape(dimensions)) ?? .scalar, values: values)
    }
    func integers(_ dimensions: [Int], _ values: [Int64]) -> Tensor {
      Tensor(
        .int64, (try? Shape(dimensions)) ?? .scalar,
        bytes: values.flatMap { withUnsafeBytes(of: $0, Array.init) })
    }
    let logit = tensor([3, 2], [0.9, -1.1, 2.3, -2.7, 0.4, -0.2])
    let label = tensor([3, 2], [1, 0, 0, 1, 0.3, 1])
    let prob = tensor([3, 2], [0.9, 0.3, 0.6, 0.45, 0.21, 0.77])
    let target = integers([3, 2], [1, 0, 0, 1, 0, 1])
    var cases: [GradientCase] = []
    for gamma in [0, 1, 2, 2.5] {
      for reduction in Reduction.allCases {
        let parameters = Parameters(alpha: 0.3, gamma: gamma, reduction: reduction, lossWeight: 1.5)
        let name = "\(reduction) γ = \(gamma)"
        for variant: any FocalLossVariant.Type in [PaddleFormula.self, PaddleSigmoidFocalLoss.self] {
          let weighted = ["logit": logit, "label": label, "normalizer": tensor([2], [3, 0.7])]
          cases.append(GradientCase("\(variant.name) \(name)", variant, parameters, weighted))
        }
        cases.append(
          GradientCase(
            "torchvision \(name)", TorchvisionSigmoidFocalLoss.self, parameters,
            ["logit": logit, "label": label]))
        cases.append(
          GradientCase(
            "optax \(name)", OptaxSigmoidFocalLoss.self, parameters, ["logit": logit, "label": label]))
        cases.append(
          GradientCase(
            "keras \(name)", KerasBinaryFocalCrossentropy.self, parameters, ["prob": prob, "label": label]))
        cases.append(
          GradientCase(
            "keras from logits \(name)", KerasBinaryFocalCrossentropyFromLogits.self, parameters,
            ["logit": logit, "label": label]))
        cases.append(
          GradientCase(
            "kornia \(name)", KorniaBinaryFocalLossWithLogits.self, parameters,
            [
              "logit": logit, "label": label, "pos_weight": tensor([2], [3, 0.7]),
              "weight": tensor([2], [0.5, 2]),
            ]
          ))
        cases.append(
          GradientCase(
            "ppdet.focal_loss \(name)", PaddleDetectionFocalLoss.self, parameters,
            ["logit": logit, "target": integers([3], [1, 2, 0])]))
        cases.append(
          GradientCase(
            "torch.clamped_binary \(name)", TorchClampedBinary.self, parameters,
            ["prob": prob, "target": target]))
        if reduction != .none {
          cases.append(
            GradientCase(
              "torch.per_label_loop \(name)", TorchPerLabelLoop.self, parameters,
              ["prob": prob, "target": target]))
        }
        if reduction == .sum {
          cases.append(
            GradientCase(
              "ppdet.retina_head_loss \(name)", PaddleDetectionRetinaHeadLoss.self, parameters,
              [
                "logit": logit, "anchor_label": integers([3], [1, -1, 0]), "match": integers([3], [1, 0, 0]),
                "gt_class": integers([2], [1, 0]),
              ]))
        }
      }
    }
    return cases
  }()
}

@Suite("Gradient of a variant")
struct GradientEvaluationTests {
  @Test("neither a loss nor its gradient depends on the size of the blocks", arguments: GradientCase.all)
  func blocksDoNotMatter(gradientCase: GradientCase) throws {
    let (variant, parameters, inputs) = (gradientCase.variant, gradientCase.parameters, gradientCase.inputs)
    let loss = try evaluate(variant, parameters, inputs, blockCount: 6)
    let adjoints = try gradient(variant, parameters, inputs, .paddle3, blockCount: 6)
    for blockCount in 1..<6 {
      #expect(try evaluate(variant, parameters, inputs, blockCount: blockCount) == loss, "\(blockCount)")
      #expect(
        try gradient(variant, parameters, inputs, .paddle3, blockCount: blockCount) == adjoints,
        "\(blockCount)")
    }
  }

  @Test("the tape agrees with central differences", arguments: GradientCase.all, AdjointRules.allCases)
  func finiteDifferences(gradientCase: GradientCase, rules: AdjointRules) throws {
    let (variant, parameters) = (gradientCase.variant, gradientCase.parameters)
    let name = variant.firstInput
    let point = try #require(gradientCase.inputs[name])
    let isLoop = variant == TorchPerLabelLoop.self
    // The loop stores its losses in float32; a wide step and a wide tolerance stand against that.
    let step = isLoop ? 0x1p-8 : 0x1p-17
    let rounding = isLoop ? 0x1p-23 : 0x1p-49
    let adjoints = try gradient(variant, parameters, gradientCase.inputs, rules)
    for index in 0..<point.count {
      func loss(_ move: Double) throws -> (sum: Double, magnitude: Double) {
        var values = point.values
        values[index] += move
        var inputs = gradientCase.inputs
        inputs[name] = Tensor(.float64, point.shape, values: values)
        let losses = try evaluate(variant, parameters, inputs)
        return (losses.reduce(0, +), losses.reduce(0) { $0 + $1.magnitude })
      }
      let (above, below) = (try loss(step), try loss(-step))
      let difference = (above.sum - below.sum) / (2 * step)
      // Third derivatives here stay below 60: a sixth of that times step², and the roundings of both losses.
      let tolerance = 10 * step * step + rounding * (above.magnitude + below.magnitude) / step
      #expect(
        (adjoints[index] - difference).magnitude <= tolerance,
        "[\(index)] \(adjoints[index]) and \(difference)")
    }
  }

  @Test("what the real frameworks return, to the bit")
  func realNumbers() throws {
    let blog = DocumentedNumberTests.blog
    let paddle26 = [
      -0.013_997_638_598_084_45, 0.047_529_622_912_406_92, 0.232_792_228_460_311_9, 0.094_725_653_529_167_18,
      -0.122_954_696_416_854_86, 0.472_594_141_960_144_04,
    ]
    let paddle33 = [-0.013_997_637_666_761_875] + paddle26.dropFirst()
    #expect(try gradient(PaddleSigmoidFocalLoss.self, Parameters(), blog, .paddle26) == paddle26)
    #expect(try gradient(PaddleSigmoidFocalLoss.self, Parameters(), blog, .paddle3) == paddle33)
    let half: [String: Tensor] = [
      "logit": try .floats([5], [3.890625, 3.18359375, 3.5703125, 8.015625, 5.37109375], .float16),
      "label": try .floats([5], [0, 0, 0, 0, 0], .float16),
    ]
    #expect(
      try gradient(TorchvisionSigmoidFocalLoss.self, Parameters(), half, .torch)
        == [0.818359375, 0.8408203125, 0.830078125, 0.75439453125, 0.77490234375])
  }

  @Test("the cross entropy's derivative at ±0 is 1/2 − y, in Paddle 3 too", arguments: AdjointRules.allCases)
  func crossEntropyAtZero(rules: AdjointRules) {
    let program = Program.record([.init("x", .float32), .init("y", .float32)]) {
      paddleSigmoidCrossEntropy($0[0], $0[1])
    }
    .gradient(of: "x", rules: rules)
    let gradients = program.evaluate(
      [[0, -0.0, 0, -0.0, .infinity, -.infinity, .nan, 3], [0, 0, 1, 1, 1, 0, 1, -100], [2]], count: 8,
      in: NativeArithmetic())
    #expect(gradients.prefix(6) == [1, 1, -1, -1, 0, 0])
    #expect(gradients[6].isNaN)
    #expect(gradients[7] == 0)
  }

  @Test("the rules of Paddle 2.6 and 3 differ in the derivative of the cross entropy and in nothing else")
  func paddleVersions() throws {
    func kernels(_ rules: AdjointRules, _ variant: any FocalLossVariant.Type) throws -> [(String, [String])] {
      let input = Signature.Input(.float32, try Shape([2, 2]))
      let inputs = ["logit": input, "label": input, "target": Signature.Input(.int64, .vector(2))]
      let program = try variant.uncheckedPlan(Signature(Parameters(), inputs)).formula.gradient(
        of: "logit", rules: rules)
      return program.kernels.map { kernel in
        (
          kernel.name,
          kernel.steps.map {
            switch program.steps[$0].operation {
            case .input: "input"
            case .constant(let value): "\(value)"
            case .unary(let primitive, let x): "\(primitive) \(x - kernel.output)"
            case .binary(let primitive, let x, let y):
              "\(primitive) \(x - kernel.output) \(y - kernel.output)"
            case .select(let condition, let x, let y): "select \(condition) \(x) \(y)"
            }
          }
        )
      }
    }
    let name = "sigmoid_cross_entropy_with_logits_grad"
    for variant: any FocalLossVariant.Type in [
      PaddleFormula.self, PaddleSigmoidFocalLoss.self, PaddleDetectionFocalLoss.self,
    ] {
      let (old, new) = (try kernels(.paddle26, variant), try kernels(.paddle3, variant))
      #expect(old.map(\.0) == new.map(\.0))
      #expect(old.contains { $0.0 == name } == (variant != PaddleFormula.self))
      for (one, other) in zip(old, new) {
        #expect(
          (one.1.filter { !$0.contains(" ") } == other.1.filter { !$0.contains(" ") }) == (one.0 != name),
          "\(one.0)")
        #expect((one.1.count == other.1.count) == (one.0 != name), "\(one.0)")
      }
    }
  }

  @Test("γ = 0 has no gradient through the modulator where its base is 0", arguments: AdjointRules.allCases)
  func zeroGamma(rules: AdjointRules) throws {
    let inputs: [String: Tensor] = [
      "logit": try .floats([4], [40, 40, -120, -120]), "label": try .floats([4], [1, 0, 1, 0]),
    ]
    for variant: any FocalLossVariant.Type in [PaddleSigmoidFocalLoss.self, TorchvisionSigmoidFocalLoss.self]
    {
      let gradients = try gradient(variant, Parameters(gamma: 0), inputs, rules)
      // Paddle 3's own form of σ(40) − 1 is −4.2e-18.
      for (value, expected) in zip(gradients, [0, 0.75, -0.25, 0]) {
        #expect((value - expected).magnitude < 1e-17, "\(variant.name)")
      }
    }
  }

  @Test("the clamp passes the gradient from 1e-4 to 1 and none outside; NaN has gradient 0 through it")
  func clampEdges() throws {
    let low = Double(Float(0.0001))
    let prob = [low, Double(Float(0.0001).nextDown), 0, 1, 1.5, -1]
    let gradients = try gradient(
      TorchClampedBinary.self, Parameters(gamma: 0),
      ["prob": .floats([6], prob), "target": .integers([6], [1, 1, 1, 1, 1, 1])], .torch)
    #expect(gradients == [-Double(Float(0.25) / Float(low)), 0, 0, -0.25, 0, 0])
  }

  @Test("a mean divides what is fed in by its count, in the type of the loss")
  func means() throws {
    let inputs = DocumentedNumberTests.blog
    let fed = Double(Float(0.1) / 6)
    for rules in AdjointRules.allCases {
      let mean = try gradient(
        PaddleSigmoidFocalLoss.self, Parameters(reduction: .mean), inputs, rules,
        gradOutput: [Double(Float(0.1))])
      let none = try gradient(PaddleSigmoidFocalLoss.self, Parameters(), inputs, rules, gradOutput: [fed])
      #expect(mean == none)
      let weighted = try gradient(
        PaddleDetectionFocalLoss.self, Parameters(reduction: .sum, lossWeight: 3),
        ["logit": .floats([2, 2], [1, 2, 3, 4]), "target": .integers([2], [0, 1])], rules)
      let plain = try gradient(
        PaddleDetectionFocalLoss.self, Parameters(reduction: .none, lossWeight: 3),
        ["logit": .floats([2, 2], [1, 2, 3, 4]), "target": .integers([2], [0, 1])], rules)
      #expect(weighted == plain)
    }
  }

  @Test("without a reduction each element has its own upstream")
  func ownUpstreams() throws {
    let inputs = DocumentedNumberTests.blog
    let fed: [Double] = [1, -2, 0, 4, 0.5, 8]
    let gradients = try gradient(
      TorchvisionSigmoidFocalLoss.self, Parameters(), inputs, .torch, gradOutput: fed)
    let ones = try gradient(TorchvisionSigmoidFocalLoss.self, Parameters(), inputs, .torch)
    // Powers of two change no rounding here.
    #expect(gradients == zip(fed, ones).map { $0 * $1 })
  }

  @Test("the mean of means goes through the loop's float32 tensor")
  func perLabelLoop() throws {
    let prob = try Tensor.floats([2, 3], [0.9, 0.3, 0.6, 0.45, 0.21, 0.77], .float64)
    let target = try Tensor.integers([2, 3], [1, 0, 0, 1, 0, 1])
    let loop = try gradient(
      TorchPerLabelLoop.self, Parameters(reduction: .mean), ["prob": prob, "target": target], .torch)
    let flat = try gradient(
      TorchClampedBinary.self, Parameters(), ["prob": prob, "target": target], .torch,
      gradOutput: [Double(Float(1) / 3) / 2])
    #expect(loop == flat)
  }

  @Test("ignored anchors have gradient 0, the others are divided by the positives", arguments: [1, 3, 100])
  func retinaHead(blockCount: Int) throws {
    let parameters = Parameters(reduction: .sum, lossWeight: 2)
    let anchors: [String: Tensor] = [
      "logit": try .floats([4, 2], [0.3, -0.7, 1.5, 0.2, 9, 9, -1, 2]),
      "anchor_label": try .integers([4], [1, 0, -1, 1]), "match": try .integers([4], [1, 0, 0, 0]),
      "gt_class": try .integers([2, 1], [1, 0]),
    ]
    let gradients = try gradient(
      PaddleDetectionRetinaHeadLoss.self, parameters, anchors, .paddle3, blockCount: blockCount)
    let kept = try gradient(
      PaddleSigmoidFocalLoss.self, Parameters(reduction: .sum),
      [
        "logit": .floats([3, 2], [0.3, -0.7, 1.5, 0.2, -1, 2]),
        "label": .floats([3, 2], [1, 0, 0, 0, 0, 1]),
      ],
      .paddle3)
    // Two positives and a weight of two cancel.
    #expect(gradients == Array(kept.prefix(4)) + [0, 0] + Array(kept.suffix(2)))
  }

  @Test(
    "PyTorch's cross entropy has one derivative for every order of its forward pass",
    arguments: ElementType.floats)
  func torchCrossEntropy(type: ElementType) throws {
    let format = try #require(type.floatFormat)
    let (x, y, upstream) = (format.round(1.3), format.round(0.3), format.round(0.7))
    let inner = type.computeType.arithmeticFormat
    let e = NativeArithmetic().operation(.exp, at: Site(inner))(-x)
    let sigmoid = format.round(inner.round(1 / inner.round(1 + e)))
    let expected = format.round(format.round(sigmoid - y) * upstream)
    for crossEntropy in [torch1BinaryCrossEntropyWithLogits, torch2BinaryCrossEntropyWithLogits] {
      let program = Program.record([.init("x", type), .init("y", type)]) { crossEntropy($0[0], $0[1]) }
      let gradient = program.gradient(of: "x", rules: .torch)
      #expect(gradient.kernels.map(\.name) == ["sigmoid", "subtract", "multiply"])
      #expect(gradient.evaluate([[x], [y], [upstream]], count: 1, in: NativeArithmetic()) == [expected])
      let label = program.gradient(of: "y", rules: .torch)
      #expect(
        label.evaluate([[x], [y], [upstream]], count: 1, in: NativeArithmetic()) == [
          format.round(-x * upstream)
        ])
    }
  }

  @Test("PyTorch's sigmoid_backward rounds after each operation on float16, and once on the other types")
  func torchSigmoid() throws {
    let points = stride(from: -4.0, through: 4, by: 0.375).map { $0 }
    for type in ElementType.floats {
      let format = try #require(type.floatFormat), inner = type.computeType.arithmeticFormat
      let sigmoids = Program.record([.init("x", type)]) { sigmoid($0[0]) }
        .evaluate([points], count: points.count, in: NativeArithmetic())
      let upstream = format.round(0.7)
      func slopes(_ round: (Double) -> Double) -> [Double] {
        sigmoids.map { format.round(round(round(upstream * round(1 - $0)) * $0)) }
      }
      let (each, once) = (slopes(format.round), slopes(inner.round))
      #expect((each != once) == (type.computeType != type), "\(type)")
      let gradients = Program.record([.init("x", type)]) { sigmoid($0[0]) }.gradient(of: "x", rules: .torch)
        .evaluate([points, [upstream]], count: points.count, in: NativeArithmetic())
      #expect(gradients == (type == .float16 ? each : once), "\(type)")
    }
  }

  @Test("a build has the rules of its framework and version")
  func builds() {
    #expect(AdjointRules.candidates(for: Build("torch", "1.13.0a0")) == [.torch])
    #expect(AdjointRules.candidates(for: Build("paddle", "2.6.2")) == [.paddle26])
    #expect(AdjointRules.candidates(for: Build("paddle", "3.0.0")) == [.paddle3])
    #expect(AdjointRules.candidates(for: Build("optax", "0.2.8")) == [.jax])
    #expect(AdjointRules.candidates(for: Build("kornia", "0.9.0")) == [.torch])
    #expect(AdjointRules.candidates(for: Build("keras", "3.15.1")) == [.tensorflow])
    #expect(AdjointRules.candidates(for: Build("mxnet", "1.9.1")) == AdjointRules.allCases)
    #expect(AdjointRules.candidates(for: Build("PaddlePaddle", "2.6.2")) == [.paddle26])
    #expect(AdjointRules.candidates(for: Build("ppdet", "2.8")) == [.paddle3, .paddle26])
  }

  @Test("a build's library is that of the stated backend, where the framework has several or is not listed")
  func backends() {
    func rules(_ framework: String, on backend: String, _ versions: [KernelLibrary: String] = [:])
      -> [AdjointRules]
    {
      AdjointRules.candidates(for: Build(framework, "0.1", on: .init(name: backend, versions: versions)))
    }
    #expect(rules("keras", on: "torch") == [.torch])
    #expect(rules("Keras", on: "JAX") == [.jax])
    #expect(rules("keras", on: "numpy") == AdjointRules.allCases)
    #expect(rules("mylib", on: "PyTorch") == [.torch])
    #expect(rules("torch", on: "jax") == [.torch])
    #expect(rules("ppdet", on: "paddle", [.paddle: "2.6.2"]) == [.paddle26])
  }

  @Test("a framework's own version is not that of the library whose kernels compute")
  func libraryVersions() {
    for (framework, version, versions, isBefore) in [
      ("torch", "1.13.0a0", [:], true), ("PyTorch", "1.13.0a0", [:], true),
      ("torch", "2.13.0+cpu", [:], false),
      ("torchvision", "0.28", [:], false), ("monai", "1.5", [:], false),
      ("kornia", "0.9", [.torch: "2.13"], false),
      ("torchvision", "0.14", [.torch: "1.13.0a0"], true), ("mylib", "1.0", [.torch: "1.13"], false),
    ] as [(String, String, [KernelLibrary: String], Bool)] {
      let build = Build(framework, version, on: .init(name: nil, versions: versions))
      #expect(build.isBefore(2, of: .torch) == isBefore, "\(framework) \(version)")
      #expect(!build.isBefore(3, of: .paddle), "\(framework) \(version)")
    }
  }
}

extension ElementType {
  static let floats: [ElementType] = [.float16, .bfloat16, .float32, .float64]
}
