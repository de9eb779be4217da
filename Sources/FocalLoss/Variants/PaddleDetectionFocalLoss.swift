internal import Arithmetic
internal import Tensors

/// PaddleDetection's `FocalLoss`, a wrapper around `paddle.nn.functional.sigmoid_focal_loss`:
/// `label = one_hot(target, C + 1)[:, :-1]`, the API with the reduction, then times `loss_weight`.
///
/// A target of C is the background: its row of labels is all zeros.
///
/// - Shapes: logit (N, C); target (N,), integers from 0 to C.
/// - NaN and infinity: as ``PaddleSigmoidFocalLoss``.
///
/// Source: ppdet/modeling/losses/focal_loss.py.
public enum PaddleDetectionFocalLoss: FocalLossVariant {
  public static let name = "ppdet.focal_loss"
  public static let summary =
    "PaddleDetection's FocalLoss: class ids, one-hot without the background column, loss_weight"
  public static let inputs: [InputSpec] = [.required("logit"), .required("target")]
  public static let parameters = PaddleLoss.parameters + [.lossWeight]

  public static func undocumentedInput(_ signature: Signature) -> Rejection? {
    PaddleLoss.undocumentedInput(signature)
  }

  public static func uncheckedPlan(_ signature: Signature) throws(Rejection) -> Plan {
    let logit = try signature.classLogit()
    let (rows, classes) = (logit.shape.dimensions[0], logit.shape.dimensions[1])
    let target = try signature.integerInput("target", .vector(rows))
    let parameters = signature.parameters
    let isReduced = parameters.reduction != .none
    let formula = Program.record([Program.Input("logit", logit.type), Program.Input("label", logit.type)]) {
      inputs in
      let loss = PaddleSigmoidFocalLoss.loss(inputs[0], inputs[1], parameters)
      return isReduced ? loss : loss * parameters.lossWeight
    }
    return Plan(
      formula,
      [
        Elementwise("logit"),
        OneHot(input: "target", shape: target.shape, columns: classes),
      ],
      over: logit.shape,
      reductions: isReduced ? [ReductionStep(parameters.reduction, of: logit.type)] : [],
      conclusion: isReduced
        ? Conclusion(
          formula: .record([Program.Input(parameters.reduction.rawValue, logit.type)]) {
            $0[0] * parameters.lossWeight
          },
          tally: nil)
        : nil)
  }
}

extension Signature {
  /// Logits of a classifier, of shape (N, C).
  func classLogit() throws(Rejection) -> Input {
    let logit = try floatInput("logit")
    guard logit.shape.rank == 2 else {
      throw Rejection("logit", "logit has shape \(logit.shape), the variant needs (N, num_classes)")
    }
    return logit
  }
}
