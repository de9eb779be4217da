public import Arithmetic
public import Tensors

/// A case being evaluated in the native arithmetic, block by block: what the documented program returns.
///
/// For reduction none each block's result is final. Otherwise blocks are folded as they come, and ``conclude()``
/// gives the result; memory grows with the number of columns of a per-column reduction, never with the elements.
public struct Evaluation {
  private let plan: Plan
  private let arithmetic: NativeArithmetic
  private var fold: Fold?
  private var tally = 0.0

  /// An evaluation of a plan from its first block.
  public init(_ plan: Plan, in arithmetic: NativeArithmetic) {
    self.plan = plan
    self.arithmetic = arithmetic
    fold = plan.reductions.first.map(Fold.init)
  }

  /// Evaluates one block; blocks come in row-major order and cover the plan's elements once.
  ///
  /// - Returns: the formula's inputs for the block, and its results.
  /// - Throws: ``Rejection`` when an element is outside of what the variant accepts.
  public mutating func evaluate(
    _ block: Region, from tensors: [String: Tensor]
  ) throws(Rejection) -> (inputs: [[Double]], results: [Double]) {
    let inputs = try plan.columns(for: block, from: tensors)
    let results = plan.formula.evaluate(inputs, count: block.count, in: arithmetic)
    if fold != nil {
      let selection = try plan.selection?.column(for: block, from: tensors)
      fold?.add(results, at: block.offset, where: selection)
      tally += try plan.conclusion?.tally?.column(for: block, from: tensors).reduce(0, +) ?? 0
    }
    return (inputs, results)
  }

  /// The reduced result; nil for reduction none.
  public func conclude() -> Double? {
    guard var results = fold?.results() else { return nil }
    for step in plan.reductions.dropFirst() {
      let next = Fold(step)
      next.add(results, at: 0, where: nil)
      results = next.results()
    }
    guard let conclusion = plan.conclusion else { return results[0] }
    let inputs = conclusion.tally == nil ? [results] : [results, [conclusion.formula.type.rounded(tally)]]
    return conclusion.formula.evaluate(inputs, count: 1, in: arithmetic)[0]
  }
}

/// One reduction step under way.
private final class Fold {
  private let step: ReductionStep
  private let sums: [ExactSum]
  private var counts: [Int]

  init(_ step: ReductionStep) {
    self.step = step
    let columns =
      switch step.extent {
      case .all: 1
      case .columns(let count): count
      }
    sums = (0..<columns).map { _ in ExactSum() }
    counts = Array(repeating: 0, count: columns)
  }

  func add(_ values: [Double], at offset: Int, where selection: [Double]?) {
    for (index, value) in values.enumerated() where selection == nil || selection?[index] == 1 {
      let column = (offset + index) % sums.count
      sums[column].add(value)
      counts[column] += 1
    }
  }

  func results() -> [Double] {
    zip(sums, counts).map { sum, count in
      let total = sum.rounded(to: step.accumulationType.float)
      let result =
        step.reduction == .mean
        ? step.accumulationType.rounded(total / step.accumulationType.rounded(Double(count))) : total
      return step.storedType.rounded(result)
    }
  }
}

extension ElementType {
  /// The format of a type that a formula computes in.
  fileprivate var float: FloatFormat { floatFormat ?? .float64 }

  fileprivate func rounded(_ value: Double) -> Double { float.round(value) }
}
