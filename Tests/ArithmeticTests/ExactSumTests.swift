import Arithmetic
import Tensors
import Testing

@Suite("ExactSum")
struct ExactSumTests {
  private func sum(_ values: [Double], _ format: FloatFormat = .float64) -> Double {
    let sum = ExactSum()
    values.forEach(sum.add)
    return sum.rounded(to: format)
  }

  @Test("cancellation loses nothing, in any order")
  func cancels() {
    let values = [1e308, 1, -1e308, 0x1p-1070, 1e308, -1e308]
    #expect(sum(values) == 1)
    #expect(sum(values.reversed()) == 1)
    #expect(sum([0x1p1023, 0x1p1023, -0x1p1023]) == 0x1p1023)
    #expect(sum([.leastNonzeroMagnitude, .leastNonzeroMagnitude]) == 2 * .leastNonzeroMagnitude)
  }

  @Test("the sum is rounded once")
  func roundsOnce() {
    // 1 + 2⁻²⁴ is a tie of float32; anything beyond it decides.
    #expect(sum([1, 0x1p-24], .float32) == 1)
    #expect(sum([1, 0x1p-24, 0x1p-80], .float32) == 1 + 0x1p-23)
    #expect(sum([1, 0x1p-24, -0x1p-80], .float32) == 1)
  }

  @Test("NaN and infinities follow the addition")
  func nonfinite() {
    #expect(sum([1, .infinity]) == .infinity)
    #expect(sum([.infinity, -.infinity]).isNaN)
    #expect(sum([.nan, 1]).isNaN)
    #expect(sum([3e38, 3e38], .float32) == .infinity)
  }

  @Test("the sum of nothing is +0")
  func empty() { #expect(sum([]).bitPattern == 0) }
}
