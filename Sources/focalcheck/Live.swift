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

      A case that the suite has for the framework and the build did not export, since a package is missing, is unjudged \
      and fails (exit 2), unless --allow-missing names it.

      EXAMPLE
        focalcheck live --python python3 --framework torch --output json=new.json
        focalcheck live --python python3 --framework torch --baseline torch.json
        focalcheck live --python python3 --framework torch --allow-missing '*vision*'
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

  @Option(
    name: .long,
    help: ArgumentHelp(
      "A variant or case that the build need not export; repeatable.",
      discussion:
        "A shell pattern, such as 'torchvision.*'. One that matches no case of the suite is wrong usage.",
      valueName: "pattern"))
  var allowMissing: [String] = []

  @Option(help: ArgumentHelp("How long the exporter may take.", valueName: "seconds"))
  var timeout = 900

  @OptionGroup var cases: CaseOptions

  @OptionGroup var baseline: BaselineOptions

  @OptionGroup var judging: JudgingOptions

  func validate() throws {
    guard (1...1_000_000).contains(timeout) else {
      throw ValidationError("a timeout is between 1 and 1000000 seconds")
    }
  }

  func run() async throws {
    try judging.output.check(against: [baseline.baseline].compactMap { $0 })
    let recorded = try baseline.recorded(policy: judging.policy)
    var report: Report
    let signal: Int32?
    do {
      (report, signal) = try await judged()
    } catch let error as LiveExportError {
      Console.message(error.description)
      switch error {
      case .unknownFramework, .unmatchedAllowance: throw ExitCode.validationFailure
      default: throw ExitCode.unjudged
      }
    }
    // One framework is exported: what the baseline has of others is not looked at.
    report.compare(with: recorded, filter: cases.caseFilter, isWhole: false)
    for failure in report.failures { Console.message(failure) }
    try judging.conclude(report, over: cases, endedBy: signal)
  }

  private func judged() async throws -> (result: Report, signal: Int32?) {
    let allowance = MissingAllowance(allowMissing)
    let filter = cases.caseFilter
    let export = try LiveExport(
      framework: framework, python: python, exporter: exporter, timeout: .seconds(timeout))
    return try await judging.workers.judging(judging.policy, filter) { pool, progress in
      try await withTemporaryFolder { folder in
        let line = Mutex(ProgressLine())
        let plan: ExportPlan
        let fixture: LiveExport.Fixture
        do {
          defer { line.withLock { $0.finish() } }
          let exported = try await export.run(in: folder) { progress in
            line.withLock { $0.show(visibleText("\(progress)")) }
          }
          plan = exported.plan
          try allowance.check(against: plan)
          fixture = await export.named(exported.fixture, by: pool)
        } catch is CancellationError {
          return Report(policy: judging.policy, notJudged: [framework])
        }
        let ledgers = try judging.ledgers(for: [fixture.location])
        let judged = await pool.run([fixture.location], progress: progress)
        let (report, gaps) = try judged.completed(by: plan, of: fixture, filter: filter, allowing: allowance)
        for line in gaps.summary { Console.message(visibleText(line)) }
        return ledgers.applied(to: report, isFiltered: !cases.filter.isEmpty || report.isIncomplete)
      }
    }
  }
}
