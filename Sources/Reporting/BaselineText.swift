public import Conformance

/// How a run differs from its baseline, for a person.
public enum BaselineText {
  /// What is worse and what is better, a line for each, after a line with the counts.
  public static func render(_ comparison: BaselineComparison) -> String {
    [
      head(comparison), section("Worse", comparison.worse), section("Better", comparison.better),
      section("New", comparison.new.map(visibleText)),
      section("Not judged by this run", comparison.notJudged.map(visibleText)),
    ].joined()
  }

  private static func head(_ comparison: BaselineComparison) -> String {
    let counts =
      comparison.worse.isEmpty
      ? "nothing is worse, \(comparison.better.count) better"
      : "\(comparison.worse.count) worse, \(comparison.better.count) better"
    let moved =
      comparison.moved == 0 ? "" : ", \(counted(comparison.moved, "tensor")) moved within what is allowed"
    return
      "Against the baseline \(visibleText(comparison.file)): \(counts), \(comparison.new.count) new\(moved).\n"
      + "Compared: \(builds(comparison)).\n"
  }

  /// Which versions were compared.
  static func builds(_ comparison: BaselineComparison) -> String {
    comparison.builds.map { pair in
      let device = pair.device == "cpu" ? "" : " on \(pair.device)"
      let build = "\(pair.framework) \(pair.version)\(device)"
      let text =
        pair.baselineVersion == pair.version
        ? "\(build) in both" : "baseline \(pair.framework) \(pair.baselineVersion)\(device) against \(build)"
      return visibleText(text)
    }.joined(separator: "; ")
  }

  private static func section(_ title: String, _ changes: [BaselineComparison.Change]) -> String {
    section(title, changes.map(line))
  }

  /// One change: where, and what.
  static func line(_ change: BaselineComparison.Change) -> String {
    let place = visibleText(change.id) + (change.tensor.map { "  \(visibleText($0))" } ?? "")
    return "\(place)  \(visibleText(change.causes.joined(separator: "; ")))"
  }

  private static func section(_ title: String, _ lines: [String]) -> String {
    lines.isEmpty ? "" : "\n\(title)\n\n" + lines.map { "  \($0)\n" }.joined()
  }
}
