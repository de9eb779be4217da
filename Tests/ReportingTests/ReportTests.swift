import Comparison
import Conformance
import FixtureAuthoring
import Foundation
import Tensors
import Testing

@testable import Reporting

/// The repository's folder.
private let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent()

/// The committed fixtures.
private let committedFixtures = FixtureLocation.find([root.appendingPathComponent("fixtures").path])

/// What they give without their ledger; judged once for all tests.
let discrepancies = Runner(policy: .derived, claims: claims.map(\.question)).run(committedFixtures)

/// What they give by their ledger.
private let committedReport = {
  // Without ledger and claims the recorded reports are not reproduced, and a test says so.
  var report =
    (try? Ledgers(.besideFixtures, for: committedFixtures))?.applied(to: discrepancies) ?? discrepancies
  report.claims = report.findings(on: claims)
  return report
}()

/// The documents' claims on them.
private let claims = (try? Claim.lists(beside: committedFixtures)) ?? []

/// Expects JSON to agree with a definition of the reports' schema.
func expectValid(_ text: String, _ definition: String) throws {
  let schema = try JSONSchema(path: root.appendingPathComponent("reports/report.schema.json").path)
  let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
  for violation in schema.violations(in: value, of: definition).prefix(10) { Issue.record("\(violation)") }
}

@Suite("Committed reports")
struct CommittedReportTests {
  /// `make reports` records them anew.
  @Test("the committed reports are reproduced byte for byte", arguments: [("text", "txt"), ("json", "json")])
  func reproduced(format: String, suffix: String) throws {
    let rendered = try #require(ReportFormats.named(format)).render(committedReport)
    try expectRecorded(rendered, "reports/baseline.\(suffix)")
  }

  @Test("the committed discrepancy report is reproduced byte for byte")
  func reproducedDiscrepancies() throws {
    var report = discrepancies
    report.claims = report.findings(on: claims)
    try expectRecorded(TextReport.render(report), "reports/discrepancies.txt")
  }

  @Test(
    "the committed upgrade reports are reproduced byte for byte, and agree with their schema",
    arguments: [("paddle", ["2.6.2", "3.0.0", "3.3.1"]), ("torch", ["1.13", "2.13.0"])])
  func reproducedUpgrades(framework: String, versions: [String]) throws {
    let judge = UpgradeJudge()
    let sides = versions.map {
      judge.side(root.appendingPathComponent("fixtures/\(framework)-\($0).h5").path)
    }
    let matrix = UpgradeMatrix(sides, by: judge)
    for (format, suffix) in [("text", "txt"), ("json", "json")] {
      let rendered = try #require(ReportFormats.named(format)).render(matrix)
      try expectRecorded(rendered, "reports/upgrade-\(framework).\(suffix)")
    }
    try expectValid(JSONReport.render(matrix), "upgrades")
  }

  @Test("an agreement's JSON agrees with its schema")
  func agreement() throws {
    let judge = UpgradeJudge(filter: CaseFilter(["formula.*"]))
    let sides = ["paddle-3.3.1", "torch-2.13.0"].map {
      judge.side(root.appendingPathComponent("fixtures/\($0).h5").path)
    }
    let agreement = judge.agreement(of: sides[0], and: sides[1])
    try expectValid(JSONReport.render(agreement), "agreement")
    #expect(TextReport.render(agreement).contains("A: paddle 3.3.1"))
  }

  /// Compares a report with the committed one, line by line.
  private func expectRecorded(_ rendered: String, _ path: String) throws {
    let recorded = try String(contentsOf: root.appendingPathComponent(path), encoding: .utf8).split(
      separator: "\n", omittingEmptySubsequences: false)
    let rendered = rendered.split(separator: "\n", omittingEmptySubsequences: false)
    for (line, (old, new)) in zip(recorded, rendered).enumerated() where old != new {
      Issue.record("\(path), line \(line + 1) was\n  \(old.prefix(400))\nand is\n  \(new.prefix(400))")
      break
    }
    #expect(recorded.count == rendered.count)
  }

  @Test("the JSON report agrees with its schema, and each case stands on its own line")
  func schema() throws {
    let text = JSONReport.render(committedReport)
    let schema = try JSONSchema(path: root.appendingPathComponent("reports/report.schema.json").path)
    let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    for violation in schema.violations(in: value, of: "report").prefix(10) { Issue.record("\(violation)") }
    let cases = try #require((value as? [String: Any])?["cases"] as? [Any])
    #expect(text.split(separator: "\n").count { $0.hasPrefix("{\"alpha\"") } == cases.count)
  }

