internal import Arithmetic
internal import Comparison
internal import FocalLoss
internal import HDF5
internal import Tensors

/// Judges one case: evaluates its variant's reference and compares the framework's tensors with it, block by block.
///
/// A difference is a value in the report. What cannot be judged is a verdict *error* of that case, or of one tensor,
/// and loses nothing else.
public struct Judge {
  private let policy: Policy
  private let namesCauses: Bool
  private let memory: ExactMemory?
  private let outside: OutsidePositions?
  private let arithmetic = NativeArithmetic()
  private let exact = ExactEvaluator()

  /// How many exact values of elements have been found in which way so far.
  private var exactCounts: ExactCounts {
    var counts = ExactCounts()
    (counts.fast, counts.slow) = (exact.fastCount, exact.slowCount)
    return counts
  }

  /// A judge for one thread.
  public init(policy: Policy) { self.init(policy: policy, namesCauses: true, memory: nil) }

  /// A judge for one thread, and what no verdict depends on.
  ///
  /// - Parameters:
  ///   - policy: what is let pass.
  ///   - namesCauses: whether it looks for the cause of a nonconformant tensor.
  ///   - memory: where it keeps exact values for the next case of the same inputs.
  ///   - outside: where it keeps which elements are outside.
  init(policy: Policy, namesCauses: Bool, memory: ExactMemory?, outside: OutsidePositions? = nil) {
    self.policy = policy
    self.namesCauses = namesCauses
    self.memory = memory
    self.outside = outside
  }

  /// Judges a case of an open fixture.
  public func judge(_ name: String, of fixture: FixtureReader) -> CaseReport {
    var report = CaseReport(id: fixture.caseID(name), name: name)
    let earlier = exactCounts
    do throws(JudgingError) {
      try judge(try fixture.opened(name), by: fixture.provenance, &report)
    } catch {
      report.error = error.located(in: fixture.fileName, case: name)
    }
    report.exactCounts = exactCounts - earlier
    return report
  }

  /// Judges a case of a fixture that has been opened already, and may have been changed since.
  ///
  /// - Parameters:
  ///   - conformanceCase: the case.
  ///   - fixture: the fixture.
  ///   - provenance: who is taken to have computed it; the fixture's own words when it is nil.
  func judge(
    _ conformanceCase: ConformanceCase, of fixture: FixtureReader, by provenance: Provenance? = nil
  ) -> CaseReport {
    var report = CaseReport(id: conformanceCase.id, name: conformanceCase.name)
    do throws(JudgingError) {
      try judge(conformanceCase, by: provenance ?? fixture.provenance, &report)
    } catch {
      report.error = error.located(in: fixture.fileName, case: conformanceCase.name)
    }
    return report
  }

  private func judge(
    _ conformanceCase: ConformanceCase, by provenance: Provenance, _ report: inout CaseReport
  ) throws(JudgingError) {
    report.variant = conformanceCase.variant
    report.parameters = conformanceCase.parameters
    report.outcome = conformanceCase.outcome
    report.purpose = conformanceCase.attributes["reason"]?.string
    let variant = try conformanceCase.documentedVariant()
    guard let loss = conformanceCase.outputs["loss"] else {
      return try judgeRaised(conformanceCase, variant, provenance, &report)
    }
    let plan = try conformanceCase.plan(variant, provenance)
    report.tensors.append(
      try judge(loss, of: conformanceCase, variant, plan, provenance, &report.printed))
    for (input, gradient) in conformanceCase.grads.sorted(by: { $0.key < $1.key }) {
      report.tensors.append(
        try judge(gradient, withRespectTo: input, of: conformanceCase, variant, plan, provenance))
    }
    if let message = conformanceCase.gradientError {
      let input = variant.firstInput
      report.tensors.append(
        TensorReport(
          name: "grads/\(input)", type: conformanceCase.inputs[input]?.elementType,
          shape: conformanceCase.inputs[input]?.shape,
          finding: .unjudged("the framework computed the loss, and raised for the gradient: \(message)")))
    }
    report.tensors += conformanceCase.gradOutputs.values.sorted { $0.name < $1.name }.map { gradOutput in
      let mismatch = conformanceCase.mismatch(gradOutput, of: conformanceCase.outputs)
      return TensorReport(gradOutput, mismatch.map(TensorReport.Finding.error) ?? .given)
    }
  }

