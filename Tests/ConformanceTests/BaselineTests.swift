import FixtureAuthoring
import Testing

@testable import Conformance

/// A tensor of a recorded report; what is not said is that of a conformant one.
private struct RecordedTensor: Sendable {
  var name = "outputs/loss"
  var dtype = "float32"
  var shape = [4]
  var verdict = "conformant"
  var identical = 4
  var within = 0
  var outside = 0
  var nonfinite = 0
  var ulps = 0

  var json: String {
    """
    {"name":"\(name)","dtype":"\(dtype)","shape":\(shape),"verdict":"\(verdict)","count":4,"identical":\(identical),
    "within":\(within),"accurate":0,"outside":\(outside),"nonfinite_mismatches":\(nonfinite),"ulp":{"max":\(ulps)}}
    """
  }

  static let outside = RecordedTensor(verdict: "nonconformant", identical: 3, outside: 1)
}

/// A case of a recorded report.
private struct RecordedCase: Sendable {
  var name = "x"
  var fixture = "a.h5"
  var outcome = "value"
  var verdict: String?
  var tensors = [RecordedTensor()]

  var caseVerdict: String {
    verdict ?? ["error", "nonconformant", "known"].first { name in tensors.contains { $0.verdict == name } }
      ?? "conformant"
  }

  var json: String {
    """
    {"id":"\(fixture)#\(name)","fixture":"\(fixture)","variant":"v","framework":"torch","framework_version":"2",
    "outcome":"\(outcome)","verdict":"\(caseVerdict)","tensors":[\(tensors.map(\.json).joined(separator: ","))]}
    """
  }
}

private func reportJSON(_ cases: [RecordedCase], unreadable: [String] = [], policy: String = "derived")
  -> String
{
  func count(_ verdict: String) -> Int { cases.count { $0.caseVerdict == verdict } }
  let files = Set(cases.map(\.fixture)).sorted().map { "{\"file\":\"\($0)\"}" }
  let fixtures = files + unreadable.map { "{\"file\":\"\($0)\",\"error\":\"why\"}" }
  return """
    {"schema":"focalcheck-report/1","verdict":"\(count("error") + unreadable.count > 0 ? "error" : "conformant")",
    "policy":{"name":"\(policy)","source":""},"summary":{"cases":\(cases.count),"conformant":\(count("conformant")),
    "known":\(count("known")),"nonconformant":\(count("nonconformant")),"error":\(count("error"))},
    "fixtures":[\(fixtures.joined(separator: ","))],"cases":[\(cases.map(\.json).joined(separator: ","))]}
    """
}

private func recorded(_ json: String) throws(BaselineError) -> RecordedReport {
  try RecordedReport(json: Array(json.utf8), path: "folder/baseline.json")
}

