public import Conformance

/// The report for what reads JUnit XML: Jenkins, GitLab and most that show tests.
///
/// There is no standard. Elements and attributes are those of Jenkins' schema (jenkinsci/xunit-plugin, `junit-10.xsd`):
/// properties stand on a suite, and the root has no `skipped`. `time` is 0: Maven Surefire's schema demands it of a
/// case, and the same report is to give the same bytes.
///
/// A suite is a fixture with its provenance as properties. A case is a `testcase` whose `classname` is the variant; it
/// has a `failure` when it is nonconformant, an `error` when it could not be judged, and is `skipped` with a reason when
/// its difference is known or a result is unjudged. Its name is its id, since GitLab
/// ignores all but the first of equal names ("Unit test reports", File requirements). The findings are the content of
/// `failure` and `error`, which Jenkins and GitLab show. They are cut, since that page allows files below 30 MB and a
/// reader on libxml2 may give up beyond 10 MB (`XML_MAX_LOOKUP_LIMIT`). There is no `system-out`: GitLab takes
/// `[[ATTACHMENT|path]]` in it for a link, and a fixture chooses its names.
///
/// Any name is well-formed: what XML 1.0 forbids (section 2.2, Char), and what a reader would not see, are the escapes of
/// `visibleText`; its metacharacters are entities.
public enum JUnitReport: ReportFormat {
  public static let name = "junit"
  public static let summary =
    "JUnit XML for Jenkins, GitLab and the like: a suite for each fixture, or pair of builds"

  /// The most UTF-16 code units of one case's findings, and of its message.
  static let (findingsLimit, messageLimit) = (16 << 10, 1 << 10)
  /// The most bytes of the findings of all cases.
  static let allFindingsLimit = 4 << 20

  public static func render(_ report: Report) -> String { render(Outline(report)) }

  public static func render(_ comparison: FileComparison) -> String { render(Outline(comparison)) }

  public static func render(_ matrix: UpgradeMatrix) -> String { render(Outline(matrix)) }

  public static func render(_ agreement: Agreement) -> String { render(Outline(agreement)) }

  private static func render(_ outline: Outline) -> String {
    var findings = LimitedText(byteCount: allFindingsLimit)
    var text = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
    let total = Counts(outline.suites.flatMap(\.checks))
    text += tag("testsuites", [("name", "focalcheck")] + total.attributes) + "\n"
    for suite in outline.suites {
      let counts = Counts(suite.checks)
      text +=
        tag(
          "testsuite", [("name", suite.name)] + counts.attributes + [("skipped", "\(counts.skipped)")]) + "\n"
      text += "<properties>\n"
      for property in suite.properties {
        text += tag("property", [("name", property.name), ("value", property.value)]) + "</property>\n"
      }
      text += "</properties>\n"
      for check in suite.checks { text += testCase(check, &findings) }
      text += "</testsuite>\n"
    }
    return text + "</testsuites>\n"
  }

  private static func testCase(_ check: Outline.Check, _ findings: inout LimitedText) -> String {
    let start = tag("testcase", [("classname", check.group), ("name", check.name), ("time", "0")])
    guard let outcome = Outcome(check.verdict) else { return start + "</testcase>\n" }
    let message = check.reasons.joined(separator: "; ").limited(toUTF16: messageLimit)
    let text = check.text.limited(toUTF16: findingsLimit)
    let content =
      findings.append(text) ? text : "The findings of this report are too long to be shown here.\n"
    return start + "\n" + tag(outcome.rawValue, [("type", check.verdict.rawValue), ("message", message)])
      + escaped(content) + "</\(outcome.rawValue)>\n</testcase>\n"
  }

  /// What a case has in it that did not pass.
  private enum Outcome: String {
    case failure, error, skipped

    /// Nil where the case passed.
    init?(_ verdict: Verdict) {
      switch verdict {
      case .conformant: return nil
      case .known, .unjudged: self = .skipped
      case .nonconformant: self = .failure
      case .error: self = .error
      }
    }
  }

  private struct Counts {
    let tests: Int
    let failures: Int
    let errors: Int
    let skipped: Int

    init(_ checks: [Outline.Check]) {
      let outcomes = checks.compactMap { Outcome($0.verdict) }
      tests = checks.count
      failures = outcomes.count { $0 == .failure }
      errors = outcomes.count { $0 == .error }
      skipped = outcomes.count { $0 == .skipped }
    }

    var attributes: [(String, String)] {
      [("tests", "\(tests)"), ("failures", "\(failures)"), ("errors", "\(errors)"), ("time", "0")]
    }
  }

  /// The start of an element.
  private static func tag(_ name: String, _ attributes: [(String, String)]) -> String {
    "<\(name)\(attributes.map { " \($0)=\"\(escaped($1))\"" }.joined())>"
  }

  /// Visible text with the metacharacters of XML as entities, for an attribute as for content.
  private static func escaped(_ text: String) -> String {
    text.replacingScalars { scalar in
      switch scalar {
      case "&": "&amp;"
      case "<": "&lt;"
      // Content may not have ]]> in it.
      case ">": "&gt;"
      case "\"": "&quot;"
      case "'": "&apos;"
      default: nil
      }
    }
  }
}
