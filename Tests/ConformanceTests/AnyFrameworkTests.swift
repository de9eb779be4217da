import Arithmetic
import FixtureAuthoring
import FocalLoss
import Tensors
import Testing

@testable import Conformance

/// A case of each variant with every input that it can have, small, in float32, with labels on both sides and between.
private enum SampleCase {
  static let shape = (try? Shape([2, 4])) ?? .scalar

  /// The inputs of a variant; nil for one of a name that is not known here.
  static func inputs(of variant: any FocalLossVariant.Type) -> [String: Tensor]? {
    var inputs: [String: Tensor] = [:]
    for name in variant.inputs.map(\.name) {
      guard let tensor = input(name, of: variant) else { return nil }
      inputs[name] = tensor
    }
    return inputs
  }

  private static func input(_ name: String, of variant: any FocalLossVariant.Type) -> Tensor? {
    switch name {
    case "logit": Tensor(.float32, shape, values: [-3, -1.25, -0.5, 0.25, 0.75, 1.5, 2.25, 4])
    case "prob": Tensor(.float32, shape, values: [0.0625, 0.2, 0.3, 0.4, 0.55, 0.7, 0.8, 0.95])
    case "label": Tensor(.float32, shape, values: [0, 1, 0.25, 1, 0, 0.75, 1, 0])
    case "target" where variant.firstInput == "prob":
      Tensor(.float32, shape, values: [0, 1, 0, 1, 0, 1, 1, 0])
    case "target": integers([1, 4])
    case "match": integers([0, 0])
    case "anchor_label": integers([1, 0])
    case "gt_class": integers([2])
    case "normalizer", "pos_weight", "weight": Tensor(.float32, .vector(4), values: [1.5, 0.75, 3, 2])
    default: nil
    }
  }

  private static func integers(_ numbers: [Int64]) -> Tensor {
    let bytes = numbers.flatMap { number in withUnsafeBytes(of: number.littleEndian) { [UInt8]($0) } }
    return Tensor(.int64, .vector(numbers.count), bytes: bytes)
  }

  static func parameters(of variant: any FocalLossVariant.Type) -> Parameters {
    let isReduced = ["ppdet.retina_head_loss", "torch.per_label_loop"].contains(variant.name)
    return Parameters(reduction: isReduced ? .sum : .none)
  }
}

/// A fixture of one case, and what the documented program gives for it.
private struct WrittenCase {
  let fixture: FixtureReader
  let conformanceCase: ConformanceCase
  let loss: Plan
  let inputs: [String: Tensor]

  init(
    _ variant: any FocalLossVariant.Type, in folder: TemporaryFolder, framework: String,
    version: String = "nightly", device: String = "cpu", flags: String = "{}"
  ) throws {
    let inputs = try #require(SampleCase.inputs(of: variant), "\(variant.name)")
    let parameters = SampleCase.parameters(of: variant)
    let signature = Signature(
      parameters, inputs.mapValues { Signature.Input($0.elementType, $0.shape) },
      build: Build(framework, version))
    let loss = try variant.plan(signature)
    let path = folder.file("case.h5")
    let author = try HDF5Author(path: path)
    try author.attribute("schema", .fixed("focalcheck-fixture/1"))
    for (name, text) in [
      ("framework", framework), ("framework_version", version), ("device", device), ("flags", flags),
    ] { try author.attribute(name, .fixed(text)) }
    try DemoFixture.attributes(
      author, "case",
      changing: ["variant": .fixed(variant.name), "reduction": .fixed(parameters.reduction.rawValue)])
    for (name, tensor) in inputs { try author.dataset("/cases/case/inputs/\(name)", tensor) }
    let values = try Self.values(of: loss, inputs)
    try author.dataset("/cases/case/outputs/loss", Tensor(loss.type, loss.shape, values: values))
    try author.close()
    fixture = try FixtureLocation(path: path).open()
    conformanceCase = try fixture.conformanceCase("case")
    self.loss = loss
    self.inputs = inputs
  }

