import ArgumentParser
import Conformance
import Reporting

/// `focalcheck list`
struct List: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List the cases that a run would judge, one on each line.",
    discussion: """
      Each line is the case's id, its variant and its framework, with tabs between.

      EXAMPLE
        focalcheck list fixtures --filter 'torchvision*'
      """)

  @OptionGroup var selection: Selection

  @Flag(help: "List the documented variants and their inputs instead.")
  var variants = false

  @OptionGroup var workers: WorkerOptions

  func run() async throws {
    if variants { return try Console.result(VariantListing.text) }
    let locations = selection.locations
    let (listings, signal) = try await workers.judging(.derived, selection.cases.caseFilter) { pool, _ in
      await pool.list(locations)
    }
    if let signal { throw ended(by: signal) }
    var text = ""
    var hasFailed = false
    for listing in listings.compactMap({ $0 }) {
      do throws(FixtureError) {
        for listed in try listing.get() {
          if listed.variant == nil {
            Console.message("\(visibleText(listed.id)): its variant cannot be read")
            hasFailed = true
          } else {
            text += CaseListing.line(listed) + "\n"
          }
        }
      } catch {
        Console.message(error.description)
        hasFailed = true
      }
    }
    try Console.result(text)
    if text.isEmpty, !hasFailed { Console.message(selection.cases.emptinessMessage) }
    if text.isEmpty || hasFailed { throw ExitCode.unjudged }
  }
}
