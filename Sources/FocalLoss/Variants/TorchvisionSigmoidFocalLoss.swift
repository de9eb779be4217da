internal import Arithmetic
internal import Tensors

/// `torchvision.ops.sigmoid_focal_loss`:
///
/// ```
/// p       = σ(x)
/// ce_loss = binary_cross_entropy_with_logits(x, y)
/// p_t     = p·y + (1 − p)·(1 − y)
/// loss    = ce_loss · (1 − p_t)^γ
/// loss    = (α·y + (1 − α)·(1 − y)) · loss        unless α < 0
/// ```
///
/// then reduced. The cross entropy is that of the build's PyTorch: version 1 had another order of operations.
///
/// - Shapes: logit and label alike. Types: floating point; a label of another type than logit promotes.
/// - α is documented as −1 (no weighting) or within [0, 1]; the code turns the weighting off below 0.
/// - NaN and infinity: +∞ with a label of 1 is `0 · ∞`, NaN.
///
/// Source: torchvision/ops/focal_loss.py.
public enum TorchvisionSigmoidFocalLoss: FocalLossVariant {
  public static let name = "torchvision.sigmoid_focal_loss"
  public static let summary = "torchvision.ops.sigmoid_focal_loss; alpha −1 turns the weighting off"
  public static let inputs: [InputSpec] = [.required("logit"), .required("label")]
  public static let parameters = [ParameterSpec.alpha.within(0...1).or(-1), .gamma, .reduction]
  public static let hasCrossEntropy = true

  public static func undocumentedInput(_ signature: Signature) -> Rejection? {
    signature.undocumentedType("logit") ?? signature.undocumentedType("label")
  }

  public static func uncheckedPlan(_ signature: Signature) throws(Rejection) -> Plan {
    let parameters = signature.parameters
    let logit = try signature.floatInput("logit")
    let label = try signature.floatInput("label")
    try signature.require("label", label.shape, equals: logit.shape)
    let formula = Program.record([Program.Input("logit", logit.type), Program.Input("label", label.type)]) {
      loss($0[0], $0[1], parameters, signature.crossEntropy ?? documentedOrder(signature.build))
    }
    return Plan(
      formula, [Elementwise("logit"), Elementwise("label")], over: logit.shape,
      reductions: parameters.reduction == .none
        ? [] : [ReductionStep(parameters.reduction, of: formula.type, by: signature.build)]
    )
  }

  private static func documentedOrder(_ build: Build?) -> CrossEntropyOrder {
    build?.isBefore(2, of: .torch) == true ? .torch1 : .torch2
  }

  // The names are the documentation's.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  static func loss(
    _ logit: Expression, _ label: Expression, _ parameters: Parameters, _ order: CrossEntropyOrder
  )
    -> Expression
  {
    let (x, y) = (logit, label)
    let p = sigmoid(x).named("sigmoid")
    let bce = order.loss(x, y).named("bce")
    let p_t = (p * y + (1 - p) * (1 - y)).named("p_t")
    let loss = bce * pow(1 - p_t, parameters.gamma).named("modulator")
    guard parameters.alpha >= 0 else { return loss }
    let alpha = parameters.alpha
    let alpha_t = (alpha * y + (1 - alpha) * (1 - y)).named("alpha_t")
    return alpha_t * loss
  }
}
