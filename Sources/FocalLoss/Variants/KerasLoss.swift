internal import Arithmetic
internal import Tensors

/// What Keras's binary focal cross entropy of probabilities and of logits have in common:
///
/// ```
/// y            = y·(1 − label_smoothing) + 0.5·label_smoothing      unless label_smoothing is 0
/// p_t          = y·p + (1 − y)·(1 − p)
/// focal_factor = (1 − p_t)^γ
/// loss         = focal_factor · bce
/// loss         = (y·α + (1 − y)·(1 − α)) · loss                     with apply_class_balancing
/// ```
///
/// then the mean along the last axis, and of these means the sum, or for reduction mean (`sum_over_batch_size`) the mean.
/// α NaN stands for `apply_class_balancing=False`, which is the default.
enum KerasLoss {
  /// A mean is kept for each row.
  static let maximumRowCount = 1 << 18

  static let parameters: [ParameterSpec] = [
    .alpha.within(0...1).orNone, .gamma, .reduction, .labelSmoothing.within(0...1),
  ]

  /// The plan for an input of probabilities or logits, given the probability and the cross entropy of an element.
  static func plan(
    _ signature: Signature, _ input: String,
    _ crossEntropy: (_ input: Expression, _ label: Expression) -> (p: Expression, bce: Expression)
  ) throws(Rejection) -> Plan {
    let parameters = signature.parameters
    let predicted = try signature.floatInput(input)
    let label = try signature.input("label")
    try signature.require("label", label.shape, equals: predicted.shape)
    guard let length = predicted.shape.dimensions.last, length > 0 else {
      throw Rejection(
        input, "\(input) has shape \(predicted.shape), the variant needs a last axis to average over")
    }
    let rows = predicted.shape.count / length
    guard rows <= maximumRowCount else {
      throw Rejection(input, "\(input) has \(rows) rows; means are kept for at most \(maximumRowCount)")
    }
    let labelType = label.type.floatFormat == nil ? predicted.type : label.type
    let formula = Program.record([Program.Input(input, predicted.type), Program.Input("label", labelType)]) {
      let y = smoothed($0[1].cast(to: predicted.type), parameters.labelSmoothing)
      let (p, bce) = crossEntropy($0[0], y)
      return loss(p, y, bce.named("bce"), parameters)
    }
    let rowMean = ReductionStep(.mean, .rows(length), of: predicted.type)
    let shape = try shape(ofRows: predicted.shape)
    // What is no batch is returned as it is, whatever the reduction.
    let isReduced = parameters.reduction != .none && shape != .scalar && shape != .vector(0)
    return Plan(
      formula, [Elementwise(input), Elementwise("label")], over: predicted.shape,
      reductions: [rowMean] + (isReduced ? [ReductionStep(parameters.reduction, of: predicted.type)] : []),
      shape: isReduced ? .scalar : shape)
  }

  private static func smoothed(_ y: Expression, _ smoothing: Double) -> Expression {
    smoothing == 0 ? y : y * (1 - smoothing) + 0.5 * smoothing
  }

  // The names are the documentation's.
  // swift-format-ignore: AlwaysUseLowerCamelCase
  private static func loss(
    _ p: Expression, _ y: Expression, _ bce: Expression, _ parameters: Parameters
  ) -> Expression {
    let p_t = (y * p + (1 - y) * (1 - p)).named("p_t")
    let focal_factor = pow(1 - p_t, parameters.gamma).named("focal_factor")
    let focal_bce = focal_factor * bce
    guard let alpha = parameters.optionalAlpha else { return focal_bce }
    return (y * alpha + (1 - y) * (1 - alpha)).named("weight") * focal_bce
  }

  private static func shape(ofRows shape: Shape) throws(Rejection) -> Shape {
    do { return try Shape(shape.dimensions.dropLast()) } catch {
      throw Rejection(nil, "the rows have no shape: \(error)")
    }
  }
}
