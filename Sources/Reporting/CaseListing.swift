public import Conformance

/// The cases of a fixture as lines for another program to cut: id, variant and framework, with tabs between.
public enum CaseListing {
  /// The lines of the selected cases; a case that cannot be opened says so in place of its variant.
  public static func lines(of fixture: FixtureReader, _ filter: CaseFilter) -> [String] {
    let provenance = fixture.provenance
    return fixture.caseNames.compactMap { name in
      let variant = try? fixture.conformanceCase(name).variant
      guard
        filter.selects(
          id: fixture.caseID(name), name: name, variant: variant, framework: provenance.framework,
          version: provenance.frameworkVersion)
      else { return nil }
      return [
        fixture.caseID(name), variant ?? "(cannot be opened)",
        "\(provenance.framework) \(provenance.frameworkVersion)",
      ].map(visibleText).joined(separator: "\t")
    }
  }
}
