/// Judges fixtures one after another, in this process; ``WorkerPool`` judges each in a process of its own.
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
  private let claims: [ClaimQuestion]
  private let namesCauses: Bool

  /// A runner of one policy.
  ///
  /// - Parameters:
  ///   - policy: how to decide whether an element matches.
  ///   - filter: which cases are judged.
  ///   - claims: the claims that the selected cases are checked for.
  ///   - namesCauses: whether nonconformant tensors are diagnosed, which takes much longer than judging them.
  public init(
    policy: Policy, filter: CaseFilter = CaseFilter(), claims: [ClaimQuestion] = [], namesCauses: Bool = true
  ) {
    self.policy = policy
    self.filter = filter
    self.claims = claims
    self.namesCauses = namesCauses
  }

  /// Judges the selected cases of the fixtures.
  ///
  /// A fixture that cannot be opened, and a case that cannot be judged, is a verdict in the report. A fixture of
  /// which no case is selected is left out of it.
  public func run(_ fixtures: [FixtureLocation]) -> Report {
    Report(
      policy: policy,
      outcomes: fixtures.map { location in
        var transcript = JudgingTranscript()
        judge(location) { transcript.add($0) }
        return transcript.outcome(of: location)
      })
  }

  /// Judges the selected cases of one fixture, and tells what it finds.
  ///
  /// - Parameters:
  ///   - location: where it is.
  ///   - judgedCount: how many of the selected cases have been judged before, and are passed over.
  ///   - stop: how many are judged when the work stops; all when there are no more.
  ///   - tell: told of each record.
  /// - Throws: what `tell` throws, which ends the work.
  func judge<Stop: Error>(
    _ location: FixtureLocation, after judgedCount: Int = 0, through stop: Int = .max,
    tell: (JudgingRecord) throws(Stop) -> Void
  ) throws(Stop) {
    let fixture: FixtureReader
    do throws(FixtureError) { fixture = try location.open() } catch { return try tell(.refused(error)) }
    try tell(
      .opened(
        .init(digest: fixture.digest, provenance: fixture.provenance, caseCount: fixture.caseNames.count)))
    let judge = Judge(policy: policy, namesCauses: namesCauses, memory: nil)
    let claimJudge = ClaimJudge(claims)
    let selected = fixture.caseNames.enumerated().filter { filter.selects($0.element, of: fixture) }
    for (index, name) in selected.prefix(stop).dropFirst(judgedCount) {
      try tell(.began(name: name, index: index))
      var report = judge.judge(name, of: fixture)
      report.evidence = claimJudge.evidence(of: report, in: fixture)
      try tell(.judged(report))
    }
    do throws(FixtureError) { try fixture.checkUnchanged() } catch { return try tell(.refused(error)) }
    if selected.count <= stop {
      try tell(.ended(.init(skippedCount: fixture.caseNames.count - selected.count)))
    }
  }
}
