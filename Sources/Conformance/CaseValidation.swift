internal import FocalLoss

extension ConformanceCase {
  /// The variant that the case names; the case has nothing that it does not have.
  func documentedVariant() throws(JudgingError) -> any FocalLossVariant.Type {
    guard let variant = Variants.named(variant) else {
      let names = Variants.all.map { $0.name }
      throw .rejected(
        Rejection(
          nil, "variant \"\(self.variant.prefix(80))\" is none of \(names.joined(separator: ", "))"))
    }
    try validate()
    return variant
  }

  /// Checks that the case states no parameter, input or gradient that its variant does not have, since nothing of a case
  /// may be dropped without a word.
  func validate() throws(JudgingError) {
    guard let variant = Variants.named(variant) else { return }
    for name in attributes.keys.sorted() {
      guard let reason = variant.problem(withAttribute: name) else { continue }
      throw .misdescribed(object: nil, reason: reason)
    }
    for (group, names) in [("inputs", inputs.keys), ("grads", grads.keys)] {
      for name in names.sorted() {
        guard let reason = variant.problem(withInput: name) else { continue }
        throw .misdescribed(object: "\(group)/\(name)", reason: reason)
      }
    }
    if gradientError != nil, let name = grads.keys.min() {
      throw .misdescribed(
        object: "grads/\(name)", reason: "is a gradient of a case that says in grad_error that it has none")
    }
  }

  /// What the framework said where it computed the loss, and raised for the gradient.
  var gradientError: String? { attributes["grad_error"].map { $0.string ?? "it is not known what it said" } }

  /// Why the case cannot be judged as its variant, of a fixture of that file name; nil when nothing of it is foreign.
  public func fault(in file: String) -> FixtureError? {
    do throws(JudgingError) {
      try validate()
      return nil
    } catch {
      return error.located(in: file, case: name)
    }
  }
}
