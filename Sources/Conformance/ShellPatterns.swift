#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Shell patterns (`*`, `?`, `[…]`), of which one must match; all things match when there is no pattern.
struct ShellPatterns: Hashable, Sendable {
  let patterns: [String]

  var isEmpty: Bool { patterns.isEmpty }

  /// Whether any pattern matches any of the texts.
  func match(anyOf texts: [String]) -> Bool {
    patterns.isEmpty || patterns.contains { pattern in texts.contains { fnmatch(pattern, $0, 0) == 0 } }
  }
}
