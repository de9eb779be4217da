public import Tensors

/// How far an element may lie from the expected one and still be *within*.
public enum Tolerance: Hashable, Sendable, Codable {
  /// At most this many representable steps.
  case ulps(UInt64)
  /// `|actual − expected| ≤ atol + rtol · |expected|`, evaluated in `Double`.
  case relative(rtol: Double, atol: Double)

  func admits(ulps: UInt64, difference: Double, expected: Double) -> Bool {
    switch self {
    case .ulps(let limit): ulps <= limit
    case .relative(let rtol, let atol): difference <= atol + rtol * expected.magnitude
    }
  }
}

extension Tolerance {
  /// What is within, around an expected value given by its bit pattern.
  ///
  /// The ends of a relative tolerance are computed in `Double` and need not be values of the type; those in ULPs are
  /// values of the type, finite ones for a finite expected value.
  public func allowed(around bits: UInt64, in format: FloatFormat) -> Allowance {
    let expected = format.value(ofBits: bits)
    guard expected.isFinite else { return Allowance(expected, expected, admitsNaN: expected.isNaN) }
    switch self {
    case .relative(let rtol, let atol):
      let radius = atol + rtol * expected.magnitude
      return Allowance(expected - radius, expected + radius)
    case .ulps(let limit):
      return Allowance(
        -format.value(bits ^ format.signMask, steps: limit), format.value(bits, steps: limit))
    }
  }
}

extension FloatFormat {
  /// The finite value some steps above a finite value, or the greatest.
  fileprivate func value(_ bits: UInt64, steps: UInt64) -> Double {
    let magnitude = bits & ~signMask
    guard bits & signMask != 0 else {
      let room = infinityBits - 1 - magnitude
      return value(ofBits: magnitude + min(steps, room))
    }
    return steps < magnitude
      ? value(ofBits: (magnitude - steps) | signMask) : value(0, steps: steps - magnitude)
  }
}

extension Tolerance: CustomStringConvertible {
  /// The tolerance in the spelling of the command line.
  public var description: String {
    switch self {
    case .ulps(let limit): "ulp:\(limit)"
    case .relative(let rtol, let atol): "rtol=\(rtol),atol=\(atol)"
    }
  }
}

/// A choice of tolerance for each element type, by name.
///
/// NaN, infinities of both signs and finite values are told apart before any tolerance applies, so no tolerance
/// admits a NaN for a number or the other way round. Two NaN agree, as do two zeros of different sign.
public struct TolerancePolicy: Hashable, Sendable {
  /// The name, in the spelling of the command line.
  public let name: String
  /// One line: whose tolerance this is.
  public let source: String
  private let tolerances: [ElementType: Tolerance]
  private let other: Tolerance

  /// The tolerance for elements of one type.
  public func tolerance(for type: ElementType) -> Tolerance { tolerances[type] ?? other }

  /// The one table of preset tolerances.
  public static let presets: [TolerancePolicy] = [
    TolerancePolicy(
      name: "torch", source: "torch.testing.assert_close, its defaults for each dtype",
      tolerances: [
        .float16: .relative(rtol: 1e-3, atol: 1e-5),
        .bfloat16: .relative(rtol: 1.6e-2, atol: 1e-5),
        .float32: .relative(rtol: 1.3e-6, atol: 1e-5),
        .float64: .relative(rtol: 1e-7, atol: 1e-7),
      ], other: .relative(rtol: 0, atol: 0)),
    TolerancePolicy(
      name: "numpy", source: "numpy.allclose, its defaults for every dtype",
      tolerances: [:], other: .relative(rtol: 1e-5, atol: 1e-8)),
    TolerancePolicy(
      name: "paddle",
      source:
        "OpTest.check_output, the defaults of Paddle's own operator tests (test/legacy_test/op_test.py)",
      tolerances: [
        .float16: .relative(rtol: 1e-3, atol: 1e-3),
        .bfloat16: .relative(rtol: 1e-2, atol: 1e-2),
        .float32: .relative(rtol: 1e-5, atol: 1e-5),
        .float64: .relative(rtol: 1e-5, atol: 0),
      ], other: .relative(rtol: 1e-5, atol: 1e-5)),
  ]

  /// One tolerance for every type.
  public static func uniform(_ tolerance: Tolerance) -> TolerancePolicy {
    TolerancePolicy(name: tolerance.description, source: "given by hand", tolerances: [:], other: tolerance)
  }
}

extension TolerancePolicy {
  /// A policy from the command line's spelling: a preset's name, `ulp:N`, or `rtol=…,atol=…` (either may be left
  /// out and is 0 then); nil when it is none of these.
  public init?(parsing text: String) {
    if let preset = Self.presets.first(where: { $0.name == text }) {
      self = preset
    } else if text.hasPrefix("ulp:") {
      guard let limit = UInt64(text.dropFirst(4)) else { return nil }
      self = .uniform(.ulps(limit))
    } else {
      var parts: [Substring: Double] = [:]
      for part in text.split(separator: ",", omittingEmptySubsequences: false) {
        let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard sides.count == 2, let value = Double(sides[1]), value.isFinite, value >= 0,
          ["rtol", "atol"].contains(sides[0]), parts.updateValue(value, forKey: sides[0]) == nil
        else { return nil }
      }
      self = .uniform(.relative(rtol: parts["rtol"] ?? 0, atol: parts["atol"] ?? 0))
    }
  }
}
