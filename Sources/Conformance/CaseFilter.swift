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

/// Selects cases by shell patterns (`*`, `?`, `[…]`) on the case's id or name, its variant, or its framework.
///
/// A case is selected when any pattern matches any of them, or when there is no pattern.
public struct CaseFilter: Hashable, Sendable {
  private let patterns: [String]

  /// A filter of some patterns.
  public init(_ patterns: [String] = []) { self.patterns = patterns }

  /// Whether a case is selected.
  ///
  /// - Parameters:
  ///   - id: the case's id.
  ///   - name: its name.
  ///   - variant: its variant, unless it could not be read.
  ///   - framework: the name of its framework.
  ///   - version: the framework's version; `framework version` is matched too.
  public func selects(id: String, name: String, variant: String?, framework: String, version: String) -> Bool
  {
    let subjects = [id, name, framework, "\(framework) \(version)"] + [variant].compactMap { $0 }
    return patterns.isEmpty
      || patterns.contains { pattern in subjects.contains { fnmatch(pattern, $0, 0) == 0 } }
  }
}