  /// Compares the loss with the plan's results.
  private func judge(
    _ loss: StoredTensor, of conformanceCase: ConformanceCase, _ variant: any FocalLossVariant.Type,
    _ plan: Plan,
    _ provenance: Provenance,
    _ printed: inout PrintedNumbers?
  ) throws(JudgingError) -> TensorReport {
    if let mismatch = plan.mismatch(loss) { return TensorReport(loss, .different(mismatch)) }
    printed = PrintedNumbers(conformanceCase.attributes)
    return try compare(
      loss, of: conformanceCase, variant, Computation([plan], of: plan, []), provenance,
      others: DocumentedProgram.losses, &printed)
  }

  /// Compares a gradient with what reverse mode over the documented formula gives, under the framework's adjoint rules, or
  /// under any known ones where those are not known.
  private func judge(
    _ gradient: StoredTensor, withRespectTo input: String, of conformanceCase: ConformanceCase,
    _ variant: any FocalLossVariant.Type, _ loss: Plan, _ provenance: Provenance
  ) throws(JudgingError) -> TensorReport {
    guard conformanceCase.inputs.keys.contains(input) else {
      return TensorReport(gradient, .error("the case has no input of which this is the gradient"))
    }
    let plans: [Plan]
    let rules = AdjointRules.candidates(for: provenance.build)
    switch try conformanceCase.gradients(of: loss, withRespectTo: input, rules) {
    case .success(let found): plans = found
    case .failure(.none(let reason)): return TensorReport(gradient, .error(reason))
    case .failure(.notComputed(let reason)): return TensorReport(gradient, .unjudged(reason))
    }
    if let mismatch = conformanceCase.mismatch(gradient, of: conformanceCase.inputs) {
      return TensorReport(gradient, .different(mismatch))
    }
    if let mismatch = conformanceCase.gradOutputs["loss"].flatMap(loss.mismatch) {
      return TensorReport(gradient, .error("cannot be judged, since grad_outputs/loss \(mismatch)"))
    }
    var printed: PrintedNumbers?
    return try compare(
      gradient, withRespectTo: input, of: conformanceCase, variant, Computation(plans, of: loss, rules),
      provenance,
      others: DocumentedProgram.gradients, &printed)
  }

  /// Compares a tensor with the results of its plans: against what the policy allows, and against the exact values.
  private func compare(
    _ tensor: StoredTensor, withRespectTo input: String? = nil, of conformanceCase: ConformanceCase,
    _ variant: any FocalLossVariant.Type, _ computation: Computation, _ provenance: Provenance,
    others: [DocumentedProgram], _ printed: inout PrintedNumbers?
  ) throws(JudgingError) -> TensorReport {
    let plans = computation.plans
    let plan = plans[0]
    var comparator = TensorComparator(policy, plan)
    if outside != nil { comparator.keepPositions() }
    var worstInputs: [Int: [NamedValue]] = [:]
    var reference = TensorReference(plans, policy, Accuracy(provenance))
    var blocks = InputBlocks(conformanceCase, plan)
    for block in plan.elements.regions(maximumCount: ElementBlocks.maximumCount) {
      let tensors = try blocks.tensors(for: block)
      guard plan.reductions.isEmpty, let region = tensor.shape.region(matching: block, of: plan.elements)
      else {
        try reference.reduce(block, from: tensors)
        continue
      }
      let actual = try tensor.block(region)
      let values = try reference.values(for: block, from: tensors, given: actual.values)
      let inputs = values.inputs
      let exact = try conformanceCase.exactValues(of: tensor.name, at: block.offset, keptIn: memory) {
        self.exact.values(of: plan.formula, at: inputs, count: block.count, in: plan.type.arithmeticFormat)
      }
      comparator.add(values.expected, actual, values.allowed, exact, at: block.offset)
      comparator.addInputs(inputs, of: plan.formula.inputs, at: block.offset)
      comparator.addHazards(values.expected, exact, inputs[0])
      printed?.append(expected: values.expected, actual: actual.values)
      worstInputs = worstInputs.keeping(comparator.comparison.worst, block, plan.formula.inputs, inputs)
    }
    if !plan.reductions.isEmpty {
      let actual = try tensor.block(tensor.shape.whole)
      let values = reference.reducedValues(given: actual.values)
      let exact = try conformanceCase.exactResults(of: plan, for: tensor.name, by: exact, memory)
      comparator.add(values.expected, actual, values.allowed, exact, at: 0)
      printed?.append(expected: values.expected, actual: actual.values)
    }
    let comparison = comparator.comparison
    outside?.positions[tensor.name] = comparator.outsidePositions
    if comparison.outside == 0, let undecided = comparator.undecided {
      return TensorReport(tensor, .unjudged(undecided.reason))
    }
    var nonconformance = comparison.outside > 0 ? Nonconformance(comparison) : nil
    var diagnoses: [Diagnosis] = []
    if policy == .derived, namesCauses, nonconformance != nil {
      let search = ReorderingSearch(
        conformanceCase: conformanceCase, provenance: provenance, exact: exact, input: input)
      let suspect = Suspect(
        conformanceCase, variant, provenance, tensor: tensor, input: input, plans: plans,
        lossPlan: computation.loss, rules: computation.rules, comparison: comparison,
        // What is evaluated once more is counted once.
        exact: ExactEvaluator())
      suspect.reordered = try search.program(giving: tensor, in: plan, among: others) {
        program throws(JudgingError) in try suspect.computes(sameFunctionBy: program)
      }
      nonconformance?.reordered = suspect.reordered
      diagnoses = try Diagnoses.of(suspect)
    }
    return TensorReport(
      tensor, .compared(comparison, comparator.rule, worstInputs: worstInputs), comparator.hazards,
      nonconformance, diagnoses)
  }

