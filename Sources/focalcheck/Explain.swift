import ArgumentParser
import Conformance
import Reporting

/// `focalcheck explain`
struct Explain: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Show how one element of a loss comes about, step by step.",
    discussion: """
      For each step: the value of the documented program, what the documented operations allow, the exact value, the \
      error against it in ULPs, what the step's own rounding adds to that, and the framework's own value where the \
      fixture has the stage. Errors are in ULPs of the exact value.

      EXAMPLE
        focalcheck explain fixtures/torch-1.13.h5 formula.edges-f64.none.f64 --index 24,1
      """)

  @Argument(help: "A fixture.", completion: .file())
  var file: String

  @Argument(help: "The name of a case with reduction none.")
  var `case`: String

  @Option(
    help: ArgumentHelp("The element; the worst one when it is left out.", valueName: "i,j,…"),
    transform: Self.parse)
  var index: [Int]?

  @Sendable private static func parse(_ text: String) throws -> [Int] {
    try text.split(separator: ",", omittingEmptySubsequences: false).map { part in
      guard let number = Int(part), number >= 0 else {
        throw ValidationError("'\(text)' is not an index such as 24,1")
      }
      return number
    }
  }

  func run() throws {
    do {
      for location in FixtureLocation.find([file]) {
        try Console.result(ExplanationText.render(Explanation(`case`, of: location.open(), at: index)))
      }
    } catch let error as FixtureError {
      Console.message(error.description)
      throw ExitCode.unjudged
    }
  }
}
