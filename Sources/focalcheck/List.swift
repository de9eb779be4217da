import ArgumentParser
import Conformance
import Reporting

/// `focalcheck list`
struct List: ParsableCommand, Guardable {
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

  @OptionGroup var reading: ReadingOptions

  var deadline: Int? { reading.deadline }

  func run() throws {
    if variants { return try Console.result(VariantListing.text) }
    var text = ""
    var hasFailed = false
    for location in selection.locations {
      do throws(FixtureError) {
        let fixture = try location.open()
        for name in fixture.caseNames where selection.cases.caseFilter.selects(name, of: fixture) {
          if let variant = fixture.variant(of: name) {
            text += CaseListing.line(name, variant: variant, of: fixture) + "\n"
          } else {
            Console.message("\(visibleText(fixture.caseID(name))): its variant cannot be read")
            hasFailed = true
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
