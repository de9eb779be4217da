import FixtureAuthoring
import Testing

@Suite("focalcheck selftest")
struct SelfTestCommandTests {
  private let folder: TemporaryFolder
  private let fixture =
    #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" } + "/fixtures/paddle-3.3.1.h5"

  init() throws { folder = try TemporaryFolder() }

  private func selfTest(_ arguments: String...) throws -> Program.Result {
    try Program.run(["selftest"] + arguments, in: folder.path)
  }

  @Test("ends with 0 when every change was judged as it must be, and prints a row for each kind")
  func right() throws {
    let result = try selfTest(fixture, "--filter", "paddle.paddle-doc.none.f32")
    #expect(result.status == 0, "\(result.text)")
    #expect(result.output.contains("\none step above the enclosure "), "\(result.text)")
    #expect(!result.output.contains("\nWrong:"))
  }

  @Test("ends with 1 when a judge lets a fault pass, and names it")
  func wrong() throws {
    let result = try selfTest(fixture, "--filter", "paddle.paddle-doc.none.f32", "--policy", "paddle")
    #expect(result.status == 1, "\(result.text)")
    #expect(
      result.output.contains(
        "\n  one step above the enclosure: paddle-3.3.1.h5#paddle.paddle-doc.none.f32 outputs/loss is conformant, "
          + "and must be nonconformant\n"), "\(result.text)")
  }

  @Test("ends with 2 when nothing could be planted, or a fixture cannot be read")
  func unreadable() throws {
    let none = try selfTest(fixture, "--filter", "nothing")
    #expect(none.status == 2, "\(none.text)")
    #expect(none.messages == "focalcheck: there is no tensor to plant faults in\n")
    let missing = try selfTest("missing.h5")
    #expect(missing.status == 2)
    #expect(missing.output.contains("Cannot be read: missing.h5: "), "\(missing.text)")
  }

  @Test("a fixture that crashes libhdf5 is named, and costs what is found in no other")
  func crash() throws {
    try DemoFixture.write(to: folder.file("bad.h5"))
    try Damage.misplaceVariableString(folder.file("bad.h5"))
    let result = try selfTest("bad.h5", fixture, "--filter", "paddle.paddle-doc.none.f32")
    #expect(result.status == 2)
    #expect(result.output.contains(" of 1 fixture, at least 49 kinds in each, judged by "), "\(result.text)")
    #expect(result.output.contains("\none step above the enclosure "), "\(result.text)")
    #expect(
      result.output.contains("\nCannot be read: bad.h5: the process that read it was ended by signal "),
      "\(result.text)")
  }
}
