internal import Arithmetic
internal import Tensors

/// `paddle.nn.functional.sigmoid_focal_loss` as it computes, in dynamic mode:
///
/// ```
/// bce     = max(x, 0) − x·y + log(1 + e^−|x|)
/// p       = σ(x)
/// p_t     = p·y + (1 − p)·(1 − y)
/// alpha_t = α·y + (1 − α)·(1 − y)
/// loss    = (1 − p_t)^γ · (alpha_t · bce) / normalizer
/// ```
///
/// then reduced. α and 1 − α are tensors of logit's type.
///
/// - Shapes: logit and label alike; normalizer 0-D, (1,) or the length of logit's last axis.
/// - Types: float32 and float64; label as logit.
/// - Soft labels: `p_t` mixes the probabilities, which is not the documentation's sum of two terms.
/// - NaN and infinity: an infinite logit gives NaN; a label of −100 gives a cross entropy of 0.
///
/// Source: python/paddle/nn/functional/loss.py.
public enum PaddleSigmoidFocalLoss: FocalLossVariant {
  public static let name = "paddle.sigmoid_focal_loss"
  public static let summary = "paddle.nn.functional.sigmoid_focal_loss, in the API's own order of operations"
  public static let inputs: [InputSpec] = [.required("logit"), .required("label"), .optional("normalizer")]
  public static let parameters = PaddleLoss.parameters
  public static let hasCrossEntropy = true

  public static func undocumentedInput(_ signature: Signature) -> Rejection? {
    PaddleLoss.undocumentedInput(signature)
  }

  public static func uncheckedPlan(_ signature: Signature) throws(Rejection) -> Plan {
    let logit = try signature.floatInput("logit")
    let label = try signature.floatInput("label")
    for name in ["label", "normalizer"] {
      guard let type = signature.inputs[name]?.type, type != logit.type else { continue }
      throw Rejection(name, "\(name) is \(type) where logit is \(logit.type); they must be of one type")
    }
    try signature.require("label", label.shape, equals: logit.shape)
    let order = signature.crossEntropy ?? .paddle
    return try PaddleLoss.plan(signature, logit, label.type) { loss($0, $1, $2, order) }
  }

  // The names are the documentation's.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  static func loss(
    _ logit: Expression, _ label: Expression, _ parameters: Parameters, _ order: CrossEntropyOrder = .paddle
  ) -> Expression {
    let (x, y) = (logit, label)
    let bce = order.loss(x, y).named("bce")
    let p = sigmoid(x).named("sigmoid")
    let p_t = (p * y + (1 - p) * (1 - y)).named("p_t")
    let alpha = x.filled(with: parameters.alpha)
    let alpha_t = (alpha * y + (1 - alpha) * (1 - y)).named("alpha_t")
    let modulator = pow(1 - p_t, parameters.gamma).named("modulator")
    return modulator * (alpha_t * bce)
  }
}
