import FixtureAuthoring
import Foundation
import Testing

/// A committed fixture that takes some seconds.
private let longFixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("fixtures/torch-1.13.h5")
  .path

@Suite("Signals")
struct InterruptionTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test(
    "a signal to all processes ends with 128 + n, and with a report marked INCOMPLETE",
    arguments: ["run", "upgrade", "agree"], [SIGINT, SIGTERM, SIGHUP])
  func group(command: String, signal: Int32) throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let program = try Program.start(
      [command, longFixture, "demo.h5", "--jobs", "1", "--output", "json=report.json"], in: folder.path)
    _ = try program.workers()
    try program.sendToGroup(signal)
    let result = program.result()
    #expect(result.status == 128 + signal, "\(result.text)")
    let things =
      command == "run"
      ? "2 fixtures could be judged: torch-1.13.h5, demo.h5"
      : "2 builds could be judged: torch-1.13.h5, demo.h5"
    #expect(result.output.hasPrefix("INCOMPLETE: the run was ended before \(things)\n"), "\(result.text)")
    let json = try String(contentsOfFile: folder.file("report.json"), encoding: .utf8)
    #expect(
      json.contains("\"incomplete\":true,\n\"not_judged\":[\"torch-1.13.h5\",\"demo.h5\"],\n\"verdict\":"),
      "\(json.prefix(300))")
    #expect(!json.contains("conformant\","), "\(json.prefix(300))")
    #expect(result.messages.hasSuffix("focalcheck: ended by signal \(signal)\n") || command != "run")
  }

  @Test("a signal ends a self-test with 128 + n, and without a table", arguments: [SIGINT, SIGTERM, SIGHUP])
  func selfTest(signal: Int32) throws {
    let program = try Program.start(["selftest", longFixture], in: folder.path)
    _ = try program.workers()
    try program.sendToGroup(signal)
    let result = program.result()
    #expect(result.status == 128 + signal, "\(result.text)")
    #expect(result.output == "")
    #expect(result.messages.hasSuffix("focalcheck: ended by signal \(signal)\n"), "\(result.text)")
  }

  @Test("a signal that comes when all is judged costs no report", arguments: [SIGINT, SIGTERM, SIGHUP])
  func afterwards(signal: Int32) throws {
    try DemoFixture.write(to: folder.file("demo.h5"), cases: (0..<100).map { "case\($0)" })
    let arguments = ["run", "demo.h5", "--policy", "ulp:4", "--output", "json=-"]
    let program = try Program.start(arguments, in: folder.path)
    _ = try program.workers()
    while try !program.presentWorkers().isEmpty { usleep(10_000) }
    // By then it waits for a reader of the report, which is larger than a pipe.
    usleep(1_500_000)
    program.send(signal)
    usleep(100_000)
    let result = program.result()
    let undisturbed = try Program.run(arguments, in: folder.path)
    #expect(result.status == undisturbed.status, "\(result.messages)")
    #expect(result.output == undisturbed.output)
    #expect(result.output.utf8.count > 1 << 17)
  }

  @Test("the builds that were judged before a signal are compared in the report")
  func partialMatrix() throws {
    for name in ["old.h5", "new.h5"] { try DemoFixture.write(to: folder.file(name)) }
    let program = try Program.start(
      ["upgrade", "old.h5", "new.h5", longFixture, "--output", "json=report.json"], in: folder.path)
    _ = try program.workers(on: longFixture)
    program.send(SIGTERM)
    let result = program.result()
    #expect(result.status == 128 + SIGTERM, "\(result.text)")
    #expect(
      result.output.hasPrefix(
        "INCOMPLETE: the run was ended before 1 build could be judged: torch-1.13.h5\n\n"), "\(result.text)")
    #expect(
      result.output.contains("demo 1.2.3 → demo 1.2.3  (old.h5 → new.h5)\n"), "\(result.text)"
    )
    let json = try String(contentsOfFile: folder.file("report.json"), encoding: .utf8)
    #expect(json.contains("\"verdict\":\"not judged\",\n\"gate\":{\"exit_code\":"), "\(json.prefix(300))")
    #expect(json.contains("\"passed\":false"), "\(json.prefix(300))")
    #expect(json.contains("\n\"upgrades\":[\n{\"old\":"), "\(json.prefix(300))")
  }

  @Test("a signal that was ignored when the program was started stays so", arguments: ["run", "upgrade"])
  func nohup(command: String) throws {
    for name in ["a.h5", "b.h5"] {
      try DemoFixture.write(to: folder.file(name), cases: (0..<100).map { "case\($0)" })
    }
    let arguments = [command, "a.h5", "b.h5"] + (command == "run" ? ["--policy", "ulp:4"] : [])
    let program = try Program.start(arguments, in: folder.path, ignoring: "HUP")
    _ = try program.workers()
    try program.sendToGroup(SIGHUP)
    let result = program.result()
    let undisturbed = try Program.run(arguments, in: folder.path)
    #expect(result.status == undisturbed.status, "\(result.text)")
    #expect(result.output == undisturbed.output)
  }
}
