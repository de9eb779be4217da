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
  }

  private func journal(
    program: String = "focalcheck 1", executable: String = "program", resumes: Bool = true
  ) throws -> Journal {
    try Journal(
      path: folder.file("journal"),
      for: JournalRun(
        program: program, executable: folder.file(executable), policy: .derived, filter: CaseFilter(),
        claims: [],
        fixtures: [FixtureLocation(path: "a.h5"), FixtureLocation(path: "b.h5")]),
      resumes: resumes)
  }

  /// Writes a journal with so many cases of each fixture.
  private func write(_ counts: [Int]) throws {
    let journal = try journal(resumes: false)
    for (fixture, count) in counts.enumerated() { journal.add(Self.records(0..<count), of: fixture) }
    #expect(journal.failure == nil)
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
      journal.add(Self.records(3..<4), of: 0)
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
