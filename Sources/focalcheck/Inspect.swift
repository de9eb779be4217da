import ArgumentParser
import Conformance
import Reporting

/// `focalcheck inspect`
struct Inspect: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show where a fixture comes from, and its cases with their shapes and types.",
    discussion: """
      EXAMPLE
        focalcheck inspect fixtures/torch-2.13.0.h5
      """)

  @Argument(help: "A fixture.", completion: .file())
  var file: String

  func run() throws {
    do throws(FixtureError) {
      for location in FixtureLocation.find([file]) {
        let (text, isComplete) = FixtureText.render(try location.open())
        print(text, terminator: "")
        if !isComplete {
          throw FixtureError(file: location.fileName, reason: "some of its cases cannot be opened")
        }
      }
    } catch {
      Console.message(error.description)
      throw ExitCode.unjudged
    }
  }
}
