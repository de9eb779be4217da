internal import Arithmetic
internal import Comparison
internal import FocalLoss
internal import Tensors

/// A nonconformant tensor, what its case documents, and the means of testing a hypothesis about it.
///
/// A hypothesis is tested with enclosures, as the verdict is: it holds when every element of the tensor lies in what the
/// hypothesis allows, and tells more about the outside elements than the documented program does. There is no tolerance.
final class Suspect {
  let conformanceCase: ConformanceCase
  let variant: any FocalLossVariant.Type
  let provenance: Provenance
  let tensor: StoredTensor
  /// The input that the tensor is the gradient of; nil for a loss.
  let input: String?
  /// How the documentation computes the tensor, at least one plan; expected values are of the first.
  let plans: [Plan]
  /// How it computes the loss; the same as ``plan`` where the tensor is the loss.
  let lossPlan: Plan
  /// Whose adjoint rules the gradient may follow; empty for a loss.
  let rules: [AdjointRules]
  let comparison: Comparison
  /// The program of the same function that can have given every element.
  var reordered: DocumentedProgram?
  private let exact: ExactEvaluator
  private let accuracy: Accuracy
  private var kept: [ObservedBlock]?
  private var budget: Int

  /// How many elements are kept in memory; a larger tensor is evaluated anew for each look at it.
  static let keptCount = 1 << 16
  /// How many elements hypotheses are evaluated for in all, or twice the tensor's. What is not reached within it is not
  /// diagnosed.
  private static let budget = 1 << 18
  /// How many outside elements discard a hypothesis before the whole tensor is looked at.
  private static let sampleCount = 3

  init(
    _ conformanceCase: ConformanceCase, _ variant: any FocalLossVariant.Type, _ provenance: Provenance,
    tensor: StoredTensor, input: String?, plans: [Plan], lossPlan: Plan, rules: [AdjointRules],
    comparison: Comparison, exact: ExactEvaluator
  ) {
    self.conformanceCase = conformanceCase
    self.variant = variant
    self.provenance = provenance
    self.tensor = tensor
    self.input = input
    self.plans = plans
    self.lossPlan = lossPlan
    self.rules = rules
    self.comparison = comparison
    self.exact = exact
    accuracy = Accuracy(provenance)
    budget = max(Self.budget, 2 * lossPlan.elements.count)
  }

  var plan: Plan { plans[0] }
  var isGradient: Bool { input != nil }
  var outside: Int { comparison.outside }
  var format: FloatFormat { plan.type.arithmeticFormat }
  /// Whether the tensor has one value for each element of the formula.
  var isElementwise: Bool { plan.reductions.isEmpty }

  /// Whether the documented program, looked at again, finds as many elements outside as the judge did.
  func isConsistent() throws(JudgingError) -> Bool {
    var count = 0
    try scan { count += $0.outside.count }
    return count == outside && count > 0
  }

  /// Looks at each block of the tensor beside what the documented program allows.
  func scan(_ body: (ObservedBlock) throws(JudgingError) -> Void) throws(JudgingError) {
    if let kept {
      for block in kept { try body(block) }
      return
    }
    var seen: [ObservedBlock] = []
    let keeps = tensor.shape.count <= Self.keptCount
    var reference = TensorReference(plans, .derived, accuracy)
    var blocks = InputBlocks(conformanceCase, plan)
    for block in plan.elements.regions(maximumCount: ElementBlocks.maximumCount) {
      let tensors = try blocks.tensors(for: block)
      guard isElementwise, let region = tensor.shape.region(matching: block, of: plan.elements) else {
        try reference.reduce(block, from: tensors)
        continue
      }
      let actual = try tensor.block(region).values
      let values = try reference.values(for: block, from: tensors, given: actual)
      let inputs = values.inputs
      let observed = ObservedBlock(
        region: block, inputs: inputs, expected: values.expected, allowed: values.allowed ?? [],
        actual: actual
      ) { index in
        self.exact.values(
          of: plan.formula, at: inputs.map { [$0[$0.count == 1 ? 0 : index]] }, count: 1, in: format)[0]
      }
      try body(observed)
      if keeps { seen.append(observed) }
    }
    if !isElementwise {
      let actual = try tensor.block(tensor.shape.whole).values
      let values = reference.reducedValues(given: actual)
      let exactValues = try conformanceCase.exactResults(of: plan, for: tensor.name, by: exact, nil)
      let observed = ObservedBlock(
        region: tensor.shape.whole, inputs: [], expected: values.expected, allowed: values.allowed ?? [],
        actual: actual
      ) { exactValues[$0] }
      try body(observed)
      if keeps { seen.append(observed) }
    }
    if keeps { kept = seen }
  }
}

