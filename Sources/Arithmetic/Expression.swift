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

  /// A tensor with this one value in it, of this expression's type or of another one.
  public func filled(with value: Double, as type: ElementType? = nil) -> Expression {
    let type = type ?? self.type
    return Expression(recorder: recorder, step: recorder.constant(value, type), type: type)
  }

  /// The value in another type, rounded where that is narrower: a kernel of its own, and nothing for the same type.
  public func cast(to type: ElementType) -> Expression {
    guard type != self.type else { return self }
    return recorder.cast(self, to: type)
  }
}

/// One side of an operator.
enum Operand {
  /// A tensor's value.
  case value(Expression)
  /// A Python number.
  case number(Double)
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
    let expressions = inputs.indices.map { recorder.input(inputs[$0], at: $0) }
    return recorder.program(inputs, formula(expressions))
  }

  /// Records this program's steps as a part of another formula.
  ///
  /// - Parameter arguments: what takes the place of ``inputs``, of the same formats; at least one.
  public func callAsFunction(_ arguments: [Expression]) -> Expression {
    precondition(arguments.map(\.type.floatFormat) == inputs.map(\.type.floatFormat))
    return arguments[0].recorder.replay(self, on: arguments)
  }
}

/// Records `body` as one kernel of a framework that reads `x`.
///
/// Inside, values have the kernel's own type, float32 for the 16-bit types; the result is rounded once to the type
/// of `x`. Its adjoint is that of its steps, in one backward kernel.
public func kernel(_ name: String, _ x: Expression, body: (Expression) -> Expression) -> Expression {
  x.recorder.kernel(name, [x]) { body($0[0]) }
}

/// Records `body` as one kernel of a framework that reads `x`, with the framework's own adjoint rule.
///
/// Given the adjoint of the result, `x` and the result, `adjoint` records the framework's backward pass and returns the
/// adjoint of `x`.
public func kernel(
  _ name: String, _ x: Expression, body: (Expression) -> Expression,
  adjoint:
    @escaping @Sendable (_ dy: Expression, _ x: Expression, _ y: Expression, AdjointRules) -> Expression
) -> Expression {
  x.recorder.kernel(name, [x], adjoint: { dy, inputs, y, rules in [adjoint(dy, inputs[0], y, rules)] }) {
    body($0[0])
  }
}

/// Records `body` as one kernel of a framework that reads `x` and `y`; its result has the wider of their types.
public func kernel(
  _ name: String, _ x: Expression, _ y: Expression, body: (Expression, Expression) -> Expression
) -> Expression {
  x.recorder.kernel(name, [x, y]) { body($0[0], $0[1]) }
}

/// Records `body` as one kernel of a framework that reads `x` and `y`, with the framework's own adjoint rule.
///
/// Given the adjoint of the result, `x`, `y` and the result, `adjoint` records the framework's backward pass and returns
/// the adjoints of `x` and `y`; nil where the framework passes none.
public func kernel(
  _ name: String, _ x: Expression, _ y: Expression, body: (Expression, Expression) -> Expression,
  adjoint:
    @escaping @Sendable (_ dz: Expression, _ x: Expression, _ y: Expression, _ z: Expression, AdjointRules) ->
    (
      x: Expression?, y: Expression?
    )
) -> Expression {
  x.recorder.kernel(name, [x, y], adjoint: pair(adjoint)) { body($0[0], $0[1]) }
}

/// Records `body` as one kernel of a framework that reads `x`, `y` and `z`.
public func kernel(
  _ name: String, _ x: Expression, _ y: Expression, _ z: Expression,
  body: (Expression, Expression, Expression) -> Expression
) -> Expression {
  x.recorder.kernel(name, [x, y, z]) { body($0[0], $0[1], $0[2]) }
}

/// Records `body`, several kernels of a framework that its autograd takes as one function of `x`, with one adjoint rule.
///
/// The forward pass is as without it: each kernel rounds by itself.
public func autogradFunction(
  _ x: Expression, body: (Expression) -> Expression,
  adjoint:
    @escaping @Sendable (_ dy: Expression, _ x: Expression, _ y: Expression, AdjointRules) -> Expression
) -> Expression {
  x.recorder.node([x], adjoint: { dy, inputs, y, rules in [adjoint(dy, inputs[0], y, rules)] }) {
    body($0[0])
  }
}

/// Records `body`, several kernels of a framework that its autograd takes as one function of `x` and `y`, with one
/// adjoint rule.
///
/// The forward pass is as without it: each kernel rounds by itself.
public func autogradFunction(
  _ x: Expression, _ y: Expression, body: (Expression, Expression) -> Expression,
  adjoint:
    @escaping @Sendable (_ dz: Expression, _ x: Expression, _ y: Expression, _ z: Expression, AdjointRules) ->
    (
      x: Expression?, y: Expression?
    )
) -> Expression {
  x.recorder.node([x, y], adjoint: pair(adjoint)) { body($0[0], $0[1]) }
}

