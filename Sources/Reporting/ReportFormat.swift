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
  /// What changes between builds.
  static func render(_ matrix: UpgradeMatrix) -> String
  /// Where two builds differ, and which of them is right.
  static func render(_ agreement: Agreement) -> String
}