/// A change of one case, and what is said of it.
private struct CaseChange: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let before: RecordedCase
  let after: RecordedCase
  let losses: [String]
  let gains: [String]
  /// What is said of the reverse.
  let reverse: (losses: [String], gains: [String])
  var moved = 0

  static let all: [CaseChange] = [
    CaseChange(
      testDescription: "nothing", before: RecordedCase(), after: RecordedCase(), losses: [], gains: [],
      reverse: ([], [])),
    CaseChange(
      testDescription: "bits inside of what is allowed", before: RecordedCase(),
      after: RecordedCase(tensors: [RecordedTensor(identical: 1, within: 3, ulps: 900)]), losses: [],
      gains: [],
      reverse: ([], []), moved: 1),
    CaseChange(
      testDescription: "an element outside", before: RecordedCase(), after: RecordedCase(tensors: [.outside]),
      losses: ["a.h5#x outputs/loss: conformant → nonconformant; 0 → 1 outside"], gains: [],
      reverse: ([], ["a.h5#x outputs/loss: nonconformant → conformant; 1 → 0 outside"])),
    CaseChange(
      testDescription: "more outside with the same verdict", before: RecordedCase(tensors: [.outside]),
      after: RecordedCase(tensors: [RecordedTensor(verdict: "nonconformant", identical: 2, outside: 2)]),
      losses: ["a.h5#x outputs/loss: 1 → 2 outside"], gains: [],
      reverse: ([], ["a.h5#x outputs/loss: 2 → 1 outside"])),
    CaseChange(
      testDescription: "NaN among as many outside", before: RecordedCase(tensors: [.outside]),
      after: RecordedCase(
        tensors: [RecordedTensor(verdict: "nonconformant", identical: 3, outside: 1, nonfinite: 1)]),
      losses: ["a.h5#x outputs/loss: 0 → 1 NaN or infinite on one side"], gains: [],
      reverse: ([], ["a.h5#x outputs/loss: 1 → 0 NaN or infinite on one side"])),
    CaseChange(
      testDescription: "known", before: RecordedCase(),
      after: RecordedCase(tensors: [RecordedTensor(verdict: "known")]),
      losses: ["a.h5#x outputs/loss: conformant → known"], gains: [],
      reverse: ([], ["a.h5#x outputs/loss: known → conformant"])),
    CaseChange(
      testDescription: "fewer outside, but no longer known",
      before: RecordedCase(tensors: [RecordedTensor(verdict: "known", identical: 2, outside: 2)]),
      after: RecordedCase(tensors: [.outside]),
      losses: ["a.h5#x outputs/loss: known → nonconformant"], gains: [],
      reverse: (["a.h5#x outputs/loss: 1 → 2 outside"], [])),
    CaseChange(
      testDescription: "another type and shape", before: RecordedCase(),
      after: RecordedCase(tensors: [RecordedTensor(dtype: "float64", shape: [2, 2])]),
      losses: ["a.h5#x outputs/loss: float32 (4) → float64 (2, 2)"], gains: [],
      reverse: (["a.h5#x outputs/loss: float64 (2, 2) → float32 (4)"], [])),
    CaseChange(
      testDescription: "carried", before: RecordedCase(),
      after: RecordedCase(tensors: [RecordedTensor(verdict: "carried", identical: 0)]),
      losses: ["a.h5#x outputs/loss: is judged no longer"], gains: [],
      reverse: ([], ["a.h5#x outputs/loss: is judged now: conformant"])),
    CaseChange(
      testDescription: "a tensor fewer",
      before: RecordedCase(tensors: [RecordedTensor(), RecordedTensor(name: "grads/logit")]),
      after: RecordedCase(), losses: ["a.h5#x grads/logit: is gone"], gains: [], reverse: ([], [])),
    CaseChange(
      testDescription: "a wrong tensor more", before: RecordedCase(),
      after: RecordedCase(
        tensors: [RecordedTensor(), RecordedTensor(name: "grads/logit", verdict: "nonconformant")]),
      losses: ["a.h5#x grads/logit: is new: nonconformant"], gains: [],
      reverse: (["a.h5#x grads/logit: is gone"], [])),
    CaseChange(
      testDescription: "raised where it may", before: RecordedCase(),
      after: RecordedCase(outcome: "raised", tensors: []), losses: ["a.h5#x: raises now"], gains: [],
      reverse: ([], ["a.h5#x: raises no longer"])),
    CaseChange(
      testDescription: "raised unduly", before: RecordedCase(),
      after: RecordedCase(outcome: "raised", verdict: "nonconformant", tensors: []),
      losses: ["a.h5#x: raises now; conformant → nonconformant"], gains: [],
      reverse: ([], ["a.h5#x: raises no longer; nonconformant → conformant"])),
    CaseChange(
      testDescription: "a wrong value instead of raising",
      before: RecordedCase(outcome: "raised", tensors: []),
      after: RecordedCase(tensors: [.outside]),
      losses: ["a.h5#x: raises no longer; conformant → nonconformant"], gains: [],
      reverse: (["a.h5#x: raises now; nonconformant → conformant"], [])),
    CaseChange(
      testDescription: "raised where it may not any more",
      before: RecordedCase(outcome: "raised", tensors: []),
      after: RecordedCase(outcome: "raised", verdict: "nonconformant", tensors: []),
      losses: ["a.h5#x: conformant → nonconformant"], gains: [],
      reverse: ([], ["a.h5#x: nonconformant → conformant"])),
    CaseChange(
      testDescription: "a case that could not be judged", before: RecordedCase(),
      after: RecordedCase(verdict: "error", tensors: []), losses: ["a.h5#x: conformant → error"], gains: [],
      reverse: ([], ["a.h5#x: error → conformant"])),
  ]
}

