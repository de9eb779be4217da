public import Tensors

/// A meaning for the primitives: what a value is, and what each operation makes of values.
///
/// A formula is recorded once as a ``Program``; evaluating that program in different arithmetics gives the documented
/// program's own result (``NativeArithmetic``) and whatever else is worth knowing about it. An arithmetic sees one primitive at a
/// time, with the binary format that the step's result is rounded to; it never sees which formula it is part of.
public protocol Arithmetic<Value> {
  /// What an operand is.
  associatedtype Value

  /// The value of a constant, rounded to `format`.
  func constant(_ value: Double, _ format: FloatFormat) -> Value

  /// Applies an operation of one operand.
  func apply(_ primitive: UnaryPrimitive, _ x: Value, _ format: FloatFormat) -> Value

  /// Applies an operation of two operands.
  func apply(_ primitive: BinaryPrimitive, _ x: Value, _ y: Value, _ format: FloatFormat) -> Value

  /// `x` where the condition is 1, `y` where it is 0.
  func select(_ condition: Value, _ x: Value, _ y: Value, _ format: FloatFormat) -> Value
}
