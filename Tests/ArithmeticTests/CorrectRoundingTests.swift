import Arithmetic
import CMPFR
import SeededNumbers
import Tensors
import Testing

/// MPFR's own way to a correctly rounded result: precision and exponent range of the format, then `mpfr_subnormalize`.
private func mpfrResult(
  _ format: FloatFormat, _ x: Double, _ y: Double, _ function: (mpfr_ptr, mpfr_ptr, mpfr_ptr) -> Int32
) -> Double {
  let (emin, emax) = (mpfr_get_emin(), mpfr_get_emax())
  let numbers = UnsafeMutablePointer<__mpfr_struct>.allocate(capacity: 3)
  defer {
    mpfr_set_emin(emin)
    mpfr_set_emax(emax)
    for index in 0..<3 { mpfr_clear(numbers + index) }
    numbers.deallocate()
  }
  mpfr_init2(numbers, 53)
  mpfr_init2(numbers + 1, 53)
  mpfr_init2(numbers + 2, mpfr_prec_t(format.precision))
  mpfr_set_d(numbers, x, MPFR_RNDN)
  mpfr_set_d(numbers + 1, y, MPFR_RNDN)
  mpfr_set_emin(mpfr_exp_t(format.minimumExponent - format.fractionBits + 1))
  mpfr_set_emax(mpfr_exp_t(format.maximumExponent + 1))
  let ternary = function(numbers + 2, numbers, numbers + 1)
  _ = mpfr_subnormalize(numbers + 2, ternary, MPFR_RNDN)
  return mpfr_get_d(numbers + 2, MPFR_RNDN)
}

struct ElementaryFunction: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let rounded: @Sendable (CorrectRounding, Double, Double, FloatFormat) -> Double
  let mpfr: @Sendable (mpfr_ptr, mpfr_ptr, mpfr_ptr) -> Int32

  static let all = [
    ElementaryFunction(testDescription: "exp") {
      $0.exp($1, $3)
    } mpfr: { r, x, _ in
      mpfr_exp(r, x, MPFR_RNDN)
    },
    ElementaryFunction(testDescription: "log") {
      $0.log($1, $3)
    } mpfr: { r, x, _ in
      mpfr_log(r, x, MPFR_RNDN)
    },
    ElementaryFunction(testDescription: "log1p") {
      $0.log1p($1, $3)
    } mpfr: { r, x, _ in
      mpfr_log1p(r, x, MPFR_RNDN)
    },
    ElementaryFunction(testDescription: "pow") {
      $0.pow($1, $2, $3)
    } mpfr: { r, x, y in
      mpfr_pow(r, x, y, MPFR_RNDN)
    },
  ]

  init(
    testDescription: String,
    rounded: @escaping @Sendable (CorrectRounding, Double, Double, FloatFormat) -> Double,
    mpfr: @escaping @Sendable (mpfr_ptr, mpfr_ptr, mpfr_ptr) -> Int32
  ) {
    (self.testDescription, self.rounded, self.mpfr) = (testDescription, rounded, mpfr)
  }
}

@Suite("Correct rounding")
struct CorrectRoundingTests {
  static let formats: [FloatFormat] = [.float32, .float64]

  @Test(
    "elementary functions agree with MPFR at the format's own precision", arguments: ElementaryFunction.all,
    formats)
  func agreesWithMPFR(function: ElementaryFunction, format: FloatFormat) {
    let rounding = CorrectRounding()
    for (x, y) in samples(format) {
      let value = function.rounded(rounding, x, y, format)
      let expected = mpfrResult(format, x, y, function.mpfr)
      #expect(
        value.bitPattern == expected.bitPattern || value.isNaN && expected.isNaN,
        "\(function.testDescription)(\(x), \(y)) is \(value), MPFR says \(expected)")
    }
  }

  /// Values of every size, those near the ends of the format and of the functions' domains, and exact cases of `pow`.
  private func samples(_ format: FloatFormat) -> [(Double, Double)] {
    var random = SplitMix(seed: 7)
    var samples: [(Double, Double)] = []
    let special: [Double] = [
      0, -0.0, 1, -1, .infinity, -.infinity, .nan, format.leastNonzero, -format.leastNonzero,
      format.leastNormal,
      format.greatestFinite, -format.greatestFinite, 2, 0.5, 3, 0.1, -88.72284, 88.72284, -103.27893,
      -103.97208, 16.635532,
      709.782712893384, -745.1332191019411, -708.3964185322641, 1e-7, -0.9999999,
    ].map(format.round)
    let exponents: [Double] = [0, 0.5, 1, 1.5, 2, 5, -1, 3, .nan, .infinity].map(format.round)
    for x in special { samples += exponents.map { (x, $0) } }
    for _ in 0..<4000 {
      let scale = Double(sign: .plus, exponent: Int(random.next() % 24) - 16, significand: 1)
      samples.append((format.round(random.signedUnit() * scale), exponents[Int(random.next() % 6)]))
    }
    // Odd integers with few bits square and cube to exact ties of the format.
    for x in stride(from: 4097.0, to: 4160, by: 2) { samples.append((x, 2)) }
    return samples
  }
}
