public import Arithmetic
public import Tensors

/// How one case is computed: the formula of an element, where its inputs come from, and what follows it.
public struct Plan: Sendable {
  /// The elementwise formula.
  public let formula: Program
  /// Where each of the formula's inputs comes from, in their order.
  let sources: [any Source]
  /// The shape that the formula is evaluated over.
  public let elements: Shape
  /// 1 for the elements that take part in the reductions, or nil when all do.
  let selection: (any Source)?
  /// What follows the formula; empty for reduction none.
  public let reductions: [ReductionStep]
  /// What the reduced value goes through last.
  let conclusion: Conclusion?
  /// The shape of the result.
  public let shape: Shape

  /// The element type of the result.
  public var type: ElementType { conclusion?.formula.type ?? reductions.last?.storedType ?? formula.type }

  init(
    _ formula: Program, _ sources: [any Source], over elements: Shape, selection: (any Source)? = nil,
    reductions: [ReductionStep] = [], conclusion: Conclusion? = nil, shape: Shape? = nil
  ) {
    self.formula = formula
    self.sources = sources
    self.elements = elements
    self.selection = selection
    self.reductions = reductions
    self.conclusion = conclusion
    self.shape = shape ?? (reductions.isEmpty ? elements : .scalar)
  }

  /// The regions of the case's inputs that a block of the formula's elements needs, by input name.
  public func reads(for block: Region) -> [String: Region] {
    let sources = sources + [selection, conclusion?.tally].compactMap { $0 }
    return sources.reduce(into: [:]) { $0.merge($1.reads(for: block)) { first, _ in first } }
  }

  /// Which of the reduced results an element goes into.
  public func result(of position: Int) -> Int { reductions.last?.extent.result(of: position) ?? 0 }

  /// The formula's inputs for one block.
  public func columns(for block: Region, from tensors: [String: Tensor]) throws(Rejection) -> [[Double]] {
    var columns: [[Double]] = []
    for (source, name) in zip(sources, formula.inputs.map(\.name)) {
      let column = try source.column(for: block, from: tensors)
      guard column.count == 1 || column.count == block.count else {
        throw Rejection(name, "\(name) has \(column.count) elements where the loss has \(block.count)")
      }
      columns.append(column)
    }
    return columns
  }
}

/// A formula for the reduced value, and the count that it needs: `sum / max(1, positives)`.
struct Conclusion: Sendable {
  /// The formula; its inputs are the reduced value and, with a tally, the tally.
  let formula: Program
  /// 1 for each thing to count, 0 elsewhere, over the loss's elements; or nil.
  let tally: (any Source)?
}

/// A sum or mean over elements, and the type that a framework stores its result in.
///
/// The sum is exact and rounded once: what every order of summation approaches, on every machine. It is rounded to
/// the type that the framework accumulates in (float32 for the 16-bit types); a mean is then divided by the number of
/// elements in that type; the result is rounded to the stored type. No elements give sum 0 and mean NaN.
public struct ReductionStep: Hashable, Sendable {
  /// Which elements go into one result.
  public enum Extent: Hashable, Sendable {
    /// All of them.
    case all
    /// Each column of the last axis by itself; there are this many.
    case columns(Int)
    /// Each index of a middle axis by itself; there are this many, each with `length` elements in a row, at least one.
    case channels(Int, length: Int)
    /// Each row along the last axis by itself; it has this many elements, at least one.
    case rows(Int)

    /// The result that an element goes into; a row's is the row's number.
    func result(of position: Int) -> Int {
      switch self {
      case .all: 0
      case .columns(let count): position % count
      case .channels(let count, let length): position / length % count
      case .rows(let length): position / length
      }
    }
  }

  /// `sum` or `mean`.
  public let reduction: Reduction
  /// Which elements go into one result.
  public let extent: Extent
  /// The type that the framework accumulates in.
  public let accumulationType: ElementType
  /// The type of the result.
  public let storedType: ElementType
  /// Whether a mean's sum is rounded to the stored type before it is divided, as PyTorch 1 does for the 16-bit types
  /// (aten/src/ATen/native/ReduceOps.cpp).
  public let roundsSum: Bool
  /// Whether the order of a sum is any, and not that of the framework's own `sum`: what is repeated has a gradient that
  /// backward kernels sum in loops of their own.
  let isInAnyOrder: Bool

  /// How its elements are added.
  var summation: SummationOrder { isInAnyOrder ? .any : reduction == .mean ? .mean : .sum }

  init(
    _ reduction: Reduction, _ extent: Extent = .all, of type: ElementType,
    storedAs storedType: ElementType? = nil, by build: Build? = nil, inAnyOrder isInAnyOrder: Bool = false
  ) {
    self.isInAnyOrder = isInAnyOrder
    self.reduction = reduction
    self.extent = extent
    self.accumulationType = type.computeType
    self.storedType = storedType ?? type
    roundsSum = build?.isBefore(2, of: .torch) == true
  }
}
