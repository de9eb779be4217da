#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Selects datasets by shell patterns (`*`, `?`, `[…]`) on their path; all of them when there is no pattern.
public struct PathFilter: Hashable, Sendable {
  private let patterns: [String]

  /// A filter of some patterns.
  public init(_ patterns: [String] = []) { self.patterns = patterns }

  func selects(_ path: String) -> Bool { patterns.isEmpty || patterns.contains { fnmatch($0, path, 0) == 0 } }
}
