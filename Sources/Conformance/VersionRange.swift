internal import FocalLoss

/// Versions of a framework: bounds that must all hold, such as `>=2.6, <3.1`.
///
/// A bound is one of `>=`, `>`, `<=`, `<` and `==` with numbers and points after it. Versions are compared by their
/// leading numbers, where a missing one is 0: `1.13.0a0` and `2.13.0+cpu` count as 1.13.0 and 2.13.0, and `==3.0` is
/// 3.0.0 only. A version without a leading number is in no range.
public struct VersionRange: Hashable, Sendable, CustomStringConvertible {
  private enum Comparison: String, CaseIterable {
    case atLeast = ">="
    case atMost = "<="
    case equal = "=="
    case above = ">"
    case below = "<"
  }

  private struct Bound: Hashable {
    let comparison: Comparison
    let version: [Int]
  }

  private let bounds: [Bound]
  /// The range as it was written.
  public let description: String

  /// A range from its text; nil when it is none.
  public init?(parsing text: String) {
    var bounds: [Bound] = []
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let part = part.filter { $0 != " " }
      guard let comparison = Comparison.allCases.first(where: { part.hasPrefix($0.rawValue) }) else {
        return nil
      }
      let numbers = part.dropFirst(comparison.rawValue.count)
        .split(separator: ".", omittingEmptySubsequences: false)
      let version = numbers.compactMap { $0.allSatisfy(\.isNumber) ? Int($0) : nil }
      guard version.count == numbers.count else { return nil }
      bounds.append(Bound(comparison: comparison, version: version))
    }
    self.bounds = bounds
    description = text
  }

  /// Whether a version is in the range.
  public func contains(_ version: String) -> Bool {
    let numbers = Build("", version).version
    guard !numbers.isEmpty else { return false }
    return bounds.allSatisfy { bound in
      let count = max(numbers.count, bound.version.count)
      let version = Self.padded(numbers, count)
      let limit = Self.padded(bound.version, count)
      return switch bound.comparison {
      case .atLeast: !version.lexicographicallyPrecedes(limit)
      case .above: limit.lexicographicallyPrecedes(version)
      case .atMost: !limit.lexicographicallyPrecedes(version)
      case .below: version.lexicographicallyPrecedes(limit)
      case .equal: version == limit
      }
    }
  }

  private static func padded(_ version: [Int], _ count: Int) -> [Int] {
    version + Array(repeating: 0, count: count - version.count)
  }
}
