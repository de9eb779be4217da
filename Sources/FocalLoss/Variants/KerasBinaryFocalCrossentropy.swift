internal import Arithmetic
internal import Tensors

/// `keras.losses.BinaryFocalCrossentropy` of probabilities, on TensorFlow:
///
/// ```
/// output = clip(p, 1e-7, 1 − 1e-7)
/// bce    = −(y·log(output) + (1 − y)·log(1 − output))
/// ```
///
/// and then as the other one of Keras: label smoothing before, `(1 − p_t)^γ · bce` with the unclipped p, the class
/// weights, the mean along the last axis, the reduction.
///
/// - Shapes: prob and label alike, with at least one axis; the loss has no last axis.
/// - Types: prob is floating point; a label of any type is converted to prob's.
/// - α NaN stands for `apply_class_balancing=False`, the default. γ is 2 by default, `label_smoothing` 0.
/// - Reduction mean is `sum_over_batch_size`, the default. A loss of shape () or (0,) is not reduced.
/// - NaN and infinity: NaN stays; a p outside of [0, 1] is clipped in the cross entropy alone.
///
/// Source: keras/src/losses/losses.py, keras/src/backend/tensorflow/nn.py (`binary_crossentropy`), version 3.15.
public enum KerasBinaryFocalCrossentropy: FocalLossVariant {
  public static let name = "keras.binary_focal_crossentropy"
  public static let summary =
    "keras.losses.BinaryFocalCrossentropy of probabilities; alpha NaN is apply_class_balancing=False"
  public static let inputs: [InputSpec] = [.required("prob"), .required("label")]
  public static let parameters = KerasLoss.parameters

  /// `keras.config.epsilon()`.
  private static let epsilon = 1e-7

  public static func undocumentedInput(_ signature: Signature) -> Rejection? {
    signature.undocumentedType("prob")
  }

  public static func uncheckedPlan(_ signature: Signature) throws(Rejection) -> Plan {
    try KerasLoss.plan(signature, "prob") { p, y in
      let output = max(min(p, 1 - epsilon), epsilon).named("clipped")
      return (p, -(y * log(output) + (1 - y) * log(1 - output)))
    }
  }
}
