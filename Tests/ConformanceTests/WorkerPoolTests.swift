import FixtureAuthoring
import Foundation
import Testing

@testable import Conformance

@Suite("Worker pools")
struct WorkerPoolTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try DemoFixture.write(to: folder.file("demo.h5"))
  }

  private let policy = Policy.tolerance(.uniform(.ulps(.max)))

  /// The report of a pool whose workers do what a shell script says; `said` is what a real one writes.
  private func report(_ script: String) async throws -> Report {
    let location = FixtureLocation(path: folder.file("demo.h5"))
    let said = folder.file("said")
    try Damage.write(said, [])
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: said))
    try Worker(location, policy: policy, filter: CaseFilter()).run(
      .judge, writingTo: file.fileDescriptor)
    try file.close()
    let program = folder.file("program")
    try Damage.write(program, Array("#!/bin/sh\nsaid='\(said)'\n\(script)\n".utf8))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
    let pool = WorkerPool(program: program, policy: policy, filter: CaseFilter(), jobs: 1, deadline: 60)
    return await pool.run([location])
  }

  @Test("what a worker says to its end, with success, is the report")
  func whole() async throws {
    let report = try await report("/bin/cat $said")
    #expect(report.verdict == .conformant, "\(report.fixtures.map(\.error))")
  }

  @Test(
    "a whole result does not count after another end than success, nor a part of one",
    arguments: [
      ("/bin/cat $said; exit 3", "the process that judged it failed with exit status 3"),
      ("/bin/cat $said; kill -SEGV $$", "the process that judged it was ended by signal 11"),
      ("/bin/cat $said; kill -KILL $$", "the process that judged it was ended by signal 9"),
      ("/usr/bin/head -n 3 $said", "the process that judged it ended without a whole result"),
      ("/bin/cat $said $said", "the process that judged it said more than a whole result"),
      ("/bin/sed 's/demo/Demo/' $said", "the process that judged it gave a damaged result"),
      ("exit 0", "the process that judged it ended without a whole result"),
      // The completion record of nothing.
      (
        "echo '{\"byteCount\":0,\"sha256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\"}'",
        "the process that judged it ended without a whole result"
      ),
    ])
  func partial(script: String, reason: String) async throws {
    let report = try await report(script)
    #expect(report.verdict == .error)
    #expect(
      report.fixtures.first?.error?.reason.hasPrefix(reason) == true, "\(report.fixtures.map(\.error))")
  }

  @Test("a worker that says more than a record may have is ended")
  func endless() async throws {
    let report = try await report("exec /usr/bin/head -c 70000000 /dev/zero")
    #expect(
      report.fixtures.first?.error?.reason
        == "the process that judged it said a record of more than 67108864 bytes")
  }

  @Test("a finding that no fixture can give is refused")
  func impossible() {
    var report = SelfTestReport(.derived)
    let records = FindingRecords<SelfTestReport>()
    #expect(records.objection(to: .found(report)) == nil)
    report.kinds[0].faults = .max
    #expect(records.objection(to: .found(report)) == "gave an impossible result")
    report.kinds = []
    #expect(records.objection(to: .found(report)) == "gave an impossible result")
    for (index, count) in [(-1, 2), (2, 2), (0, -1), (0, .max)] {
      let place = FixturePlace(name: "x", index: index, caseCount: count)
      #expect(records.objection(to: .began(place)) == "gave an impossible result", "\(place)")
    }
  }

  @Test("a worker that says more than all records may have is refused")
  func bounded() throws {
    var transcript = WorkerTranscript<JudgingTranscript>(byteLimit: 30)
    for _ in 0..<3 { #expect(try transcript.append(Array(repeating: 0, count: 10)).isEmpty) }
    #expect(throws: WorkerFault(reason: "said more than 30 bytes")) {
      try transcript.append([0])
    }
  }
}
