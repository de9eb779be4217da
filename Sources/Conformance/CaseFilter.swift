/// Selects cases by shell patterns (`*`, `?`, `[…]`) on the case's id or name, its variant, or its framework.
///
/// A case is selected when any pattern matches any of them, or when there is no pattern.
public struct CaseFilter: Hashable, Sendable {
  private let patterns: ShellPatterns

  /// A filter of some patterns.
  public init(_ patterns: [String] = []) { self.patterns = ShellPatterns(patterns: patterns) }

  /// Whether a case of a fixture is selected; one whose variant cannot be read is, since its error may not be hidden.
  public func selects(_ name: String, of fixture: FixtureReader) -> Bool {
    guard !patterns.isEmpty else { return true }
    guard let variant = fixture.variant(of: name) else { return true }
    let provenance = fixture.provenance
    let subjects = [
      fixture.caseID(name), name, variant, provenance.framework,
      "\(provenance.framework) \(provenance.frameworkVersion)",
    ]
    return patterns.match(anyOf: subjects)
  }
}
