internal import Arithmetic
public import FocalLoss
public import Tensors

/// How one element of a loss or a gradient, or one reduced loss, is computed: the formula step by step.
public struct Explanation: Sendable {
  /// One step.
  public struct Step: Sendable {
    /// The name that the formula gives the value, or the operation with its operands' numbers.
    public let text: String
    /// The number of the step, by which later ones refer to it.
    public let number: Int
    /// The kernel of the framework that the step is inside of, when it does not leave it.
    public let innerKernel: String?
    /// The type that the result is rounded to.
    public let type: ElementType
    /// The value of the documented program.
    public let native: Double
    /// What an implementation may have here.
    public let allowed: ClosedRange<Double>?
    /// Whether it may be NaN.
    public let mayBeNaN: Bool
    /// The exact value of the step's own formula, rounded to the type; nil where there is none or it is not known.
    public let exact: Double?
    /// How far the native value lies from the exact one, in ULPs of the exact one.
    public let error: Double?
    /// How much of that the step's own rounding adds: how far it lies from the exact operation on the native operands.
    public let ownError: Double?
    /// By how much the error that is not the step's own is larger, in ULPs, than the largest error among its operands;
    /// nil where the operands have none.
    public let amplification: Double?
    /// The framework's own value, when the fixture has that stage.
    public let stage: Double?
    /// Whether the step is there only for the enclosure of sums in any order, and no step of the documented program.
    public let isOtherOrder: Bool

    /// Whether the framework's own value lies outside of what is allowed; nil when the fixture has none.
    public var isStageOutside: Bool? {
      stage.map { stage in
        stage.isNaN ? !mayBeNaN : !(allowed?.contains(stage) ?? false)
      }
    }
  }

  /// The case.
  public let id: String
  /// The tensor, such as `outputs/loss`.
  public let tensor: String
  /// The result's index in the tensor, or for an element that goes into a reduction of the whole in the first input;
  /// empty for a scalar.
  public let index: [Int]
  /// The index in the first input of the element whose steps are shown, where it goes into the result of its row; else
  /// nil.
  public let element: [Int]?
  /// The variant.
  public let variant: String
  /// Its hyper-parameters.
  public let parameters: Parameters
  /// Who computed it.
  public let provenance: Provenance
  /// The steps, inputs and constants among them.
  public let steps: [Step]
  /// The type of the result.
  public let type: ElementType
  /// The framework's result; nil for an element that goes into a reduction.
  public let actual: Double?
  /// Its error against the exact value, in ULPs of that.
  public let actualError: Double?

  /// The first stage of the fixture that lies outside of what is allowed.
  public var parting: Step? { steps.first { $0.isStageOutside == true } }

  /// The last step: the result.
  public var result: Step? { steps.last }
}

