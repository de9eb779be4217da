public import Arithmetic
public import Tensors

/// How many elements and things take part in a case: what a gradient needs to know of all blocks before the first.
public struct Participation: Sendable {
  /// The elements that go into the reductions.
  fileprivate var elements: Int
  /// What the conclusion counts.
  fileprivate var tally = 0.0
  /// Whether ``add(_:from:)`` must see every block: the counts depend on elements.
  public let dependsOnElements: Bool
  private let plan: Plan

  /// The participation of a plan's elements, of which no block has been seen.
  public init(in plan: Plan) {
    self.plan = plan
    elements = plan.selection == nil ? plan.elements.count : 0
    dependsOnElements = plan.selection != nil || plan.conclusion?.tally != nil
  }

  /// Counts what takes part in one block.
  ///
  /// - Throws: ``Rejection`` when an element is outside of what the variant accepts.
  public mutating func add(_ block: Region, from tensors: [String: Tensor]) throws(Rejection) {
    if let selection = plan.selection {
      elements += try selection.column(for: block, from: tensors).count { $0 == 1 }
    }
    tally += try plan.conclusion?.tally?.column(for: block, from: tensors).reduce(0, +) ?? 0
  }
}

/// Why there is nothing that a gradient could be compared with.
public enum MissingGradient: Error, Hashable, Sendable {
  /// The input has no gradient.
  case none(String)
  /// It has one, which is not computed here.
  case notComputed(String)
}

extension Plan {
  /// The tensor, among a gradient's inputs, that holds the gradient that was fed in.
  public static let gradOutput = "grad_outputs/loss"

  /// How the gradient with respect to an input is computed: `Σ grad_output · ∂result/∂input`, element by element.
  ///
  /// The formula's inputs are this formula's, then `grad_output`, of the result's type. It begins with what reaches an
  /// element from above, `upstream`, as the frameworks' backward passes compute it: the gradient that was fed in,
  /// through the conclusion, then for each reduction from the last to the first its type and, for a mean, the division
  /// by its count. Without a reduction an element's upstream is its own `grad_output`. An element that takes no part in
  /// the reductions has gradient 0. The gradient of an input that is repeated along the elements is the sum of theirs, in
  /// any order.
  ///
  /// - Parameters:
  ///   - input: the input's name.
  ///   - rules: the framework's adjoint rules.
  ///   - participation: counted over all blocks.
  ///   - gradOutput: the shape of the tensor ``gradOutput``; ones are fed in where there is none.
  /// - Throws: ``MissingGradient`` when the input has no gradient, or one that is not computed here.
  public func gradient(
    of input: String, rules: AdjointRules, _ participation: Participation, gradOutput: Shape?
  ) throws(MissingGradient) -> Plan {
    let (place, adjoint) = try differentiated(input)
    let given = formula.inputs + [Program.Input("grad_output", type)]
    let takesPart = selection == nil ? [] : [Program.Input("takes_part", formula.inputs[0].type)]
    let gradient = Program.record(given + takesPart) { inputs in
      let columns = Array(inputs.prefix(formula.inputs.count))
      let upstream = upstream(from: inputs[columns.count], rules, participation)
      let gradient = formula.gradient(of: formula.inputs[place].name, rules: rules)(columns + [upstream])
      return selection == nil ? gradient : select(inputs[given.count], gradient, 0)
    }
    let fed: any Source = gradOutput.map(source) ?? Ones()
    let sum = adjoint.repetition.map { ReductionStep(.sum, $0.extent, of: gradient.type, inAnyOrder: true) }
    return Plan(
      gradient.pruned(), sources + [fed] + (selection.map { [$0] } ?? []), over: elements,
      reductions: sum.map { [$0] } ?? [], shape: adjoint.repetition?.shape)
  }

  /// A sum is kept for each element of a repeated input.
  static let maximumSumCount = 1 << 14

