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
  /// The inputs that it reads, first the one that gradients are taken of; one that is optional stands in brackets.
  static var inputs: [String] { get }

  /// What of a case its documentation does not promise, although the formula is defined for it; nil when it covers the
  /// case.
  ///
  /// A framework that raises there agrees with its documentation; a value is judged all the same.
  static func undocumented(_ signature: Signature) -> Rejection?

  /// Whether the formula contains a binary cross entropy with logits, of which several orders of operations are known.
  static var hasCrossEntropy: Bool { get }

  /// Plans a case.
  ///
  /// - Throws: ``Rejection`` when the formula is not defined for the input.
  static func plan(_ signature: Signature) throws(Rejection) -> Plan
}

extension FocalLossVariant {
  public static var hasCrossEntropy: Bool { false }
}
