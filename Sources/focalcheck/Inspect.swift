import ArgumentParser
import Conformance
import Reporting

/// `focalcheck inspect`
struct Inspect: ParsableCommand, Guardable {
  static let configuration = CommandConfiguration(
    abstract: "Show where a fixture comes from, and its cases with their shapes and types.",
    discussion: """
      EXAMPLE
        focalcheck inspect fixtures/torch-2.13.0.h5
      """)

  @Argument(help: "A fixture, or a folder of fixtures.", completion: .file())
  var file: String

  @OptionGroup var reading: ReadingOptions

  var deadline: Int { reading.deadline }

  func run() throws {
    var hasFailed = false
    for location in FixtureLocation.find([file]) {
      do {
        let fixture = try location.open()
        let (text, isComplete) = FixtureText.render(fixture)
        try fixture.checkUnchanged()
        hasFailed = hasFailed || !isComplete
        try Console.result(text)
      } catch let error as FixtureError {
        Console.message(error.description)
        hasFailed = true
      }
    }
    if hasFailed { throw ExitCode.unjudged }
  }
}