extension Explanation {
  /// Explains an element of a loss or a gradient, or a reduced loss.
  ///
  /// A loss that has one result for each row is explained by an element of the row and the row's own steps.
  ///
  /// - Parameters:
  ///   - name: the case.
  ///   - fixture: the fixture that holds it.
  ///   - tensor: `outputs/loss`, or a gradient such as `grads/logit`; when it is nil the one with the worst verdict, the
  ///     loss first.
  ///   - index: the element; the worst one when it is nil, in the worst row where rows are reduced, and the first where
  ///     all are identical. With an index, an element of a wholly reduced loss is explained before it is reduced.
  /// - Throws: ``FixtureError`` when the case cannot be read or judged, or has no such tensor or element.
  public init(
    _ name: String, of fixture: FixtureReader, tensor: String? = nil, at index: [Int]? = nil
  ) throws(FixtureError) {
    do throws(JudgingError) {
      let conformanceCase = try fixture.opened(name)
      let report = Judge(policy: .derived).judge(name, of: fixture)
      if let error = report.error { throw .unreadable(error) }
      guard let choice = Self.choice(of: tensor, in: report) else {
        throw .rejected(Rejection(nil, Self.absence(of: tensor, conformanceCase, report)))
      }
      let subject = try Subject(choice.name, conformanceCase, fixture.provenance)
      id = conformanceCase.id
      self.tensor = choice.name
      provenance = fixture.provenance
      variant = conformanceCase.variant
      parameters = conformanceCase.parameters
      let worst = choice.comparison?.worst.first?.position
      switch subject.plan.reductions.last?.extent {
      case nil:
        let position = try subject.position(index, worst: worst)
        self.index = subject.shape.coordinates(of: position)
        element = nil
        steps = try subject.steps(at: position)
        actual = try subject.tensor.value(at: position)
      case .rows(let length)?:
        let position: Int
        if let index {
          position = try subject.position(index, worst: nil)
        } else {
          position = try subject.worstElement(ofRow: worst ?? 0, length: length)
        }
        let row = subject.plan.result(of: position)
        self.index = subject.tensor.shape.coordinates(of: row)
        element = subject.shape.coordinates(of: position)
        steps = try subject.steps(at: position, andOfRow: row)
        actual = try subject.tensor.value(at: row)
      case .all?, .columns?, .channels?:
        if let index {
          let position = try subject.position(index, worst: nil)
          self.index = subject.shape.coordinates(of: position)
          steps = try subject.steps(at: position)
          actual = nil
        } else {
          // A repeated input's gradient has a sum for each of its elements.
          let result = subject.plan.shape.count > 1 ? worst ?? 0 : 0
          self.index = subject.plan.shape.count > 1 ? subject.tensor.shape.coordinates(of: result) : []
          steps = try subject.reductionSteps(of: result)
          actual = try subject.tensor.value(at: result)
        }
        element = nil
      }
      type = steps.last?.type ?? subject.plan.type
      actualError = actual.flatMap { actual in subject.lastExact?.error(of: actual) }
    } catch {
      throw error.located(in: fixture.fileName, case: name)
    }
  }

  /// The tensor to explain among those that were compared.
  private static func choice(of tensor: String?, in report: CaseReport) -> TensorReport? {
    let compared = report.tensors.filter { $0.comparison != nil }
    if let tensor { return compared.first { $0.name == tensor } }
    let worst = compared.compactMap(\.verdict).max()
    return compared.first { $0.verdict == worst }
  }

  /// Why there is nothing to explain, and what there is.
  private static func absence(
    of tensor: String?, _ conformanceCase: ConformanceCase, _ report: CaseReport
  ) -> String {
    if conformanceCase.outcome == .raised {
      return
        "the framework raised, so there is no result to explain: \(conformanceCase.error ?? "no message")"
    }
    let names = report.tensors.filter { $0.comparison != nil }.map(\.name)
    let reasons = report.tensors.filter { $0.name == tensor ?? $0.name }.compactMap(\.obstacle)
    let known =
      names.isEmpty
      ? "no tensor of the case can be explained" : "of this case can: \(names.joined(separator: ", "))"
    let subject = tensor.map { "\($0) cannot be explained" }
    return ([subject].compactMap { $0 } + [known] + reasons).joined(separator: "; ")
  }
}

extension TensorReport {
  /// Why it was not compared with expected values, or nil.
  fileprivate var obstacle: String? {
    switch finding {
    case .compared: nil
    case .different(let reason), .error(let reason), .unjudged(let reason): "\(name) \(reason)"
    case .given: "\(name) was given to the framework"
    }
  }
}

/// A tensor that is being explained.
private final class Subject {
  let computation: TensorComputation
  private let accuracy: Accuracy
  private let exact = ExactEvaluator()
  /// The exact value of the last step.
  private(set) var lastExact: ExactValue?

