public import Arithmetic
public import Tensors

/// The gradient of a plan's result, in any arithmetic, block by block: `Σ grad_output · ∂result/∂input` for the input
/// that the variant names first.
///
/// What reaches an element from above, its upstream, is what the frameworks' backward passes compute: the gradient that
/// was fed in, through the conclusion, then for each reduction from the last to the first its type and, for a mean,
/// the division by its count. Without a reduction an element's upstream is its own `grad_output`. An element that takes no
/// part has gradient 0.
public struct GradientEvaluation<A: Arithmetic> {
  /// The elementwise gradient: the formula's inputs, and `upstream`.
  public let formula: Program
  private let plan: Plan
  private let rules: AdjointRules
  private let arithmetic: A
  private var selected: Int
  private var tally = 0.0

  /// The evaluation of a plan's gradient under a framework's adjoint rules.
  public init(_ plan: Plan, rules: AdjointRules, in arithmetic: A) {
    formula = plan.formula.gradient(of: plan.formula.inputs[0].name, rules: rules)
    selected = plan.selection == nil ? plan.elements.count : 0
    (self.plan, self.rules, self.arithmetic) = (plan, rules, arithmetic)
  }

  /// Whether ``count(_:from:)`` must see every block before the first one is evaluated: the upstream depends on counts
  /// of the whole case.
  public var needsCounts: Bool { plan.selection != nil || plan.conclusion?.tally != nil }

  /// Counts what takes part in one block.
  ///
  /// - Throws: ``Rejection`` when an element is outside of what the variant accepts.
  public mutating func count(_ block: Region, from tensors: [String: Tensor]) throws(Rejection) {
    if let selection = plan.selection {
      selected += try selection.column(for: block, from: tensors).count { $0 == 1 }
    }
    tally += try plan.conclusion?.tally?.column(for: block, from: tensors).reduce(0, +) ?? 0
  }

  /// The gradients of one block's elements.
  ///
  /// - Parameters:
  ///   - block: a region of the plan's elements.
  ///   - tensors: what ``Plan/reads(for:)`` asks for.
  ///   - gradOutput: the gradient that is fed in: one value, or one for each element of the block without a reduction, or
  ///     one for each row of the loss where rows are what is reduced last.
  /// - Returns: the formula's inputs for the block, and the gradients.
  /// - Throws: ``Rejection`` when an element is outside of what the variant accepts.
  public func evaluate(
    _ block: Region, from tensors: [String: Tensor], gradOutput: [Double]
  ) throws(Rejection) -> (inputs: [[Double]], results: [A.Value]) {
    let inputs = try plan.columns(for: block, from: tensors)
    let selection = try plan.selection?.column(for: block, from: tensors)
    let columns = zip(inputs, formula.inputs).map { column, input in lifted(column, input.type) }
    let reached = plan.spread(upstream(from: lifted(gradOutput, plan.type)), over: block)
    var results = formula.evaluate(columns + [reached], count: block.count, in: arithmetic)
    if let selection {
      let zero = arithmetic.constant(0, formula.type.format)
      for index in results.indices where selection[index] != 1 { results[index] = zero }
    }
    return (inputs, results)
  }

  /// What reaches the elements of the formula.
  private func upstream(from gradOutput: [A.Value]) -> [A.Value] {
    guard let last = plan.reductions.last else { return gradOutput }
    var reached = gradOutput
    if let formula = plan.conclusion?.formula {
      let reduced = formula.inputs[0]
      let program = formula.gradient(of: reduced.name, rules: rules)
      precondition(!program.reads(reduced.name), "the conclusion is linear in the reduced value")
      let unread = [arithmetic.constant(.nan, reduced.type.format)]
      let counts = formula.inputs.dropFirst().map { [arithmetic.constant(tally, $0.type.format)] }
      reached = program.evaluate([unread] + counts + [reached], count: 1, in: arithmetic)
    }
    let backward = Program.record([Program.Input("upstream", last.storedType)]) { reduced($0[0]) }
    return backward.evaluate([reached], count: reached.count, in: arithmetic)
  }

  /// The adjoint of one element, through the reductions from the last to the first.
  ///
  /// PyTorch: `mean` and `sum` in derivatives.yaml (`grad.expand(sizes) / numel`). Paddle: `MeanGradFunctor` and
  /// `SumGradFunctor`, phi/kernels/funcs/reduce_functor.h.
  private func reduced(_ upstream: Expression) -> Expression {
    var upstream = upstream
    var types = [plan.formula.type]
    var counts: [Int] = []
    var length = selected
    for step in plan.reductions {
      let columns = step.resultCount(of: length)
      counts.append(columns == 0 ? 0 : length / columns)
      length = columns
      types.append(step.storedType)
    }
    for (index, step) in plan.reductions.enumerated().reversed() {
      upstream = upstream.cast(to: types[index])
      if step.reduction == .mean { upstream = upstream / Double(counts[index]) }
    }
    return upstream
  }

  private func lifted(_ column: [Double], _ type: ElementType) -> [A.Value] {
    let format = type.format
    return column.map { arithmetic.constant($0, format) }
  }
}

extension AdjointRules {
  /// The rules of a build, or nil when those of its framework are not known.
  public init?(_ build: Build) {
    switch build.framework {
    case "torch", "kornia": self = .torch
    case "jax", "optax": self = .jax
    case "tensorflow", "keras": self = .tensorflow
    case "paddle": self = build.isBefore(3, of: "paddle") ? .paddle26 : .paddle3
    default: return nil
    }
  }
}

extension Program {
  fileprivate func reads(_ input: String) -> Bool {
    steps.contains { step in
      if case .input(let index) = step.operation { inputs[index].name == input } else { false }
    }
  }
}

extension Plan {
  /// What reaches each row's result, for the elements of a block; one value serves them all.
  fileprivate func spread<Value>(_ reached: [Value], over block: Region) -> [Value] {
    guard reached.count > 1, case .rows(let length) = reductions.last?.extent else { return reached }
    return block.positions.map { reached[$0 / length] }
  }
}

extension ReductionStep {
  fileprivate func resultCount(of length: Int) -> Int {
    switch extent {
    case .all: 1
    case .columns(let count): count
    case .rows(let rowLength): length / rowLength
    }
  }
}

extension ElementType {
  fileprivate var format: FloatFormat { floatFormat ?? .float64 }
}