  /// Which of the formula's inputs a tensor becomes, and how its gradient follows from that one's.
  private func differentiated(
    _ input: String
  ) throws(MissingGradient) -> (place: Int, adjoint: SourceAdjoint) {
    for (place, source) in sources.enumerated() {
      guard let adjoint = source.adjoint, adjoint.input == input else { continue }
      if let count = adjoint.repetition?.shape.count, count > Self.maximumSumCount {
        throw .notComputed(
          "\(input) has \(count) elements, each with a sum over the loss; at most \(Self.maximumSumCount) sums are kept"
        )
      }
      return (place, adjoint)
    }
    let isRead = sources.contains { $0.reads(for: elements.whole)[input] != nil }
    throw .none(
      isRead
        ? "\(input) has no gradient: the variant reads it as class numbers or indices"
        : "\(input) has no gradient: the variant does not read it")
  }

  /// Where a gradient of that shape comes from.
  private func source(of gradOutput: Shape) -> any Source {
    guard case .rows(let length) = reductions.last?.extent, gradOutput.count > 1 else {
      return FedIn(shape: gradOutput, elements: elements)
    }
    return FedInByRow(shape: gradOutput, length: length)
  }

  /// What reaches the elements of the formula.
  ///
  /// PyTorch: `mean` and `sum` in derivatives.yaml (`grad.expand(sizes) / numel`). Paddle: `MeanGradFunctor` and
  /// `SumGradFunctor`, phi/kernels/funcs/reduce_functor.h. TensorFlow: `_MeanGrad` and `_SumGrad`, math_grad.py.
  private func upstream(
    from gradOutput: Expression, _ rules: AdjointRules, _ participation: Participation
  ) -> Expression {
    var upstream = gradOutput
    if let formula = conclusion?.formula {
      let reduced = formula.inputs[0]
      let program = formula.gradient(of: reduced.name, rules: rules)
      precondition(!program.reads(reduced.name), "the conclusion is linear in the reduced value")
      let unread = upstream.filled(with: .nan, as: reduced.type)
      let counts = formula.inputs.dropFirst().map { upstream.filled(with: participation.tally, as: $0.type) }
      upstream = program([unread] + counts + [upstream])
    }
    var types = [formula.type]
    var counts: [Int] = []
    var length = participation.elements
    for step in reductions {
      let columns = step.resultCount(of: length)
      counts.append(columns == 0 ? 0 : length / columns)
      length = columns
      types.append(step.storedType)
    }
    for (index, step) in reductions.enumerated().reversed() {
      upstream = upstream.cast(to: types[index])
      if step.reduction == .mean { upstream = (upstream / Double(counts[index])).named("upstream") }
    }
    return upstream
  }
}

/// The gradient that was fed in: one value for a reduced result, else one for each element of the loss.
private struct FedIn: Source {
  let shape: Shape
  let elements: Shape

  func reads(for block: Region) -> [String: Region] {
    [Plan.gradOutput: shape.region(matching: block, of: elements) ?? shape.whole]
  }

  func column(for block: Region, from tensors: [String: Tensor]) throws(Rejection) -> [Double] {
    try tensors.tensor(Plan.gradOutput).values
  }
}

/// The gradient that was fed in for each row's result.
private struct FedInByRow: Source {
  let shape: Shape
  let length: Int

  func reads(for block: Region) -> [String: Region] { [Plan.gradOutput: shape.whole] }

  func column(for block: Region, from tensors: [String: Tensor]) throws(Rejection) -> [Double] {
    let values = try tensors.tensor(Plan.gradOutput).values
    return block.positions.map { values[$0 / length] }
  }
}

/// 1 for every element.
private struct Ones: Source {
  func reads(for block: Region) -> [String: Region] { [:] }

  func column(for block: Region, from tensors: [String: Tensor]) throws(Rejection) -> [Double] { [1] }
}

extension Program {
  fileprivate func reads(_ input: String) -> Bool {
    steps.contains { step in
      if case .input(let index) = step.operation { inputs[index].name == input } else { false }
    }
  }
}

extension ReductionStep {
  fileprivate func resultCount(of length: Int) -> Int {
    switch extent {
    case .all: 1
    case .columns(let count), .channels(let count, _): count
    case .rows(let rowLength): length / rowLength
    }
  }
}