  @Test("what the README shows of the report is in the report")
  func readme() throws {
    let report = try ["baseline", "discrepancies"].map {
      try String(contentsOf: root.appendingPathComponent("reports/\($0).txt"), encoding: .utf8)
    }.joined()
    let readme = try String(contentsOf: root.appendingPathComponent("README.md"), encoding: .utf8)
    let blocks = readme.split(separator: "```").enumerated().filter { !$0.offset.isMultiple(of: 2) }.map(
      \.element)
    let shown = blocks.filter { $0.contains("max ULP") || $0.contains("worst elements") }
    #expect(shown.count == 2)
    // The first line is the block's language.
    for line in shown.flatMap({ $0.split(separator: "\n").dropFirst() }) {
      #expect(report.contains(line), "\(line)")
    }
  }

  @Test("the schema refuses what is not a report")
  func schemaRefuses() throws {
    let schema = try JSONSchema(path: root.appendingPathComponent("reports/report.schema.json").path)
    let text = JSONReport.render(Report(policy: .derived, fixtures: []))
    let report = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
    #expect(schema.violations(in: report, of: "report") == [])
    #expect(schema.violations(in: report.merging(["verdict": "fine"]) { $1 }, of: "report") != [])
    #expect(schema.violations(in: report.merging(["unknown": 1]) { $1 }, of: "report") != [])
    #expect(schema.violations(in: report.filter { $0.key != "summary" }, of: "report") != [])
    #expect(schema.violations(in: report.merging(["cases": [["id": "x"]]]) { $1 }, of: "report") != [])
  }
}

