public import Tensors

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
  /// The inputs that it reads; one that is optional stands in brackets.
  static var inputs: [String] { get }
  /// The element types that its documentation offers for logit or prob.
  ///
  /// A framework that raises on another type agrees with its documentation; a value in another type is judged.
  static var documentedTypes: Set<ElementType> { get }

  /// Plans a case.
  ///
  /// - Throws: ``Rejection`` when the documentation rules the input out.
  static func plan(_ signature: Signature) throws(Rejection) -> Plan
}

extension FocalLossVariant {
  /// The input that gradients are taken with respect to: logit or prob.
  public static var differentiableInput: String { inputs[0] }
}
