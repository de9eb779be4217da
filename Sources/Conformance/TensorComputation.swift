internal import Arithmetic
internal import FocalLoss
internal import Tensors

/// How the reference computes one tensor of a case.
struct TensorComputation {
  let conformanceCase: ConformanceCase
  /// The tensor that the framework gave.
  let tensor: StoredTensor
  /// The documented plan.
  let plan: Plan
  /// Others that the framework may follow just as well.
  let alternatives: [Plan]

  /// The computation of a case's loss, or of the gradient of that name.
  ///
  /// - Returns: nil for a gradient that is not computed, and for a tensor that has not the documented type.
  init?(_ name: String, _ conformanceCase: ConformanceCase, _ provenance: Provenance) throws(JudgingError) {
    let variant = try conformanceCase.documentedVariant()
    guard let loss = conformanceCase.outputs["loss"] else { return nil }
    let lossPlan = try conformanceCase.plan(variant, provenance)
    self.conformanceCase = conformanceCase
    if name == loss.name {
      tensor = loss
      plan = lossPlan
      alternatives = []
    } else if let gradient = conformanceCase.result(name),
      let plans = try conformanceCase.gradients(named: name, of: lossPlan, provenance)
    {
      tensor = gradient
      plan = plans[0]
      alternatives = Array(plans.dropFirst())
    } else {
      return nil
    }
    guard tensor.elementType == plan.type else { return nil }
  }

  /// Whether the tensor is one result of many elements, or one of each row's.
  var isReduced: Bool { !plan.reductions.isEmpty }

  /// The formula's inputs for one element.
  func inputs(at position: Int) throws(JudgingError) -> [Double] {
    var blocks = InputBlocks(conformanceCase, plan)
    for block in plan.elements.regions(maximumCount: ElementBlocks.maximumCount)
    where block.positions.contains(position) {
      let tensors = try blocks.tensors(for: block)
      do throws(Rejection) {
        return try plan.columns(for: block, from: tensors).map {
          $0[$0.count == 1 ? 0 : position - block.offset]
        }
      } catch {
        throw .rejected(error)
      }
    }
    throw .rejected(Rejection(nil, "there is no element at \(position)"))
  }

  /// The exact value of one element, or of one of the reduced results.
  func exactValue(
    at position: Int, by exact: ExactEvaluator, _ memory: ExactMemory? = nil
  ) throws(JudgingError) -> ExactValue {
    if isReduced {
      return try conformanceCase.exactResults(of: plan, for: tensor.name, by: exact, memory)[position]
    }
    return exact.value(of: plan.formula, at: try inputs(at: position), in: plan.type.arithmeticFormat)
  }

  /// The named inputs of one element; none for a reduced result.
  func namedInputs(at position: Int) throws(JudgingError) -> [NamedValue] {
    if isReduced { return [] }
    return zip(plan.formula.inputs, try inputs(at: position)).map {
      NamedValue(name: $0.name, type: $0.type, value: $1)
    }
  }
}

extension StoredTensor {
  /// One element.
  func value(at position: Int) throws(JudgingError) -> Double {
    try block(shape.element(at: position)).value(at: 0)
  }
}
