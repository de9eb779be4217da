public import Tensors

/// A value of a formula that is being recorded: what a framework holds in a tensor, or inside one of its kernels.
///
/// Arithmetic on expressions follows the frameworks' tensor arithmetic:
///
/// - Each operator outside ``kernel(_:_:body:)-(_,_,(Expression)->Expression)`` is a kernel of its own, whose result
///   has the wider of the operands' types. A kernel on float16 or bfloat16 computes in float32 and rounds its result
///   once, which is what the frameworks' CPU kernels and their vector paths do.
/// - A `Double` operand is a Python number. It takes no part in the choice of the type and is rounded to the type in
///   which the kernel computes.
public struct Expression {
  let recorder: Recorder
  let step: Int
  /// The element type.
  public let type: ElementType

  /// Gives the value a name that reports use, such as `p_t`.
  public func named(_ label: String) -> Expression {
    recorder.steps[step].label = label
    return self
  }

  /// A tensor with this one value in it, of this expression's type.
  public func filled(with value: Double) -> Expression {
    Expression(recorder: recorder, step: recorder.constant(value, type), type: type)
  }
}

extension Program {
  /// Records a formula.
  ///
  /// - Parameters:
  ///   - inputs: the formula's inputs; each must be of a floating-point type.
  ///   - formula: the formula's text; it runs once.
  public static func record(
    _ inputs: [Input], _ formula: ([Expression]) -> Expression
  ) -> Program {
    let recorder = Recorder()
    let expressions = inputs.indices.map { index in
      let type = inputs[index].type
      let step = recorder.append(.input(index), type)
      recorder.steps[step].label = inputs[index].name
      return Expression(recorder: recorder, step: step, type: type)
    }
    let result = formula(expressions)
    return Program(
      inputs: inputs, steps: recorder.steps, kernels: recorder.kernels, output: result.step,
      type: result.type)
  }
}

/// Records `body` as one kernel of a framework that reads `x`.
///
/// Inside, values have the kernel's own type, float32 for the 16-bit types; the result is rounded once to the type
/// of `x`.
public func kernel(_ name: String, _ x: Expression, body: (Expression) -> Expression) -> Expression {
  x.recorder.kernel(name, [x]) { body($0[0]) }
}

/// Records `body` as one kernel of a framework that reads `x` and `y`; its result has the wider of their types.
public func kernel(
  _ name: String, _ x: Expression, _ y: Expression, body: (Expression, Expression) -> Expression
) -> Expression {
  x.recorder.kernel(name, [x, y]) { body($0[0], $0[1]) }
}

extension Expression {
  /// `x + y`.
  public static func + (x: Expression, y: Expression) -> Expression { x.binary(.add, y) }
  /// `x + y`.
  public static func + (x: Expression, y: Double) -> Expression { x.binary(.add, y) }
  /// `x + y`.
  public static func + (x: Double, y: Expression) -> Expression { y.binary(.add, from: x) }
  /// `x − y`.
  public static func - (x: Expression, y: Expression) -> Expression { x.binary(.subtract, y) }
  /// `x − y`.
  public static func - (x: Expression, y: Double) -> Expression { x.binary(.subtract, y) }
  /// `x − y`.
  public static func - (x: Double, y: Expression) -> Expression { y.binary(.subtract, from: x) }
  /// `x · y`.
  public static func * (x: Expression, y: Expression) -> Expression { x.binary(.multiply, y) }
  /// `x · y`.
  public static func * (x: Expression, y: Double) -> Expression { x.binary(.multiply, y) }
  /// `x · y`.
  public static func * (x: Double, y: Expression) -> Expression { y.binary(.multiply, from: x) }
  /// `x / y`.
  public static func / (x: Expression, y: Expression) -> Expression { x.binary(.divide, y) }
  /// `x / y`.
  public static func / (x: Expression, y: Double) -> Expression { x.binary(.divide, y) }
  /// `x / y`.
  public static func / (x: Double, y: Expression) -> Expression { y.binary(.divide, from: x) }
  /// `−x`.
  public static prefix func - (x: Expression) -> Expression { x.unary(.negate) }

  /// 1 where `x > y`, else 0.
  public static func .> (x: Expression, y: Double) -> Expression { x.binary(.greater, y) }
  /// 1 where `x = y`, else 0.
  public static func .== (x: Expression, y: Double) -> Expression { x.binary(.equal, y) }
}

/// `|x|`.
public func abs(_ x: Expression) -> Expression { x.unary(.absolute) }
/// `eˣ`.
public func exp(_ x: Expression) -> Expression { x.unary(.exp) }
/// The natural logarithm.
public func log(_ x: Expression) -> Expression { x.unary(.log) }
/// `log(1 + x)`.
public func log1p(_ x: Expression) -> Expression { x.unary(.log1p) }
/// `xʸ` with the same exponent for every element. The exponent is recorded as given, and it is for the operation to
/// round it.
public func pow(_ x: Expression, _ y: Double) -> Expression {
  x.recorder.kernel(BinaryPrimitive.pow.rawValue, [x]) { operands in
    let exponent = x.recorder.constant(y, .float64)
    return operands[0].recorded(.binary(.pow, operands[0].step, exponent))
  }
}
/// The greater of `x` and a number; NaN stays NaN.
public func max(_ x: Expression, _ y: Double) -> Expression { x.binary(.maximum, y) }
/// The lesser of `x` and a number; NaN stays NaN.
public func min(_ x: Expression, _ y: Double) -> Expression { x.binary(.minimum, y) }
/// `x` where the condition is 1, `y` where it is 0.
public func select(_ condition: Expression, _ x: Expression, _ y: Double) -> Expression {
  x.recorder.kernel("select", [condition, x]) { operands in
    let other = operands[1].filled(with: y)
    return operands[1].recorded(.select(operands[0].step, operands[1].step, other.step))
  }
}

extension Expression {
  fileprivate func unary(_ primitive: UnaryPrimitive) -> Expression {
    recorder.kernel(primitive.rawValue, [self]) { $0[0].recorded(.unary(primitive, $0[0].step)) }
  }

  fileprivate func binary(_ primitive: BinaryPrimitive, _ y: Expression) -> Expression {
    recorder.kernel(primitive.rawValue, [self, y]) {
      $0[0].recorded(.binary(primitive, $0[0].step, $0[1].step))
    }
  }

  fileprivate func binary(_ primitive: BinaryPrimitive, _ y: Double) -> Expression {
    recorder.kernel(primitive.rawValue, [self]) {
      $0[0].recorded(.binary(primitive, $0[0].step, $0[0].filled(with: y).step))
    }
  }

  fileprivate func binary(_ primitive: BinaryPrimitive, from x: Double) -> Expression {
    recorder.kernel(primitive.rawValue, [self]) {
      $0[0].recorded(.binary(primitive, $0[0].filled(with: x).step, $0[0].step))
    }
  }

  fileprivate func recorded(_ operation: Program.Operation) -> Expression {
    Expression(recorder: recorder, step: recorder.append(operation, type), type: type)
  }
}
