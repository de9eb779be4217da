import Arithmetic
import CMPFR
import Tensors
import Testing

/// One MPFR number of the brute force.
final class BruteNumber {
  let pointer = UnsafeMutablePointer<__mpfr_struct>.allocate(capacity: 1)

  init(precision: Int) { mpfr_init2(pointer, mpfr_prec_t(precision)) }

  deinit {
    mpfr_clear(pointer)
    pointer.deallocate()
  }

  var isNaN: Bool { mpfr_nan_p(pointer) != 0 }

  /// The number rounded once to a format, by MPFR's own exponent range and `mpfr_subnormalize`.
  func rounded(to format: FloatFormat) -> Double {
    let (emin, emax) = (mpfr_get_emin(), mpfr_get_emax())
    defer {
      mpfr_set_emin(emin)
      mpfr_set_emax(emax)
    }
    let result = BruteNumber(precision: format.precision)
    var ternary = mpfr_set4(result.pointer, pointer, MPFR_RNDN, mpfr_sgn(pointer) < 0 ? -1 : 1)
    mpfr_set_emin(mpfr_exp_t(format.minimumExponent - format.fractionBits + 1))
    mpfr_set_emax(mpfr_exp_t(format.maximumExponent + 1))
    ternary = mpfr_check_range(result.pointer, ternary, MPFR_RNDN)
    _ = mpfr_subnormalize(result.pointer, ternary, MPFR_RNDN)
    return mpfr_get_d(result.pointer, MPFR_RNDN)
  }

  /// The exponent of the number's binade, or of the next where it is 2⁻³⁵ ULP away.
  private func binade(_ format: FloatFormat) -> Int {
    guard mpfr_zero_p(pointer) == 0 else { return format.minimumExponent }
    let exponent = Int(mpfr_get_exp(pointer)) - 1
    let next = BruteNumber(precision: Int(mpfr_get_prec(pointer)))
    mpfr_set_ui_2exp(next.pointer, 1, mpfr_exp_t(exponent - format.fractionBits - 35), MPFR_RNDN)
    if mpfr_sgn(pointer) < 0 {
      mpfr_sub(next.pointer, pointer, next.pointer, MPFR_RNDZ)
    } else {
      mpfr_add(next.pointer, pointer, next.pointer, MPFR_RNDZ)
    }
    return Int(mpfr_get_exp(next.pointer)) - 1
  }

  /// `(actual − number) / ULP of the number`.
  func error(of actual: Double, in format: FloatFormat) -> Double {
    let difference = BruteNumber(precision: Int(mpfr_get_prec(pointer)))
    mpfr_d_sub(difference.pointer, actual, pointer, MPFR_RNDN)
    let exponent = max(binade(format), format.minimumExponent) - format.fractionBits
    mpfr_mul_2si(difference.pointer, difference.pointer, -exponent, MPFR_RNDN)
    return mpfr_get_d(difference.pointer, MPFR_RNDN)
  }
}

/// A formula at so many bits, rounded to nearest, that what is lost does not matter.
struct BruteForce: Arithmetic {
  let precision: Int

  func constant(_ value: Double, _ format: FloatFormat) -> BruteNumber {
    result { mpfr_set_d($0, value, MPFR_RNDN) }
  }

  func operation(_ primitive: UnaryPrimitive, at site: Site) -> (BruteNumber) -> BruteNumber {
    { x in
      result {
        switch primitive {
        case .negate: mpfr_neg($0, x.pointer, MPFR_RNDN)
        case .absolute: mpfr_set4($0, x.pointer, MPFR_RNDN, 1)
        case .round: mpfr_set4($0, x.pointer, MPFR_RNDN, mpfr_signbit(x.pointer) != 0 ? -1 : 1)
        case .exp: mpfr_exp($0, x.pointer, MPFR_RNDN)
        case .log: mpfr_log($0, x.pointer, MPFR_RNDN)
        case .log1p: mpfr_log1p($0, x.pointer, MPFR_RNDN)
        }
      }
    }
  }

