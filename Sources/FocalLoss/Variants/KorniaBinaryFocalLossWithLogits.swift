internal import Arithmetic
internal import Tensors

/// `kornia.losses.binary_focal_loss_with_logits`:
///
/// ```
/// log_p    = logsigmoid(x) · mask                 mask is 1, and 0 where y is −100, the ignored label
/// log_n    = logsigmoid(−x) · mask
/// pos_term = −e^(γ·log_n) · y · log_p             y is 0 where it is ignored
/// neg_term = −e^(γ·log_p) · (1 − y) · log_n
/// loss     = pos_weight · (α · pos_term) + (1 − α) · neg_term
/// loss     = weight · loss
/// ```
///
/// without the factors α and 1 − α where α is None, and without the weights that are absent; then reduced.
///
/// - Shapes: logit and label (B, C, …) alike; pos_weight and weight (C,).
/// - Types: floating point; a label of another floating-point type promotes, an integer one counts as its numbers, with
///   `1 − y` in the default type (float32).
/// - α NaN stands for None; its default is 0.25, and γ's is 2. `ignore_index` is its default, −100. An ignored element
///   has loss 0 and counts in a mean.
/// - Soft labels weigh the two terms, as the documented formula does.
/// - NaN and infinity: an infinite logit gives NaN, `0 · −∞`, in the term of the label on its own side and in the mask.
///
/// Source: kornia/losses/focal.py, version 0.9.
public enum KorniaBinaryFocalLossWithLogits: FocalLossVariant {
  public static let name = "kornia.binary_focal_loss_with_logits"
  public static let summary = "kornia.losses.binary_focal_loss_with_logits; alpha NaN is None"
  public static let inputs: [InputSpec] = [
    .required("logit"), .required("label"), .optional("pos_weight"), .optional("weight"),
  ]
  public static let parameters = [ParameterSpec.alpha.within(0...1).orNone, .gamma, .reduction]

  public static func undocumentedInput(_ signature: Signature) -> Rejection? {
    signature.undocumentedType("logit")
  }

  public static func uncheckedPlan(_ signature: Signature) throws(Rejection) -> Plan {
    let logit = try signature.floatInput("logit")
    let label = try signature.input("label")
    guard logit.shape.rank >= 2 else {
      throw Rejection("logit", "logit has shape \(logit.shape), the variant needs (B, C, …)")
    }
    try signature.require("label", label.shape, equals: logit.shape)
    guard label.type != .bool else {
      throw Rejection("label", "label is bool; 1 − label is not defined for booleans")
    }
    var inputs = [
      Program.Input("logit", logit.type),
      Program.Input("label", label.type.floatFormat == nil ? logit.type : label.type),
    ]
    var sources: [any Source] = [Elementwise("logit"), Elementwise("label")]
    for name in ["pos_weight", "weight"] where signature.inputs[name] != nil {
      let weight = try signature.floatInput(name)
      try signature.require(name, weight.shape, equals: .vector(logit.shape.dimensions[1]))
      inputs.append(Program.Input(name, weight.type))
      sources.append(AlongSecondAxis(input: name, shape: weight.shape, elements: logit.shape))
    }
    let complementType = label.type.floatFormat == nil ? signature.defaultType : label.type
    let formula = Program.record(inputs) { values in
      let named = Dictionary(uniqueKeysWithValues: zip(inputs.map(\.name), values))
      return loss(values[0], values[1], named, complementType, signature.parameters)
    }
    let reduction = signature.parameters.reduction
    return Plan(
      formula, sources, over: logit.shape,
      reductions: reduction == .none ? [] : [ReductionStep(reduction, of: formula.type, by: signature.build)])
  }

  // The names are the documentation's.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  private static func loss(
    _ pred: Expression, _ label: Expression, _ weights: [String: Expression], _ complementType: ElementType,
    _ parameters: Parameters
  ) -> Expression {
    let gamma = parameters.gamma
    let isKept = kernel("ne", label) { 1 - ($0 .== -100) }
    let (target, target_mask) = (select(isKept, label, 0), isKept.cast(to: pred.type))
    let (log_sigmoid, log_not_sigmoid) = (torchLogSigmoid(pred), torchLogSigmoid(-pred))
    let log_probs_neg = (log_not_sigmoid * target_mask).named("log_probs_neg")
    let log_probs_pos = (log_sigmoid * target_mask).named("log_probs_pos")
    var pos_term = -exp(gamma * log_probs_neg) * target * log_probs_pos
    var neg_term = -exp(gamma * log_probs_pos) * (1 - target.cast(to: complementType)) * log_probs_neg
    if let alpha = parameters.optionalAlpha {
      pos_term = alpha * pos_term
      neg_term = (1 - alpha) * neg_term
    }
    if let pos_weight = weights["pos_weight"] { pos_term = pos_weight * pos_term }
    let loss = pos_term.named("pos_term") + neg_term.named("neg_term")
    return weights["weight"].map { $0 * loss } ?? loss
  }
}
