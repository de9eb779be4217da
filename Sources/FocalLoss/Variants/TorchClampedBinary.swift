internal import Arithmetic
internal import Tensors

/// The clamped PyTorch binary `FocalLoss`, on probabilities:
///
/// ```
/// probs   = (1 − p, p) gathered by the class mask, clamped to [1e-4, 1]
/// alpha_t = (1 − α, α) gathered by the class mask
/// loss    = −alpha_t · (1 − probs)^γ · log(probs)
/// ```
///
/// `size_average` true is reduction mean, false is sum; reduction none is the class's `batch_loss`, of shape (N, 1).
///
/// - Shapes: prob of any shape, with N elements; target of the same shape, or with N elements along one axis. Both are
///   flattened to (N, 1).
/// - Types: the class mask and α have the default type, float32, so a 16-bit prob is promoted to float32 by the
///   gather, and α is rounded to float32 even for a float64 prob.
/// - Target: any type; it is truncated to an integer, which must be 0 or 1.
/// - NaN and infinity: a NaN prob stays NaN through the clamp; an infinite one meets the mask's zero, NaN.
///
/// Source: the second source document.
public enum TorchClampedBinary: FocalLossVariant {
  public static let name = "torch.clamped_binary"
  public static let summary = "the PyTorch binary FocalLoss on probabilities, clamped to [1e-4, 1]"
  public static let inputs: [InputSpec] = [.required("prob"), .required("target")]
  public static let parameters = [ParameterSpec.alpha, .gamma, .reduction]

  public static func undocumentedInput(_ signature: Signature) -> Rejection? {
    signature.undocumentedType("prob")
  }

  public static func uncheckedPlan(_ signature: Signature) throws(Rejection) -> Plan {
    let prob = try signature.floatInput("prob")
    let target = try signature.input("target")
    let classIndex = try ClassIndex("target", target.shape, of: prob.shape)
    let reduction = signature.parameters.reduction
    let formula = batchLoss(prob.type, signature)
    return Plan(
      formula, [Elementwise("prob"), classIndex], over: prob.shape,
      reductions: reduction == .none ? [] : [ReductionStep(reduction, of: formula.type)],
      shape: reduction == .none ? .column(prob.shape.count) : .scalar)
  }

  /// The loss of one element; the target has been truncated to its class, 0 or 1.
  static func batchLoss(_ type: ElementType, _ signature: Signature) -> Program {
    let (alpha, gamma) = (signature.parameters.alpha, signature.parameters.gamma)
    return .record([Program.Input("prob", type), Program.Input("target", signature.defaultType)]) { inputs in
      let (prob, target) = (inputs[0], inputs[1])
      let pred = (1 - prob, prob)
      let classMask = (target .== 0, target .== 1)
      let gathered = (pred.0 * classMask.0 + pred.1 * classMask.1).named("p_t")
      let probs = kernel("clamp", gathered) { min(max($0, 0.0001), 1) }.named("clamped")
      let logP = log(probs).named("log_p")
      let a = target.filled(with: alpha)
      let alphaT = ((1 - a) * classMask.0 + a * classMask.1).named("alpha_t")
      return -alphaT * pow(1 - probs, gamma).named("modulator") * logP
    }
  }
}

/// `target.long()`: truncation to an integer, which must be a class, 0 or 1.
struct ClassIndex: Source {
  private let input: String
  private let shape: Shape
  private let elements: Shape

  /// - Throws: ``Rejection`` when the target has neither the shape of prob nor as many elements along one axis.
  init(_ input: String, _ shape: Shape, of elements: Shape) throws(Rejection) {
    guard shape.region(matching: elements.whole, of: elements) != nil else {
      throw Rejection(
        input, "\(input) has shape \(shape), the variant needs \(elements) or that many along one axis")
    }
    (self.input, self.shape, self.elements) = (input, shape, elements)
  }

  func reads(for block: Region) -> [String: Region] {
    [input: shape.region(matching: block, of: elements) ?? shape.whole]
  }

  func column(for block: Region, from tensors: [String: Tensor]) throws(Rejection) -> [Double] {
    let target = try tensors.tensor(input)
    var classes: [Double] = []
    for position in 0..<target.count {
      let index = target.value(at: position).rounded(.towardZero)
      guard index == 0 || index == 1 else {
        throw Rejection(
          input,
          "\(input)[\(block.offset + position)] is \(target.text(at: position)), whose integer part is neither 0 nor 1"
        )
      }
      classes.append(index.magnitude)
    }
    return classes
  }
}