  /// A framework that raised agrees with its documentation when the reference rejects the input as well.
  private func judgeRaised(
    _ conformanceCase: ConformanceCase, _ variant: any FocalLossVariant.Type, _ provenance: Provenance,
    _ report: inout CaseReport
  ) throws(JudgingError) {
    let message = conformanceCase.error ?? "no message"
    let signature = conformanceCase.signature(provenance)
    if let rejection = variant.undocumented(signature) {
      report.reason = "raised where its documentation promises nothing (\(rejection)): \(message)"
    } else if let rejection = try rejection(of: conformanceCase, variant, provenance) {
      report.reason = "raised, as it must (\(rejection)): \(message)"
    } else {
      report.raisedUnduly = true
      report.message = message
      report.reason = "the framework raised on input that its documentation allows: \(message)"
    }
  }

  /// Why the formula is not defined for a case, or nil.
  private func rejection(
    of conformanceCase: ConformanceCase, _ variant: any FocalLossVariant.Type, _ provenance: Provenance
  ) throws(JudgingError) -> Rejection? {
    do throws(JudgingError) {
      let plan = try conformanceCase.plan(variant, provenance)
      var evaluation = Evaluation(plan, in: arithmetic)
      var blocks = InputBlocks(conformanceCase, plan)
      for block in plan.elements.regions(maximumCount: ElementBlocks.maximumCount) {
        _ = try evaluation.evaluated(block, try blocks.tensors(for: block))
      }
      return nil
    } catch {
      if case .rejected(let rejection) = error { return rejection }
      throw error
    }
  }
}

/// How a tensor is computed.
private struct Computation {
  /// The plans, at least one; expected values are of the first.
  let plans: [Plan]
  /// How the loss is computed; the same plan where the tensor is the loss.
  let loss: Plan
  /// Whose adjoint rules a gradient may follow; empty for a loss.
  let rules: [AdjointRules]

  init(_ plans: [Plan], of loss: Plan, _ rules: [AdjointRules]) {
    self.plans = plans
    self.loss = loss
    self.rules = rules
  }
}

/// Which elements of a case's results are outside, by tensor.
final class OutsidePositions {
  var positions: [String: PositionSet] = [:]
}

/// Elements of which the enclosure tells nothing, and that agree neither with the documented nor with the exact value.
private struct UndecidedElements {
  var count = 0
  let first: Int

  var reason: String {
    "\(counted(count, "element")), the first at position \(first), may be any number by the documented operations, "
      + "and differ from the expected value"
  }
}

/// A comparator by the policy of a run.
private struct TensorComparator {
  private var comparator: Comparator
  private let tolerance: Tolerance?
  private let format: FloatFormat
  /// The format with the fewest bits that goes into the result.
  private let narrowest: FloatFormat
  private var widths = ULPDistribution()
  private(set) var hazards = Hazards()

  init(_ policy: Policy, _ plan: Plan) {
    let type = plan.type
    format = type.arithmeticFormat
    narrowest = plan.formula.inputs.map(\.type.arithmeticFormat).reduce(format) {
      $1.precision < $0.precision ? $1 : $0
    }
    switch policy {
    case .derived:
      tolerance = nil
      comparator = Comparator(type)
    case .tolerance(let policy):
      let tolerance = policy.tolerance(for: type)
      self.tolerance = tolerance
      comparator = Comparator(type, tolerance: tolerance)
    }
  }

  var comparison: Comparison { comparator.comparison }

