import FixtureAuthoring
import Foundation
import Testing

@Suite("Journals")
struct JournalTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for (name, count) in [("a.h5", 88), ("b.h5", 1), ("c.h5", 16)] {
      try DemoFixture.write(to: folder.file(name), cases: (0..<count).map { "case\($0)" })
    }
  }

  private static let run = ["run", "a.h5", "b.h5", "c.h5", "--filter", "*case*", "--policy", "ulp:4"]

  private func focalcheck(_ arguments: [String]) throws -> Program.Result {
    try Program.run(arguments, in: folder.path)
  }

  private func lines() throws -> [Substring] {
    try String(contentsOfFile: folder.file("journal"), encoding: .utf8).split(separator: "\n")
  }

  @Test("a run that is killed at any instant is gone on from, and reports the same as one that is not")
  func killed() throws {
    let whole = try focalcheck(Self.run + ["--output", "json=-"])
    let clock = ContinuousClock()
    let duration = try clock.measure { _ = try focalcheck(Self.run) }
    for step in 0..<6 {
      try? FileManager.default.removeItem(atPath: folder.file("journal"))
      // Twice, so that one journal has the traces of two runs.
      for share in [Double(step) / 6, Double.random(in: 0..<1)] {
        let program = try Program.start(Self.run + ["--journal", "journal", "--resume"], in: folder.path)
        Thread.sleep(forTimeInterval: share * (duration / .seconds(1)))
        program.send(SIGKILL)
        _ = program.result()
      }
      let resumed = try focalcheck(Self.run + ["--journal", "journal", "--resume", "--output", "json=-"])
      #expect(resumed.status == whole.status, "\(resumed.text.prefix(1000))")
      #expect(resumed.output == whole.output, "after kills in step \(step)")
      let count = resumed.messages.firstMatch(
        of: /^focalcheck: journal: (\d+) cases? (?:has|have) been judged before\n/)
      #expect(count.flatMap { Int($0.1) }.map { $0 <= 105 } == true, "\(resumed.messages)")
    }
  }

  @Test("what is in a journal is not judged again, and a last line that was cut is")
  func notAgain() throws {
    let whole = try focalcheck(Self.run + ["--journal", "journal"])
    let lines = try lines()
    // The header, and of each fixture a line for each 32 cases.
    #expect(lines.count == 1 + 3 + 1 + 1)
    for (kept, judged) in [(lines.count, 105), (1, 0), (4, nil)] {
      let cut = kept < lines.count ? String(lines[kept].prefix(lines[kept].utf8.count / 2)) : ""
      try Damage.write(
        folder.file("journal"), Array((lines[..<kept].joined(separator: "\n") + "\n" + cut).utf8))
      let resumed = try focalcheck(Self.run + ["--journal", "journal", "--resume"])
      #expect(resumed.output == whole.output)
      if let judged {
        #expect(
          resumed.messages.hasPrefix("focalcheck: journal: \(judged) cases have been "), "\(resumed.messages)"
        )
      }
      #expect(try self.lines().count >= lines.count)
    }
  }

  @Test("a journal with any other byte is refused")
  func damaged() throws {
    _ = try focalcheck(Self.run + ["--journal", "journal"])
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: folder.file("journal"))))
    let lastLine = try #require(bytes.dropLast().lastIndex(of: UInt8(ascii: "\n")))
    for place in stride(from: 0, to: lastLine, by: lastLine / 16) {
      var damaged = bytes
      damaged[place] ^= 1
      try Damage.write(folder.file("journal"), damaged)
      let refused = try focalcheck(Self.run + ["--journal", "journal", "--resume"])
      #expect(refused.status == 2, "byte \(place): \(refused.text.prefix(500))")
      #expect(refused.output.isEmpty)
      #expect(
        refused.messages.contains(
          /^focalcheck: journal: the journal (is no journal of focalcheck|is damaged in line \d+)\n$/),
        "byte \(place): \(refused.messages)")
      #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("journal"))) == Data(damaged))
    }
  }

  @Test(
    "another run does not go on from it",
    arguments: [
      (["run", "a.h5", "b.h5", "c.h5", "--filter", "*case*"], "its policy is ulp:4, and this one's derived"),
      (["run", "a.h5", "b.h5", "c.h5", "--policy", "ulp:4"], "its filters are *case*, and this one's none"),
      (
        ["run", "b.h5", "a.h5", "--filter", "*case*", "--policy", "ulp:4"],
        "its fixtures are a.h5, b.h5, c.h5, and this one's b.h5, a.h5"
      ),
    ])
  func anotherRun(arguments: [String], difference: String) throws {
    _ = try focalcheck(Self.run + ["--journal", "journal"])
    let refused = try focalcheck(arguments + ["--journal", "journal", "--resume"])
    #expect(refused.status == 2)
    #expect(refused.messages == "focalcheck: journal: the journal is of another run: \(difference)\n")
    #expect(refused.output.isEmpty)
    let anew = try focalcheck(arguments + ["--journal", "journal"])
    // Of what lasts the messages tell the progress.
    let plain = try focalcheck(arguments)
    #expect(anew.status == plain.status)
    #expect(anew.output == plain.output)
  }

  @Test("a fixture, or a manifest, that has changed since is not gone on from")
  func changed() throws {
    _ = try focalcheck(Self.run + ["--journal", "journal"])
    try DemoFixture.write(to: folder.file("b.h5"), cases: ["case1"])
    let changed = try focalcheck(Self.run + ["--journal", "journal", "--resume"])
    #expect(changed.status == 2)
    #expect(
      changed.messages == "focalcheck: journal: the journal cannot be gone on from: b.h5 has changed since\n")
    try FileManager.default.removeItem(atPath: folder.file("b.h5"))
    let gone = try focalcheck(Self.run + ["--journal", "journal", "--resume"])
    #expect(
      gone.status == 2 && gone.messages.contains("the journal is of another run")
        || gone.messages.contains("b.h5"))
    try DemoFixture.write(to: folder.file("b.h5"), cases: ["case0"])
    let digests = "{\"file\":\"a.h5\",\"bytes\":100,\"sha256\":\"\(String(repeating: "0", count: 64))\"}"
    try Damage.write(
      folder.file("manifest.json"),
      Array("{\"schema\":\"focalcheck-manifest/1\",\"fixtures\":[\(digests)]}".utf8))
    let pinned = try focalcheck(Self.run + ["--journal", "journal", "--resume"])
    #expect(pinned.status == 2)
    #expect(
      pinned.messages
        == "focalcheck: journal: the journal is of another run: the manifest has changed since\n")
  }

  @Test("a run of which the claims have changed since is not gone on from")
  func changedClaims() throws {
    func write(_ statement: String) throws {
      let claim =
        "[[claim]]\nid = \"a\"\nquote = \"q\"\nsource = \"s\"\nstatement = \"\(statement)\"\ncheck = \"computed\"\ncases = \"*\"\n"
      try Damage.write(folder.file("claims.toml"), Array(claim.utf8))
    }
    try write("before")
    let run = ["run", ".", "--journal", "journal", "--resume"]
    let whole = try focalcheck(run)
    #expect(whole.output.contains("refuted"), "\(whole.text)")
    #expect(try focalcheck(run).output == whole.output)
    try write("after")
    let changed = try focalcheck(run)
    #expect(changed.status == 2)
    #expect(
      changed.messages
        == "focalcheck: journal: the journal is of another run: the claims have changed since\n")
  }

  @Test("a file that is no journal stays as it is", arguments: ["a.h5", "text", "folder", "/dev/full"])
  func noJournal(path: String) throws {
    try Damage.write(folder.file("text"), Array("a text\n".utf8))
    try FileManager.default.createDirectory(atPath: folder.file("folder"), withIntermediateDirectories: true)
    let before = FileManager.default.contents(atPath: folder.file(path))
    for options in [[], ["--resume"]] {
      let refused = try focalcheck(Self.run + ["--journal", path] + options)
      #expect(refused.status == 2, "\(refused.text)")
      #expect(refused.messages.hasPrefix("focalcheck: \(path): the journal "), "\(refused.messages)")
      #expect(refused.output.isEmpty)
    }
    #expect(FileManager.default.contents(atPath: folder.file(path)) == before)
  }

  @Test("a journal that cannot be written to its end costs no report, and is gone on from as far as it was")
  func fullDisk() throws {
    let whole = try focalcheck(Self.run)
    // Of 512 or 1,024 bytes: more than any of its lines, and less than all.
    let full = try Program.run(Self.run + ["--journal", "journal"], in: folder.path, limit: "-f 240")
    #expect(full.status == 2)
    // The findings are the same, and the gate tells that the journal is not whole.
    let findings = { (output: String) in output.components(separatedBy: "\nGate: ").first }
    #expect(findings(full.output) == findings(whole.output))
    #expect(
      full.output.contains("\nGate: failed (exit code 2): journal: the journal cannot be written"),
      "\(full.text)")
    #expect(full.messages == "focalcheck: journal: the journal cannot be written: File too large\n")
    let resumed = try focalcheck(Self.run + ["--journal", "journal", "--resume"])
    #expect(resumed.output == whole.output)
    let judged = resumed.messages.firstMatch(
      of: /^focalcheck: journal: (\d+) cases have been judged before\n/)
    #expect(judged.flatMap { Int($0.1) }.map { (1..<105).contains($0) } == true, "\(resumed.messages)")
  }

  @Test("what a worker found that crashed later does not count")
  func struckOut() throws {
    try DemoFixture.write(to: folder.file("b.h5"), cases: ["case0", "case1"])
    try Damage.resizeVariableString(folder.file("b.h5"))
    let arguments = ["run", "b.h5", "c.h5", "--policy", "ulp:4", "--deadline", "2", "--journal", "journal"]
    _ = try focalcheck(arguments)
    let resumed = try focalcheck(arguments + ["--resume"])
    #expect(resumed.status == 2)
    #expect(
      resumed.messages.hasPrefix("focalcheck: journal: 16 cases have been judged before\n"), "\(resumed.text)"
    )
  }

  @Test(
    "a crash behind cases that are in the journal is met again, and the report is that of a run without one")
  func crashLater() throws {
    let names = (0..<88).map { "case\($0 + 10)" }
    try DemoFixture.write(to: folder.file("b.h5"), cases: names) { author in
      try author.attribute("note", .variableScalar("late"), on: "/cases/\(names[60])")
    }
    // The first string is the framework's name.
    try Damage.misplaceVariableString(folder.file("b.h5"), number: 2)
    let arguments = ["run", "b.h5", "c.h5", "--policy", "ulp:4"]
    let whole = try focalcheck(arguments)
    #expect(whole.status == 2)
    #expect(whole.output.contains("the process that judged it was ended by signal "), "\(whole.text)")
    let first = try focalcheck(arguments + ["--journal", "journal"])
    #expect(first.output == whole.output)
    let resumed = try focalcheck(arguments + ["--journal", "journal", "--resume"])
    #expect(resumed.status == 2)
    #expect(resumed.output == whole.output)
    #expect(
      resumed.messages.hasPrefix("focalcheck: journal: 48 cases have been judged before\n"), "\(resumed.text)"
    )
  }

  @Test("two runs do not share a journal, and --resume needs one")
  func usage() throws {
    let program = try Program.start(Self.run + ["--journal", "journal", "--jobs", "1"], in: folder.path)
    _ = try program.workers()
    program.send(SIGSTOP)
    let second = try focalcheck(Self.run + ["--journal", "journal"])
    program.send(SIGCONT)
    _ = program.result()
    #expect(second.status == 2)
    #expect(second.messages == "focalcheck: journal: the journal is in use by another run\n")
    #expect(try focalcheck(Self.run + ["--resume"]).status == 64)
    #expect(try focalcheck(Self.run + ["--journal", "a", "--output", "json=a"]).status == 64)
  }
}
