/// Tests that run in a process of their own.
struct Suite: Hashable {
  /// A regular expression over the names of tests, which begin with their module.
  let filter: String

  /// All suites, quick ones before slow ones.
  static let all = [
    "^(ComparisonTests|TensorsTests)[.]",
    "^HDF5Tests[.]",
    "^ConformanceTests[.](Fixture|VisibleText|ExporterMessages|WorkerPool)",
    "^ConformanceTests[.](Ledger|Baseline|Gate|VersionRange|Journal)",
    "^ConformanceTests[.](Judge|DerivedVerdict|Runner|Nonconformance)",
    "^ArithmeticTests[.]",
    "^ReportingTests[.](OutputFile|JUnit|GitHub|Markdown)",
    "^FocalLossTests[.](?!Enclos|ExactGradient)",
    "^ConformanceTests[.](Hazard|Explanation)",
    "^ConformanceTests[.]SelfTest",
    "^ConformanceTests[.](Upgrade|Agreement|Claim)",
    "^CommandLineTests[.]Worker",
    "^CommandLineTests[.](?!Worker)",
    "^ReportingTests[.](?!OutputFile|JUnit|GitHub|Markdown)",
    "^FocalLossTests[.](Enclos|ExactGradient)",
  ].map(Suite.init)

  /// All suites, those first of which the filter contains a text.
  static func ordered(first text: String) -> [Suite] {
    all.filter { $0.filter.contains(text) } + all.filter { !$0.filter.contains(text) }
  }
}
