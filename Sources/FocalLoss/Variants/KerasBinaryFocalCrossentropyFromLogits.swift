internal import Arithmetic
internal import Tensors

/// `keras.losses.BinaryFocalCrossentropy` with `from_logits=True`, on TensorFlow:
///
/// ```
/// p   = σ(x)
/// bce = sigmoid_cross_entropy_with_logits(x, y)
/// ```
///
/// and then as the other one of Keras. The source asks for the cross entropy of the probability p; but Keras's TensorFlow
/// backend keeps the logits beside a sigmoid's result and takes the cross entropy of those, so that nothing is clipped.
///
/// - Shapes, types, α, γ and reductions: as ``KerasBinaryFocalCrossentropy``, with logit for prob.
/// - NaN and infinity: an infinite logit gives NaN for the label on its own side.
///
/// Source: keras/src/losses/losses.py, keras/src/backend/tensorflow/nn.py (`sigmoid`, `binary_crossentropy`), version 3.15.
public enum KerasBinaryFocalCrossentropyFromLogits: FocalLossVariant {
  public static let name = "keras.binary_focal_crossentropy_from_logits"
  public static let summary =
    "keras.losses.BinaryFocalCrossentropy of logits; alpha NaN is apply_class_balancing=False"
  public static let inputs: [InputSpec] = [.required("logit"), .required("label")]
  public static let parameters = KerasLoss.parameters

  public static func undocumentedInput(_ signature: Signature) -> Rejection? {
    signature.undocumentedType("logit")
  }

  public static func uncheckedPlan(_ signature: Signature) throws(Rejection) -> Plan {
    try KerasLoss.plan(signature, "logit") { x, y in
      // The sigmoid comes first: so the gradient adds its part last.
      let p = tensorFlowSigmoid(x).named("sigmoid")
      return (p, tensorFlowSigmoidCrossEntropyWithLogits(x, y))
    }
  }
}
