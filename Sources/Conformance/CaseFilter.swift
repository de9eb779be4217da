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

  /// Whether a case of an earlier report is selected, by the same rule.
  func selects(_ recorded: RecordedReport.Case) -> Bool {
    guard !patterns.isEmpty, let variant = recorded.variant else { return true }
    return matches(
      recorded.id, recorded.name, variant, recorded.framework, recorded.frameworkVersion)
  }

  /// Whether a case that an export should have is selected, by the same rule.
  func selects(_ planned: ExportPlan.PlannedCase, of fixture: LiveExport.Fixture) -> Bool {
    let provenance = fixture.provenance
    return patterns.isEmpty
      || matches(
        "\(fixture.location.fileName)#\(planned.name)", planned.name, planned.variant,
        provenance?.framework ?? "", provenance?.frameworkVersion ?? "")
  }

  /// Whether a case of an earlier report is selected as that case of a later fixture, of another version perhaps.
  func selects(_ recorded: RecordedReport.Case, in file: String, of build: RecordedBuild) -> Bool {
    guard !patterns.isEmpty, let variant = recorded.variant else { return true }
    return matches("\(file)#\(recorded.name)", recorded.name, variant, build.framework, build.version)
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