private func pair(
  _ adjoint:
    @escaping @Sendable (Expression, Expression, Expression, Expression, AdjointRules) -> (
      x: Expression?, y: Expression?
    )
) -> AutogradNode.Adjoint {
  { dz, inputs, z, rules in
    let parts = adjoint(dz, inputs[0], inputs[1], z, rules)
    return [parts.x, parts.y]
  }
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
  /// 1 where `x > y`, else 0.
  public static func .> (x: Double, y: Expression) -> Expression { y.binary(.greater, from: x) }
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
  x.recorder.kernel(
    BinaryPrimitive.pow.rawValue, [x],
    adjoint: { dz, inputs, z, rules in
      [BinaryPrimitive.pow.adjoint(dz, .value(inputs[0]), .number(y), z, rules).x]
    }
  ) { operands in
    let exponent = x.recorder.constant(y, .float64)
    return operands[0].recorded(.binary(.pow, operands[0].step, exponent))
  }
}
/// `1 / x` by an approximation, which is not the correctly rounded division: a power of exponent −1, with the accuracy of
/// a power.
public func reciprocal(_ x: Expression) -> Expression { kernel("reciprocal", x) { pow($0, -1) } }
/// `x`, or `y` where a framework computes the same real number in another order, such as in the tail of a tensor.
///
/// It is a choice by a condition that is neither 1 nor 0: an enclosure holds both sides, all else takes x.
public func either(_ x: Expression, _ y: Expression) -> Expression {
  let undecided = x.filled(with: 0.5)
  return x.recorded(.select(undecided.step, x.step, y.step))
}
/// The greater of `x` and a number; NaN stays NaN.
public func max(_ x: Expression, _ y: Double) -> Expression { x.binary(.maximum, y) }
/// The greater of `x` and `y`, inside of a kernel that has an adjoint of its own; NaN stays NaN.
public func max(_ x: Expression, _ y: Expression) -> Expression { x.binary(.maximum, y) }
/// The lesser of `x` and a number; NaN stays NaN.
public func min(_ x: Expression, _ y: Double) -> Expression { x.binary(.minimum, y) }
/// `x` where the condition is 1, `y` where it is 0.
public func select(_ condition: Expression, _ x: Expression, _ y: Double) -> Expression {
  x.recorder.kernel(
    "select", [condition, x], adjoint: { dz, inputs, _, _ in [nil, select(inputs[0], dz, 0)] }
  ) {
    operands in
    let other = operands[1].filled(with: y)
    return operands[1].recorded(.select(operands[0].step, operands[1].step, other.step))
  }
}

extension Expression {
  fileprivate func unary(_ primitive: UnaryPrimitive) -> Expression {
    recorder.kernel(
      primitive.rawValue, [self],
      adjoint: { dy, inputs, y, rules in [primitive.adjoint(dy, inputs[0], y, rules)] }
    ) {
      $0[0].recorded(.unary(primitive, $0[0].step))
    }
  }

  fileprivate func binary(_ primitive: BinaryPrimitive, _ y: Expression) -> Expression {
    recorder.kernel(
      primitive.rawValue, [self, y],
      adjoint: { dz, inputs, z, rules in
        let parts = primitive.adjoint(dz, .value(inputs[0]), .value(inputs[1]), z, rules)
        return [parts.x, parts.y]
      }
    ) {
      $0[0].recorded(.binary(primitive, $0[0].step, $0[1].step))
    }
  }

  fileprivate func binary(_ primitive: BinaryPrimitive, _ y: Double) -> Expression {
    recorder.kernel(
      primitive.rawValue, [self],
      adjoint: { dz, inputs, z, rules in [primitive.adjoint(dz, .value(inputs[0]), .number(y), z, rules).x] }
    ) {
      $0[0].recorded(.binary(primitive, $0[0].step, $0[0].filled(with: y).step))
    }
  }

  fileprivate func binary(_ primitive: BinaryPrimitive, from x: Double) -> Expression {
    recorder.kernel(
      primitive.rawValue, [self],
      adjoint: { dz, inputs, z, rules in [primitive.adjoint(dz, .number(x), .value(inputs[0]), z, rules).y] }
    ) {
      $0[0].recorded(.binary(primitive, $0[0].filled(with: x).step, $0[0].step))
    }
  }

  func recorded(_ operation: Program.Operation) -> Expression {
    Expression(recorder: recorder, step: recorder.append(operation, type), type: type)
  }
}