  func operation(_ primitive: BinaryPrimitive, at site: Site) -> (BruteNumber, BruteNumber) -> BruteNumber {
    { x, y in
      result {
        switch primitive {
        case .add: mpfr_add($0, x.pointer, y.pointer, MPFR_RNDN)
        case .subtract: mpfr_sub($0, x.pointer, y.pointer, MPFR_RNDN)
        case .multiply: mpfr_mul($0, x.pointer, y.pointer, MPFR_RNDN)
        case .divide: mpfr_div($0, x.pointer, y.pointer, MPFR_RNDN)
        case .minimum: mpfr_min($0, x.pointer, y.pointer, MPFR_RNDN)
        case .maximum: mpfr_max($0, x.pointer, y.pointer, MPFR_RNDN)
        case .pow: mpfr_pow($0, x.pointer, y.pointer, MPFR_RNDN)
        case .greater: mpfr_set_d($0, mpfr_greater_p(x.pointer, y.pointer) != 0 ? 1 : 0, MPFR_RNDN)
        case .equal: mpfr_set_d($0, mpfr_equal_p(x.pointer, y.pointer) != 0 ? 1 : 0, MPFR_RNDN)
        }
      }
    }
  }

  func choice(at site: Site) -> (BruteNumber, BruteNumber, BruteNumber) -> BruteNumber {
    { condition, x, y in mpfr_zero_p(condition.pointer) != 0 ? y : x }
  }

  /// The value of a formula at one element.
  func value(of program: Program, at inputs: [Double]) -> BruteNumber {
    program.evaluate(inputs.map { [constant($0, .float64)] }, count: 1, in: self)[0]
  }

  private func result(_ body: (mpfr_ptr) -> Int32) -> BruteNumber {
    let number = BruteNumber(precision: precision)
    _ = body(number.pointer)
    return number
  }
}

/// A focal loss to try, with its own text so that this module needs no other.
struct LossFormula: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// True for a formula of probabilities.
  let takesProbability: Bool
  let loss: @Sendable (Expression, Expression, Double) -> Expression

  static let all = [paddleAPI, documented, torchvision, clamped]

  static let paddleAPI = LossFormula("paddle API") { x, y, gamma in
    let isIgnored = (y .> -101) - (y .> -100)
    let bce = select(isIgnored .== 0, select(x .> 0, x, 0) - x * y + log(1 + exp(-abs(x))), 0)
    let p = 1 / (1 + exp(-x))
    let alpha = x.filled(with: 0.25)
    let weight = alpha * y + (1 - alpha) * (1 - y)
    return pow(1 - (p * y + (1 - p) * (1 - y)), gamma) * (weight * bce)
  }

  static let documented = LossFormula("documented formula") { x, y, gamma in
    let s = 1 / (1 + exp(-x))
    let positive = -y * 0.25 * pow(1 - s, gamma) * log(s)
    return positive - (1 - y) * 0.75 * pow(s, gamma) * log(1 - s)
  }

  static let torchvision = LossFormula("torchvision") { x, y, gamma in
    let p = 1 / (1 + exp(-x))
    let bce = (1 - y) * x - (min(x, 0) - log1p(exp(-abs(x))))
    return (0.25 * y + 0.75 * (1 - y)) * (bce * pow(1 - (p * y + (1 - p) * (1 - y)), gamma))
  }

  static let clamped = LossFormula("clamped binary", takesProbability: true) { prob, y, gamma in
    let p = min(max((1 - prob) * (y .== 0) + prob * (y .== 1), 0.0001), 1)
    return -(0.75 * (y .== 0) + 0.25 * (y .== 1)) * pow(1 - p, gamma) * log(p)
  }

  private init(
    _ name: String, takesProbability: Bool = false,
    _ loss: @escaping @Sendable (Expression, Expression, Double) -> Expression
  ) {
    (testDescription, self.takesProbability, self.loss) = (name, takesProbability, loss)
  }

  func program(_ type: ElementType = .float64, gamma: Double) -> Program {
    .record([Program.Input("x", type), Program.Input("y", type)]) { loss($0[0], $0[1], gamma) }
  }
}
