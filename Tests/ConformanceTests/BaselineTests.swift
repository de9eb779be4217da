import Comparison
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
  /// The error of those outside that are finite.
  var error = 100

  var json: String {
    let finite = outside - nonfinite
    let classes = finite > 0 ? "\"\(Discrepancy.errorClass(of: Double(error)))\":\(finite)" : ""
    let discrepancy = """
      "discrepancy":{"outside":\(outside),"nan":\(nonfinite),"infinite":0,"unmeasured":0,"wrong_sign":0,
      "max_error":\(finite > 0 ? error : 0),"max_absolute_error":\(finite > 0 ? 1 : 0),"classes":{\(classes)}},
      """
    return """
      {"name":"\(name)","dtype":"\(dtype)","shape":\(shape),"verdict":"\(verdict)","count":4,"identical":\(identical),
      "within":\(within),"accurate":0,"outside":\(outside),\(outside > 0 ? discrepancy : "")
      "nonfinite_mismatches":\(nonfinite),"ulp":{"max":\(ulps)}}
      """
  }

  static let outside = RecordedTensor(verdict: "nonconformant", identical: 3, outside: 1)
}

/// A case of a recorded report.
private struct RecordedCase: Sendable {
  var name = "x"
  var fixture = "a.h5"
  var framework = "torch"
  var version = "2"
  var device = "cpu"
  var outcome = "value"
  var verdict: String?
  var tensors = [RecordedTensor()]

  var caseVerdict: String {
    let worst = ["error", "nonconformant", "known", "conformant"].first { name in
      tensors.contains { $0.verdict == name }
    }
    return verdict ?? worst ?? (outcome == "raised" ? "conformant" : "unjudged")
  }

  var json: String {
    """
    {"id":"\(fixture)#\(name)","fixture":"\(fixture)","variant":"v","framework":"\(framework)",
    "framework_version":"\(version)",
    "outcome":"\(outcome)","verdict":"\(caseVerdict)","tensors":[\(tensors.map(\.json).joined(separator: ","))]}
    """
  }
}

