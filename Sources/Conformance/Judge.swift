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
  /// How many elements are read, evaluated and compared at a time.
  public static let blockCount = 8192

  private let policy: Policy
  private let arithmetic = NativeArithmetic()
  // The fast path's errors carry the platform's elementary functions in their last digits, and a report is the same
  // bytes everywhere.
  private let exact = ExactEvaluator(usesFastPath: false)

  /// A judge for one thread.
  public init(policy: Policy) { self.policy = policy }

  /// Judges a case of an open fixture.
  public func judge(_ name: String, of fixture: FixtureReader) -> CaseReport {
    var report = CaseReport(id: fixture.caseID(name), name: name)
    do throws(JudgingError) {
      try judge(name, of: fixture, &report)
    } catch {
      report.error = error.located(in: fixture.fileName, case: name)
    }
    return report
  }

  private func judge(
    _ name: String, of fixture: FixtureReader, _ report: inout CaseReport
  ) throws(JudgingError) {
    let conformanceCase = try fixture.opened(name)
    report.variant = conformanceCase.variant
    report.parameters = conformanceCase.parameters
    report.outcome = conformanceCase.outcome
    report.purpose = conformanceCase.attributes["reason"]?.string
    guard let variant = Variants.named(conformanceCase.variant) else {
      let known = Variants.all.map { $0.name }.joined(separator: ", ")
      throw .rejected(Rejection(nil, "variant \"\(conformanceCase.variant.prefix(80))\" is none of \(known)"))
    }
    guard let loss = conformanceCase.outputs["loss"] else {
      return try judgeRaised(conformanceCase, variant, fixture.provenance, &report)
    }
    let plan = try conformanceCase.plan(variant, fixture.provenance)
    try judge(loss, of: conformanceCase, plan, fixture.provenance, &report)
    for gradient in conformanceCase.grads.values.sorted(by: { $0.name < $1.name }) {
      report.tensors.append(try judge(gradient, of: conformanceCase, variant, plan, fixture.provenance))
    }
    report.tensors += conformanceCase.gradOutputs.values.sorted { $0.name < $1.name }.map { gradOutput in
      let mismatch = conformanceCase.mismatch(gradOutput, of: conformanceCase.outputs)
      return TensorReport(gradOutput, mismatch.map(TensorReport.Finding.error) ?? .carried)
    }
  }

  /// Compares the loss with the plan's results.
  private func judge(
    _ loss: StoredTensor, of conformanceCase: ConformanceCase, _ plan: Plan, _ provenance: Provenance,
    _ report: inout CaseReport
  ) throws(JudgingError) {
    if let mismatch = plan.mismatch(loss) {
      report.tensors.append(TensorReport(loss, .error(mismatch)))
      return
    }
    var comparator = TensorComparator(policy, plan.type)
    var worstInputs: [Int: [NamedValue]] = [:]
    var printed = PrintedNumbers(conformanceCase.attributes)
    var evaluation = Evaluation(plan, in: arithmetic)
    var enclosures =
      policy == .derived ? Evaluation(plan, in: EnclosureArithmetic(Accuracy(provenance))) : nil
    var blocks = InputBlocks(conformanceCase, plan)
    for block in plan.elements.regions(maximumCount: Self.blockCount) {
      let tensors = try blocks.tensors(for: block)
      let (inputs, results) = try evaluation.evaluated(block, tensors)
      let allowed = try enclosures?.evaluated(block, tensors).results
      guard plan.reductions.isEmpty, let region = loss.shape.region(matching: block, of: plan.elements) else {
        continue
      }
      let actual = try loss.block(region)
      let exact = allowed.map { _ in
        self.exact.values(
          of: plan.formula, at: inputs, count: block.count, in: plan.type.floatFormat ?? .float64)
      }
      comparator.add(results, actual, allowed, exact, at: block.offset)
      comparator.addHazards(results, exact, inputs[0])
      printed?.append(expected: results, actual: actual.values)
      worstInputs = worstInputs.keeping(comparator.comparison.worst, block, plan.formula.inputs, inputs)
    }
    if let results = evaluation.conclude() {
      let actual = try loss.block(loss.shape.whole)
      comparator.add(results, actual, enclosures?.conclude(), nil, at: 0)
      printed?.append(expected: results, actual: actual.values)
    }
    report.printed = printed
    report.tensors.append(
      TensorReport(
        loss, .compared(comparator.comparison, comparator.rule, worstInputs: worstInputs), comparator.hazards)
    )
  }

  /// Compares a gradient with what reverse mode over the documented formula gives, under the framework's adjoint rules.
  ///
  /// Under a tolerance, or by a framework whose rules are not known, a gradient is carried.
  private func judge(
    _ gradient: StoredTensor, of conformanceCase: ConformanceCase, _ variant: any FocalLossVariant.Type,
    _ plan: Plan, _ provenance: Provenance
  ) throws(JudgingError) -> TensorReport {
    if let mismatch = conformanceCase.mismatch(gradient, of: conformanceCase.inputs) {
      return TensorReport(gradient, .error(mismatch))
    }
    if let mismatch = conformanceCase.gradOutputs["loss"].flatMap(plan.mismatch) {
      return TensorReport(gradient, .error("cannot be judged, since grad_outputs/loss \(mismatch)"))
    }
    let build = Build(provenance.framework, provenance.frameworkVersion)
    guard policy == .derived, gradient.name == "grads/\(variant.inputs[0])", let rules = AdjointRules(build),
      gradient.shape == plan.elements
    else { return TensorReport(gradient, .carried) }
    var native = GradientEvaluation(plan, rules: rules, in: arithmetic)
    var enclosures = GradientEvaluation(plan, rules: rules, in: EnclosureArithmetic(Accuracy(provenance)))
    // The real function does not depend on the framework; its upstream is exact where nothing was reduced.
    let exactFormula =
      plan.reductions.isEmpty ? plan.formula.gradient(of: variant.inputs[0], rules: .torch) : nil
    var comparator = TensorComparator(policy, gradient.elementType)
    var worstInputs: [Int: [NamedValue]] = [:]
    var blocks = InputBlocks(conformanceCase, plan)
    let regions = Array(plan.elements.regions(maximumCount: Self.blockCount))
    for block in regions where native.needsCounts {
      let tensors = try blocks.tensors(for: block)
      try native.counted(block, tensors)
      try enclosures.counted(block, tensors)
    }
    for block in regions {
      let tensors = try blocks.tensors(for: block)
      let upstream = try conformanceCase.gradOutput(for: block, plan)
      let (inputs, expected) = try native.evaluated(block, tensors, upstream)
      let allowed = try enclosures.evaluated(block, tensors, upstream).results
      let exact = exactFormula.map { formula in
        self.exact.values(
          of: formula, at: inputs + [upstream], count: block.count,
          in: gradient.elementType.floatFormat ?? .float64)
      }
      comparator.add(expected, try gradient.block(block), allowed, exact, at: block.offset)
      comparator.addHazards(expected, exact, inputs[0])
      worstInputs = worstInputs.keeping(comparator.comparison.worst, block, plan.formula.inputs, inputs)
    }
    return TensorReport(
      gradient, .compared(comparator.comparison, comparator.rule, worstInputs: worstInputs),
      comparator.hazards)
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
      for block in plan.elements.regions(maximumCount: Self.blockCount) {
        _ = try evaluation.evaluated(block, try blocks.tensors(for: block))
      }
      return nil
    } catch {
      if case .rejected(let rejection) = error { return rejection }
      throw error
    }
  }
}

