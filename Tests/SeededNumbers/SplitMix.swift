/// Steele, Lea and Flood's SplitMix64: the same numbers on every machine.
public struct SplitMix: RandomNumberGenerator {
  private var state: UInt64

  /// A generator; equal seeds give equal numbers.
  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var bits = state
    bits = (bits ^ bits >> 30) &* 0xBF58_476D_1CE4_E5B9
    bits = (bits ^ bits >> 27) &* 0x94D0_49BB_1331_11EB
    return bits ^ bits >> 31
  }

  /// A multiple of 2⁻⁵³ in [0, 1).
  public mutating func unit() -> Double { Double(next() >> 11) * 0x1p-53 }

  /// A multiple of 2⁻⁵² in [−1, 1).
  public mutating func signedUnit() -> Double { Double(Int64(bitPattern: next()) >> 11) * 0x1p-52 }
}
