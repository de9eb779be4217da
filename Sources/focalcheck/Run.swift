import ArgumentParser
import Conformance

/// `focalcheck run`
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Judge fixtures and print the report.",
    discussion: """
      EXAMPLE
        focalcheck run fixtures --policy ulp:4 --output json=report.json
        focalcheck run fresh.h5 --ledger fixtures/known-differences.toml
        focalcheck run fixtures --baseline reports/baseline.json
      """)

  @OptionGroup var selection: Selection

  @OptionGroup var baseline: BaselineOptions

  @Option(
    help: ArgumentHelp(
      "Write what is found to a file while the run lasts, for --resume.", valueName: "path"),
    completion: .file())
  var journal: String?

  @Flag(
    help: ArgumentHelp(
      "Go on from the journal of a run that did not come to its end.",
      discussion: """
        What is in the journal is not judged again. It must be of this very program, with the same policy, filters, \
        claims, manifest and fixtures; anything else is an error.
        """))
  var resume = false

  @OptionGroup var judging: JudgingOptions

  func validate() throws {
    guard !resume || journal != nil else { throw ValidationError("--resume needs a --journal to go on from") }
    guard !judging.output.outputs.contains(where: { $0.path == journal }) else {
      throw ValidationError("the journal and an output are one file")
    }
  }

  func run() async throws {
    let locations = selection.locations
    let ledgers = try judging.ledgers(for: locations)
    try judging.output.check(
      against: locations.map(\.path) + ledgers.paths + [baseline.baseline, journal].compactMap { $0 })
    let recorded = try baseline.recorded(policy: judging.policy)
    let claims = try claims(beside: locations)
    let journal = try openedJournal(for: locations, claims)
    let (judged, signal) = try await judging.workers.judging(
      judging.policy, selection.cases.caseFilter, claims.map(\.question)
    ) {
      pool, progress in await pool.run(locations, journal: journal, progress: progress)
    }
    // What is not judged makes no ledger stale, and is no worse than a baseline.
    var report = ledgers.applied(
      to: judged, isFiltered: !selection.cases.filter.isEmpty || judged.isIncomplete)
    // What fails now must not cost the report.
    if !judged.isIncomplete {
      report.claims = judged.findings(on: claims)
      report.failures += Set(report.claims.flatMap(\.unreadable).map(\.description)).sorted()
      report.compare(with: recorded, filter: selection.cases.caseFilter, isWhole: selection.namesFolder)
    }
    if let failure = journal?.failure { report.failures.append("\(failure)") }
    for failure in report.failures { Console.message(failure) }
    try judging.conclude(report, over: selection.cases, endedBy: signal)
  }

  /// The claims beside the fixtures; they are about whole folders, judged by enclosures.
  ///
  /// - Throws: `ExitCode.unjudged`, after a message, when the list cannot be used.
  private func claims(beside locations: [FixtureLocation]) throws -> [Claim] {
    guard selection.namesFolder, selection.cases.filter.isEmpty, judging.policy == .derived else {
      return []
    }
    do throws(TOMLFileError) {
      return try Claim.lists(beside: locations)
    } catch {
      Console.message(error.description)
      throw ExitCode.unjudged
    }
  }

  /// The journal that is asked for, with what is to be gone on from.
  ///
  /// - Throws: `ExitCode.unjudged`, after a message, when it cannot be used.
  private func openedJournal(for locations: [FixtureLocation], _ claims: [Claim]) throws -> Journal? {
    guard let path = journal else { return nil }
    do {
      let run = try JournalRun(
        program: "focalcheck \(programVersion)", executable: WorkerOptions.program, policy: judging.policy,
        filter: selection.cases.caseFilter, claims: claims, fixtures: locations)
      let journal = try Journal(path: path, for: run, resumes: resume)
      // There may have been none before.
      try judging.output.check(against: [path])
      if resume {
        Console.message("\(visibleText(path)): \(journal.judgedCount) cases have been judged before")
      }
      return journal
    } catch let error as any Error & CustomStringConvertible where !(error is ValidationError) {
      Console.message(error.description)
      throw ExitCode.unjudged
    }
  }
}