/// A comparator by the policy of a run.
private struct TensorComparator {
  private var comparator: Comparator
  private let tolerance: Tolerance?
  private let format: FloatFormat
  private var widths = ULPDistribution()
  private(set) var hazards = Hazards()

  init(_ policy: Policy, _ type: ElementType) {
    format = type.floatFormat ?? .float64
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

  var rule: TensorReport.Rule { tolerance.map(TensorReport.Rule.tolerance) ?? .enclosure(widths: widths) }

  mutating func add(
    _ expected: [Double], _ actual: Tensor, _ enclosures: [Enclosure]?, _ exact: [ExactValue]?, at offset: Int
  ) {
    guard let enclosures else { return comparator.add(expected: expected, actual: actual, offset: offset) }
    for width in enclosures.compactMap({ $0.width(in: format) }) { widths.add(width) }
    let references = enclosures.enumerated().map { index, enclosure in
      let (allowed, exact) = (
        Allowance(enclosure.lower, enclosure.upper, admitsNaN: enclosure.mayBeNaN), exact?[index]
      )
      return ElementReference(
        allowed, exact: exact?.rounded, actualError: exact?.error(of: actual.value(at: index)),
        expectedError: exact?.error(of: expected[index]))
    }
    comparator.add(expected: expected, actual: actual, references: references, offset: offset)
  }

  /// Notes where the expected values themselves are not the loss.
  mutating func addHazards(_ expected: [Double], _ exact: [ExactValue]?, _ inputs: [Double]) {
    for (index, exact) in (exact ?? []).enumerated() {
      guard let kind = Hazard.kind(expected[index], exact, in: format) else { continue }
      hazards.add(kind, at: inputs[inputs.count == 1 ? 0 : index])
    }
  }
}

extension ConformanceCase {
  /// How a gradient's type or shape differs from those of the tensor that it is the gradient of, or nil.
  fileprivate func mismatch(_ gradient: StoredTensor, of tensors: [String: StoredTensor]) -> String? {
    let name = gradient.name.split(separator: "/", maxSplits: 1).last.map(String.init) ?? gradient.name
    guard let tensor = tensors[name] else { return "the case has no tensor of which this is the gradient" }
    guard gradient.elementType == tensor.elementType, gradient.shape == tensor.shape else {
      return
        "is \(gradient.elementType) \(gradient.shape), its tensor is \(tensor.elementType) \(tensor.shape)"
    }
    return nil
  }

  /// The gradient that was fed in, for a block of the loss's elements: ones when the fixture has none.
  fileprivate func gradOutput(for block: Region, _ plan: Plan) throws(JudgingError) -> [Double] {
    guard let gradOutput = gradOutputs["loss"] else { return [1] }
    let region =
      plan.reductions.isEmpty
      ? gradOutput.shape.region(matching: block, of: plan.elements) : gradOutput.shape.whole
    return try gradOutput.block(region ?? gradOutput.shape.whole).values
  }
}

extension GradientEvaluation {
  fileprivate mutating func counted(_ block: Region, _ tensors: [String: Tensor]) throws(JudgingError) {
    do throws(Rejection) { try count(block, from: tensors) } catch { throw .rejected(error) }
  }

  fileprivate func evaluated(
    _ block: Region, _ tensors: [String: Tensor], _ upstream: [Double]
  ) throws(JudgingError) -> (inputs: [[Double]], results: [A.Value]) {
    do throws(Rejection) {
      return try evaluate(block, from: tensors, gradOutput: upstream)
    } catch {
      throw .rejected(error)
    }
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
  init(_ tensor: StoredTensor, _ finding: Finding, _ hazards: Hazards = Hazards()) {
    self.init(
      name: tensor.name, type: tensor.elementType, shape: tensor.shape, finding: finding, hazards: hazards)
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
