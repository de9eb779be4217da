internal import Arithmetic
public import FocalLoss
public import Tensors

/// How one element of a loss comes about: the formula step by step.
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
    /// The framework's own value, when the fixture has that stage.
    public let stage: Double?

    /// Whether the framework's own value lies outside of what is allowed; nil when the fixture has none.
    public var isStageOutside: Bool? {
      stage.map { stage in
        stage.isNaN ? !mayBeNaN : !(allowed?.contains(stage) ?? false)
      }
    }
  }

  /// The case.
  public let id: String
  /// The element's index.
  public let index: [Int]
  /// The variant.
  public let variant: String
  /// Its hyper-parameters.
  public let parameters: Parameters
  /// Who computed it.
  public let provenance: Provenance
  /// The steps, inputs and constants among them.
  public let steps: [Step]
  /// The type of the loss.
  public let type: ElementType
  /// The framework's result.
  public let actual: Double
  /// Its error against the exact value, in ULPs of that.
  public let actualError: Double?

  /// The first stage of the fixture that lies outside of what is allowed.
  public var parting: Step? { steps.first { $0.isStageOutside == true } }

  /// The last step: the result.
  public var result: Step? { steps.last }
}

extension Explanation {
  /// Explains an element of a case with reduction none.
  ///
  /// - Parameters:
  ///   - name: the case.
  ///   - fixture: the fixture that holds it.
  ///   - index: the element; the worst one when it is nil.
  /// - Throws: ``FixtureError`` when the case cannot be read or judged, is reduced, or has no such element.
  public init(_ name: String, of fixture: FixtureReader, at index: [Int]? = nil) throws(FixtureError) {
    func failure(_ reason: String) -> FixtureError {
      FixtureError(file: fixture.fileName, object: "/cases/\(name)", reason: reason)
    }
    let conformanceCase = try fixture.conformanceCase(name)
    guard let variant = Variants.named(conformanceCase.variant), let loss = conformanceCase.outputs["loss"]
    else {
      throw failure("there is no loss of a known variant to explain")
    }
    guard conformanceCase.parameters.reduction == .none else {
      throw failure(
        "reduction is \(conformanceCase.parameters.reduction.rawValue); only single elements are explained")
    }
    let position = try Self.position(index, name, loss.shape, fixture)
    let element: (plan: Plan, inputs: [Double])
    do throws(JudgingError) {
      element = try conformanceCase.element(variant, at: position, fixture.provenance)
    } catch {
      throw error.located(in: fixture.fileName, case: name)
    }
    let actual = try loss.value(at: position)
    var stages: [String: Double] = [:]
    for (name, stage) in conformanceCase.stages where stage.shape.count == loss.shape.count {
      stages[name] = try stage.value(at: position)
    }
    let formula = element.plan.formula
    steps = Self.steps(formula, element.inputs, stages, Accuracy(fixture.provenance))
    type = formula.type
    actualError = ExactEvaluator().value(
      of: formula, at: element.inputs, in: formula.type.floatFormat ?? .float64
    ).error(of: actual)
    (id, self.actual, provenance) = (conformanceCase.id, actual, fixture.provenance)
    self.variant = conformanceCase.variant
    parameters = conformanceCase.parameters
    self.index = loss.shape.coordinates(of: position)
  }

  /// The row-major position of an index; of the worst element when there is none.
  private static func position(
    _ index: [Int]?, _ name: String, _ shape: Shape, _ fixture: FixtureReader
  ) throws(FixtureError) -> Int {
    if let index {
      guard index.count == shape.rank, zip(index, shape.dimensions).allSatisfy({ (0..<$1).contains($0) })
      else {
        throw FixtureError(
          file: fixture.fileName, object: "/cases/\(name)/outputs/loss",
          reason: "has shape \(shape), no element \(index)")
      }
      return zip(index, shape.dimensions).reduce(0) { $0 * $1.1 + $1.0 }
    }
    let report = Judge(policy: .derived).judge(name, of: fixture)
    if let error = report.error { throw error }
    guard shape.count > 0 else {
      throw FixtureError(
        file: fixture.fileName, object: "/cases/\(name)/outputs/loss", reason: "has no element")
    }
    return report.tensors.first?.comparison?.worst.first?.position ?? 0
  }

  private static func steps(
    _ formula: Program, _ inputs: [Double], _ stages: [String: Double], _ accuracy: Accuracy
  ) -> [Step] {
    let (native, exact) = (NativeArithmetic(), ExactEvaluator())
    let values = formula.columns(inputs.map { [$0] }, in: native).map { $0[0] }
    let enclosures = formula.columns(inputs.map { [Enclosure($0)] }, in: EnclosureArithmetic(accuracy)).map {
      $0[0]
    }
    return formula.steps.indices.map { number in
      let step = formula.steps[number]
      let whole = exact.value(of: formula.ending(at: number), at: inputs, in: step.format)
      let (single, operands) = formula.alone(number, values)
      let kernel = step.kernel.map { formula.kernels[$0] }
      return Step(
        text: step.label ?? formula.text(of: number), number: number,
        innerKernel: kernel.flatMap { $0.output == number ? nil : $0.name }, type: step.format.type,
        native: values[number],
        allowed: enclosures[number].hasNumbers ? enclosures[number].lower...enclosures[number].upper : nil,
        mayBeNaN: enclosures[number].mayBeNaN, exact: whole.rounded, error: whole.error(of: values[number]),
        ownError: single.flatMap {
          exact.value(of: $0, at: operands, in: step.format).error(of: values[number])
        },
        stage: step.label.flatMap { stages[$0] })
    }
  }
}

extension StoredTensor {
  /// One element.
  fileprivate func value(at position: Int) throws(FixtureError) -> Double {
    try read(shape.element(at: position)).value(at: 0)
  }
}

extension ConformanceCase {
  /// The plan, and the formula's inputs for one element.
  fileprivate func element(
    _ variant: any FocalLossVariant.Type, at position: Int, _ provenance: Provenance
  ) throws(JudgingError) -> (plan: Plan, inputs: [Double]) {
    let plan = try plan(variant, provenance)
    var blocks = InputBlocks(self, plan)
    for block in plan.elements.regions(maximumCount: Judge.blockCount)
    where block.positions.contains(position) {
      let tensors = try blocks.tensors(for: block)
      do throws(Rejection) {
        let columns = try plan.columns(for: block, from: tensors)
        return (plan, columns.map { $0[$0.count == 1 ? 0 : position - block.offset] })
      } catch {
        throw .rejected(error)
      }
    }
    throw .rejected(Rejection(nil, "there is no element at \(position)"))
  }
}
