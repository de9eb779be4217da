/// Judges fixtures one after another.
public struct Runner: Sendable {
  /// What has been done so far.
  public struct Progress: Sendable {
    /// The fixture that is being judged.
    public let file: String
    /// Which of the fixtures it is, from 1.
    public let fixture: Int
    /// How many fixtures there are.
    public let fixtureCount: Int
    /// How many of its cases have been looked at.
    public let caseCount: Int
    /// How many cases it has.
    public let caseTotal: Int
  }

  private let policy: Policy
  private let filter: CaseFilter

  /// A runner with a policy for all cases, and a filter.
  public init(policy: Policy, filter: CaseFilter = CaseFilter()) {
    self.policy = policy
    self.filter = filter
  }

  /// Judges the selected cases of the fixtures.
  public func run(_ fixtures: [FixtureLocation]) -> Report { run(fixtures) { _ in } }

  /// Judges the selected cases of the fixtures, and tells before each case how far it is.
  ///
  /// A fixture that cannot be opened, and a case that cannot be judged, is a verdict in the report. A fixture of
  /// which no case is selected is left out of it.
  ///
  /// - Throws: what `progress` throws, which ends the run.
  public func run<Stop: Error>(
    _ fixtures: [FixtureLocation], progress: (Progress) throws(Stop) -> Void
  ) throws(Stop) -> Report {
    var reports: [FixtureReport] = []
    for (index, location) in fixtures.enumerated() {
      let fixture: FixtureReader
      do throws(FixtureError) { fixture = try location.open() } catch {
        reports.append(
          FixtureReport(
            file: location.fileName, digest: nil, provenance: nil, error: error, cases: [],
            path: location.path))
        continue
      }
      let judge = Judge(policy: policy)
      var cases: [CaseReport] = []
      for (caseIndex, name) in fixture.caseNames.enumerated() {
        try progress(
          Progress(
            file: fixture.fileName, fixture: index + 1, fixtureCount: fixtures.count, caseCount: caseIndex,
            caseTotal: fixture.caseNames.count))
        if filter.selects(name, of: fixture) { cases.append(judge.judge(name, of: fixture)) }
      }
      guard !cases.isEmpty else { continue }
      reports.append(
        FixtureReport(
          file: fixture.fileName, digest: fixture.digest, provenance: fixture.provenance, error: nil,
          cases: cases, path: location.path, exactCounts: judge.exactCounts))
    }
    return Report(policy: policy, fixtures: reports)
  }
}
