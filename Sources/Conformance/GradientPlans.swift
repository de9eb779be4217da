internal import Arithmetic
internal import FocalLoss

extension ConformanceCase {
  /// How the gradient with respect to an input may be computed, at least one plan; expected values are of the first.
  ///
  /// There is one for each of the rules, without those that compute the same as an earlier one.
  func gradients(
    of loss: Plan, withRespectTo input: String, _ rules: [AdjointRules]
  ) throws(JudgingError) -> Result<[Plan], MissingGradient> {
    guard let type = inputs[input]?.elementType, type.floatFormat != nil else {
      let type = inputs[input].map { "\($0.elementType)" } ?? "missing"
      return .failure(.none("\(input) is \(type), and has no gradient"))
    }
    let participation = try participation(in: loss)
    var plans: [Plan] = []
    for rule in rules {
      do throws(MissingGradient) {
        let plan = try loss.gradient(
          of: input, rules: rule, participation, gradOutput: gradOutputs["loss"]?.shape)
        if !plans.contains(where: { $0.isSameProgram(as: plan) }) { plans.append(plan) }
      } catch {
        return .failure(error)
      }
    }
    return .success(plans)
  }

  /// How the gradients of a tensor of this case may be computed; nil where it has none that is computed here.
  func gradients(
    named name: String, of loss: Plan, _ provenance: Provenance
  ) throws(JudgingError) -> [Plan]? {
    guard let input = grads.first(where: { $0.value.name == name })?.key else { return nil }
    let rules = AdjointRules.candidates(for: provenance.build)
    let plans = try gradients(of: loss, withRespectTo: input, rules)
    return try? plans.get()
  }

  private func participation(in loss: Plan) throws(JudgingError) -> Participation {
    var participation = Participation(in: loss)
    guard participation.dependsOnElements else { return participation }
    var blocks = InputBlocks(self, loss)
    for block in loss.elements.regions(maximumCount: ElementBlocks.maximumCount) {
      let tensors = try blocks.tensors(for: block)
      do throws(Rejection) {
        try participation.add(block, from: tensors)
      } catch {
        throw .rejected(error)
      }
    }
    return participation
  }
}

extension Plan {
  /// Whether two plans of the same inputs compute the same formula in the same steps.
  fileprivate func isSameProgram(as other: Plan) -> Bool {
    formula.steps == other.formula.steps && formula.kernels == other.formula.kernels
      && formula.output == other.formula.output
  }
}
