internal import Arithmetic
internal import Tensors

/// The classification loss of PaddleDetection's RetinaNet head.
///
/// Anchors labelled −1 are dropped. A positive anchor (1) has the class of its matched ground truth; a negative one
/// (0) has the class `num_classes`, which the head appends to the ground truth, and so no positive label. The loss is
/// the sum of ``PaddleDetectionFocalLoss`` over the kept anchors, times `loss_weight`, divided by
/// `max(1, positive anchors)`; no normalizer is passed to the API.
///
/// - Shapes: logit (N, C); anchor_label (N,), of −1, 0 and 1; match (N,), indices into gt_class; gt_class (G,) or
///   (G, 1), class ids.
/// - The reduction must be sum.
///
/// Source: ppdet/modeling/heads/retina_head.py.
public enum PaddleDetectionRetinaHeadLoss: FocalLossVariant {
  public static let name = "ppdet.retina_head_loss"
  public static let summary =
    "the classification loss of PaddleDetection's RetinaNet head, over matched anchors"
  public static let inputs: [InputSpec] = [
    .required("logit"), .required("anchor_label"), .required("match"), .required("gt_class"),
  ]
  public static let parameters = PaddleLoss.parameters + [.lossWeight]

  public static func undocumentedInput(_ signature: Signature) -> Rejection? {
    PaddleLoss.undocumentedInput(signature)
  }

  /// The ground truth of all images is kept in memory while anchors go by.
  static let maximumGroundTruthCount = 1 << 20

  public static func uncheckedPlan(_ signature: Signature) throws(Rejection) -> Plan {
    let logit = try signature.classLogit()
    let anchors = Anchors(
      shape: .vector(logit.shape.dimensions[0]), classes: logit.shape.dimensions[1],
      groundTruth: try signature.input("gt_class").shape)
    _ = try signature.integerInput("anchor_label", anchors.shape)
    _ = try signature.integerInput("match", anchors.shape)
    _ = try signature.integerInput("gt_class", anchors.groundTruth)
    guard anchors.groundTruth.count <= maximumGroundTruthCount else {
      throw Rejection(
        "gt_class",
        "gt_class has \(anchors.groundTruth.count) elements; at most \(maximumGroundTruthCount) are kept")
    }
    let parameters = signature.parameters
    guard parameters.reduction == .sum else {
      throw Rejection(nil, "reduction is \(parameters.reduction.rawValue); the head sums over the batch")
    }
    let formula = Program.record([Program.Input("logit", logit.type), Program.Input("label", logit.type)]) {
      PaddleSigmoidFocalLoss.loss($0[0], $0[1], parameters)
    }
    let average = Program.record([Program.Input("sum", logit.type), Program.Input("positives", logit.type)]) {
      ($0[0] * parameters.lossWeight).named("weighted sum") / max($0[1], 1).named("max(1, positives)")
    }
    return Plan(
      formula, [Elementwise("logit"), AnchorClass(anchors: anchors)], over: logit.shape,
      selection: ChosenAnchor(anchors: anchors), reductions: [ReductionStep(.sum, of: logit.type)],
      conclusion: Conclusion(formula: average, tally: PositiveAnchor(anchors: anchors)))
  }
}

/// The anchors' labels, as the head's assigner gives them.
private struct Anchors {
  let shape: Shape
  let classes: Int
  let groundTruth: Shape

  func reads(for block: Region) -> [String: Region] {
    let rows = shape.rows(block.rows(ofLength: classes))
    return ["anchor_label": rows, "match": rows, "gt_class": groundTruth.whole]
  }

  /// The label of each anchor that the block touches.
  func labels(_ tensors: [String: Tensor]) throws(Rejection) -> [Int] {
    let labels = try tensors.tensor("anchor_label")
    var result: [Int] = []
    for position in 0..<labels.count {
      guard let label = labels.integer(at: position), (-1...1).contains(label) else {
        throw Rejection(
          "anchor_label", "anchor_label holds \(labels.text(at: position)), which is none of −1, 0 and 1")
      }
      result.append(label)
    }
    return result
  }

  func column(for block: Region, _ values: [Double]) -> [Double] {
    let first = block.rows(ofLength: classes).lowerBound
    return block.positions.map { values[$0 / classes - first] }
  }
}

/// 1 in the column of a positive anchor's class.
private struct AnchorClass: Source {
  let anchors: Anchors

  func reads(for block: Region) -> [String: Region] { anchors.reads(for: block) }

  func column(for block: Region, from tensors: [String: Tensor]) throws(Rejection) -> [Double] {
    let labels = try anchors.labels(tensors)
    let match = try tensors.tensor("match")
    let groundTruth = try tensors.tensor("gt_class")
    var ids: [Int] = []
    for (position, label) in labels.enumerated() {
      guard label == 1 else {
        ids.append(anchors.classes)
        continue
      }
      guard let index = match.integer(at: position), (0..<groundTruth.count).contains(index) else {
        throw Rejection(
          "match",
          "match holds \(match.text(at: position)), not an index into gt_class of \(groundTruth.count)")
      }
      guard let id = groundTruth.integer(at: index), (0...anchors.classes).contains(id) else {
        throw Rejection(
          "gt_class",
          "gt_class[\(index)] is \(groundTruth.text(at: index)), not a class id up to \(anchors.classes)")
      }
      ids.append(id)
    }
    let first = block.rows(ofLength: anchors.classes).lowerBound
    return block.positions.map { ids[$0 / anchors.classes - first] == $0 % anchors.classes ? 1 : 0 }
  }
}

/// 1 for the elements of anchors that are not ignored.
private struct ChosenAnchor: Source {
  let anchors: Anchors

  func reads(for block: Region) -> [String: Region] { anchors.reads(for: block) }

  func column(for block: Region, from tensors: [String: Tensor]) throws(Rejection) -> [Double] {
    anchors.column(for: block, try anchors.labels(tensors).map { $0 == -1 ? 0 : 1 })
  }
}

/// 1 in the first column of each positive anchor.
private struct PositiveAnchor: Source {
  let anchors: Anchors

  func reads(for block: Region) -> [String: Region] { anchors.reads(for: block) }

  func column(for block: Region, from tensors: [String: Tensor]) throws(Rejection) -> [Double] {
    let isPositive = anchors.column(for: block, try anchors.labels(tensors).map { $0 == 1 ? 1 : 0 })
    return zip(block.positions, isPositive).map { $0 % anchors.classes == 0 ? $1 : 0 }
  }
}
