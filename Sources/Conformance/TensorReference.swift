internal import Arithmetic
internal import Comparison
internal import FocalLoss
internal import Tensors

/// What a tensor's elements are compared with: the values of its documented plan, and with the derived policy what else
/// an implementation of it may give.
///
/// There may be several plans, since a framework's adjoint rules may not be known. For each element the first one counts
/// that allows the actual value, and the very first where none does.
struct TensorReference {
  /// What was found for a block of elements, or for the reduced results.
  struct Values {
    /// The formula's inputs; empty for reduced results.
    var inputs: [[Double]] = []
    /// The expected values.
    var expected: [Double]
    /// What may be; nil with a tolerance.
    var allowed: [Enclosure]?
  }

  /// The plans, at least one, over the same elements and with results of the same type and shape.
  let plans: [Plan]
  private var natives: [Evaluation<NativeArithmetic>]
  private var enclosures: [Evaluation<EnclosureArithmetic>]
  private let tolerance: Tolerance?
  private let format: FloatFormat

  /// A reference by a policy.
  init(_ plans: [Plan], _ policy: Policy, _ accuracy: Accuracy) {
    self.plans = plans
    natives = plans.map { Evaluation($0, in: NativeArithmetic()) }
    format = plans[0].type.arithmeticFormat
    switch policy {
    case .derived:
      tolerance = nil
      enclosures = plans.map { Evaluation($0, in: EnclosureArithmetic(accuracy)) }
    case .tolerance(let tolerances):
      tolerance = tolerances.tolerance(for: plans[0].type)
      enclosures = []
    }
  }

  /// Evaluates a block whose results are final.
  mutating func values(
    for block: Region, from tensors: [String: Tensor], given actual: [Double]
  ) throws(JudgingError) -> Values {
    var values = try evaluated(0, block, tensors)
    for index in plans.indices.dropFirst() where !allAreAllowed(actual, by: values) {
      take(try evaluated(index, block, tensors), given: actual, in: &values)
    }
    return values
  }

  /// Adds a block to the reductions.
  mutating func reduce(_ block: Region, from tensors: [String: Tensor]) throws(JudgingError) {
    for index in plans.indices { _ = try evaluated(index, block, tensors) }
  }

  /// The results of plans that reduce, once all blocks have been added.
  func reducedValues(given actual: [Double]) -> Values {
    var values = reducedValues(0)
    for index in plans.indices.dropFirst() { take(reducedValues(index), given: actual, in: &values) }
    return values
  }

  private func reducedValues(_ index: Int) -> Values {
    guard let expected = natives[index].conclude() else { preconditionFailure("the plan reduces") }
    return Values(expected: expected, allowed: enclosures.isEmpty ? nil : enclosures[index].conclude())
  }

  private mutating func evaluated(
    _ index: Int, _ block: Region, _ tensors: [String: Tensor]
  ) throws(JudgingError) -> Values {
    let (inputs, expected) = try natives[index].evaluated(block, tensors)
    let allowed = enclosures.isEmpty ? nil : try enclosures[index].evaluated(block, tensors).results
    return Values(inputs: inputs, expected: expected, allowed: allowed)
  }

  /// Puts the values of another plan in the place of those that do not allow the actual ones.
  private func take(_ other: Values, given actual: [Double], in values: inout Values) {
    for (index, value) in actual.enumerated()
    where !isAllowed(value, by: values, at: index) && isAllowed(value, by: other, at: index) {
      values.expected[index] = other.expected[index]
      if let allowed = other.allowed { values.allowed?[index] = allowed[index] }
    }
  }

  private func allAreAllowed(_ actual: [Double], by values: Values) -> Bool {
    actual.indices.allSatisfy { isAllowed(actual[$0], by: values, at: $0) }
  }

  private func isAllowed(_ value: Double, by values: Values, at index: Int) -> Bool {
    if let allowed = values.allowed { return allowed[index].contains(value) }
    let bits = format.bits(of: values.expected[index])
    return tolerance?.allowed(around: bits, in: format).admits(value) ?? false
  }
}
