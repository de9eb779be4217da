internal import Arithmetic
internal import Tensors

/// `optax.losses.sigmoid_focal_loss`, since 0.2.5:
///
/// ```
/// log_p             = log_sigmoid(x)
/// log_q             = log_sigmoid(−x)
/// ce_loss           = −y·log_p − (1 − y)·log_q
/// log_one_minus_p_t = logsumexp((log_p, log_q), b = (1 − y, y))
/// loss              = ce_loss · e^(γ·log_one_minus_p_t)
/// loss              = (α·y + (1 − α)·(1 − y)) · loss        unless α is None
/// ```
///
/// The function returns each element's loss; reduction sum and mean are `jnp.sum` and `jnp.mean` of it.
///
/// - Shapes: logit and label alike. The documentation also has labels that broadcast to logit; they are not taken.
/// - Types: logit is floating point; a label of any type is converted to logit's.
/// - α NaN stands for None, which is the default. γ is 2 by default.
/// - Soft labels: `1 − p_t` mixes the probabilities, `(1 − y)·p + y·(1 − p)`.
/// - NaN and infinity: an infinite logit gives NaN for the label on its own side, where `0 · −∞` stands in the cross
///   entropy. A label outside of [0, 1] gives NaN where the sum under the logarithm is negative.
///
/// Source: optax/losses/_classification.py.
public enum OptaxSigmoidFocalLoss: FocalLossVariant {
  public static let name = "optax.sigmoid_focal_loss"
  public static let summary = "optax.losses.sigmoid_focal_loss, in log space; alpha NaN is None"
  public static let inputs: [InputSpec] = [.required("logit"), .required("label")]
  public static let parameters = [ParameterSpec.alpha.within(0...1).orNone, .gamma, .reduction]

  public static func undocumentedInput(_ signature: Signature) -> Rejection? {
    signature.undocumentedType("logit")
  }

  public static func uncheckedPlan(_ signature: Signature) throws(Rejection) -> Plan {
    let parameters = signature.parameters
    let logit = try signature.floatInput("logit")
    let label = try signature.input("label")
    try signature.require("label", label.shape, equals: logit.shape)
    let labelType = label.type.floatFormat == nil ? logit.type : label.type
    let formula = Program.record([Program.Input("logit", logit.type), Program.Input("label", labelType)]) {
      loss($0[0], $0[1].cast(to: logit.type), parameters)
    }
    return Plan(
      formula, [Elementwise("logit"), Elementwise("label")], over: logit.shape,
      reductions: parameters.reduction == .none ? [] : [ReductionStep(parameters.reduction, of: formula.type)]
    )
  }

  // The names are the documentation's.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  static func loss(_ logit: Expression, _ label: Expression, _ parameters: Parameters) -> Expression {
    let (x, y) = (logit, label)
    let ce_loss = crossEntropy(x, y).named("ce_loss")
    // Calls of their own: the gradient has four log_sigmoid nodes.
    let log_p = jaxLogSigmoid(x).named("log_p")
    let log_q = jaxLogSigmoid(-x).named("log_q")
    let log_one_minus_p_t = jaxLogSumExp((log_p, log_q), weights: (1 - y, y)).named("log_one_minus_p_t")
    let focal_weight = exp(parameters.gamma * log_one_minus_p_t).named("focal_weight")
    let loss = ce_loss * focal_weight
    guard let alpha = parameters.optionalAlpha else { return loss }
    return (alpha * y + (1 - alpha) * (1 - y)).named("alpha_t") * loss
  }

  /// `optax.losses.sigmoid_binary_cross_entropy`.
  private static func crossEntropy(_ x: Expression, _ y: Expression) -> Expression {
    let (logP, logNotP) = (jaxLogSigmoid(x), jaxLogSigmoid(-x))
    return -y * logP - (1 - y) * logNotP
  }
}
