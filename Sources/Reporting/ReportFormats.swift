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
