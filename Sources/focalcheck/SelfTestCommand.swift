import ArgumentParser
import Conformance
import Reporting

/// `focalcheck selftest`
struct SelfTestCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "selftest",
    abstract: "Plant faults in fixtures, and demand that the judge finds each of them.",
    discussion: """
      Changes of some fifty kinds are planted, in memory, in each loss and gradient that is as it may be. Each must have \
      the verdict that it deserves: nonconformant for a fault, conformant for what is allowed, such as the ends of an \
      element's enclosure.

      Exit codes: 0 all was judged as demanded; 1 something was not; 2 something could not be read, or nothing planted.

      EXAMPLE
        focalcheck selftest
        focalcheck selftest mine.h5
        focalcheck selftest --policy torch    # what a tolerance lets pass
      """)

  @OptionGroup var selection: Selection

  @Option(help: ArgumentHelp("By what the judge judges.", discussion: Policy.help))
  var policy: Policy = .derived

  @OptionGroup var workers: WorkerOptions

  func run() async throws {
    let locations = selection.locations
    let (report, signal) = try await workers.judging(policy, selection.cases.caseFilter) { pool, progress in
      await pool.selfTest(locations, progress: progress)
    }
    if let signal { throw ended(by: signal) }
    guard let report else { throw ExitCode.unjudged }
    try Console.result(SelfTestText.render(report))
    if report.tensors == 0 { Console.message("there is no tensor to plant faults in") }
    if let code = ExitCode(report.verdict) { throw code }
  }
}
