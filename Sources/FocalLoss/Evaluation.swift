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
    let columns = zip(inputs, plan.formula.inputs).map { column, input in
      column.map { arithmetic.constant($0, input.type.arithmeticFormat) }
    }
    let results = plan.formula.evaluate(columns, count: block.count, in: arithmetic)
    if fold != nil {
      let selection = try plan.selection?.column(for: block, from: tensors)
      fold?.add(results, at: block.offset, where: selection)
      tally += try plan.conclusion?.tally?.column(for: block, from: tensors).reduce(0, +) ?? 0
    }
    return (inputs, results)
  }

  /// The reduced results: one, or one for each row where rows are what is reduced last; nil for reduction none.
  public func conclude() -> [A.Value]? {
    guard let fold else { return nil }
    let (steps, results) = trace(fold)
    return results.map { steps[$0].value }
  }

  /// How the reduced results come about, step by step; empty for reduction none.
  public func reductionSteps() -> [ReducedValue<A.Value>] { fold.map { trace($0).steps } ?? [] }

  private func trace(_ fold: Fold<A>) -> (steps: [ReducedValue<A.Value>], results: [Int]) {
    var trace = ReductionTrace<A.Value>()
    var results = fold.results(of: "element", operands: [], &trace)
    for step in plan.reductions.dropFirst() {
      let next = Fold(step, in: arithmetic)
      next.add(results.map { trace.steps[$0].value }, at: 0, where: nil)
      results = next.results(of: plan.reductions[0].nounOfResults, operands: results, &trace)
    }
    guard let formula = plan.conclusion?.formula else { return (trace.steps, results) }
    let count = arithmetic.constant(tally, formula.type.arithmeticFormat)
    let inputs = [results.map { trace.steps[$0].value }, [count]]
    let columns = formula.columns(Array(inputs.prefix(formula.inputs.count)), in: arithmetic)
    var places: [Int: Int] = [:]
    for (index, step) in formula.steps.enumerated() {
      switch step.operation {
      case .input(0): places[index] = results[0]
      case .input, .constant: break
      default:
        places[index] = trace.note(
          formula.text(of: index), step.format.type, columns[index][0],
          operands: formula.operands(of: index).compactMap { places[$0] })
      }
    }
    return (trace.steps, [trace.steps.count - 1])
  }
}

/// One step of a reduction.
public struct ReducedValue<Value> {
  /// What it computes, such as `sum of 12 elements`.
  public let text: String
  /// The type that it is rounded to.
  public let type: ElementType
  /// Its value.
  public let value: Value
  /// The steps that it reads; elements, counts and constants are no steps.
  public let operands: [Int]
}

/// The steps of a reduction so far.
private struct ReductionTrace<Value> {
  private(set) var steps: [ReducedValue<Value>] = []

  /// Appends a step, and says which one it is.
  mutating func note(_ text: String, _ type: ElementType, _ value: Value, operands: [Int]) -> Int {
    steps.append(ReducedValue(text: text, type: type, value: value, operands: operands))
    return steps.count - 1
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
      case .columns(let count), .channels(let count, _): count
      }
    sums = (0..<columns).map { _ in arithmetic.sum() }
    counts = Array(repeating: 0, count: columns)
  }

  func add(_ values: [A.Value], at offset: Int, where selection: [Double]?) {
    var isRows = false
    if case .rows = step.extent { isRows = true }
    for (index, value) in values.enumerated() {
      if selection == nil || selection?[index] == 1 {
        let column = isRows ? 0 : step.extent.result(of: offset + index)
        arithmetic.add(value, to: sums[column])
        counts[column] += 1
      }
      if case .rows(let length) = step.extent, (offset + index + 1) % length == 0 { endRow() }
    }
  }

  /// Keeps the present row's result, and begins the next row.
  private func endRow() {
    var trace = ReductionTrace<A.Value>()
    let result = reduced(0, of: "element", "", operands: [], &trace)
    rows.append(trace.steps[result].value)
    (sums[0], counts[0]) = (arithmetic.sum(), 0)
  }

  /// Appends the steps of every column, or a step for every row, and says which are the results.
  func results(
    of noun: String, operands: [Int], _ trace: inout ReductionTrace<A.Value>
  ) -> [Int] {
    if case .rows(let length) = step.extent {
      return rows.enumerated().map { row, value in
        trace.note(
          "\(step.reduction) of \(length) \(noun)s, row \(row)", step.storedType, value, operands: operands)
      }
    }
    let place = step.isInAnyOrder ? " at" : " of label"
    return sums.indices.map { column in
      reduced(column, of: noun, sums.count == 1 ? "" : "\(place) \(column)", operands: operands, &trace)
    }
  }

  /// Appends the steps of one column, and says which is the result.
  private func reduced(
    _ column: Int, of noun: String, _ place: String, operands: [Int], _ trace: inout ReductionTrace<A.Value>
  ) -> Int {
    let (accumulated, stored) = (step.accumulationType, step.storedType)
    func rounded(_ index: Int) -> Int {
      guard stored != accumulated else { return index }
      let value = arithmetic.operation(.round, at: Site(stored.arithmeticFormat))(trace.steps[index].value)
      return trace.note("rounded to \(stored)", stored, value, operands: [index])
    }
    let count = counts[column]
    var result = trace.note(
      "sum of \(count) \(noun)\(count == 1 ? "" : "s")\(place)", accumulated,
      arithmetic.value(of: sums[column], count: count, step.summation, accumulated.arithmeticFormat),
      operands: operands)
    if step.reduction == .mean {
      if step.roundsSum { result = rounded(result) }
      let divisor = arithmetic.constant(Double(count), accumulated.arithmeticFormat)
      let quotient = arithmetic.operation(.divide, at: Site(accumulated.arithmeticFormat))(
        trace.steps[result].value, divisor)
      result = trace.note("sum / \(count)\(place)", accumulated, quotient, operands: [result])
    }
    return rounded(result)
  }
}

extension ReductionStep {
  /// What one of its results is called.
  fileprivate var nounOfResults: String {
    if case .rows = extent { "row" } else { "label" }
  }
}
