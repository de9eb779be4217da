/// Selects datasets by shell patterns (`*`, `?`, `[…]`) on their path; all of them when there is no pattern.
public struct PathFilter: Hashable, Sendable {
  private let patterns: ShellPatterns

  /// A filter of some patterns.
  public init(_ patterns: [String] = []) { self.patterns = ShellPatterns(patterns: patterns) }

  func selects(_ path: String) -> Bool { patterns.match(anyOf: [path]) }
}
