internal import Arithmetic
internal import FocalLoss
internal import Tensors

/// What each element of a tensor may be by the definition of the derived verdict, worked out apart from the judge: an
/// element lies in its enclosure, or within one ULP of its exact value. An enclosure of all numbers decides nothing.
struct Allowances {
  /// What one plan gives.
  private struct Outcome {
    let documented: [Double]
    let enclosures: [Enclosure]
  }

  private let computation: TensorComputation
  private let exact: ExactEvaluator
  private let memory: ExactMemory
  /// By the documented plan, then by the others that the framework may follow.
  private let outcomes: [Outcome]
  /// The enclosure of each element, or of each reduced result, by the documented plan.
  var enclosures: [Enclosure] { outcomes[0].enclosures }

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
    let accuracy = Accuracy(provenance)
    var outcomes: [Outcome] = []
    for plan in [computation.plan] + computation.alternatives {
      outcomes.append(
        Outcome(
          documented: try computation.results(of: plan, in: NativeArithmetic()),
          enclosures: try computation.results(of: plan, in: EnclosureArithmetic(accuracy))))
    }
    self.outcomes = outcomes
  }

  /// Whether a value may be the element.
  func admits(_ value: Double, at position: Int) throws(JudgingError) -> Bool {
    if outcomes.contains(where: { $0.enclosures[position].contains(value) }) { return true }
    return try isAccurate(value, at: position)
  }

  /// Whether a value that may be the element is known to be right or wrong.
  private func decide(_ value: Double, at position: Int) throws(JudgingError) -> Bool {
    guard let outcome = outcomes.first(where: { $0.enclosures[position].contains(value) }),
      outcome.enclosures[position].admitsAnyNumber
    else { return true }
    let documented = outcome.documented[position]
    if value == documented || value.isNaN && documented.isNaN { return true }
    return try isAccurate(value, at: position)
  }

  private func isAccurate(_ value: Double, at position: Int) throws(JudgingError) -> Bool {
    guard !value.isNaN,
      let error = try computation.exactValue(at: position, by: exact, memory).error(of: value)
    else { return false }
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

  /// Whether of every element it is known whether it is right.
  func decide(_ tensor: Tensor) throws(JudgingError) -> Bool {
    for position in 0..<tensor.count {
      guard try decide(tensor.value(at: position), at: position) else { return false }
    }
    return true
  }
}

extension TensorComputation {
  /// A plan's elements, or its reduced results, in an arithmetic.
  fileprivate func results<A: ReducingArithmetic>(
    of plan: Plan, in arithmetic: A
  ) throws(JudgingError) -> [A.Value] {
    var evaluation = Evaluation(plan, in: arithmetic)
    var blocks = InputBlocks(conformanceCase, plan)
    var results: [A.Value] = []
    for block in plan.elements.regions(maximumCount: ElementBlocks.maximumCount) {
      results += try evaluation.evaluated(block, try blocks.tensors(for: block)).results
    }
    return evaluation.conclude() ?? results
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
