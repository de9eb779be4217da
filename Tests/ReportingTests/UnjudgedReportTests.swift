import FixtureAuthoring
import Foundation
import Testing

@testable import Conformance
@testable import Reporting

@Suite("Unjudged results and the gate in every format")
struct UnjudgedReportTests {
  /// A run with a conforming loss and an unjudged gradient, and with a case of which nothing was judged.
  private func report() throws -> Report {
    let cases = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/fixtures/cases"
    // Without a plan, so that cases can be added.
    let run = Runner(policy: .derived).run([FixtureLocation(path: "\(cases)/b01-right.h5")])
    var report = Report(policy: .derived, fixtures: run.fixtures)
    let gradient = report.fixtures[0].cases[0].tensors[1]
    report.fixtures[0].cases[0].tensors[1] = TensorReport(
      name: gradient.name, type: gradient.type, shape: gradient.shape, finding: .unjudged("no rule is known"))
    var missing = CaseReport(id: "b01-right.h5#missing", name: "missing")
    missing.reason = "the build did not export it"
    report.fixtures[0].cases.append(missing)
    return report
  }

  @Test(
    "names the unjudged result, the unjudged case, their reasons, and why the gate fails",
    arguments: ReportFormats.all.map { $0.name })
  func everyFormat(format: String) throws {
    let text = try #require(ReportFormats.named(format)).render(try report())
    for part in [
      "grads/logit", "no rule is known", "missing", "the build did not export it",
      "nothing of 1 case was judged",
    ] {
      #expect(text.contains(part), "\(format) lacks: \(part)\n\(text)")
    }
    #expect(text.contains(format == "json" ? "\"unjudged\":1" : "1 unjudged") || format == "junit", "\(text)")
  }

  @Test("JSON has counts, a class and the gate with its exit code, by the schema")
  func json() throws {
    let text = JSONReport.render(try report())
    #expect(
      text.contains(
        "\"gate\":{\"exit_code\":2,\"passed\":false,\"reasons\":[\"nothing of 1 case was judged\"]}"),
      "\(text)")
    #expect(text.contains("\"unjudged\":1,\"unjudged_tensors\":1"), "\(text)")
    let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
    let schema = try JSONSchema(path: "\(root)/reports/report.schema.json")
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
    #expect(schema.violations(in: object, of: "report") == [])
  }

  @Test("JUnit skips what is unjudged, and fails the gate where no other check fails")
  func junit() throws {
    let text = JUnitReport.render(try report())
    #expect(text.components(separatedBy: "<skipped type=\"unjudged\"").count == 3, "\(text)")
    #expect(text.contains("<testcase classname=\"focalcheck\" name=\"gate\""), "\(text)")
    #expect(text.contains("<error type=\"error\" message=\"nothing of 1 case was judged\">"), "\(text)")
  }

  @Test(
    "a run that fails only by its baseline says so in every format",
    arguments: ReportFormats.all.map { $0.name })
  func baseline(format: String) throws {
    var report = try report()
    report.fixtures[0].cases.removeLast()
    let before = try RecordedReport(report)
    report.fixtures[0].cases[0].tensors.removeLast()
    report.baseline = try BaselineComparison(RecordedReport(report), against: before)
    #expect(report.verdict == .conformant)
    #expect(report.gate.exitCode == 1)
    let text = try #require(ReportFormats.named(format)).render(report)
    #expect(text.contains("is gone"), "\(text)")
    if format == "json" { #expect(text.contains("\"passed\":false"), "\(text)") }
    if format == "markdown" || format == "text" { #expect(text.contains("failed"), "\(text)") }
  }
}
