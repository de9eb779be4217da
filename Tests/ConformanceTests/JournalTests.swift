import FixtureAuthoring
import Foundation
import Testing

@testable import Conformance

@Suite("Records of journals")
struct JournalRecordTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try Damage.write(folder.file("program"), Array(repeating: 1, count: 100))
    try Damage.write(folder.file("another"), Array(repeating: 2, count: 100))
    for name in ["demo.h5", "b.h5"] { try DemoFixture.write(to: folder.file(name)) }
  }

  private func journal(
    program: String = "focalcheck 1", executable: String = "program", resumes: Bool = true
  ) throws -> Journal {
    try Journal(
      path: folder.file("journal"),
      for: JournalRun(
        program: program, executable: folder.file(executable), policy: .derived, filter: CaseFilter(),
        claims: [],
        fixtures: [FixtureLocation(path: folder.file("demo.h5")), FixtureLocation(path: folder.file("b.h5"))]),
      resumes: resumes)
  }

  /// Writes a journal with so many cases of each fixture.
  private func write(_ counts: [Int]) throws {
    let journal = try journal(resumes: false)
    for (fixture, count) in counts.enumerated() {
      journal.add([try opened()] + Self.records(0..<count), of: fixture)
    }
    #expect(journal.failure == nil)
  }

  /// What is found first of a fixture of ten cases.
  private func opened() throws -> JudgingRecord {
    let fixture = try FixtureReader(path: folder.file("demo.h5"))
    return .opened(.init(digest: fixture.digest, provenance: fixture.provenance, caseCount: 10))
  }

  private static func records(_ numbers: Range<Int>) -> [JudgingRecord] {
    numbers.map { .judged(CaseReport(id: "demo.h5#\($0)", name: "\($0)")) }
  }

  @Test("what was judged is found again, part after part, until the journal is begun anew")
  func foundAgain() throws {
    try write([3, 2])
    do {
      let journal = try journal()
      #expect(journal.judgedCount == 5)
      #expect(journal.records(of: 1).judgedCount == 2)
      journal.add([try opened()] + Self.records(3..<4), of: 0)
    }
    #expect(try journal().judgedCount == 6)
    #expect(try journal().records(of: 0).judgedCount == 4)
    #expect(try journal(resumes: false).judgedCount == 0)
    #expect(try journal().judgedCount == 0)
  }

  @Test(
    "another version, and another build of the same, do not go on from it",
    arguments: [
      ("focalcheck 2", "program", "is of another run: of focalcheck 1, and this is focalcheck 2"),
      ("focalcheck 1", "another", "is of another run: of another build of focalcheck 1"),
    ])
  func anotherProgram(program: String, executable: String, reason: String) throws {
    try write([1, 1])
    #expect(throws: JournalError(path: folder.file("journal"), reason: reason)) {
      try journal(program: program, executable: executable)
    }
    #expect(try journal().judgedCount == 2)
  }

  @Test("a journal whose first line was cut is begun anew", arguments: [0, 1, 64, 65, 100])
  func cutHeader(length: Int) throws {
    try write([1, 1])
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file("journal")))
    try Damage.write(folder.file("journal"), Array(bytes.prefix(length)))
    #expect(try journal().judgedCount == 0)
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("journal"))).count > 100)
  }

  @Test("a journal with what no worker can have found is damaged, though its digests are right")
  func forged() throws {
    let opened = try opened()
    for records in [
      Self.records(0..<1), [opened] + Self.records(0..<11), [opened, .ended(.init(skippedCount: .max))],
    ] {
      do {
        let journal = try journal(resumes: false)
        journal.add(records, of: 0)
      }
      #expect(throws: JournalError(path: folder.file("journal"), reason: "is damaged in line 2")) {
        try journal()
      }
    }
  }

  @Test("counts that no case can have are refused")
  func impossibleCounts() throws {
    var report = CaseReport(id: "x", name: "x")
    var records = JudgingTranscript()
    records.add(try opened())
    #expect(records.objection(to: .judged(report)) == nil)
    report.exactCounts.fast = .max
    #expect(records.objection(to: .judged(report)) == "gave an impossible result")
  }

  @Test("a worker that finds another file than the one before it is refused")
  func anotherFile() throws {
    var records = JudgingTranscript()
    records.add(try opened())
    #expect(records.objection(to: try opened()) == nil)
    try DemoFixture.write(to: folder.file("demo.h5"), cases: ["another"])
    #expect(records.objection(to: try opened()) == "found another file than before")
  }

  @Test(
    "what no worker can have found is refused",
    arguments: [
      JudgingRecord.began(name: "x", index: 0), .began(name: "x", index: .max),
      .judged(CaseReport(id: "x", name: "x")), .ended(.init(skippedCount: -1)),
      .ended(.init(skippedCount: 1)),
    ])
  func impossible(record: JudgingRecord) {
    #expect(JudgingTranscript().objection(to: record) == "gave an impossible result")
  }
}
