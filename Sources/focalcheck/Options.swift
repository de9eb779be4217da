public import ArgumentParser
public import Comparison
import Conformance
import Reporting

/// A tolerance policy as an argument.
extension TolerancePolicy: ExpressibleByArgument {
  public init?(argument: String) { self.init(parsing: argument) }

  public var defaultValueDescription: String { name }

  public static var allValueStrings: [String] { presets.map(\.name) + ["ulp:N", "rtol=R,atol=A"] }
}

/// Where a report goes, and in which form.
struct Output: ExpressibleByArgument {
  let format: String
  let path: String

  init?(argument: String) {
    let parts = argument.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, !parts[1].isEmpty, ReportFormats.named(String(parts[0])) != nil else {
      return nil
    }
    (format, path) = (String(parts[0]), String(parts[1]))
  }
}

/// The option `--policy`.
struct PolicyOption: ParsableArguments {
  static let help = TolerancePolicy.presets.map { "\($0.name): \($0.source)" }.joined(separator: "; ")
}

/// The option `--output`, and writing what it asks for.
struct OutputOptions: ParsableArguments {
  @Option(
    name: .customLong("output"),
    help: ArgumentHelp(
      "Write the report in a form (\(ReportFormats.all.map { $0.name }.joined(separator: ", "))) to a file; repeatable.",
      discussion: "The path - is standard output, in place of the text report.", valueName: "format=path"))
  var outputs: [Output] = []

  /// Writes each output that was asked for, and the text report to standard output unless one of them took it.
  ///
  /// - Throws: `ExitCode.unjudged` after a message when a file could not be written; the others are written.
  func write(_ render: (any ReportFormat.Type) -> String) throws {
    if !outputs.contains(where: { $0.path == "-" }) { print(render(TextReport.self), terminator: "") }
    var hasFailed = false
    for output in outputs {
      guard let format = ReportFormats.named(output.format) else { continue }
      if output.path == "-" {
        print(render(format), terminator: "")
        continue
      }
      do throws(OutputError) {
        try OutputFile.write(render(format), to: output.path)
      } catch {
        Console.message(visibleText(error.description))
        hasFailed = true
      }
    }
    if hasFailed { throw ExitCode.unjudged }
  }
}

/// Which fixtures and cases a command looks at.
struct Selection: ParsableArguments {
  @Argument(
    help: "Fixtures, or folders of fixtures; the folder fixtures when none is named.", completion: .file())
  var paths: [String] = []

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Only the cases whose id, name, variant or framework matches the pattern; repeatable.",
      discussion: "A shell pattern with *, ? and […], such as 'torch*' or '*.f64'.", valueName: "pattern"))
  var filter: [String] = []

  var locations: [FixtureLocation] { FixtureLocation.find(paths.isEmpty ? ["fixtures"] : paths) }

  var caseFilter: CaseFilter { CaseFilter(filter) }

  /// Says what it means that there is no case.
  var emptinessMessage: String {
    filter.isEmpty
      ? "there is no case to judge" : "no case matches \(filter.map(visibleText).joined(separator: ", "))"
  }
}
