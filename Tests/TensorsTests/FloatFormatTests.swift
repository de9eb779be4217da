import Tensors
import Testing

@Suite("FloatFormat")
struct FloatFormatTests {
  static let narrow: [FloatFormat] = [.float16, .bfloat16]

  @Test("every bit pattern of a 16-bit format reads back to itself", arguments: narrow)
  func patternsRoundTrip(format: FloatFormat) {
    for bits in 0..<UInt64(1 << 16) {
      let value = format.value(ofBits: bits)
      if value.isNaN {
        #expect(bits & ~format.signMask > format.infinityBits)
      } else {
        #expect(format.bits(of: value) == bits, "\(value)")
        #expect(format.round(value).bitPattern == value.bitPattern)
      }
    }
  }

  @Test("float16 agrees with the compiler's Float16 on every pattern")
  func float16IsTheCompilers() {
    for bits in UInt16.min...UInt16.max {
      let expected = Double(Float16(bitPattern: bits))
      let value = FloatFormat.float16.value(ofBits: UInt64(bits))
      #expect(
        value.bitPattern == expected.bitPattern || value.isNaN && expected.isNaN,
        "0x\(String(bits, radix: 16))")
    }
  }

  @Test("rounding goes to the nearest, ties to even", arguments: narrow)
  func roundsToNearestEven(format: FloatFormat) {
    for bits in stride(from: UInt64(0), to: format.infinityBits - 1, by: 7) {
      let (lower, upper) = (format.value(ofBits: bits), format.value(ofBits: bits + 1))
      let middle = (lower + upper) / 2
      #expect(format.round(middle) == (bits % 2 == 0 ? lower : upper), "between \(lower) and \(upper)")
      #expect(format.round(middle.nextDown) == lower)
      #expect(format.round(middle.nextUp) == upper)
      #expect(format.round(-middle.nextUp) == -upper)
    }
  }

  @Test(
    "beyond the largest value plus half a step is infinity",
    arguments: [FloatFormat.float16, .bfloat16, .float32])
  func overflows(format: FloatFormat) {
    let largest = format.greatestFinite
    let step = Double(sign: .plus, exponent: format.maximumExponent - format.fractionBits, significand: 1)
    #expect(format.round((largest + step / 2).nextDown) == largest)
    #expect(format.round(largest + step / 2) == .infinity)
    #expect(format.round(-largest - step) == -.infinity)
    #expect(format.bits(of: .infinity) == format.infinityBits)
  }

  @Test("a quotient rounded twice is the nearest quotient, subnormal ones as well", arguments: narrow)
  func doubleRounding(format: FloatFormat) {
    // Every 37th pattern against every 53rd: all exponents, odd and even fractions.
    for x in stride(from: UInt64(1), to: format.infinityBits, by: 37) {
      for y in stride(from: UInt64(1), to: format.infinityBits, by: 53) {
        let (dividend, divisor) = (format.value(ofBits: x), format.value(ofBits: y))
        let quotient = format.round(dividend / divisor)
        guard quotient.isFinite else { continue }
        let bits = format.bits(of: quotient)
        let error = dividend.addingProduct(-quotient, divisor).magnitude
        for neighbour in [bits == 0 ? bits : bits - 1, bits + 1] where neighbour < format.infinityBits {
          // A fused remainder of so few bits is exact.
          let other = dividend.addingProduct(-format.value(ofBits: neighbour), divisor).magnitude
          let isNearest = error < other || error == other && (bits % 2 == 0 || neighbour == bits)
          if !isNearest { Issue.record("\(dividend) / \(divisor) is not \(quotient)") }
        }
      }
    }
  }

  @Test(
    "float32 agrees with the compiler's Float",
    arguments: [1e-45, 0.1, 1e-40, 3.4e38, 16.635532, -0.0, 1.0 / 3])
  func float32IsTheCompilers(value: Double) {
    #expect(FloatFormat.float32.bits(of: value) == UInt64(Float(value).bitPattern))
    #expect(FloatFormat.float32.leastNonzero == Double(Float.leastNonzeroMagnitude))
    #expect(FloatFormat.float32.leastNormal == Double(Float.leastNormalMagnitude))
    #expect(FloatFormat.float32.greatestFinite == Double(Float.greatestFiniteMagnitude))
  }
}
