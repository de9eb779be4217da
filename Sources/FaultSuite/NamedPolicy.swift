public import Conformance

/// A policy by the name under which its users know it.
public struct NamedPolicy: Hashable, Sendable {
  /// The name.
  public let name: String
  /// By what it decides whether an element is within.
  public let policy: Policy

  private init?(_ name: String, _ policy: String) {
    guard let policy = Policy(parsing: policy) else { return nil }
    (self.name, self.policy) = (name, policy)
  }

  /// The derived verdict first, then the tolerances that it is compared with, with their projects' defaults.
  public static let compared: [NamedPolicy] = [
    NamedPolicy("derived", "derived"),
    NamedPolicy("assert_close", "torch"),
    NamedPolicy("allclose", "numpy"),
    NamedPolicy("1e-5", "rtol=1e-5,atol=1e-5"),
  ].compactMap(\.self)

  /// Judges the fixtures with planted faults and the real exports.
  ///
  /// - Throws: `FixtureError` when a fixture cannot be opened: its cases would be missing without a word.
  public func verdicts(
    planted: [FixtureLocation], exported: [FixtureLocation]
  ) throws(FixtureError) -> Verdicts {
    Verdicts(judge: name, planted: try report(planted), exported: try report(exported))
  }

  private func report(_ fixtures: [FixtureLocation]) throws(FixtureError) -> Report {
    let report = Runner(policy: policy).run(fixtures)
    if let error = report.fixtures.lazy.compactMap(\.error).first { throw error }
    return report
  }
}
