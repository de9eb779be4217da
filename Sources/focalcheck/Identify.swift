import ArgumentParser
import Conformance
import Reporting

/// `focalcheck identify`
struct Identify: ParsableCommand, Guardable {
  static let configuration = CommandConfiguration(
    abstract: "Tell which documented program a build runs.",
    discussion: """
      Every variant, and every known order of operations of its cross entropy, is evaluated on the inputs of the \
      fixture's cases with reduction none. They are ranked by how many elements lie inside of their enclosures.

      EXAMPLE
        focalcheck identify fixtures/torch-1.13.h5
      """)

  @Argument(help: "A fixture.", completion: .file())
  var file: String

  @Argument(help: "The name of one case; all cases when it is left out.")
  var `case`: String?

  @OptionGroup var reading: ReadingOptions

  var deadline: Int { reading.deadline }

  func run() throws {
    do {
      for location in FixtureLocation.find([file]) {
        let fixture = try location.open()
        let identification = try Identification(of: fixture, case: `case`)
        try fixture.checkUnchanged()
        try Console.result(IdentificationText.render(identification))
        guard identification.groups.contains(where: { !$0.ranks.isEmpty }) else {
          Console.message("there is no case with reduction none to look at")
          throw ExitCode.unjudged
        }
      }
    } catch let error as FixtureError {
      Console.message(error.description)
      throw ExitCode.unjudged
    }
  }
}
