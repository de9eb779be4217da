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

  public func operation(_ primitive: UnaryPrimitive, at site: Site) -> (Double) -> Double {
    let (format, rounding) = (site.format, rounding)
    return switch primitive {
    case .negate: { -$0 }
    case .absolute: { $0.magnitude }
    case .round: { format.round($0) }
    case .exp: { rounding.exp($0, format) }
    case .log: { rounding.log($0, format) }
    case .log1p: { rounding.log1p($0, format) }
    }
  }

  public func operation(_ primitive: BinaryPrimitive, at site: Site) -> (Double, Double) -> Double {
    let (format, rounding) = (site.format, rounding)
    return switch primitive {
    case .add: { format.round($0 + $1) }
    case .subtract: { format.round($0 - $1) }
    case .multiply: { format.round($0 * $1) }
    case .divide: { format.round($0 / $1) }
    case .minimum: Self.minimum
    case .maximum: { -Self.minimum(-$0, -$1) }
    case .pow: { rounding.pow($0, format.round($1), format) }
    case .greater: { $0 > $1 ? 1 : 0 }
    case .equal: { $0 == $1 ? 1 : 0 }
    }
  }

  public func choice(at site: Site) -> (Double, Double, Double) -> Double { { $0 == 0 ? $2 : $1 } }

  private static func minimum(_ x: Double, _ y: Double) -> Double {
    if x == y { return x.sign == .minus ? x : y }
    return x.isNaN || y.isNaN ? .nan : Swift.min(x, y)
  }
}