@Suite("Baselines")
struct BaselineTests {
  private func texts(_ changes: [BaselineComparison.Change]) -> [String] {
    changes.map { "\($0.id)\($0.tensor.map { " \($0)" } ?? ""): \($0.causes.joined(separator: "; "))" }
  }

  private func compare(_ before: [RecordedCase], _ after: [RecordedCase]) throws -> BaselineComparison {
    try BaselineComparison(recorded(reportJSON(after)), against: recorded(reportJSON(before)))
  }

  @Test("each change of a case is worse, better or neither, and so is its reverse", arguments: CaseChange.all)
  private func change(change: CaseChange) throws {
    let forth = try compare([change.before], [change.after])
    #expect(texts(forth.worse) == change.losses)
    #expect(texts(forth.better) == change.gains)
    #expect(forth.moved == change.moved)
    let back = try compare([change.after], [change.before])
    #expect(texts(back.worse) == change.reverse.losses)
    #expect(texts(back.better) == change.reverse.gains)
    #expect(forth.new == [] && back.new == [])
  }

  @Test("a case that is gone is worse; a new one is neither, unless it is wrong")
  func goneAndNew() throws {
    let comparison = try compare(
      [RecordedCase(), RecordedCase(name: "y")],
      [RecordedCase(), RecordedCase(name: "z"), RecordedCase(name: "bad", tensors: [.outside])])
    #expect(texts(comparison.worse) == ["a.h5#y: is gone", "a.h5#bad: is new: nonconformant"])
    #expect(comparison.new == ["a.h5#z"])
  }

  @Test("a fixture that is gone is worse, but where the run was asked for others it is not looked at")
  func goneFixture() throws {
    let before = try recorded(reportJSON([RecordedCase(), RecordedCase(fixture: "b.h5")]))
    let after = try recorded(reportJSON([RecordedCase()]))
    let whole = try BaselineComparison(after, against: before)
    #expect(texts(whole.worse) == ["b.h5: is gone with all of its cases"])
    #expect(whole.notJudged == [])
    let part = try BaselineComparison(after, against: before, isWhole: false)
    #expect(part.worse == [])
    #expect(part.notJudged == ["b.h5"])
  }

  @Test("a fixture that can be read no longer is worse, and its cases are not told one by one")
  func unreadable() throws {
    let both = try recorded(reportJSON([RecordedCase(), RecordedCase(fixture: "b.h5")]))
    let one = try recorded(reportJSON([RecordedCase()], unreadable: ["b.h5"]))
    #expect(try texts(BaselineComparison(one, against: both).worse) == ["b.h5: can be read no longer"])
    let back = try BaselineComparison(both, against: one)
    #expect(texts(back.better) == ["b.h5: can be read now"])
    #expect(back.new == ["b.h5#x"])
  }

  @Test("a filter selects from the baseline as from the run")
  func filtered() throws {
    let before = try recorded(
      reportJSON([RecordedCase(), RecordedCase(name: "y"), RecordedCase(fixture: "b.h5")]))
    let after = try recorded(reportJSON([RecordedCase()]))
    func worse(_ pattern: String) throws -> [String] {
      try texts(BaselineComparison(after, against: before, filter: CaseFilter([pattern])).worse)
    }
    #expect(try worse("a.h5#x") == [])
    #expect(try worse("a.h5#*") == ["a.h5#y: is gone"])
    #expect(try worse("torch 2") == ["b.h5: is gone with all of its cases", "a.h5#y: is gone"])
  }