/// A block of a tensor beside what the documented program allows.
struct ObservedBlock {
  /// Where it lies: in the formula's elements, or in the reduced result.
  let region: Region
  /// The formula's inputs; none for a reduced result.
  let inputs: [[Double]]
  /// What the documented program gives.
  let expected: [Double]
  /// What the documented program may give.
  let allowed: [Enclosure]
  /// What the framework gave.
  let actual: [Double]
  /// The indices, in the block, of the elements that are outside.
  let outside: [Int]

  init(
    region: Region, inputs: [[Double]], expected: [Double], allowed: [Enclosure], actual: [Double],
    exact: (Int) -> ExactValue
  ) {
    self.region = region
    self.inputs = inputs
    self.expected = expected
    self.allowed = allowed
    self.actual = actual
    outside = actual.indices.filter { index in
      if allowed[index].contains(actual[index]) || actual[index] == expected[index] { return false }
      if actual[index].isNaN && expected[index].isNaN { return false }
      return !(exact(index).error(of: actual[index]).map { $0.magnitude <= 1 } ?? false)
    }
  }

  /// An element of one of the formula's inputs.
  func input(_ input: Int, at index: Int) -> Double { inputs[input][inputs[input].count == 1 ? 0 : index] }
}

/// Another way in which a tensor may have been computed.
struct Hypothesis {
  /// The case, with other parameters or inputs.
  var conformanceCase: ConformanceCase
  /// The variant.
  var variant: any FocalLossVariant.Type
  /// The order of the cross entropy; nil for the documented one.
  var crossEntropy: CrossEntropyOrder?
  /// Whose adjoint rules; nil for a loss, and for those that the build may follow.
  var rules: AdjointRules?
  /// What becomes of the loss's formula; nil when it does not apply.
  var formula: ((Program) -> Program?)?
  /// What becomes of the tensor before it is compared; its values in the order of the formula's elements.
  var undoing: (([Double]) -> [Double])?
  /// The type that the tensor is computed in, where it is another one than its own.
  var type: ElementType?
  /// Whether another program of the same function is enough: the outside elements need not tell it apart everywhere.
  var isSameFunction = false

  init(_ suspect: Suspect) {
    conformanceCase = suspect.conformanceCase
    variant = suspect.variant
  }
}

extension Suspect {
  /// A hypothesis's plan, or nil when it does not apply to the case.
  func plan(_ hypothesis: Hypothesis) throws(JudgingError) -> Plan? {
    do throws(JudgingError) {
      var signature = hypothesis.conformanceCase.signature(provenance)
      signature.crossEntropy = hypothesis.crossEntropy
      let isDocumented = hypothesis.crossEntropy == nil && hypothesis.variant.name == variant.name
      guard
        var loss =
          isDocumented
          ? try hypothesis.conformanceCase.plan(variant, provenance)
          : try? hypothesis.variant.plan(signature)
      else { return nil }
      if let edit = hypothesis.formula {
        guard let formula = edit(loss.formula), formula.type == loss.formula.type else { return nil }
        loss = loss.replacing(formula: formula)
      }
      guard let input, let rules = hypothesis.rules else { return loss }
      let gradients = try hypothesis.conformanceCase.gradients(of: loss, withRespectTo: input, [rules])
      return try? gradients.get().first
    } catch {
      if case .unreadable = error { throw error }
      return nil
    }
  }

  /// Whether every element of the tensor lies in what a hypothesis allows, which tells the outside ones apart from what is
  /// documented.
  func holds(_ hypothesis: Hypothesis) throws(JudgingError) -> Bool {
    guard isGradient, hypothesis.rules == nil else { return try holdsByRules(hypothesis) }
    for rules in rules {
      var candidate = hypothesis
      candidate.rules = rules
      if try holdsByRules(candidate) { return true }
    }
    return false
  }

  private func holdsByRules(_ hypothesis: Hypothesis) throws(JudgingError) -> Bool {
    guard let plan = try plan(hypothesis), plan.type == hypothesis.type ?? self.plan.type,
      plan.shape.count == self.plan.shape.count
    else { return false }
    do throws(JudgingError) {
      return plan.reductions.isEmpty && isElementwise
        ? try holdsElementwise(plan, hypothesis) : try holdsReduced(plan, hypothesis)
    } catch {
      if case .unreadable = error { throw error }
      return false
    }
  }

