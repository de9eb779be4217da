/// One documented way to compute a focal loss.
///
/// A variant turns a ``Signature`` into a ``Plan``: the formula for one element, where the formula's inputs come
/// from, and what happens to the elements after it. It sees no elements and does no arithmetic of its own.
///
/// To add one: write a file in `Variants/`, and a line in ``Variants``.
public protocol FocalLossVariant: Sendable {
  /// The name by which fixtures call it, such as `paddle.formula`.
  static var name: String { get }
  /// One line: what it is, and where it is documented.
  static var summary: String { get }
  /// The inputs that it reads, first the one that gradients are taken of.
  static var inputs: [InputSpec] { get }
  /// The parameters that it has, in the order of ``Variants/parameters``, each with the values that its documentation
  /// allows. A fixture with any other parameter is refused.
  static var parameters: [ParameterSpec] { get }

  /// What of a case's inputs its documentation does not promise, although the formula is defined for it; nil when it
  /// covers them.
  static func undocumentedInput(_ signature: Signature) -> Rejection?

  /// Whether the formula contains a binary cross entropy with logits, of which several orders of operations are known.
  static var hasCrossEntropy: Bool { get }

  /// Plans a case of which ``plan(_:)`` has made sure that its parameters and inputs are the variant's own.
  ///
  /// - Throws: ``Rejection`` when the formula is not defined for the input.
  static func uncheckedPlan(_ signature: Signature) throws(Rejection) -> Plan
}

extension FocalLossVariant {
  public static var hasCrossEntropy: Bool { false }

  /// The name of the input that gradients are taken of.
  public static var firstInput: String { inputs[0].name }

  /// What of a case its documentation does not promise; nil when it covers the case.
  ///
  /// A framework that raises there agrees with its documentation; a value is judged all the same where the formula is
  /// defined for it and the parameters are numbers.
  public static func undocumented(_ signature: Signature) -> Rejection? {
    if let rejection = undocumentedInput(signature) { return rejection }
    for spec in parameters {
      let value = signature.parameters[spec]
      if let reason = spec.refusal(of: value) ?? spec.undocumented(value) { return Rejection(nil, reason) }
    }
    return nil
  }

  /// Plans a case.
  ///
  /// - Throws: ``Rejection`` when the case has an input or a parameter that the variant does not have, when a parameter is
  ///   NaN or infinite without being documented, and when the formula is not defined for the input.
  public static func plan(_ signature: Signature) throws(Rejection) -> Plan {
    for name in signature.inputs.keys.sorted() {
      if let reason = problem(withInput: name) { throw Rejection(name, reason) }
    }
    for name in signature.parameters.changedNames where !parameters.contains(where: { $0.name == name }) {
      throw Rejection(nil, absence(ofParameter: name))
    }
    for spec in parameters {
      if let reason = spec.refusal(of: signature.parameters[spec]) { throw Rejection(nil, reason) }
    }
    return try uncheckedPlan(signature)
  }
}
