internal import Arithmetic
internal import Tensors

/// The formula in the documentation of `paddle.nn.functional.sigmoid_focal_loss`, computed by hand with tensor
/// operations:
///
/// ```
/// −label · α · (1 − σ(logit))^γ · log(σ(logit)) − (1 − label) · (1 − α) · σ(logit)^γ · log(1 − σ(logit))
/// ```
///
/// evaluated from left to right, then divided by the normalizer, then reduced.
///
/// - Shapes: logit and label alike; normalizer 0-D, (1,) or the length of logit's last axis.
/// - Types: every operation in the tensor's type. An integer or boolean label counts as its numbers, 0 and
///   1, in the default type (float32), which is what its product with the Python number α has; an integer normalizer
///   takes part in logit's type.
/// - NaN and infinity: from logit 16.635532 on in float32 σ is 1, `log(1 − σ)` is −∞, and a label of 1 makes
///   `0 · −∞`, NaN; a label of 0 makes +∞. Below −88.7 σ is 0, and a label of 0 makes NaN.
///
/// Source: Paddle's API documentation; the manual calculation of the first source document.
public enum PaddleFormula: FocalLossVariant {
  public static let name = "paddle.formula"
  public static let summary =
    "the formula in Paddle's documentation, calculated by hand with tensor operations"
  public static let inputs: [InputSpec] = [.required("logit"), .required("label"), .optional("normalizer")]
  public static let parameters = PaddleLoss.parameters

  public static func undocumentedInput(_ signature: Signature) -> Rejection? {
    PaddleLoss.undocumentedInput(signature)
  }

  public static func uncheckedPlan(_ signature: Signature) throws(Rejection) -> Plan {
    let logit = try signature.floatInput("logit")
    let label = try signature.input("label")
    try signature.require("label", label.shape, equals: logit.shape)
    let labelType = label.type.floatFormat == nil ? signature.defaultType : label.type
    return try PaddleLoss.plan(signature, logit, labelType, loss: loss)
  }

  static func loss(_ logit: Expression, _ label: Expression, _ parameters: Parameters) -> Expression {
    let (alpha, gamma) = (parameters.alpha, parameters.gamma)
    // As in the documents' code, each use is a call of its own: the gradient has four sigmoid nodes.
    let positive = -label * alpha * pow(1 - sigmoid(logit).named("sigmoid"), gamma) * log(sigmoid(logit))
    let negative = (1 - label) * (1 - alpha) * pow(sigmoid(logit), gamma) * log(1 - sigmoid(logit))
    return positive - negative
  }
}
