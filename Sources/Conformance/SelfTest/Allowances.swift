internal import Arithmetic
internal import FocalLoss
internal import Tensors

/// What each element of a tensor may be by the definition of the derived verdict, worked out apart from the judge: an
/// element lies in its enclosure, or within one ULP of its exact value.
struct Allowances {
  private let computation: TensorComputation
  private let exact: ExactEvaluator
  private let memory: ExactMemory
  /// The enclosure of each element, or of each reduced result, by the documented plan.
  let enclosures: [Enclosure]
  /// Those by the other plans that the framework may follow.
  private let alternatives: [[Enclosure]]

  /// What a tensor of a case may be.
  ///
  /// - Returns: nil for a tensor that is not of the documented type and shape, or of which no reference is known.
  init?(
    _ name: String, of conformanceCase: ConformanceCase, _ provenance: Provenance, by exact: ExactEvaluator,
    _ memory: ExactMemory
  ) throws(JudgingError) {
    guard let computation = try TensorComputation(name, conformanceCase, provenance),
      try computation.hasDocumentedShape(provenance)
    else { return nil }
    self.computation = computation
    self.exact = exact
    self.memory = memory
    enclosures = try computation.enclosures(of: computation.plan, Accuracy(provenance))
    var alternatives: [[Enclosure]] = []
    for plan in computation.alternatives {
      alternatives.append(try computation.enclosures(of: plan, Accuracy(provenance)))
    }
    self.alternatives = alternatives
  }

  /// Whether a value may be the element.
  func admits(_ value: Double, at position: Int) throws(JudgingError) -> Bool {
    for enclosure in [enclosures[position]] + alternatives.map({ $0[position] }) {
      if value.isNaN ? enclosure.mayBeNaN : enclosure.lower <= value && value <= enclosure.upper {
        return true
      }
    }
    guard !value.isNaN,
      let error = try computation.exactValue(at: position, by: exact, memory).error(of: value)
    else {
      return false
    }
    return -1 <= error && error <= 1
  }

  /// Whether every element of a tensor is what it may be.
  func admit(_ tensor: Tensor) throws(JudgingError) -> Bool {
    guard tensor.count == enclosures.count else { return false }
    for position in 0..<tensor.count {
      guard try admits(tensor.value(at: position), at: position) else { return false }
    }
    return true
  }
}

extension TensorComputation {
  /// The enclosures of a plan's elements, or of its reduced results.
  fileprivate func enclosures(of plan: Plan, _ accuracy: Accuracy) throws(JudgingError) -> [Enclosure] {
    var evaluation = Evaluation(plan, in: EnclosureArithmetic(accuracy))
    var blocks = InputBlocks(conformanceCase, plan)
    var enclosures: [Enclosure] = []
    for block in plan.elements.regions(maximumCount: Judge.blockCount) {
      enclosures += try evaluation.evaluated(block, try blocks.tensors(for: block)).results
    }
    return evaluation.conclude() ?? enclosures
  }

  /// Whether the tensor's shape, and for a gradient what was fed in, is the documented one; (1,) stands for a scalar.
  fileprivate func hasDocumentedShape(_ provenance: Provenance) throws(JudgingError) -> Bool {
    guard let variant = Variants.named(conformanceCase.variant) else { return false }
    let loss = try conformanceCase.plan(variant, provenance)
    func isDocumented(_ tensor: StoredTensor) -> Bool {
      tensor.elementType == loss.type
        && (tensor.shape == loss.shape || loss.shape == .scalar && tensor.shape == .vector(1))
    }
    if tensor.name == conformanceCase.outputs["loss"]?.name { return isDocumented(tensor) }
    let input = conformanceCase.grads.first { $0.value.name == tensor.name }?.key
    return tensor.shape == plan.shape && tensor.shape == input.flatMap { conformanceCase.inputs[$0]?.shape }
      && conformanceCase.gradOutputs["loss"].map(isDocumented) ?? true
  }
}
