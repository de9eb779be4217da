public import Conformance

/// The report for the log of a GitHub job: an error for each of the first ten checks that fail and a warning for each of
/// the first ten that are unjudged, how many more there are, then the counts and the gate.
///
/// An annotation is a workflow command on standard output. In it `%`, CR and LF are percent-escaped, in a property `:`
/// and `,` as well (actions/toolkit, `packages/core/src/command.ts`). GitHub shows ten errors of a step (REST API, "Create
/// a check run": "limited to 10 warning annotations and 10 error annotations per step"), a title of 255 characters (the
/// same page) and a message of 4,096 (actions/runner, `ExecutionContext.cs`), so the rest is cut off.
///
/// The runner takes a line for a command when it starts with `::`, or has `##[` anywhere (actions/runner,
/// `ActionCommand.cs`). Text from a file is only ever inside of a command, on its line, after an ASCII character. There
/// is no `file`: it would be a path in the repository, and a fixture's name is none.
public enum GitHubReport: ReportFormat {
  public static let name = "github"
  public static let summary =
    "annotations for the log of a GitHub job: github=- writes them to standard output"

  static let (annotationLimit, titleLimit, messageLimit) = (10, 255, 4096)

  public static func render(_ report: Report) -> String { render(Outline(report)) }

  public static func render(_ comparison: FileComparison) -> String { render(Outline(comparison)) }

  public static func render(_ matrix: UpgradeMatrix) -> String { render(Outline(matrix)) }

  public static func render(_ agreement: Agreement) -> String { render(Outline(agreement)) }

  private static func render(_ outline: Outline) -> String {
    let checks = outline.suites.flatMap(\.checks)
    return annotations("error", checks.filter(\.fails))
      + annotations("warning", checks.filter { $0.verdict == .unjudged && !$0.fails }) + outline.counts + "\n"
  }

  private static func annotations(_ level: String, _ checks: [Outline.Check]) -> String {
    let lines = checks.prefix(annotationLimit).map { check in
      let title = "focalcheck: \(check.name)".limited(toUTF16: titleLimit)
      let message = "\(check.verdict.rawValue): \(check.reasons.joined(separator: "\n"))"
        .limited(toUTF16: messageLimit)
      return "::\(level) title=\(property(title))::\(value(message))\n"
    }
    let more = checks.count - lines.count
    return lines.joined() + (more > 0 ? "\(more) more\n" : "")
  }

  /// The message of a command.
  private static func value(_ text: String) -> String {
    text.replacingScalars { scalar in
      switch scalar {
      case "%": "%25"
      case "\r": "%0D"
      case "\n": "%0A"
      default: nil
      }
    }
  }

  /// The value of a command's property.
  private static func property(_ text: String) -> String {
    value(text).replacingScalars { scalar in
      switch scalar {
      case ":": "%3A"
      case ",": "%2C"
      default: nil
      }
    }
  }
}