  /// The inputs that have a gradient.
  var differentiable: [String] {
    inputs.keys.sorted().filter { (try? genuine($0, .torch)) != nil }
  }

  /// The gradient that the documented program gives under some rules.
  func genuine(_ input: String, _ rules: AdjointRules) throws -> Tensor {
    let plans = try conformanceCase.gradients(of: loss, withRespectTo: input, [rules]).get()
    return Tensor(plans[0].type, plans[0].shape, values: try Self.values(of: plans[0], inputs))
  }

  /// What the judge says of a gradient.
  func report(_ gradient: Tensor, of input: String, _ policy: Policy) throws -> TensorReport {
    var changed = conformanceCase
    let stored = try #require(changed.outputs["loss"])
    changed.grads[input] = StoredTensor(gradient, inPlaceOf: stored, as: "grads/\(input)")
    let judge = Judge(policy: policy, namesCauses: false, memory: nil)
    return try #require(judge.judge(changed, of: fixture).tensors.last)
  }

  private static func values(of plan: Plan, _ inputs: [String: Tensor]) throws -> [Double] {
    var evaluation = Evaluation(plan, in: NativeArithmetic())
    let results = try evaluation.evaluate(plan.elements.whole, from: inputs).results
    return evaluation.conclude() ?? results
  }
}

/// A way to spoil all of a gradient.
private enum Spoiling: String, CaseIterable {
  case nan, infinite, negativeInfinite, huge, zero, negated

  func callAsFunction(_ gradient: Tensor) -> Tensor {
    gradient.mapping { value in
      switch self {
      case .nan: .nan
      case .infinite: .infinity
      case .negativeInfinite: -.infinity
      case .huge: -1e30
      case .zero: 0
      case .negated: -value
      }
    }
  }
}

