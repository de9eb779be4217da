internal import Arithmetic

/// Selects cases by shell patterns (`*`, `?`, `[…]`) on the case's id or name, its variant, or its framework, which may be
/// spelt in any way that `fixtures/FORMAT.md` lists.
///
/// A case is selected when any pattern matches any of them, or when there is no pattern.
public struct CaseFilter: Hashable, Sendable {
  private let patterns: ShellPatterns

  /// A filter of some patterns.
  public init(_ patterns: [String] = []) { self.patterns = ShellPatterns(patterns: patterns) }

  /// The patterns as they were written.
  var texts: [String] { patterns.patterns }

  /// Whether a case of a fixture is selected; one whose variant cannot be read is, since its error may not be hidden.
  public func selects(_ name: String, of fixture: FixtureReader) -> Bool {
    guard !patterns.isEmpty else { return true }
    guard let variant = fixture.variant(of: name) else { return true }
    let provenance = fixture.provenance
    return matches(
      fixture.caseID(name), name, variant, provenance.framework, provenance.frameworkVersion)
  }

  /// Whether a case is selected that is described in a report or a plan; one without a variant is, by the same rule.
  func selects(_ identity: CaseIdentity) -> Bool {
    guard !patterns.isEmpty, let variant = identity.variant else { return true }
    return matches(identity.id, identity.name, variant, identity.framework, identity.frameworkVersion)
  }

  private func matches(
    _ id: String, _ name: String, _ variant: String, _ framework: String, _ version: String
  ) -> Bool {
    let listed = Framework.canonicalName(of: framework)
    return patterns.match(
      anyOf: [id, name, variant, framework, "\(framework) \(version)", listed, "\(listed) \(version)"])
      || texts.contains { Framework(named: $0)?.name == listed }
  }
}

/// By what a case is selected that is no part of an open fixture.
struct CaseIdentity {
  /// `<fixture file name>#<case>`.
  let id: String
  let name: String
  /// Nil where it is not known.
  let variant: String?
  let framework: String
  let frameworkVersion: String
}
