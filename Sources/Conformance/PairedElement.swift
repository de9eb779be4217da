internal import Arithmetic
internal import Comparison
public import Tensors

/// One element of which two builds gave different bits.
public struct PairedElement: Hashable, Sendable {
  /// Its index.
  public let index: [Int]
  /// The formula's inputs there; empty for a reduced result, or where they are not known.
  public let inputs: [NamedValue]
  /// The bit pattern that the first build gave.
  public let firstBits: UInt64
  /// That of the second.
  public let secondBits: UInt64
  /// The exact value, rounded to the type; nil where there is none or it is not known.
  public let exact: Double?
  /// How far the first value lies from the exact one, in ULPs of that.
  public let firstError: Double?
  /// How far the second one does.
  public let secondError: Double?
  /// The ULP distance; nil unless both are finite.
  public let ulps: UInt64?
  /// The element type.
  public let type: ElementType

  /// An element with its exact value.
  init(
    _ element: ElementDifference, of tensor: StoredTensor, _ conformanceCase: ConformanceCase,
    _ provenance: Provenance, by evaluator: ExactEvaluator
  ) throws(JudgingError) {
    type = tensor.elementType
    let computation = try TensorComputation(tensor.name, conformanceCase, provenance)
    let value = try computation?.exactValue(at: element.position, by: evaluator)
    index = tensor.shape.coordinates(of: element.position)
    inputs = try computation?.namedInputs(at: element.position) ?? []
    (firstBits, secondBits, ulps) = (element.expectedBits, element.actualBits, element.ulps)
    exact = value?.rounded
    firstError = value?.error(of: type.value(ofBits: firstBits))
    secondError = value?.error(of: type.value(ofBits: secondBits))
  }
}
