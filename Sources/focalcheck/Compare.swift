import ArgumentParser
import Comparison
import Conformance
import Reporting

/// `focalcheck compare`
struct Compare: ParsableCommand, Guardable {
  static let configuration = CommandConfiguration(
    abstract: "Compare any two HDF5 files, object by object.",
    discussion: """
      The files need not be fixtures. An object that one file lacks, or of another kind, and a dataset of another type \
      or shape are differences; attributes are not compared. Without --policy values must be equal, where two NaN are equal and \
      so are ±0.

      EXAMPLE
        focalcheck compare before.h5 after.h5 --policy ulp:1 --filter '*loss'
      """)

  @Argument(help: "The file that is expected to be right.", completion: .file())
  var expected: String

  @Argument(help: "The file that is compared with it.", completion: .file())
  var actual: String

  @Option(
    help: ArgumentHelp("How far an element may lie from the expected one.", discussion: TolerancePolicy.help))
  var policy: TolerancePolicy = .uniform(.ulps(0))

  @Option(
    name: .long,
    help: ArgumentHelp("Only the objects whose path matches the pattern; repeatable.", valueName: "pattern"))
  var filter: [String] = []

  @OptionGroup var output: OutputOptions

  @OptionGroup var reading: ReadingOptions

  var deadline: Int { reading.deadline }

  func run() throws {
    try output.check(against: [expected, actual])
    var line = ProgressLine()
    do {
      let comparison = try FileComparison(
        expected: expected, actual: actual, policy: policy, filter: PathFilter(filter)
      ) { path, share in
        line.show("\(visibleText(path)): \(Int(share * 100)) %")
      }
      line.finish()
      try output.write { $0.render(comparison) }
      if comparison.tensors.isEmpty {
        Console.message("there is no object to compare")
      } else if comparison.comparesNothing {
        Console.message("no element was compared")
      }
      if let code = ExitCode(comparison.verdict) { throw code }
    } catch let error as FixtureError {
      line.finish()
      Console.message(error.description)
      throw ExitCode.unjudged
    }
  }
}
