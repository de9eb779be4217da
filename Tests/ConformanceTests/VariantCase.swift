import Arithmetic
import FixtureAuthoring
import FocalLoss
import Tensors

@testable import Conformance

extension AuthoredValue {
  /// A parameter as an attribute.
  init(_ value: ParameterValue) {
    switch value {
    case .number(let number): self = .double(number)
    case .choice(let word): self = .fixed(word)
    case .boolean(let isTrue): self = .boolean(isTrue)
    }
  }
}

/// A small case of any variant, whose loss is what the documented program gives.
struct VariantCase {
  let variant: any FocalLossVariant.Type
  /// The reduction is one that every variant has.
  var parameters = Parameters(reduction: .sum)
  /// The required inputs; ``addOptionalInputs()`` adds the others.
  private(set) var inputs: [String: Tensor] = [:]

  init(_ variant: any FocalLossVariant.Type) {
    self.variant = variant
    for input in variant.inputs where !input.isOptional { inputs[input.name] = tensor(input.name) }
  }

  mutating func addOptionalInputs() {
    for input in variant.inputs where input.isOptional { inputs[input.name] = tensor(input.name) }
  }

  private func tensor(_ name: String) -> Tensor {
    func floats(_ values: [Double]) -> Tensor {
      Tensor(.float32, (try? Shape([values.count / 2, 2])) ?? .scalar, values: values)
    }
    func integers(_ values: [Int64]) -> Tensor {
      Tensor(
        .int64, .vector(values.count),
        bytes: values.flatMap { value in withUnsafeBytes(of: value.littleEndian, Array.init) })
    }
    switch name {
    case "logit": return floats([-1.5, 0.75, 0.25, 2])
    case "prob": return floats([0.125, 0.75, 0.25, 0.875])
    case "label": return floats([0, 1, 1, 0])
    case "target": return variant.firstInput == "prob" ? floats([0, 1, 1, 0]) : integers([1, 0])
    case "anchor_label": return integers([1, 0])
    case "match": return integers([0, 0])
    case "gt_class": return integers([1])
    default: return Tensor(.float32, .vector(2), values: [2, 0.5])
    }
  }

  /// Writes the case; with no loss where the documentation rejects it.
  func write(
    _ author: HDF5Author, _ name: String, changing changes: [String: AuthoredValue] = [:],
    changingLoss change: (inout [Double]) -> Void = { _ in }
  ) throws {
    var attributes: [String: AuthoredValue] = ["variant": .fixed(variant.name)]
    for spec in variant.parameters { attributes[spec.name] = AuthoredValue(parameters[spec]) }
    try DemoFixture.attributes(author, name, changing: attributes.merging(changes) { $1 })
    for (input, tensor) in inputs { try author.dataset("/cases/\(name)/inputs/\(input)", tensor) }
    let signature = Signature(parameters, inputs.mapValues { Signature.Input($0.elementType, $0.shape) })
    let plan = try variant.plan(signature)
    var evaluation = Evaluation(plan, in: NativeArithmetic())
    let results = try evaluation.evaluate(plan.elements.whole, from: inputs).results
    var values = evaluation.conclude() ?? results
    change(&values)
    let loss = Tensor(plan.type, plan.shape, values: values)
    try author.dataset("/cases/\(name)/outputs/loss", loss)
  }
}