  private func holdsElementwise(_ plan: Plan, _ hypothesis: Hypothesis) throws(JudgingError) -> Bool {
    guard plan.elements.count == self.plan.elements.count else { return false }
    if hypothesis.undoing != nil, kept?.count != 1 { return false }
    let enclosures = EnclosureArithmetic(accuracy)
    var blocks = InputBlocks(hypothesis.conformanceCase, plan)
    var telling = Telling()
    var isSample = true
    var holds = true
    try scan { observed throws(JudgingError) in
      guard holds, spend(isSample ? 0 : observed.actual.count) else { return holds = false }
      let tensors = try blocks.tensors(for: observed.region)
      let columns: [[Double]]
      do throws(Rejection) { columns = try plan.columns(for: observed.region, from: tensors) } catch {
        return holds = false
      }
      let actual = hypothesis.undoing.map { $0(observed.actual) } ?? observed.actual
      guard actual.count == observed.actual.count else { return holds = false }
      if isSample, !observed.outside.isEmpty {
        isSample = false
        let first = Array(observed.outside.prefix(Self.sampleCount))
        let results = plan.results(at: first, of: columns, in: enclosures)
        guard zip(first, results).allSatisfy({ $1.contains(actual[$0]) }),
          spend(observed.actual.count)
        else { return holds = false }
      }
      let all = Array(actual.indices)
      let allowed = plan.results(at: all, of: columns, in: enclosures)
      guard zip(allowed, actual).allSatisfy({ $0.contains($1) }) else { return holds = false }
      let native = plan.results(at: observed.outside, of: columns, in: NativeArithmetic())
      for (index, native) in zip(observed.outside, native) {
        telling.add(
          allowed[index], native, actual: actual[index], documented: observed.expected[index])
      }
    }
    // Where the tensor is in another order, that the documented program gives all of it in that order is enough.
    return holds && (hypothesis.undoing != nil || telling.isEnough(hypothesis.isSameFunction))
  }

  private func holdsReduced(_ plan: Plan, _ hypothesis: Hypothesis) throws(JudgingError) -> Bool {
    guard !isElementwise, !plan.reductions.isEmpty, hypothesis.undoing == nil,
      spend(plan.elements.count)
    else { return false }
    var enclosures = Evaluation(plan, in: EnclosureArithmetic(accuracy))
    var native = Evaluation(plan, in: NativeArithmetic())
    var blocks = InputBlocks(hypothesis.conformanceCase, plan)
    for block in plan.elements.regions(maximumCount: ElementBlocks.maximumCount) {
      let tensors = try blocks.tensors(for: block)
      _ = try enclosures.evaluated(block, tensors)
      _ = try native.evaluated(block, tensors)
    }
    guard let allowed = enclosures.conclude(), let results = native.conclude() else { return false }
    var telling = Telling()
    var holds = true
    try scan { observed throws(JudgingError) in
      guard observed.actual.count == allowed.count,
        zip(allowed, observed.actual).allSatisfy({ $0.contains($1) && Self.isNarrow($0) })
      else { return holds = false }
      for index in observed.outside {
        telling.add(
          allowed[index], results[index], actual: observed.actual[index], documented: observed.expected[index]
        )
      }
    }
    return holds && telling.isEnough(hypothesis.isSameFunction)
  }

  /// Whether an enclosure is so narrow that a number lies in it by no accident, among some hundred hypotheses.
  static func isNarrow(_ enclosure: Enclosure) -> Bool {
    guard enclosure.hasNumbers else { return true }
    return enclosure.upper - enclosure.lower <= 0x1p-13
      * max(enclosure.upper.magnitude, enclosure.lower.magnitude)
  }

  /// Takes elements from the budget; false when it is spent.
  private func spend(_ count: Int) -> Bool {
    budget -= count
    return budget >= 0
  }
}

/// How well a hypothesis tells the outside elements apart from the documented program.
private struct Telling {
  private var count = 0
  private var told = 0
  private var exact = 0

  mutating func add(_ allowed: Enclosure, _ native: Double, actual: Double, documented: Double) {
    let isExact = native == actual || native.isNaN && actual.isNaN
    count += 1
    if isExact { exact += 1 }
    if isExact || !allowed.contains(documented) { told += 1 }
  }

  /// A hypothesis that is wide enough for anything explains nothing: it must exclude what is documented, or give the same
  /// bits.
  func isEnough(_ isSameFunction: Bool) -> Bool {
    guard count > 0 else { return false }
    if isSameFunction { return 2 * exact >= count }
    return told == count || count >= 3 && 4 * told >= 3 * count
  }
}