  init(
    _ name: String, _ conformanceCase: ConformanceCase, _ provenance: Provenance
  ) throws(JudgingError) {
    guard let computation = try TensorComputation(name, conformanceCase, provenance) else {
      throw .rejected(Rejection(nil, "\(name) cannot be explained"))
    }
    self.computation = computation
    accuracy = Accuracy(provenance)
  }

  var tensor: StoredTensor { computation.tensor }
  var plan: Plan { computation.plan }

  /// The shape that an index is given in.
  var shape: Shape { computation.isReduced ? plan.elements : tensor.shape }

  /// The row-major position of an index; of the worst element when there is none.
  func position(_ index: [Int]?, worst: Int?) throws(JudgingError) -> Int {
    guard let index else {
      guard shape.count > 0 else { throw emptiness }
      return worst ?? 0
    }
    guard index.count == shape.rank, zip(index, shape.dimensions).allSatisfy({ (0..<$1).contains($0) }) else {
      throw .rejected(Rejection(nil, "\(tensor.name) has elements of shape \(shape), none at \(index)"))
    }
    return zip(index, shape.dimensions).reduce(0) { $0 * $1.1 + $1.0 }
  }

  /// That there is nothing to explain.
  private var emptiness: JudgingError {
    .rejected(Rejection(nil, "\(tensor.name) has no element that could be explained"))
  }

  /// The position of the element of a row whose documented value lies farthest from its exact one, the first of those
  /// alike: the framework's own elements are not in the fixture.
  func worstElement(ofRow row: Int, length: Int) throws(JudgingError) -> Int {
    guard row < plan.shape.count, length > 0 else { throw emptiness }
    var worst = row * length
    var largest = 0.0
    var blocks = InputBlocks(computation.conformanceCase, plan)
    let native = NativeArithmetic()
    for block in plan.elements.regions(maximumCount: ElementBlocks.maximumCount) {
      let positions = block.positions.clamped(to: (row * length)..<((row + 1) * length))
      if positions.isEmpty { continue }
      let tensors = try blocks.tensors(for: block)
      let columns: [[Double]]
      do throws(Rejection) {
        columns = try plan.columns(for: block, from: tensors).map { column in
          column.count == 1 ? column : positions.map { column[$0 - block.offset] }
        }
      } catch {
        throw .rejected(error)
      }
      let exactValues = exact.values(
        of: plan.formula, at: columns, count: positions.count, in: plan.formula.type.arithmeticFormat)
      let values = plan.formula.evaluate(columns, count: positions.count, in: native)
      for (offset, value) in values.enumerated() {
        guard let error = exactValues[offset].error(of: value)?.magnitude, error > largest else { continue }
        largest = error
        worst = positions.lowerBound + offset
      }
    }
    return worst
  }

  /// The steps of one element, and the last of them its row's result.
  func steps(at position: Int, andOfRow row: Int) throws(JudgingError) -> [Explanation.Step] {
    var steps = try steps(at: position)
    // One value for each row, in their order.
    let traced = try values(in: TracingArithmetic())[row]
    let enclosure = try values(in: EnclosureArithmetic(accuracy))[row].value
    let value = try exact.value(in: traced.type.arithmeticFormat) { precision throws(JudgingError) in
      try values(in: ExactArithmetic(precision: precision))[row].value
    }
    steps.append(
      step(traced.text, steps.count, traced.value, enclosure, value, traced.type, operands: []))
    lastExact = value
    return steps
  }

