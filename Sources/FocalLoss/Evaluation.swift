public import Arithmetic
public import Tensors

/// A case being evaluated in an arithmetic, block by block.
///
/// For reduction none each block's result is final. Otherwise blocks are folded as they come, and ``conclude()``
/// gives the results; memory grows with the number of columns or rows of a reduction by column or row, never with the
/// elements.
public struct Evaluation<A: ReducingArithmetic> {
  private let plan: Plan
  private let arithmetic: A
  private var fold: Fold<A>?
  private var tally = 0.0

  /// An evaluation of a plan from its first block.
  public init(_ plan: Plan, in arithmetic: A) {
    self.plan = plan
    self.arithmetic = arithmetic
    fold = plan.reductions.first.map { Fold($0, in: arithmetic) }
  }

  /// Evaluates one block; blocks come in row-major order and cover the plan's elements once.
  ///
  /// - Returns: the formula's inputs for the block, and its results.
  /// - Throws: ``Rejection`` when an element is outside of what the variant accepts.
  public mutating func evaluate(
    _ block: Region, from tensors: [String: Tensor]
  ) throws(Rejection) -> (inputs: [[Double]], results: [A.Value]) {
    let inputs = try plan.columns(for: block, from: tensors)
    let results = plan.formula.evaluate(
      inputs.map { $0.map(arithmetic.input) }, count: block.count, in: arithmetic)
    if fold != nil {
      let selection = try plan.selection?.column(for: block, from: tensors)
      fold?.add(results, at: block.offset, where: selection)
      tally += try plan.conclusion?.tally?.column(for: block, from: tensors).reduce(0, +) ?? 0
    }
    return (inputs, results)
  }

  /// The reduced results: one, or one for each row where rows are what is reduced last; nil for reduction none.
  public func conclude() -> [A.Value]? {
    guard var results = fold?.results() else { return nil }
    for step in plan.reductions.dropFirst() {
      let next = Fold(step, in: arithmetic)
      next.add(results, at: 0, where: nil)
      results = next.results()
    }
    guard let conclusion = plan.conclusion else { return results }
    let count = arithmetic.constant(tally, conclusion.formula.type.float)
    let inputs = conclusion.tally == nil ? [results] : [results, [count]]
    return conclusion.formula.evaluate(inputs, count: results.count, in: arithmetic)
  }
}

/// One reduction step under way: a sum for each column, or that of the present row.
private final class Fold<A: ReducingArithmetic> {
  private let step: ReductionStep
  private let arithmetic: A
  private var sums: [A.Sum]
  private var counts: [Int]
  private var rows: [A.Value] = []

  init(_ step: ReductionStep, in arithmetic: A) {
    self.step = step
    self.arithmetic = arithmetic
    let columns =
      switch step.extent {
      case .all, .rows: 1
      case .columns(let count): count
      }
    sums = (0..<columns).map { _ in arithmetic.sum() }
    counts = Array(repeating: 0, count: columns)
  }

  func add(_ values: [A.Value], at offset: Int, where selection: [Double]?) {
    for (index, value) in values.enumerated() {
      if selection == nil || selection?[index] == 1 {
        let column = (offset + index) % sums.count
        arithmetic.add(value, to: sums[column])
        counts[column] += 1
      }
      if case .rows(let length) = step.extent, (offset + index + 1) % length == 0 { endRow() }
    }
  }

  func results() -> [A.Value] {
    if case .rows = step.extent { return rows }
    return zip(sums, counts).map(result)
  }

  private func endRow() {
    rows.append(result(sums[0], counts[0]))
    (sums[0], counts[0]) = (arithmetic.sum(), 0)
  }

  private func result(_ sum: A.Sum, _ count: Int) -> A.Value {
    let (format, stored) = (step.accumulationType.float, Site(step.storedType.float))
    var result = arithmetic.value(of: sum, count: count, step.reduction, format)
    if step.reduction == .mean {
      if step.roundsSum { result = arithmetic.operation(.round, at: stored)(result) }
      result = arithmetic.operation(.divide, at: Site(format))(
        result, arithmetic.constant(Double(count), format))
    }
    return arithmetic.operation(.round, at: stored)(result)
  }
}

extension ElementType {
  /// The format of a type that a formula computes in.
  var float: FloatFormat { floatFormat ?? .float64 }
}