private func reportJSON(_ cases: [RecordedCase], unreadable: [String] = [], policy: String = "derived")
  -> String
{
  func count(_ verdict: String) -> Int { cases.count { $0.caseVerdict == verdict } }
  let builds = Dictionary(grouping: cases, by: \.fixture).sorted { $0.key < $1.key }.compactMap(\.value.first)
  let files = builds.map {
    """
    {"file":"\($0.fixture)","framework":"\($0.framework)","framework_version":"\($0.version)","device":"\($0.device)"}
    """
  }
  let fixtures = files + unreadable.map { "{\"file\":\"\($0)\",\"error\":\"why\"}" }
  return """
    {"schema":"focalcheck-report/1","verdict":"\(count("error") + unreadable.count > 0 ? "error" : "conformant")",
    "policy":{"name":"\(policy)","source":""},"summary":{"cases":\(cases.count),"conformant":\(count("conformant")),
    "known":\(count("known")),"unjudged":\(count("unjudged")),"nonconformant":\(count("nonconformant")),"error":\(count("error"))},
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
      losses: ["a.h5#x outputs/loss: 0 → 1 NaN"], gains: [],
      reverse: ([], ["a.h5#x outputs/loss: 1 → 0 NaN"])),
    CaseChange(
      testDescription: "NaN that is allowed", before: RecordedCase(),
      after: RecordedCase(tensors: [RecordedTensor(identical: 3, within: 1, nonfinite: 1)]),
      losses: ["a.h5#x outputs/loss: 0 → 1 NaN or infinite on one side"], gains: [],
      reverse: ([], ["a.h5#x outputs/loss: 1 → 0 NaN or infinite on one side"])),
    CaseChange(
      testDescription: "farther from exact with the same verdict", before: RecordedCase(tensors: [.outside]),
      after: RecordedCase(tensors: [
        RecordedTensor(verdict: "nonconformant", identical: 3, outside: 1, error: 400)
      ]),
      losses: ["a.h5#x outputs/loss: 100 → 400 ULP as the largest error"], gains: [],
      reverse: ([], ["a.h5#x outputs/loss: 400 → 100 ULP as the largest error"])),
    CaseChange(
      testDescription: "another wrong value", before: RecordedCase(tensors: [.outside]),
      after: RecordedCase(tensors: [
        RecordedTensor(verdict: "nonconformant", identical: 3, outside: 1, error: 140)
      ]),
      losses: [], gains: [], reverse: ([], []), moved: 1),
    CaseChange(
      testDescription: "known, and worse than known",
      before: RecordedCase(tensors: [RecordedTensor(verdict: "known", identical: 2, outside: 2)]),
      after: RecordedCase(tensors: [RecordedTensor(verdict: "known", identical: 2, outside: 2, nonfinite: 2)]
      ),
      losses: ["a.h5#x outputs/loss: 0 → 2 NaN"], gains: [],
      reverse: ([], ["a.h5#x outputs/loss: 2 → 0 NaN"])),
    CaseChange(
      testDescription: "unjudged instead of wrong", before: RecordedCase(tensors: [.outside]),
      after: RecordedCase(tensors: [RecordedTensor(verdict: "unjudged", identical: 0)]),
      losses: ["a.h5#x outputs/loss: nonconformant → unjudged"], gains: [],
      reverse: (["a.h5#x outputs/loss: unjudged → nonconformant"], [])),
    CaseChange(
      testDescription: "a wrong type that is right now",
      before: RecordedCase(tensors: [RecordedTensor(dtype: "float64", verdict: "nonconformant", identical: 0)]
      ),
      after: RecordedCase(), losses: [],
      gains: ["a.h5#x outputs/loss: float64 (4) → float32 (4); nonconformant → conformant"],
      reverse: (["a.h5#x outputs/loss: float32 (4) → float64 (4); conformant → nonconformant"], [])),
    CaseChange(
      testDescription: "an unjudged value instead of raising",
      before: RecordedCase(outcome: "raised", tensors: []),
      after: RecordedCase(tensors: [
        RecordedTensor(), RecordedTensor(name: "grads/label", verdict: "unjudged"),
      ]),
      losses: ["a.h5#x: raises no longer"], gains: [],
      reverse: (["a.h5#x: raises now"], [])),
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
      throws: BaselineError(
        file: "baseline.json",
        reason:
          "the run has no case in common with the baseline, which has torch 2; the run has keras 3 on cuda")
    ) {
      try compare([RecordedCase()], [RecordedCase(framework: "keras", version: "3", device: "cuda")])
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

/// A fixture of a report: its file and the version of torch that computed it, with the cases x and y.
private struct Build: Sendable {
  let file: String
  let version: String
  var framework = "torch"

  init(_ file: String, _ version: String, framework: String = "torch") {
    self.file = file
    self.version = version
    self.framework = framework
  }

  var cases: [RecordedCase] {
    ["x", "y"].map { RecordedCase(name: $0, fixture: file, framework: framework, version: version) }
  }
}

/// Which fixtures of a run are compared with which of a baseline.
private struct PairingExample: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let before: [Build]
  let after: [Build]
  /// "old version against new version" of each pair, or an error.
  let pairs: Result<[String], BaselineError>
  var worse: [String] = []
  var new: [String] = []
  var notJudged: [String] = []
  var isWhole = false

  static let all: [PairingExample] = [
    PairingExample(
      testDescription: "the next version under another name", before: [Build("torch-2.13.0.h5", "2.13.0")],
      after: [Build("torch-2.14.0+cpu.h5", "2.14.0+cpu")], pairs: .success(["2.13.0 against 2.14.0+cpu"])),
    PairingExample(
      testDescription: "the next version under the same name", before: [Build("live.h5", "2.13.0")],
      after: [Build("live.h5", "2.14.0")], pairs: .success(["2.13.0 against 2.14.0"])),
    PairingExample(
      testDescription: "the same version under another name", before: [Build("a.h5", "2.13.0")],
      after: [Build("b.h5", "2.13.0")], pairs: .success(["2.13.0 against 2.13.0"])),
    PairingExample(
      testDescription: "one of several versions", before: [Build("a.h5", "2.6.2"), Build("b.h5", "3.0.0")],
      after: [Build("b.h5", "3.0.0")], pairs: .success(["3.0.0 against 3.0.0"]), notJudged: ["a.h5"]),
    PairingExample(
      testDescription: "the latest of several versions is nearest to the next one",
      before: [Build("a.h5", "2.6.2"), Build("b.h5", "3.0.0"), Build("c.h5", "3.3.1")],
      after: [Build("d.h5", "3.10.0")], pairs: .success(["3.3.1 against 3.10.0"]),
      notJudged: ["a.h5", "b.h5"]),
    PairingExample(
      testDescription: "a folder in which one version was replaced",
      before: [Build("a.h5", "2.6.2"), Build("b.h5", "3.0.0"), Build("c.h5", "3.3.1")],
      after: [Build("a.h5", "2.6.2"), Build("b.h5", "3.0.0"), Build("d.h5", "3.4.0")],
      pairs: .success(["2.6.2 against 2.6.2", "3.0.0 against 3.0.0", "3.3.1 against 3.4.0"]), isWhole: true),
    PairingExample(
      testDescription: "a version more is new, and a version fewer is gone",
      before: [Build("a.h5", "2.6.2"), Build("b.h5", "3.0.0")],
      after: [Build("b.h5", "3.0.0"), Build("c.h5", "3.3.1")], pairs: .success(["3.0.0 against 3.0.0"]),
      worse: ["a.h5: is gone with all of its cases"], new: ["c.h5#x", "c.h5#y"], isWhole: true),
    PairingExample(
      testDescription: "of two later versions the nearer one is compared", before: [Build("a.h5", "2.13.0")],
      after: [Build("c.h5", "2.15.0"), Build("b.h5", "2.14.0")], pairs: .success(["2.13.0 against 2.14.0"]),
      new: ["c.h5#x", "c.h5#y"]),
    PairingExample(
      testDescription: "an earlier version", before: [Build("a.h5", "2.13.0"), Build("b.h5", "2.14.0")],
      after: [Build("c.h5", "2.12.0")], pairs: .success(["2.13.0 against 2.12.0"]), notJudged: ["b.h5"]),
    PairingExample(
      testDescription: "a version that differs in its build only", before: [Build("a.h5", "2.13.0+cu130")],
      after: [Build("b.h5", "2.13.0+cpu")], pairs: .success(["2.13.0+cu130 against 2.13.0+cpu"])),
    PairingExample(
      testDescription: "a framework in capital letters", before: [Build("a.h5", "2.13.0")],
      after: [Build("b.h5", "2.14.0", framework: "Torch")], pairs: .success(["2.13.0 against 2.14.0"])),
    PairingExample(
      testDescription: "two builds of one version are no version nearer", before: [Build("a.h5", "2.13.0")],
      after: [Build("b.h5", "2.14.0+cpu"), Build("c.h5", "2.14.0+cu130")],
      pairs: .failure(
        BaselineError(
          file: "baseline.json",
          reason:
            "torch 2.13.0 could be compared with torch 2.14.0+cpu or torch 2.14.0+cu130; judge one of them at a time"
        ))),
    PairingExample(
      testDescription: "two fixtures of one build with the same cases", before: [Build("a.h5", "2.13.0")],
      after: [Build("b.h5", "2.13.0"), Build("c.h5", "2.13.0")],
      pairs: .failure(
        BaselineError(
          file: "baseline.json",
          reason: "a.h5#x could be compared with b.h5#x or c.h5#x; judge one of them at a time"))),
    PairingExample(
      testDescription: "two fixtures of the baseline with the same cases",
      before: [Build("a.h5", "2.13.0"), Build("b.h5", "2.13.0")], after: [Build("c.h5", "2.14.0")],
      pairs: .failure(
        BaselineError(
          file: "baseline.json",
          reason: "c.h5#x could be compared with b.h5#x or with another case of that name; "
            + "give the fixture the file name that it has there"))),
    PairingExample(
      testDescription: "two fixtures of one build that kept their names",
      before: [Build("a.h5", "2.13.0"), Build("b.h5", "2.13.0")],
      after: [Build("a.h5", "2.14.0"), Build("b.h5", "2.14.0")], pairs: .success(["2.13.0 against 2.14.0"]),
      isWhole: true),
  ]
}

@Suite("Pairing with a baseline")
struct BaselinePairingTests {
  private func texts(_ changes: [BaselineComparison.Change]) -> [String] {
    changes.map { "\($0.id): \($0.causes.joined(separator: "; "))" }
  }

  private func compare(_ before: [Build], _ after: [Build], isWhole: Bool = false) throws(BaselineError)
    -> BaselineComparison
  {
    try BaselineComparison(
      recorded(reportJSON(after.flatMap(\.cases))), against: recorded(reportJSON(before.flatMap(\.cases))),
      isWhole: isWhole)
  }

  @Test("cases belong together by framework and name", arguments: PairingExample.all)
  private func pairing(example: PairingExample) throws {
    switch example.pairs {
    case .failure(let error):
      #expect(throws: error) { try compare(example.before, example.after, isWhole: example.isWhole) }
    case .success(let pairs):
      let comparison = try compare(example.before, example.after, isWhole: example.isWhole)
      #expect(comparison.builds.map { "\($0.baselineVersion) against \($0.version)" } == pairs)
      #expect(texts(comparison.worse) == example.worse)
      #expect(comparison.new == example.new)
      #expect(comparison.notJudged == example.notJudged)
      #expect(comparison.better == [])
    }
  }

  @Test("the next version is worse where its results are, by the names that it has now")
  func worse() throws {
    let before = try recorded(reportJSON(Build("torch-2.13.0.h5", "2.13.0").cases))
    var cases = Build("torch-2.14.0.h5", "2.14.0").cases
    cases[0].tensors = [.outside]
    let after = try recorded(reportJSON(cases))
    let comparison = try BaselineComparison(after, against: before, isWhole: false)
    #expect(texts(comparison.worse) == ["torch-2.14.0.h5#x: conformant → nonconformant; 0 → 1 outside"])
    // A filter selects from the baseline as if its cases had the names of the run.
    let dropped = try recorded(reportJSON([cases[0]]))
    for (pattern, isGone) in [("torch 2.14*", true), ("torch-2.14.0.h5#*", true), ("x", false)] {
      let filtered = try BaselineComparison(
        dropped, against: before, filter: CaseFilter([pattern]), isWhole: false)
      #expect(texts(filtered.worse).contains("torch-2.13.0.h5#y: is gone") == isGone, "\(pattern)")
    }
  }

  @Test("a report that does not say how wrong its tensors are is no baseline, and says what to do")
  func withoutDiscrepancy() throws {
    let json = reportJSON([RecordedCase(tensors: [.outside])])
    try #require(json.contains("\"discrepancy\""))
    let error = #expect(throws: BaselineError.self) {
      try recorded(json.replacing("\"discrepancy\"", with: "\"another\""))
    }
    #expect(
      error?.reason.contains("focalcheck run --output json=PATH") == true, "\(String(describing: error))")
  }
}

/// A tensor's state in a report, from the best to the worst.
private enum RecordedState: CaseIterable {
  case conformant, known, knownWorse, unjudged, nonconformant, worse, nan, different, error

  var tensor: RecordedTensor {
    switch self {
    case .conformant: RecordedTensor()
    case .known: RecordedTensor(verdict: "known", identical: 3, outside: 1)
    case .knownWorse: RecordedTensor(verdict: "known", identical: 3, outside: 1, error: 400)
    case .unjudged: RecordedTensor(verdict: "unjudged", identical: 0)
    case .nonconformant: .outside
    case .worse: RecordedTensor(verdict: "nonconformant", identical: 3, outside: 1, error: 400)
    case .nan: RecordedTensor(verdict: "nonconformant", identical: 3, outside: 1, nonfinite: 1)
    case .different: RecordedTensor(verdict: "nonconformant", identical: 0)
    case .error: RecordedTensor(verdict: "error", identical: 0)
    }
  }

  /// Whether a change to another state is a loss: to one that is later in the list, to what is judged no longer, and to
  /// what is more wrong though it is known now.
  func isWorse(_ new: RecordedState) -> Bool {
    switch (self, new) {
    case (.nonconformant, .unjudged), (.worse, .unjudged), (.nan, .unjudged), (.different, .unjudged),
      (.nonconformant, .knownWorse):
      return true
    default:
      let all = Self.allCases
      return all.firstIndex(of: self) ?? 0 < all.firstIndex(of: new) ?? 0
    }
  }
}

@Suite("Baseline transitions")
struct BaselineTransitionTests {
  @Test("no change to a worse state is let pass, for every pair of states of a loss and a gradient")
  func transitions() throws {
    for name in ["outputs/loss", "grads/logit"] {
      for before in RecordedState.allCases {
        for after in RecordedState.allCases {
          var old = before.tensor
          var new = after.tensor
          old.name = name
          new.name = name
          let other = RecordedTensor(name: "grads/other")
          let comparison = try BaselineComparison(
            recorded(reportJSON([RecordedCase(tensors: [new, other])])),
            against: recorded(reportJSON([RecordedCase(tensors: [old, other])])))
          #expect(
            comparison.worse.isEmpty == !before.isWorse(after),
            "\(name): \(before) → \(after): \(comparison.worse)")
          if before == after { #expect(comparison.better.isEmpty && comparison.moved == 0) }
        }
      }
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
      against: recorded(reportJSON([RecordedCase(name: "demo", fixture: "demo.h5", framework: "demo")])))
    #expect(report.gate.exitCode == 1)

    try Damage.write(
      folder.file(Ledger.fileName),
      Array(
        "[[difference]]\ncase = 'absent'\nreason = 'why'\nmax_outside = { finite = 1 }\nmax_ulp = 1\n".utf8))
    var stale = try Ledgers(.besideFixtures, for: locations).applied(to: report)
    stale.baseline = try BaselineComparison(RecordedReport(stale), against: RecordedReport(stale))
    #expect(stale.gate.exitCode == 1)

    try Damage.write(folder.file("zeros.h5"), Array(repeating: 0, count: 200))
    var unread = Runner(policy: .derived).run(FixtureLocation.find([folder.path]))
    unread.baseline = try BaselineComparison(RecordedReport(unread), against: RecordedReport(unread))
    #expect(unread.gate.exitCode == 2)
  }
}
