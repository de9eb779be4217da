internal import Comparison

/// What a nonconformant tensor is known to be, beside not being the documented result.
public struct Nonconformance: Hashable, Sendable, Codable {
  /// How far a tensor is from the exact values, beside the documented program.
  public enum Accuracy: String, Hashable, Sendable, Codable {
    /// Neither the largest nor the mean error is greater, and one of them is smaller.
    case more = "more accurate"
    /// Neither is smaller, one of them is greater, and every element agrees with the documented result in at least half
    /// of its bits.
    case less = "less accurate"
  }

  /// The other documented program, of the same function of the real numbers, that can have given every element.
  public internal(set) var reordered: DocumentedProgram?
  /// Whether the tensor is more or less accurate than the documented program; nil where it is neither, or a value is
  /// missing or wrong altogether.
  public let accuracy: Accuracy?

  /// What a comparison's errors tell.
  init(_ comparison: Comparison) {
    let (actual, expected) = (comparison.actualErrors, comparison.expectedErrors)
    let isComparable =
      actual.count > 0 && actual.count == expected.count && comparison.nonfiniteMismatches == 0
    let half = UInt64(1) << UInt64((comparison.type.floatFormat?.precision ?? 0) / 2)
    let errors = [(actual.maximum, expected.maximum), (actual.mean, expected.mean)]
    if !isComparable || errors.allSatisfy({ $0.0 == $0.1 }) {
      accuracy = nil
    } else if errors.allSatisfy({ $0.0 <= $0.1 }) {
      accuracy = .more
    } else if errors.allSatisfy({ $0.0 >= $0.1 }), comparison.ulps.maximum <= half {
      accuracy = .less
    } else {
      accuracy = nil
    }
  }
}
