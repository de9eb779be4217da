import ArgumentParser
import Conformance
import Synchronization

/// `focalcheck live`
struct Live: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Export from an installed framework and judge at once.",
    discussion: """
      The exporter runs every case of the suite in the Python that is named, in a temporary folder; what it exported is \
      judged as by run, and removed. That Python needs the framework, h5py and numpy.

      EXAMPLE
        focalcheck live --python venv/bin/python --framework torch --output json=report.json
      """)

  @Option(
    help: ArgumentHelp(
      "The Python that has the framework: a path, or a name to look up.", valueName: "path"),
    completion: .file())
  var python: String

  @Option(help: ArgumentHelp("The framework, as the exporter calls it, such as torch.", valueName: "name"))
  var framework: String

  @Option(
    help: ArgumentHelp(
      "The folder of the exporter.",
      discussion: """
        Without it, fixtures/exporter in the working folder, or else what is installed as focalcheck_exporter in the \
        Python.
        """, valueName: "folder"),
    completion: .directory)
  var exporter: String?

  @Option(help: ArgumentHelp("How long the exporter may take.", valueName: "seconds"))
  var timeout = 900

  @OptionGroup var cases: CaseOptions

  @OptionGroup var judging: JudgingOptions

  func validate() throws {
    guard (1...1_000_000).contains(timeout) else {
      throw ValidationError("a timeout is between 1 and 1000000 seconds")
    }
  }

  func run() async throws {
    let (report, signal): (Report, Int32?)
    do {
      (report, signal) = try await judged()
    } catch let error as LiveExportError {
      Console.message(error.description)
      if case .unknownFramework = error { throw ExitCode.validationFailure }
      throw ExitCode.unjudged
    }
    try judging.conclude(report, over: cases, endedBy: signal)
  }

  private func judged() async throws -> (result: Report, signal: Int32?) {
    let export = try LiveExport(
      framework: framework, python: python, exporter: exporter, timeout: .seconds(timeout))
    return try await judging.workers.judging(judging.policy, cases.caseFilter) { pool, progress in
      try await withTemporaryFolder { folder in
        let line = Mutex(ProgressLine())
        let fixture: FixtureLocation
        do {
          defer { line.withLock { $0.finish() } }
          let exported = try await export.run(in: folder) { progress in
            line.withLock { $0.show(visibleText("\(progress)")) }
          }
          fixture = await export.named(exported, by: pool)
        } catch is CancellationError {
          return Report(policy: judging.policy, notJudged: [framework])
        }
        let ledgers = try judging.ledgers(for: [fixture])
        let report = await pool.run([fixture], progress: progress)
        return ledgers.applied(to: report, isFiltered: !cases.filter.isEmpty || report.isIncomplete)
      }
    }
  }
}
