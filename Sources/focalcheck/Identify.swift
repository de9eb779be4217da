import ArgumentParser
import Conformance
import Reporting

/// `focalcheck identify`
struct Identify: ParsableCommand, Guardable {
  static let configuration = CommandConfiguration(
    abstract: "Tell which documented program a build runs.",
    discussion: """
      Every variant, and every known order of operations of its cross entropy, is evaluated on the inputs of the \
      fixture's cases, reduced ones too. The programs are ranked by how many elements of the losses lie inside of their \
      enclosures; those that explain the most losses are then ranked by the gradients, each with every known backward \
      pass. A build computes a program only if every element of every loss and every gradient lies inside. Otherwise it \
      computes none of the known programs, and the closest one is named.

      Exit codes: 0 some case could be looked at, whatever was found; 2 no case has a loss whose inputs a known program \
      takes, or something could not be read; 64 wrong usage.

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
          Console.message("there is no case with a loss whose inputs a known program takes")
          throw ExitCode.unjudged
        }
      }
    } catch let error as FixtureError {
      Console.message(error.description)
      throw ExitCode.unjudged
    }
  }
}
