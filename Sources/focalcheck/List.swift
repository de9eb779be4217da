import ArgumentParser
import Conformance
import Reporting

/// `focalcheck list`
struct List: ParsableCommand {
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

  func run() throws {
    if variants { return print(VariantListing.text, terminator: "") }
    var isEmpty = true
    var hasFailed = false
    for location in selection.locations {
      do throws(FixtureError) {
        let fixture = try location.open()
        for line in CaseListing.lines(of: fixture, selection.caseFilter) {
          isEmpty = false
          print(line)
        }
      } catch {
        Console.message(error.description)
        hasFailed = true
      }
    }
    if isEmpty, !hasFailed { Console.message(selection.emptinessMessage) }
    if isEmpty || hasFailed { throw ExitCode.unjudged }
  }
}
