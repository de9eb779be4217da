public import Tensors

/// The documented program itself: every operation in the step's own type, rounded to nearest, ties to even.
///
/// `+ − × ÷` are IEEE 754's. The elementary functions are **correctly rounded**, so that the result depends on no
/// machine, compiler or mathematical library: see ``CorrectRounding``. A NaN result carries no meaning in its sign
/// or payload.
///
/// An instance keeps MPFR variables and serves one thread.
public struct NativeArithmetic: Arithmetic {
  private let rounding = CorrectRounding()

  /// An arithmetic with its own MPFR variables.
  public init() {}

  public func constant(_ value: Double, _ format: FloatFormat) -> Double { format.round(value) }

  public func apply(_ primitive: UnaryPrimitive, _ x: Double, _ format: FloatFormat) -> Double {
    switch primitive {
    case .negate: -x
    case .absolute: x.magnitude
    case .round: format.round(x)
    case .exp: rounding.exp(x, format)
    case .log: rounding.log(x, format)
    case .log1p: rounding.log1p(x, format)
    }
  }

  public func apply(_ primitive: BinaryPrimitive, _ x: Double, _ y: Double, _ format: FloatFormat) -> Double {
    switch primitive {
    case .add: format.round(x + y)
    case .subtract: format.round(x - y)
    case .multiply: format.round(x * y)
    case .divide: format.round(x / y)
    case .minimum: Self.minimum(x, y)
    case .maximum: -Self.minimum(-x, -y)
    case .pow: rounding.pow(x, y, format)
    case .greater: x > y ? 1 : 0
    case .equal: x == y ? 1 : 0
    }
  }

  public func select(_ condition: Double, _ x: Double, _ y: Double, _ format: FloatFormat) -> Double {
    condition == 0 ? y : x
  }

  private static func minimum(_ x: Double, _ y: Double) -> Double {
    if x == y { return x.sign == .minus ? x : y }
    return x.isNaN || y.isNaN ? .nan : Swift.min(x, y)
  }
}
