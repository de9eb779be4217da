internal import Arithmetic
internal import FocalLoss
internal import Tensors

/// Why judging a case stopped: the file, or the documentation.
enum JudgingError: Error {
  case unreadable(FixtureError)
  case rejected(Rejection)
  /// The case states what its variant does not have; `object` is a path in the case.
  case misdescribed(object: String?, reason: String)

  /// The error with the place that it is about.
  func located(in file: String, case name: String) -> FixtureError {
    switch self {
    case .unreadable(let error): error
    case .rejected(let rejection):
      FixtureError(
        file: file, object: "/cases/\(name)" + (rejection.input.map { "/inputs/\($0)" } ?? ""),
        reason: rejection.description)
    case .misdescribed(let object, let reason):
      FixtureError(
        file: file, object: "/cases/\(name)" + (object.map { "/\($0)" } ?? ""), reason: reason)
    }
  }
}

extension FixtureReader {
  /// Opens a case.
  func opened(_ name: String) throws(JudgingError) -> ConformanceCase {
    do throws(FixtureError) { return try conformanceCase(name) } catch { throw .unreadable(error) }
  }
}

extension StoredTensor {
  /// Reads a region.
  func block(_ region: Region) throws(JudgingError) -> Tensor {
    do throws(FixtureError) { return try read(region) } catch { throw .unreadable(error) }
  }
}

/// The inputs of a case, block by block; what a block needs again is not read again.
struct InputBlocks {
  let conformanceCase: ConformanceCase
  let plan: Plan
  private var last: [String: (region: Region, tensor: Tensor)] = [:]

  init(_ conformanceCase: ConformanceCase, _ plan: Plan) {
    self.conformanceCase = conformanceCase
    self.plan = plan
  }

  mutating func tensors(for block: Region) throws(JudgingError) -> [String: Tensor] {
    for (name, region) in plan.reads(for: block).sorted(by: { $0.key < $1.key })
    where last[name]?.region != region {
      let stored =
        name == Plan.gradOutput ? conformanceCase.gradOutputs["loss"] : conformanceCase.inputs[name]
      last[name] = try stored.map { input throws(JudgingError) in (region, try input.block(region)) }
    }
    return last.mapValues(\.tensor)
  }
}

extension Evaluation {
  /// Evaluates one block.
  mutating func evaluated(
    _ block: Region, _ tensors: [String: Tensor]
  ) throws(JudgingError) -> (inputs: [[Double]], results: [A.Value]) {
    do throws(Rejection) { return try evaluate(block, from: tensors) } catch { throw .rejected(error) }
  }
}

extension ConformanceCase {
  /// What the variant is told of the case.
  func signature(_ provenance: Provenance, defaultType: ElementType? = nil) -> Signature {
    Signature(
      parameters, inputs.mapValues { Signature.Input($0.elementType, $0.shape) },
      defaultType: defaultType ?? provenance.defaultType ?? .float32,
      build: provenance.build)
  }

  /// Plans the case.
  ///
  /// Constructors such as `torch.zeros` make the default type. A fixture that does not state it in its flags is taken
  /// to have float32; only for a float64 input whose loss is float64 as well, float64 is tried.
  func plan(
    _ variant: any FocalLossVariant.Type, _ provenance: Provenance
  ) throws(JudgingError) -> Plan {
    try validate()
    do throws(Rejection) {
      let plan = try variant.plan(signature(provenance))
      let isWide = [inputs[variant.firstInput], outputs["loss"]].allSatisfy { $0?.elementType == .float64 }
      guard provenance.defaultType == nil, isWide, plan.type != .float64 else { return plan }
      return try variant.plan(signature(provenance, defaultType: .float64))
    } catch {
      throw .rejected(error)
    }
  }
}

extension ConformanceCase {
  /// How many elements a reduction's exact value holds at a time, since each step of each of them is an interval.
  static let exactBlockCount = 512

  /// The exact values of a tensor's reduced results, as a memory may know them; undefined where an input is not finite.
  func exactResults(
    of plan: Plan, for tensor: String, by exact: ExactEvaluator, _ memory: ExactMemory?
  ) throws(JudgingError) -> [ExactValue] {
    try exactValues(of: tensor, at: nil, keptIn: memory) { () throws(JudgingError) in
      try exactResults(of: plan, by: exact)
    }
  }

  private func exactResults(of plan: Plan, by exact: ExactEvaluator) throws(JudgingError) -> [ExactValue] {
    var known: [Int: [MPFRInterval]] = [:]
    var values: [ExactValue] = []
    for index in 0..<plan.shape.count {
      values.append(
        try exact.value(in: plan.type.arithmeticFormat) { precision throws(JudgingError) in
          if let intervals = known[precision] { return intervals[index] }
          let intervals = try results(of: plan, precision)
          known[precision] = intervals
          return intervals[index]
        })
    }
    return values
  }

  private func results(of plan: Plan, _ precision: Int) throws(JudgingError) -> [MPFRInterval] {
    let arithmetic = ExactArithmetic(precision: precision)
    var evaluation = Evaluation(plan, in: arithmetic)
    var blocks = InputBlocks(self, plan)
    var undefined: Set<Int> = []
    for block in plan.elements.regions(maximumCount: Self.exactBlockCount) {
      let (inputs, _) = try evaluation.evaluated(block, try blocks.tensors(for: block))
      for (index, position) in block.positions.enumerated() {
        let isFinite = inputs.allSatisfy { $0[$0.count == 1 ? 0 : index].isFinite }
        if !isFinite { undefined.insert(plan.result(of: position)) }
      }
    }
    guard let results = evaluation.conclude() else { preconditionFailure("the plan reduces") }
    return results.enumerated().map { index, result in
      undefined.contains(index) ? arithmetic.interval(from: .nan, to: .nan) : result
    }
  }
}
