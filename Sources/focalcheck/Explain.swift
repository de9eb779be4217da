import ArgumentParser
import Conformance
import Reporting

/// `focalcheck explain`
struct Explain: ParsableCommand, Guardable {
  static let configuration = CommandConfiguration(
    abstract: "Show how one element of a loss or a gradient, or a reduced loss, comes about, step by step.",
    discussion: """
      For each step: the value of the documented program, what the documented operations allow, the exact value, the \
      error against it in ULPs, what the step's own rounding adds to that, how much larger the rest is than the largest \
      error of the operands, and the framework's own value where the fixture has the stage. Errors are in ULPs of the \
      exact value. A loss with one result for each row is explained by an element of the row, then the row's result.

      EXAMPLE
        focalcheck explain fixtures/torch-1.13.h5 formula.edges-f64.none.f64
        focalcheck explain mine.h5 demo --tensor grads/logit --index 0,1
      """)

  @Argument(help: "A fixture.", completion: .file())
  var file: String

  @Argument(help: "The name of a case.")
  var `case`: String

  @Option(
    help: ArgumentHelp(
      "outputs/loss or a gradient such as grads/logit; the one with the worst verdict when it is left out.",
      valueName: "name"))
  var tensor: String?

  @Option(
    help: ArgumentHelp(
      "The element; the worst one when it is left out, or the first where all are identical.",
      valueName: "i,j,…"),
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

  @OptionGroup var reading: ReadingOptions

  var deadline: Int { reading.deadline }

  func run() throws {
    do {
      for location in FixtureLocation.find([file]) {
        let fixture = try location.open()
        let explanation = try Explanation(`case`, of: fixture, tensor: tensor, at: index)
        try fixture.checkUnchanged()
        try Console.result(ExplanationText.render(explanation))
      }
    } catch let error as FixtureError {
      Console.message(error.description)
      throw ExitCode.unjudged
    }
  }
}