  /// The steps of one element.
  func steps(at position: Int) throws(JudgingError) -> [Explanation.Step] {
    let (formula, tracing) = (plan.formula, TracingArithmetic())
    let inputs = try computation.inputs(at: position)
    let traced = formula.columns(inputs.map { [tracing.point($0)] }, in: tracing).map { $0[0] }
    let enclosing = EnclosureArithmetic(accuracy)
    let points = zip(inputs, formula.inputs).map { [enclosing.constant($0, $1.type.arithmeticFormat)] }
    let enclosures = formula.columns(points, in: enclosing).map { $0[0] }
    var stages: [String: Double] = [:]
    for (name, stage) in computation.conformanceCase.stages where stage.shape.count == plan.elements.count {
      stages[name] = try stage.value(at: position)
    }
    var steps: [Explanation.Step] = []
    for (number, step) in formula.steps.enumerated() {
      let isHidden = formula.isOtherOrder(number) && number != formula.output
      let value = exact.value(of: formula.ending(at: number), at: inputs, in: step.format)
      let kernel = step.kernel.map { formula.kernels[$0] }
      let operands = formula.operands(of: number)
      steps.append(
        self.step(
          step.label ?? formula.text(of: number), number, traced[number], enclosures[number], value,
          step.format.type, operands: operands.isEmpty ? nil : operands.map { steps[$0].error },
          innerKernel: kernel.flatMap { $0.output == number ? nil : $0.name },
          stage: step.label.flatMap { stages[$0] }, isHidden: isHidden))
      lastExact = value
    }
    return steps
  }

  /// The steps of the reduction, of one result where there are several.
  func reductionSteps(of result: Int) throws(JudgingError) -> [Explanation.Step] {
    let traced = try values(in: TracingArithmetic())
    // Each result has as many steps, one result after another.
    let length = traced.count / max(plan.shape.count, 1)
    let enclosures = try values(in: EnclosureArithmetic(accuracy))
    var known: [Int: [ReducedValue<MPFRInterval>]] = [:]
    var steps: [Explanation.Step] = []
    var errors: [Int: Double?] = [:]
    for (number, reduced) in traced.enumerated() where number / length == result {
      let value = try exact.value(in: reduced.type.arithmeticFormat) { precision throws(JudgingError) in
        if let intervals = known[precision] { return intervals[number].value }
        let intervals = try values(in: ExactArithmetic(precision: precision))
        known[precision] = intervals
        return intervals[number].value
      }
      steps.append(
        step(
          reduced.text, number, reduced.value, enclosures[number].value, value, reduced.type,
          operands: reduced.operands.map { errors[$0] ?? nil }))
      errors[number] = steps.last?.error
      lastExact = value
    }
    return steps
  }

  private func values<A: ReducingArithmetic>(
    in arithmetic: A
  ) throws(JudgingError) -> [ReducedValue<A.Value>] {
    var evaluation = Evaluation(plan, in: arithmetic)
    var blocks = InputBlocks(computation.conformanceCase, plan)
    for block in plan.elements.regions(maximumCount: ConformanceCase.exactBlockCount) {
      _ = try evaluation.evaluated(block, try blocks.tensors(for: block))
    }
    return evaluation.reductionSteps()
  }

  private func step(
    _ text: String, _ number: Int, _ traced: TracingArithmetic.Value, _ enclosure: Enclosure,
    _ exactValue: ExactValue, _ type: ElementType, operands: [Double?]?, innerKernel: String? = nil,
    stage: Double? = nil, isHidden: Bool = false
  ) -> Explanation.Step {
    let error = exactValue.error(of: traced.native)
    let unrounded = exact.value(in: type.arithmeticFormat) { _ in traced.unrounded }
    let ownError = operands == nil ? nil : unrounded.error(of: traced.native)
    let inherited = error.flatMap { error in ownError.map { (error - $0).magnitude } }
    let largest = (operands ?? []).compactMap { $0?.magnitude }.max() ?? 0
    return Explanation.Step(
      text: text, number: number, innerKernel: innerKernel, type: type, native: traced.native,
      allowed: enclosure.hasNumbers ? enclosure.lower...enclosure.upper : nil,
      mayBeNaN: enclosure.mayBeNaN, exact: exactValue.rounded, error: error, ownError: ownError,
      amplification: largest > 0 ? inherited.map { $0 / largest } : nil, stage: stage,
      isOtherOrder: isHidden)
  }
}
