public import Conformance

/// The cases of a fixture as lines for another program to cut: id, variant and framework, with tabs between.
public enum CaseListing {
  /// The line of a case whose variant is known.
  public static func line(_ name: String, variant: String, of fixture: FixtureReader) -> String {
    let provenance = fixture.provenance
    return [fixture.caseID(name), variant, "\(provenance.framework) \(provenance.frameworkVersion)"]
      .map(visibleText).joined(separator: "\t")
  }
}
