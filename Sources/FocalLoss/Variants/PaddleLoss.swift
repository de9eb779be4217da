internal import Arithmetic
internal import Tensors

/// What Paddle's documented formula and its API have in common: their documentation's limits, the division by a
/// normalizer, and the reduction.
enum PaddleLoss {
  /// α is within [0, 1].
  static let parameters = [ParameterSpec.alpha.within(0...1), .gamma, .reduction]

  /// logit, label and normalizer are float32 or float64.
  static func undocumentedInput(_ signature: Signature) -> Rejection? {
    signature.undocumentedType("logit") ?? signature.undocumentedType("label")
      ?? signature.undocumentedType("normalizer")
  }

  /// The plan of an elementwise loss of logit and label.
  static func plan(
    _ signature: Signature, _ logit: Signature.Input, _ labelType: ElementType,
    loss: (Expression, Expression, Parameters) -> Expression
  ) throws(Rejection) -> Plan {
    let parameters = signature.parameters
    var inputs = [Program.Input("logit", logit.type), Program.Input("label", labelType)]
    var sources: [any Source] = [Elementwise("logit"), Elementwise("label")]
    if signature.inputs["normalizer"] != nil {
      let normalizer = try normalizer(signature, logit)
      let type = normalizer.type.floatFormat == nil ? logit.type : normalizer.type
      inputs.append(Program.Input("normalizer", type))
      sources.append(AlongLastAxis(input: "normalizer", shape: normalizer.shape))
    }
    let formula = Program.record(inputs) { inputs in
      let loss = loss(inputs[0], inputs[1], parameters)
      return inputs.count > 2 ? loss / inputs[2] : loss
    }
    return Plan(
      formula, sources, over: logit.shape,
      reductions: parameters.reduction == .none
        ? [] : [ReductionStep(parameters.reduction, of: formula.type, by: signature.build)]
    )
  }

  private static func normalizer(
    _ signature: Signature, _ logit: Signature.Input
  ) throws(Rejection) -> Signature.Input {
    let normalizer = try signature.input("normalizer")
    guard normalizer.shape.rank <= 1 else {
      throw Rejection(
        "normalizer", "normalizer has shape \(normalizer.shape); it must have zero or one dimension")
    }
    guard
      normalizer.shape.rank == 0 || normalizer.shape.count == 1 && logit.shape.rank > 0
        || normalizer.shape.count == logit.shape.dimensions.last
    else {
      throw Rejection(
        "normalizer",
        "normalizer has shape \(normalizer.shape), which is neither one element nor the last axis of logit's \(logit.shape)"
      )
    }
    return normalizer
  }
}
