internal import Tensors

/// `FocalLoss_MultiLabel`: ``TorchClampedBinary`` for each label in turn, then the mean of the labels' means or the
/// sum of the labels' sums.
///
/// The loop stores each label's loss in `torch.zeros(1, L)`, of the default type: float32 even for a float64 prob.
///
/// - Shapes: prob and target (N, L).
/// - The reduction must be mean (`size_average` true) or sum (false).
/// - NaN and infinity: as ``TorchClampedBinary``; one NaN makes the result NaN.
///
/// Source: the second source document.
public enum TorchPerLabelLoop: FocalLossVariant {
  public static let name = "torch.per_label_loop"
  public static let summary = "the PyTorch FocalLoss_MultiLabel: the clamped binary loss label by label"
  public static let inputs: [InputSpec] = [.required("prob"), .required("target")]
  public static let parameters = TorchClampedBinary.parameters

  public static func undocumentedInput(_ signature: Signature) -> Rejection? {
    TorchClampedBinary.undocumentedInput(signature)
  }

  /// A sum is kept for each label, some 600 bytes.
  static let maximumLabelCount = 1 << 16

  public static func uncheckedPlan(_ signature: Signature) throws(Rejection) -> Plan {
    let prob = try signature.floatInput("prob")
    guard prob.shape.rank == 2 else {
      throw Rejection("prob", "prob has shape \(prob.shape), the variant needs (N, labels)")
    }
    let target = try signature.input("target")
    try signature.require("target", target.shape, equals: prob.shape)
    let labels = prob.shape.dimensions[1]
    guard labels <= maximumLabelCount else {
      throw Rejection("prob", "prob has \(labels) labels; sums are kept for at most \(maximumLabelCount)")
    }
    let reduction = signature.parameters.reduction
    guard reduction != .none else {
      throw Rejection(nil, "reduction is none; the loop has the mean of means and the sum of sums")
    }
    let formula = TorchClampedBinary.batchLoss(prob.type, signature)
    let stored = signature.defaultType
    return Plan(
      formula, [Elementwise("prob"), try ClassIndex("target", target.shape, of: prob.shape)],
      over: prob.shape,
      reductions: [
        ReductionStep(reduction, .columns(labels), of: formula.type, storedAs: stored),
        ReductionStep(reduction, of: stored),
      ])
  }
}
