public import Tensors

/// The documented program, and beside each value what its own operation would have given without rounding.
///
/// The operands are the documented program's values, so the distance between the two is what the step itself adds to
/// an error, apart from what it inherits.
///
/// An instance keeps MPFR variables and serves one thread.
public struct TracingArithmetic: Arithmetic {
  /// One step's value.
  public struct Value {
    /// The value of the documented program.
    public let native: Double
    /// The operation on the documented program's operands in real numbers; a point for inputs and constants.
    public let unrounded: MPFRInterval

    /// A value and what it was rounded from.
    public init(native: Double, unrounded: MPFRInterval) {
      (self.native, self.unrounded) = (native, unrounded)
    }
  }

  private let native = NativeArithmetic()
  /// The arithmetic of the unrounded values.
  public let exact: ExactArithmetic

  /// An arithmetic whose unrounded values have so many bits.
  public init(precision: Int = 256) { exact = ExactArithmetic(precision: precision) }

  /// A value that nothing was rounded for.
  public func point(_ value: Double) -> Value { Value(native: value, unrounded: interval(value)) }

  public func constant(_ value: Double, _ format: FloatFormat) -> Value {
    point(native.constant(value, format))
  }

  public func operation(_ primitive: UnaryPrimitive, at site: Site) -> (Value) -> Value {
    let operations = (native.operation(primitive, at: site), exact.operation(primitive, at: site))
    return { Value(native: operations.0($0.native), unrounded: operations.1(interval($0.native))) }
  }

  public func operation(_ primitive: BinaryPrimitive, at site: Site) -> (Value, Value) -> Value {
    let operations = (native.operation(primitive, at: site), exact.operation(primitive, at: site))
    return { x, y in
      Value(
        native: operations.0(x.native, y.native),
        unrounded: operations.1(interval(x.native), interval(y.native)))
    }
  }

  public func choice(at site: Site) -> (Value, Value, Value) -> Value {
    let choice = native.choice(at: site)
    return { point(choice($0.native, $1.native, $2.native)) }
  }

  private func interval(_ value: Double) -> MPFRInterval { exact.interval(from: value, to: value) }
}
