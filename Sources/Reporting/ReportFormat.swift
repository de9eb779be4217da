public import Conformance

/// A form in which a report is written.
///
/// To add one: write a file with a type of this protocol, and a line in ``ReportFormats``. The same report gives the
/// same bytes: no time, no path, no order that a dictionary chose.
public protocol ReportFormat: Sendable {
  /// The name on the command line.
  static var name: String { get }
  /// One line: what it is for.
  static var summary: String { get }
  /// The report of a run.
  static func render(_ report: Report) -> String
  /// The comparison of two files.
  static func render(_ comparison: FileComparison) -> String
  /// What changes between builds, or nil where the format has no form for it.
  static func render(_ matrix: UpgradeMatrix) -> String?
  /// Who is right where two builds differ, or nil where the format has no form for it.
  static func render(_ agreement: Agreement) -> String?
}

extension ReportFormat {
  public static func render(_ matrix: UpgradeMatrix) -> String? { nil }
  public static func render(_ agreement: Agreement) -> String? { nil }
}

/// The registry of report formats.
public enum ReportFormats {
  /// Every format: one line each.
  public static let all: [any ReportFormat.Type] = [
    TextReport.self,
    JSONReport.self,
    JUnitReport.self,
    GitHubReport.self,
    MarkdownReport.self,
  ]

  /// The format of that name, or nil.
  public static func named(_ name: String) -> (any ReportFormat.Type)? { all.first { $0.name == name } }
}