@Suite("Report formats")
struct ReportFormatTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// A report with an outside element, non-finite values, a bad case, a bad file and a hostile name.
  private func report() throws -> Report {
    try DemoFixture.write(to: folder.file("demo.h5"), cases: ["demo"]) { author in
      try DemoFixture.demoCase(author, "nan\u{202E}\nname", without: ["outputs/loss"])
      let values = [Double.nan, .infinity, 0.02, 2.06]
      try author.dataset(
        "/cases/nan\u{202E}\nname/outputs/loss", Tensor(.float32, .vector(4), values: values))
      try DemoFixture.demoCase(author, "no label", without: ["inputs/label"])
    }
    try Damage.write(folder.file("zeros.h5"), Array(repeating: 0, count: 200))
    return Runner(policy: .tolerance(.uniform(.ulps(4)))).run(FixtureLocation.find([folder.path]))
  }

  @Test("a nonconformant tensor reads like a failed test")
  func paragraph() throws {
    let text = TextReport.render(try report())
    for line in [
      "demo.h5#demo  outputs/loss",
      "  paddle.sigmoid_focal_loss by demo 1.2.3, alpha 0.25, gamma 2.0, reduction none",
      "  4 of 4 elements outside ulp:4; 0 within, 0 identical  (float32 (4,))",
      "    [0]  logit -1.5, label 0.0",
      "  classes: 1 with NaN on one side only, 1 with an infinity that the other side does not share",
      "demo.h5: /cases/no label/inputs/label: the variant needs an input named label",
      "3 cases: 0 conformant, 0 unjudged, 2 nonconformant, 1 could not be judged, 1 fixture could not be read.",
    ] { #expect(text.contains(line + "\n"), "missing: \(line)\nin\n\(text)") }
  }

  @Test("names from a file are shown with their invisible characters escaped")
  func escapes() throws {
    let text = TextReport.render(try report())
    #expect(text.contains("demo.h5#nan\\u{202E}\\nname  outputs/loss\n"))
    #expect(!text.unicodeScalars.contains("\u{202E}"))
  }

  @Test("JSON says NaN and infinities in words, beside their bits")
  func nonfinite() throws {
    let text = JSONReport.render(try report())
    #expect(text.contains("\"actual\":\"NaN\",\"actual_bits\":\"0x7fc00000\""))
    #expect(text.contains("\"actual\":\"Infinity\",\"actual_bits\":\"0x7f800000\""))
    let schema = try JSONSchema(path: root.appendingPathComponent("reports/report.schema.json").path)
    #expect(
      schema.violations(in: try JSONSerialization.jsonObject(with: Data(text.utf8)), of: "report") == [])
  }

  /// The report above by a ledger.
  private func report(knowing entries: String) throws -> Report {
    let report = try report()
    try Damage.write(folder.file(Ledger.fileName), Array(entries.utf8))
    return try Ledgers(.besideFixtures, for: FixtureLocation.find([folder.path]))
      .applied(to: report, today: CalendarDate(2026, 1, 1))
  }

  private static let entries = """
    [[difference]]
    case = "demo"
    max_outside = { finite = 4 }
    max_absolute = 3
    reason = "the demonstration's loss is made up"
    link = "https://example.org/1"

    [[difference]]
    case = "demo"
    tensor = "grads/logit"
    framework = "demo"
    versions = "<2"
    max_outside = { nan = 1 }
    reason = "the gradient was wrong"
    expires = 2020-12-31
    """

  @Test("the text report has a line for a known difference under its reason, and says what is stale")
  func ledgerText() throws {
    let text = TextReport.render(try report(knowing: Self.entries))
    for part in [
      "  the demonstration's loss is made up\n  https://example.org/1\n    demo.h5#demo  outside: outputs/loss 4 of 4\n",
      "  known-differences.toml:8: demo grads/logit by demo <2: expired after 2020-12-31; its reason was: the gradient was wrong\n",
      "3 cases: 0 conformant, 1 known, 0 unjudged, 1 nonconformant, 1 could not be judged, 1 fixture could not be read; the ledger is stale: 1 difference that it lists.\n",
    ] { #expect(text.contains(part), "missing: \(part)\nin\n\(text)") }
    #expect(!text.contains("demo.h5#demo  outputs/loss\n"))
  }

  @Test("the JSON report counts what is known, gives its reason and what is stale, as its schema asks")
  func ledgerJSON() throws {
    let text = JSONReport.render(try report(knowing: Self.entries))
    for part in [
      "\"known\":1,", "\"verdict\":\"known\"",
      "\"known\":{\"bounds\":{\"max_absolute\":3,\"max_outside\":{\"finite\":4}},\"file\":\"known-differences.toml\",\"line\":1,\"link\":\"https://example.org/1\",\"reason\":\"the demonstration's loss is made up\"}",
      "\"stale\":[{\"case\":\"demo\",\"cause\":\"expired after 2020-12-31\"",
    ] { #expect(text.contains(part), "missing: \(part)\nin\n\(text)") }
    let schema = try JSONSchema(path: root.appendingPathComponent("reports/report.schema.json").path)
    func violations(_ text: String) throws -> [String] {
      schema.violations(in: try JSONSerialization.jsonObject(with: Data(text.utf8)), of: "report")
    }
    #expect(try violations(text) == [])
    #expect(try violations(text.replacing("\"cause\":", with: "\"because\":")) != [])
    #expect(try violations(text.replacing("\"line\":1,", with: "")) != [])
  }

  /// The report above beside a baseline by a tolerance that admits all but NaN and infinities.
  private func reportBesideBaseline() throws -> Report {
    var report = try report()
    let tolerant = JSONReport.render(
      Runner(policy: .tolerance(.uniform(.ulps(UInt64.max)))).run([
        FixtureLocation(path: folder.file("demo.h5"))
      ]))
    let json = tolerant.replacing("\"name\":\"ulp:\(UInt64.max)\"", with: "\"name\":\"ulp:4\"")
    let baseline = try RecordedReport(json: Array(json.utf8), path: "x/baseline.json")
    report.baseline = try BaselineComparison(RecordedReport(report), against: baseline)
    return report
  }

  @Test("beside a baseline the text report begins with what is worse")
  func baselineText() throws {
    let text = TextReport.render(try reportBesideBaseline())
    let head = """
      Against the baseline baseline.json: 3 worse, 0 better, 0 new.
      Compared: demo 1.2.3 in both.

      Worse

        zeros.h5  is new, and cannot be read
        demo.h5#demo  outputs/loss  conformant → nonconformant; 0 → 4 outside
        demo.h5#nan\\u{202E}\\nname  outputs/loss  2 → 4 outside

      Policy
      """
    #expect(text.hasPrefix(head), "\(text)")
  }

  @Test("beside a baseline the JSON report has what is worse, as its schema asks")
  func baselineJSON() throws {
    let text = JSONReport.render(try reportBesideBaseline())
    #expect(
      text.contains(
        "{\"causes\":[\"conformant → nonconformant\",\"0 → 4 outside\"],\"id\":\"demo.h5#demo\",\"tensor\":\"outputs/loss\"}"
      ),
      "\(text)")
    let schema = try JSONSchema(path: root.appendingPathComponent("reports/report.schema.json").path)
    let value = try JSONSerialization.jsonObject(with: Data(text.utf8))
    #expect(schema.violations(in: value, of: "report") == [])
    let wrong = try JSONSerialization.jsonObject(
      with: Data(text.replacing("\"causes\":", with: "\"why\":").utf8))
    #expect(schema.violations(in: wrong, of: "report") != [])
  }

  @Test(
    "a baseline is the report byte for byte, with what was accepted and without a gate or an earlier comparison"
  )
  func baselineFile() throws {
    let report = JSONReport.render(try report())
    let compared = JSONReport.render(try reportBesideBaseline())
    let baseline = try RecordedReport(json: Array(report.utf8), path: "x")
    let comparison = try BaselineComparison(baseline, against: baseline)
    let accepted = [Acceptance("first", first: baseline), Acceptance("a \"second\" reason", comparison)]
    let text = BaselineFile.text(Array(compared.utf8), accepted: accepted)
    let list = """
      "accepted":[
      {"better":0,"new":3,"reason":"first","worse":0},
      {"better":0,"new":0,"reason":"a \\"second\\" reason","worse":0}
      ],

      """
    #expect(text.contains(list), "\(text.prefix(600))")
    let lines = report.split(separator: "\n", omittingEmptySubsequences: false)
    let ungated = lines.filter { !$0.hasPrefix("\"gate\":") }
    #expect(ungated.count == lines.count - 1)
    #expect(text.replacing(list, with: "") == ungated.joined(separator: "\n"))
    let recorded = try RecordedReport(json: Array(text.utf8), path: "x")
    #expect(recorded.accepted == accepted)
    #expect(recorded.cases == baseline.cases)
    // Accepting it again replaces the list.
    #expect(BaselineFile.text(Array(text.utf8), accepted: accepted) == text)
    let schema = try JSONSchema(path: root.appendingPathComponent("reports/report.schema.json").path)
    #expect(
      schema.violations(in: try JSONSerialization.jsonObject(with: Data(text.utf8)), of: "report") == [])
  }

  @Test("a report read back from its JSON is the report")
  func recorded() throws {
    let report = try report()
    let read = try RecordedReport(json: Array(JSONReport.render(report).utf8), path: "x")
    let original = try RecordedReport(report)
    #expect(read.cases == original.cases)
    #expect(read.fixtures == original.fixtures)
    #expect((read.policy, read.verdict) == (original.policy, original.verdict))
  }

  @Test("a tensor that is reordered or more accurate is so in JSON as its schema asks")
  func nonconformanceSchema() throws {
    let schema = try JSONSchema(path: root.appendingPathComponent("reports/report.schema.json").path)
    let text = JSONReport.render(try report()).replacing(
      "\"count\":4,", with: "\"accuracy\":\"more accurate\",\"reordered_as\":\"another\",\"count\":4,")
    #expect(text.contains("reordered_as"))
    #expect(
      schema.violations(in: try JSONSerialization.jsonObject(with: Data(text.utf8)), of: "report") == [])
  }

  /// A report of the documented formula at logits beyond those where its sigmoid is 1, and at some others.
  private func hazardReport() throws -> Report {
    let logit = [-100, -17.5, -8, 0.5, 16, 17, 20, 40, 0x1p100]
    try DemoFixture.write(to: folder.file("hazard.h5"), cases: []) { author in
      try DemoFixture.attributes(author, "hazard", changing: ["variant": .fixed("paddle.formula")])
      for (name, values) in [
        ("inputs/logit", logit), ("inputs/label", [0, 0, 0, 1, 0, 1, 0, 1, 1]), ("outputs/loss", logit),
      ] {
        try author.dataset(
          "/cases/hazard/\(name)", Tensor(.float32, .vector(logit.count), values: values))
      }
    }
    return Runner(policy: .derived).run(FixtureLocation.find([folder.path]))
  }

  @Test("the text report has the hazards by region of the input")
  func hazardText() throws {
    let text = TextReport.render(try hazardReport())
    let section = """

      paddle.formula float32 outputs/loss, by logit
        NaN         1 of 1   -100  …           -100
                    3 of 5     17  …  1.2676506e+30
        infinite    1 of 3     20  …             20
        lost        1 of 1  -17.5  …          -17.5
        inaccurate  1 of 3     16  …             16

      """
    #expect(text.contains(section), "\(text)")
  }

  @Test("the JSON report has the hazards by region of the input, as its schema asks")
  func hazardJSON() throws {
    let text = JSONReport.render(try hazardReport())
    let regions = [
      "{\"count\":1,\"elements\":1,\"highest\":-100,\"lowest\":-100}",
      "{\"count\":3,\"elements\":5,\"highest\":1.2676506002282294e+30,\"lowest\":17}",
    ].joined(separator: ",")
    #expect(text.contains("\"kind\":\"NaN\",\"lowest\":-100,\"regions\":[\(regions)]"), "\(text)")
    let schema = try JSONSchema(path: root.appendingPathComponent("reports/report.schema.json").path)
    func violations(_ text: String) throws -> [String] {
      schema.violations(in: try JSONSerialization.jsonObject(with: Data(text.utf8)), of: "report")
    }
    #expect(try violations(text) == [])
    #expect(try violations(text.replacing("\"elements\":5", with: "\"elements\":-5")) != [])
    #expect(try violations(text.replacing("\"regions\":", with: "\"parts\":")) != [])
  }

  @Test("the comparison of two files agrees with its schema")
  func comparison() throws {
    _ = try report()
    try DemoFixture.write(to: folder.file("other.h5"), cases: ["demo", "more"])
    let comparison = try FileComparison(
      expected: folder.file("demo.h5"), actual: folder.file("other.h5"), policy: .uniform(.ulps(0)))
    let text = JSONReport.render(comparison)
    let schema = try JSONSchema(path: root.appendingPathComponent("reports/report.schema.json").path)
    #expect(
      schema.violations(in: try JSONSerialization.jsonObject(with: Data(text.utf8)), of: "comparison") == [])
  }

  @Test("what is said to pass does pass")
  func suggestions() throws {
    let shape = Shape.vector(3)
    let pair = (
      Tensor(.float32, shape, values: [0.1, 3, 1e30]), Tensor(.float32, shape, values: [0.3, 2.9, 3e30])
    )
    for (file, tensor) in [("a.h5", pair.0), ("b.h5", pair.1)] {
      let author = try HDF5Author(path: folder.file(file))
      try author.dataset("/x", tensor)
      try author.close()
    }
    func compare(_ policy: String) throws -> FileComparison {
      try FileComparison(
        expected: folder.file("a.h5"), actual: folder.file("b.h5"),
        policy: try #require(TolerancePolicy(parsing: policy)))
    }
    let text = TextReport.render(try compare("ulp:0"))
    let line = try #require(text.split(separator: "\n").first { $0.contains("would pass with ") })
    let policies = line.replacing("would pass with ", with: "").split(separator: " or ")
    #expect(policies.count == 3)
    for policy in policies {
      let policy = policy.filter { $0 != " " }
      #expect(try compare(policy).verdict == .conformant, "\(policy)")
    }
  }

  @Test("integers are shown with their sign")
  func integers() throws {
    for (file, byte) in [("a.h5", UInt8(0xFF)), ("b.h5", 3)] {
      let author = try HDF5Author(path: folder.file(file))
      try author.dataset("/x", Tensor(.int8, .vector(1), bytes: [byte]))
      try author.close()
    }
    let comparison = try FileComparison(
      expected: folder.file("a.h5"), actual: folder.file("b.h5"), policy: .uniform(.ulps(0)))
    #expect(TextReport.render(comparison).contains("expected -1               0xff\n"))
    #expect(JSONReport.render(comparison).contains("\"expected\":-1,"))
  }

  @Test("formats are found by their names, which are unique")
  func registry() {
    #expect(Set(ReportFormats.all.map { $0.name }).count == ReportFormats.all.count)
    #expect(ReportFormats.named("xml") == nil)
  }

  @Test(
    "values are written in the shortest form of their type",
    arguments: [(0.1, "0.1"), (1e-45, "1e-45"), (.nan, "NaN"), (-.infinity, "-Infinity"), (-0.0, "-0.0")])
  func values(value: Double, text: String) {
    #expect(valueText(Double(Float(value)), .float32) == text)
  }

  @Test(
    "measures have three digits",
    arguments: [
      (0, "0"), (2.220446049250313e-16, "2.22e-16"), (81.87801, "81.9"), (352_000_001, "3.52e+08"), (1, "1"),
      (.infinity, "Infinity"),
    ])
  func measures(value: Double, text: String) { #expect(measureText(value) == text) }
}
