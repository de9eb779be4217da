/// Tests that run in a process of their own.
struct Suite: Hashable {
  /// A regular expression over the names of tests, which begin with their module.
  let filter: String

  /// All suites, quick ones before slow ones.
  static let all = [
    "^(ComparisonTests|TensorsTests)[.]",
    "^HDF5Tests[.]",
    "^ConformanceTests[.](Ledger|Baseline|Gate|VersionRange|VisibleText|ExporterMessages)",
    "^ConformanceTests[.](Judge|DerivedVerdict|Runner|Nonconformance)",
    "^ArithmeticTests[.]",
    "^ConformanceTests[.](Hazard|Explanation|Fixture)",
    "^ReportingTests[.]",
    "^ConformanceTests[.]SelfTest",
    "^ConformanceTests[.](Upgrade|Agreement|Claim)",
    "^CommandLineTests[.]Worker",
    "^CommandLineTests[.](?!Worker)",
    "^FocalLossTests[.]",
  ].map(Suite.init)

  /// All suites, those of a module first.
  static func ordered(first module: String) -> [Suite] {
    all.filter { $0.filter.contains(module) } + all.filter { !$0.filter.contains(module) }
  }
}