@Suite("Gradients of any framework")
struct AnyFrameworkTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  // A key path to a member of a metatype crashes the compiler.
  private static let variantNames = Variants.all.map { $0.name }
  private static let policies = ["derived", "torch", "ulp:4"]
  private static let devices = [
    "cpu", "CUDA", "cuda:0", "gpu", "GPU:1", "/device:GPU:0", "Place(gpu:0)", "xpu", "npu:0", "mps",
  ]
  private static let unlisted = ["mylib", "sam3", "mxnet", "MindSpore", "candle", "onnxruntime", ""]

  /// One framework for each library, by aliases, and some that are not listed.
  @Test(
    "no spoilt gradient of any input conforms, and genuine ones do, whoever computed them",
    arguments: [
      "PyTorch", "MONAI", "paddlepaddle", "TF", "Keras", "flax", "mylib", "mxnet",
    ], variantNames)
  func spoiltGradients(framework: String, variant: String) throws {
    let variant = try #require(Variants.named(variant))
    for (index, policyName) in Self.policies.enumerated() {
      let device = Self.devices[(framework.utf8.count + variant.name.utf8.count + index) % Self.devices.count]
      let policy = try #require(Policy(parsing: policyName))
      let authored = try WrittenCase(variant, in: folder, framework: framework, device: device)
      let place = "\(framework) on \(device), \(variant.name) by \(policyName)"
      #expect(authored.differentiable.contains(variant.firstInput), "\(place)")
      for input in authored.differentiable {
        for rules in AdjointRules.candidates(for: Build(framework, "nightly")) {
          let genuine = try authored.genuine(input, rules)
          #expect(genuine.values.contains { $0.magnitude > 1e-3 }, "\(place), \(input)")
          let report = try authored.report(genuine, of: input, policy)
          #expect(report.verdict == .conformant, "\(place), \(input) by \(rules): \(report)")
        }
        let genuine = try authored.genuine(input, .torch)
        for spoiling in Spoiling.allCases {
          let report = try authored.report(spoiling(genuine), of: input, policy)
          #expect(
            report.verdict == .nonconformant, "\(place), \(input) all \(spoiling): \(report.verdict as Any)")
        }
      }
    }
  }

  @Test(
    "every spelling of every listed framework, and any other name, has its gradient judged",
    arguments: Framework.all.flatMap { [$0.name, $0.name.uppercased()] + $0.aliases } + unlisted)
  func everyName(framework: String) throws {
    let authored = try WrittenCase(TorchvisionSigmoidFocalLoss.self, in: folder, framework: framework)
    let rules = AdjointRules.candidates(for: Build(framework, "nightly"))
    for input in ["label", "logit"] {
      let genuine = try authored.genuine(input, rules[0])
      #expect(try authored.report(genuine, of: input, .derived).verdict == .conformant, "\(input)")
      for spoiling in [Spoiling.nan, .huge, .zero] {
        let verdict = try authored.report(spoiling(genuine), of: input, .derived).verdict
        #expect(verdict == .nonconformant, "\(input) all \(spoiling)")
      }
    }
  }

  @Test("a differentiable input's gradient is judged wherever the variant reads it as numbers")
  func differentiableInputs() throws {
    let expected = [
      "paddle.formula": ["label", "logit", "normalizer"],
      "paddle.sigmoid_focal_loss": ["label", "logit", "normalizer"],
      "ppdet.focal_loss": ["logit"],
      "ppdet.retina_head_loss": ["logit"],
      "torch.clamped_binary": ["prob"],
      "torch.per_label_loop": ["prob"],
      "torchvision.sigmoid_focal_loss": ["label", "logit"],
      "optax.sigmoid_focal_loss": ["label", "logit"],
      "kornia.binary_focal_loss_with_logits": ["label", "logit", "pos_weight", "weight"],
      "keras.binary_focal_crossentropy": ["label", "prob"],
      "keras.binary_focal_crossentropy_from_logits": ["label", "logit"],
    ]
    for variant in Variants.all {
      let authored = try WrittenCase(variant, in: folder, framework: "torch")
      #expect(
        authored.differentiable == expected[variant.name] ?? ["a row of the test's table"], "\(variant.name)")
      for input in authored.inputs.keys where !authored.differentiable.contains(input) {
        let tensor = try #require(authored.inputs[input])
        let report = try authored.report(tensor, of: input, .derived)
        guard case .error(let reason) = report.finding else {
          Issue.record("\(variant.name): a gradient of \(input) was judged")
          continue
        }
        #expect(reason.contains("\(input) ") && reason.contains("has no gradient"), "\(reason)")
      }
    }
  }

  @Test("the derivative of each input is that of the loss, by central differences", arguments: variantNames)
  func centralDifferences(variant: String) throws {
    let variant = try #require(Variants.named(variant))
    let authored = try WrittenCase(variant, in: folder, framework: "mylib")
    for input in authored.differentiable where input != variant.firstInput {
      // Paddle's own rules leave out what its cross entropy kernel does not pass to the label.
      let gradient = try authored.genuine(input, .torch)
      for position in 0..<gradient.count {
        // jax's logsumexp leaves a term of weight 0 out, and with it that weight's derivative.
        let value = try #require(authored.inputs[input]).value(at: position)
        if variant.name == "optax.sigmoid_focal_loss", value == 0 || value == 1 { continue }
        let step = 1e-3
        let slope =
          try
          (authored.total(moving: input, at: position, by: step)
          - authored.total(moving: input, at: position, by: -step)) / (2 * step)
        #expect(
          (gradient.value(at: position) - slope).magnitude < 2e-3, "\(variant.name), \(input)[\(position)]")
      }
    }
  }
}

extension WrittenCase {
  /// The sum of the loss where one element of an input is moved.
  fileprivate func total(moving input: String, at position: Int, by step: Double) throws -> Double {
    var moved = inputs
    let tensor = try #require(inputs[input])
    var values = tensor.values
    values[position] += step
    moved[input] = Tensor(tensor.elementType, tensor.shape, values: values)
    return try Self.values(of: loss, moved).reduce(0, +)
  }
}