  @Test("nothing in common, and another policy, is an error and no success")
  func incomparable() throws {
    #expect(
      throws: BaselineError(file: "baseline.json", reason: "the run has no case in common with the baseline")
    ) {
      try compare([RecordedCase()], [RecordedCase(fixture: "b.h5")])
    }
    #expect(
      throws: BaselineError(file: "baseline.json", reason: "was judged by the policy torch, not by derived")
    ) {
      try BaselineComparison(
        recorded(reportJSON([RecordedCase()])),
        against: recorded(reportJSON([RecordedCase()], policy: "torch")))
    }
  }

  @Test(
    "a report that is damaged says why",
    arguments: [
      ("", "", "it is not well-formed"), ("}]}", "}", "it is not well-formed"),
      ("focalcheck-report/1", "focalcheck-report/2", "its schema is \"focalcheck-report/2\""),
      ("\"name\":\"derived\"", "\"name\":1", "\"policy.name\" is of another type"),
      ("\"outside\":0,", "", "\"outside\" is missing"),
      (
        "\"verdict\":\"conformant\",\"count\"", "\"verdict\":\"fine\",\"count\"",
        "has a value that it cannot have"
      ),
      ("\"ulp\":{\"max\":0}", "\"ulp\":{\"max\":-1}", "is not a report of the schema focalcheck-report/1: "),
      ("\"cases\":1", "\"cases\":2", "is incomplete or was changed: its summary is not that of its cases"),
    ])
  func damaged(text: String, replacement: String, reason: String) throws {
    let json = reportJSON([RecordedCase()])
    try #require(text.isEmpty || json.contains(text))
    let error = #expect(throws: BaselineError.self) {
      try recorded(text.isEmpty ? "" : json.replacing(text, with: replacement))
    }
    let message = error?.description ?? ""
    #expect(message.hasPrefix("folder/baseline.json: ") && message.contains(reason), "\(message)")
  }

  @Test("two cases of one id cannot be told apart")
  func duplicate() {
    #expect(throws: BaselineError(file: "baseline.json", reason: "two cases have the id a.h5#x")) {
      try recorded(reportJSON([RecordedCase(), RecordedCase()]))
    }
  }

  @Test("a report in which something could not be judged, and one that is a baseline, cannot be accepted")
  func unacceptable() throws {
    try recorded(reportJSON([RecordedCase(tensors: [.outside])])).checkAcceptable()
    for json in [
      reportJSON([RecordedCase(verdict: "error")]), reportJSON([]),
      reportJSON([RecordedCase()]).replacing(
        "\"policy\"",
        with: "\"accepted\":[{\"reason\":\"why\",\"worse\":0,\"better\":0,\"new\":0}],\"policy\""),
    ] {
      #expect(throws: BaselineError.self) { try recorded(json).checkAcceptable() }
    }
  }
}

@Suite("The gate")
struct GateTests {
  @Test("beside a baseline a run fails by what is worse, by a stale ledger and by what could not be judged")
  func gate() throws {
    let folder = try TemporaryFolder()
    try DemoFixture.write(to: folder.file("demo.h5"))
    let locations = FixtureLocation.find([folder.path])
    var report = Runner(policy: .derived).run(locations)
    #expect(report.gate.exitCode == 1)
    report.baseline = try BaselineComparison(RecordedReport(report), against: RecordedReport(report))
    #expect(report.verdict == .nonconformant)
    #expect(report.gate.passed)
    report.baseline = try BaselineComparison(
      RecordedReport(report),
      against: recorded(reportJSON([RecordedCase(name: "demo", fixture: "demo.h5")])))
    #expect(report.gate.exitCode == 1)

    try Damage.write(
      folder.file(Ledger.fileName), Array("[[difference]]\ncase = 'absent'\nreason = 'why'\n".utf8))
    var stale = try Ledgers(.besideFixtures, for: locations).applied(to: report)
    stale.baseline = try BaselineComparison(RecordedReport(stale), against: RecordedReport(stale))
    #expect(stale.gate.exitCode == 1)

    try Damage.write(folder.file("zeros.h5"), Array(repeating: 0, count: 200))
    var unread = Runner(policy: .derived).run(FixtureLocation.find([folder.path]))
    unread.baseline = try BaselineComparison(RecordedReport(unread), against: RecordedReport(unread))
    #expect(unread.gate.exitCode == 2)
  }
}
