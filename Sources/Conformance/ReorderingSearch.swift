internal import Arithmetic
internal import FocalLoss
internal import Tensors

/// Looks for the documented program that can have given a tensor.
struct ReorderingSearch {
  let conformanceCase: ConformanceCase
  let provenance: Provenance
  let exact: ExactEvaluator
  /// The input that the tensor is the gradient of; nil for a loss.
  let input: String?

  /// The first known program of the same function in whose enclosures every element of the tensor lies.
  ///
  /// - Parameters:
  ///   - tensor: the tensor.
  ///   - documented: how its own documentation computes it.
  ///   - programs: those to try.
  ///   - isTold: whether a program gives the elements better than the documented one does, whose enclosures may be wide.
  func program(
    giving tensor: StoredTensor, in place: Plan, among programs: [DocumentedProgram],
    where isTold: (DocumentedProgram) throws(JudgingError) -> Bool
  ) throws(JudgingError) -> DocumentedProgram? {
    for program in programs {
      if try gives(program, tensor, in: place), try isTold(program) { return program }
    }
    return nil
  }

  /// Whether a program of the same function can have given every element.
  ///
  /// A program that does not take the case's inputs, or its fed-in gradient, has not given it. Only a file that cannot be
  /// read stops the search.
  private func gives(
    _ program: DocumentedProgram, _ tensor: StoredTensor, in place: Plan
  ) throws(JudgingError) -> Bool {
    do throws(JudgingError) {
      guard
        let plan = try conformanceCase.plan(
          program, provenance, of: tensor.elementType, withRespectTo: input),
        plan.elements == place.elements, plan.reductions == place.reductions
      else { return false }
      guard try holds(plan, tensor) else { return false }
      return try isSameFunction(plan, place)
    } catch {
      if case .unreadable = error { throw error }
      return false
    }
  }

  /// Whether every element lies in the plan's enclosures.
  private func holds(_ plan: Plan, _ tensor: StoredTensor) throws(JudgingError) -> Bool {
    let enclosures = EnclosureArithmetic(Accuracy(provenance))
    var evaluation = Evaluation(plan, in: enclosures)
    var blocks = InputBlocks(conformanceCase, plan)
    for block in plan.elements.regions(maximumCount: ElementBlocks.maximumCount) {
      let results = try evaluation.evaluated(block, try blocks.tensors(for: block)).results
      guard plan.reductions.isEmpty else { continue }
      guard let region = tensor.shape.region(matching: block, of: plan.elements) else { return false }
      let actual = try tensor.block(region).values
      guard zip(results, actual).allSatisfy({ $0.contains($1) }) else { return false }
    }
    guard let results = evaluation.conclude() else { return true }
    return zip(results, try tensor.block(tensor.shape.whole).values).allSatisfy { $0.contains($1) }
  }

  /// Whether two plans have the same exact values.
  private func isSameFunction(_ x: Plan, _ y: Plan) throws(JudgingError) -> Bool {
    let format = y.type.arithmeticFormat
    for block in x.elements.regions(maximumCount: ElementBlocks.maximumCount) {
      var values: [[Double?]] = []
      for plan in [x, y] {
        var blocks = InputBlocks(conformanceCase, plan)
        let tensors = try blocks.tensors(for: block)
        do throws(Rejection) {
          let columns = try plan.columns(for: block, from: tensors)
          values.append(
            exact.values(of: plan.formula, at: columns, count: block.count, in: format).map(\.rounded))
        } catch {
          throw .rejected(error)
        }
      }
      guard values[0] == values[1] else { return false }
    }
    return true
  }
}