  /// Nil where there are none.
  private(set) var undecided: UndecidedElements?

  /// The positions of all elements outside; nil where they are not kept.
  private(set) var outsidePositions: PositionSet?

  mutating func keepPositions() { outsidePositions = PositionSet() }

  var rule: TensorReport.Rule { tolerance.map(TensorReport.Rule.tolerance) ?? .enclosure(widths: widths) }

  mutating func add(
    _ expected: [Double], _ actual: Tensor, _ enclosures: [Enclosure]?, _ exact: [ExactValue], at offset: Int
  ) {
    for width in (enclosures ?? []).compactMap({ $0.width(in: format) }) { widths.add(width) }
    let references = exact.enumerated().map { index, exact in
      ElementReference(
        enclosures.map { Allowance($0[index]) }, exact: exact.rounded,
        actualError: exact.error(of: actual.value(at: index)), expectedError: exact.error(of: expected[index])
      )
    }
    comparator.add(expected: expected, actual: actual, references: references, offset: offset)
    for (index, enclosure) in (enclosures ?? []).enumerated() where enclosure.admitsAnyNumber {
      let (value, expected) = (actual.value(at: index), expected[index])
      guard value != expected, !value.isNaN || !expected.isNaN, !references[index].isAccurate else {
        continue
      }
      undecided = undecided ?? UndecidedElements(first: offset + index)
      undecided?.count += 1
    }
    for position in comparator.outsidePositions { outsidePositions?.insert(position) }
  }

  /// Notes from which inputs the elements outside of the last block were computed.
  mutating func addInputs(_ columns: [[Double]], of inputs: [Program.Input], at offset: Int) {
    comparator.addInputs(
      zip(inputs, columns).map { input, values in (name: input.name, values: values) }, offset: offset)
  }

  /// Notes where the expected values themselves are not the loss.
  mutating func addHazards(_ expected: [Double], _ exact: [ExactValue], _ inputs: [Double]) {
    for (index, exact) in exact.enumerated() {
      hazards.add(
        expected[index], exact, at: inputs[inputs.count == 1 ? 0 : index], in: format, narrowest: narrowest)
    }
  }
}

extension ConformanceCase {
  /// How a gradient's type or shape differs from those of the tensor that it is the gradient of, or nil.
  fileprivate func mismatch(_ gradient: StoredTensor, of tensors: [String: StoredTensor]) -> String? {
    guard let tensor = tensors[gradient.memberName] else {
      return "the case has no tensor of which this is the gradient"
    }
    guard gradient.elementType == tensor.elementType, gradient.shape == tensor.shape else {
      return
        "is \(gradient.elementType) \(gradient.shape), its tensor is \(tensor.elementType) \(tensor.shape)"
    }
    return nil
  }
}

extension Allowance {
  fileprivate init(_ enclosure: Enclosure) {
    self.init(enclosure.lower, enclosure.upper, admitsNaN: enclosure.mayBeNaN)
  }
}

extension Plan {
  /// How a stored result's type or shape differs from the documented one, or nil; (1,) stands for a scalar.
  fileprivate func mismatch(_ actual: StoredTensor) -> String? {
    guard actual.elementType == type else { return "is \(actual.elementType), documented is \(type)" }
    let isScalar = shape == .scalar && actual.shape == .vector(1)
    return actual.shape == shape || isScalar ? nil : "has shape \(actual.shape), documented is \(shape)"
  }
}

extension TensorReport {
  init(
    _ tensor: StoredTensor, _ finding: Finding, _ hazards: Hazards = Hazards(),
    _ nonconformance: Nonconformance? = nil, _ diagnoses: [Diagnosis] = []
  ) {
    self.init(
      name: tensor.name, type: tensor.elementType, shape: tensor.shape, finding: finding, hazards: hazards,
      nonconformance: nonconformance, diagnoses: diagnoses)
  }
}

extension [Int: [NamedValue]] {
  /// The inputs of the worst elements: those known so far that are still among the worst, and those of this block.
  fileprivate func keeping(
    _ worst: [ElementDifference], _ block: Region, _ inputs: [Program.Input], _ columns: [[Double]]
  ) -> [Int: [NamedValue]] {
    var kept: [Int: [NamedValue]] = [:]
    for position in worst.map(\.position) {
      kept[position] =
        self[position]
        ?? zip(inputs, columns).map { input, column in
          NamedValue(
            name: input.name, type: input.type, value: column[column.count == 1 ? 0 : position - block.offset]
          )
        }
    }
    return kept
  }
}
