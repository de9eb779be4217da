import CMPFR
import SeededNumbers
import Testing

@testable import Arithmetic

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

@Suite("Functions rounded to 44 bits")
struct RoundedFunctionsTests {
  /// A function with a library's own, MPFR's, and arguments over its whole range.
  struct Function: CustomStringConvertible, Sendable {
    let description: String
    let library: @Sendable (Double) -> Double
    let mpfr: @Sendable (mpfr_ptr, mpfr_srcptr, mpfr_rnd_t) -> Int32
    let argument: @Sendable (inout SplitMix) -> Double

    static let all = [
      Function(
        description: "exp", library: { exp($0) }, mpfr: { mpfr_exp($0, $1, $2) },
        argument: { $0.signedUnit() * [1e-9, 1, 30, 760][Int($0.next() % 4)] }),
      Function(
        description: "log", library: { log($0) }, mpfr: { mpfr_log($0, $1, $2) },
        argument: { $0.next() % 4 == 0 ? 1 + $0.signedUnit() * 1e-6 : exp($0.signedUnit() * 700) }),
      Function(
        description: "log1p", library: { log1p($0) }, mpfr: { mpfr_log1p($0, $1, $2) },
        argument: { $0.next() % 4 == 0 ? exp($0.signedUnit() * 700) : $0.signedUnit() * 0.999 }),
    ]
  }

  @Test("are the same bits, whichever library within 4 ULP is asked first", arguments: Function.all)
  func libraryDoesNotMatter(function: Function) {
    let functions = RoundedFunctions()
    var random = SplitMix(seed: 33)
    for _ in 0..<4000 {
      let x = function.argument(&random)
      let ends = functions.ends(x, nil, { _ in .nan }, function.mpfr)
      for ulps in -4...4 {
        let other = functions.ends(
          x, nil, { function.library($0) + Double(ulps) * function.library($0).ulp }, function.mpfr)
        #expect(
          other.lower == ends.lower && other.upper == ends.upper,
          "\(function)(\(x)), off by \(ulps) ULP: \(other) and \(ends)")
      }
    }
  }

  @Test("lie around the function's value, no farther than 2⁻⁴³ of it", arguments: Function.all)
  func enclose(function: Function) {
    let functions = RoundedFunctions()
    let (argument, below, above) = (MPFRVariable(), MPFRVariable(), MPFRVariable())
    (below.precision, above.precision) = (200, 200)
    var random = SplitMix(seed: 34)
    for _ in 0..<4000 {
      let x = function.argument(&random)
      argument.set(x)
      _ = function.mpfr(below.pointer, argument.pointer, MPFR_RNDD)
      _ = function.mpfr(above.pointer, argument.pointer, MPFR_RNDU)
      let ends = functions.ends(x, nil, function.library, function.mpfr)
      #expect(
        mpfr_cmp_d(below.pointer, ends.lower) >= 0 && mpfr_cmp_d(above.pointer, ends.upper) <= 0,
        "\(function)(\(x)): \(ends)")
      let magnitude = max(ends.lower.magnitude, ends.upper.magnitude)
      #expect(
        magnitude < 0x1p-1000 || ends.upper == .infinity || ends.upper - ends.lower <= magnitude * 0x1p-43,
        "\(function)(\(x)): \(ends)")
    }
  }
}
