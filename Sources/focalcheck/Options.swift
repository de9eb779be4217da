public import ArgumentParser
public import Comparison
public import Conformance
import Reporting

/// A tolerance policy as an argument.
extension TolerancePolicy: ExpressibleByArgument {
  public init?(argument: String) { self.init(parsing: argument) }

  public var defaultValueDescription: String { name }

  /// What the presets are, for the help of an option.
  static var help: String { presets.map { "\($0.name): \($0.source)" }.joined(separator: "; ") }

  public static var allValueStrings: [String] { presets.map(\.name) + ["ulp:N", "rtol=R,atol=A"] }
}

/// A policy of a run as an argument.
extension Policy: ExpressibleByArgument {
  /// From the command line's spelling.
  public init?(argument: String) { self.init(parsing: argument) }

  public var defaultValueDescription: String { name }

  /// What the policies are, for the help of an option.
  static var help: String { "derived: \(Policy.derived.source); \(TolerancePolicy.help)" }

  public static var allValueStrings: [String] { ["derived"] + TolerancePolicy.allValueStrings }
}

/// Where a report goes, and in which form.
struct Output {
  let format: any ReportFormat.Type
  let path: String

  /// From `format=path`.
  @Sendable static func parse(_ text: String) throws -> Output {
    let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 2, !parts[1].isEmpty else {
      throw ValidationError("'\(text)' is not of the form format=path, such as json=report.json")
    }
    guard let format = ReportFormats.named(parts[0]) else {
      throw ValidationError("there is no format '\(parts[0])'; there are \(formats)")
    }
    return Output(format: format, path: parts[1])
  }

  static var formats: String { ReportFormats.all.map { $0.name }.joined(separator: ", ") }
}

/// The option `--output`, and writing what it asks for.
struct OutputOptions: ParsableArguments {
  @Option(
    name: .customLong("output"),
    help: ArgumentHelp(
      "Write the report in a form (\(Output.formats)) to a file; repeatable.",
      discussion: "The path - is standard output, in place of the text report.", valueName: "format=path"),
    transform: Output.parse)
  var outputs: [Output] = []

  func validate() throws {
    var paths: Set<String> = []
    for output in outputs where !paths.insert(output.path).inserted {
      throw ValidationError("two outputs go to '\(output.path)'")
    }
  }

  /// Refuses an output that would replace one of the files that are read.
  func check(against inputs: [String]) throws {
    for output in outputs {
      guard let node = FileNode(path: output.path) else { continue }
      for input in inputs where FileNode(path: input) == node {
        throw ValidationError("the output '\(output.path)' is the input '\(input)'")
      }
    }
  }

  /// Writes as below; where a signal ended the work, its exit code comes before any other.
  ///
  /// - Throws: `ExitCode` of 128 and the signal's number, or what writing throws.
  func write(endedBy signal: Int32?, _ render: (any ReportFormat.Type) -> String) throws {
    guard let signal else { return try write(render) }
    try? write(render)
    throw ended(by: signal)
  }

  /// Writes each output that was asked for, and the text report to standard output unless one of them took it.
  ///
  /// - Throws: `ExitCode.unjudged` after a message when something could not be written; the others are written.
  func write(_ render: (any ReportFormat.Type) -> String) throws {
    var hasFailed = false
    for output in outputs where output.path != "-" {
      do throws(OutputError) {
        try OutputFile.write(render(output.format), to: output.path)
      } catch {
        Console.message(visibleText(error.description))
        hasFailed = true
      }
    }
    try Console.result(render(outputs.first { $0.path == "-" }?.format ?? TextReport.self))
    if hasFailed { throw ExitCode.unjudged }
  }
}

/// Which fixtures and cases a command looks at.
struct Selection: ParsableArguments {
  @Argument(
    help: "Fixtures, or folders of fixtures; the folder fixtures when none is named.", completion: .file())
  var paths: [String] = []

  @OptionGroup var cases: CaseOptions

  var locations: [FixtureLocation] { FixtureLocation.find(paths.isEmpty ? ["fixtures"] : paths) }

  /// Whether a whole folder is looked at, rather than files that were named one by one.
  var namesFolder: Bool {
    paths.isEmpty || !Set(locations.map(\.path)).isSubset(of: paths)
  }
}

/// The option `--filter`: which cases a command looks at.
struct CaseOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "Only the cases whose id, name, variant or framework matches the pattern; repeatable.",
      discussion: "A shell pattern with *, ? and […], such as 'torch*' or '*.f64'.", valueName: "pattern"))
  var filter: [String] = []

  var caseFilter: CaseFilter { CaseFilter(filter) }

  /// Says what it means that there is no case.
  var emptinessMessage: String {
    filter.isEmpty
      ? "there is no case to judge" : "no case matches \(filter.map(visibleText).joined(separator: ", "))"
  }
}
