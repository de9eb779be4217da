public import Tensors

/// A meaning for the primitives: what a value is, and what each operation makes of values.
///
/// A formula is recorded once as a ``Program``; evaluating that program in different arithmetics gives the documented
/// program's own result (``NativeArithmetic``) and whatever else is worth knowing about it. An arithmetic is asked for one
/// operation at a time, once for each step, and applies it to every element; it never sees which formula it is part of.
public protocol Arithmetic<Value> {
  /// What an operand is.
  associatedtype Value

  /// The value of a constant, rounded to `format`.
  func constant(_ value: Double, _ format: FloatFormat) -> Value

  /// An operation of one operand.
  func operation(_ primitive: UnaryPrimitive, at site: Site) -> (Value) -> Value

  /// An operation of two operands.
  func operation(_ primitive: BinaryPrimitive, at site: Site) -> (Value, Value) -> Value

  /// The choice of the second operand where the first, a condition, is 1, and of the third where it is 0.
  func choice(at site: Site) -> (Value, Value, Value) -> Value
}

/// Where in a program an operation stands: what its result is rounded to, and in which kernel of the framework.
public struct Site: Hashable, Sendable {
  /// The format that the result is rounded to.
  public let format: FloatFormat
  /// The name of the kernel that the operation is part of, such as `sigmoid` or `pow`; nil outside of any.
  public let kernel: String?
  /// Whether the kernel has more than this one operation, so that a compiler sees them together.
  public let isFused: Bool

  /// A place in a program.
  public init(_ format: FloatFormat, in kernel: String? = nil, isFused: Bool = false) {
    self.format = format
    self.kernel = kernel
    self.isFused = isFused
  }
}
