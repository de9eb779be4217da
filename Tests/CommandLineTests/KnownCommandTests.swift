import FixtureAuthoring
import Foundation
import Testing

@Suite("focalcheck known")
struct KnownCommandTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try DemoFixture.write(to: folder.file("demo.h5"))
  }

  private func focalcheck(_ arguments: String...) throws -> Program.Result {
    try Program.run(arguments, in: folder.path)
  }

  private var ledger: String {
    (try? String(contentsOfFile: folder.file("known.toml"), encoding: .utf8)) ?? ""
  }

  @Test("entries from a report make its differences known, until something is worse; tightening says what is")
  func writes() throws {
    #expect(try focalcheck("run", "demo.h5", "--output", "json=r.json").status == 1)
    let added = try focalcheck("known", "r.json", "--ledger", "known.toml", "--reason", "made up")
    #expect(added.status == 0, "\(added.text)")
    #expect(added.output == "outputs/loss by demo 1.2.3: demo.h5#demo\n")
    #expect(ledger.hasSuffix("reason = \"made up\"\n"))
    #expect(try focalcheck("run", "demo.h5", "--ledger", "known.toml").status == 0)
    let again = try focalcheck("known", "r.json", "--ledger", "known.toml", "--reason", "again")
    #expect(again.status == 0 && again.output == "known.toml stays as it is\n", "\(again.text)")
    // Fewer elements are allowed than are outside.
    try Damage.write(
      folder.file("known.toml"), Array(ledger.replacing("finite = 4", with: "finite = 3").utf8))
    let worse = try focalcheck("run", "demo.h5", "--ledger", "known.toml")
    #expect(worse.status == 1)
    #expect(
      worse.output.contains(
        "known difference at known.toml:1 allows 3 elements of class finite, 4 are outside\n"),
      "\(worse.text)")
    let tightened = try focalcheck("known", "r.json", "--ledger", "known.toml", "--tighten")
    #expect(tightened.status == 1)
    #expect(
      tightened.output.contains("  demo.h5#demo outputs/loss: known.toml:1 allows 3 elements of class finite")
    )
    #expect(ledger.contains("finite = 3"))
    // All formats say it.
    for format in ["json", "junit", "github", "markdown"] {
      let report = try focalcheck("run", "demo.h5", "--ledger", "known.toml", "--output", "\(format)=-")
      #expect(report.output.contains("allows 3 elements of class finite, 4 are outside"), "\(report.text)")
    }
  }

  @Test("a ledger without bounds is refused with its line, until they are written")
  func unbounded() throws {
    let entry = "# Known.\n[[difference]]\ncase = 'demo'\nreason = 'made up'\n"
    try Damage.write(folder.file("known.toml"), Array(entry.utf8))
    let refused = try focalcheck("run", "demo.h5", "--ledger", "known.toml", "--output", "json=r.json")
    #expect(refused.status == 2)
    #expect(
      refused.messages.hasPrefix("focalcheck: known.toml:2: the entry has no bounds"), "\(refused.text)")
    #expect(try focalcheck("run", "demo.h5", "--output", "json=r.json").status == 1)
    #expect(try focalcheck("known", "r.json", "--ledger", "known.toml", "--reason", "x").status == 2)
    #expect(try focalcheck("known", "r.json", "--ledger", "known.toml", "--tighten").status == 0)
    #expect(try focalcheck("run", "demo.h5", "--ledger", "known.toml").status == 0, "\(ledger)")
  }

  @Test(
    "wrong usage is 64, and what cannot be read or selected is 2",
    arguments: [
      (["known", "r.json"], 64), (["known", "r.json", "--ledger", "new.toml"], 64),
      (["known", "r.json", "--ledger", "new.toml", "--reason", " "], 64),
      (["known", "r.json", "--ledger", "new.toml", "--reason", "x", "--tighten"], 64),
      (["known", "r.json", "--ledger", "new.toml", "--case", "x", "--tighten"], 64),
      (["known", "r.json", "--ledger", "r.json", "--reason", "x"], 64),
      (["known", "none.json", "--ledger", "new.toml", "--reason", "x"], 2),
      (["known", "demo.h5", "--ledger", "new.toml", "--reason", "x"], 2),
      (["known", "r.json", "--ledger", "new.toml", "--tighten"], 2),
      (["known", "r.json", "--ledger", "demo.h5", "--reason", "x"], 2),
      (["known", "r.json", "--ledger", "new.toml", "--reason", "x", "--case", "other"], 2),
      (["known", "r.json", "--ledger", "none/new.toml", "--reason", "x"], 2),
    ])
  func refused(arguments: [String], status: Int) throws {
    #expect(try focalcheck("run", "demo.h5", "--output", "json=r.json").status == 1)
    let result = try Program.run(arguments, in: folder.path)
    #expect(result.status == Int32(status), "\(result.text)")
    #expect(FileManager.default.fileExists(atPath: folder.file("new.toml")) == false)
  }

  @Test("a report whose classes were changed by hand is refused")
  func changed() throws {
    #expect(try focalcheck("run", "demo.h5", "--output", "json=r.json").status == 1)
    let report = try String(contentsOfFile: folder.file("r.json"), encoding: .utf8)
    try Damage.write(folder.file("r.json"), Array(report.replacing("\"nan\":0,", with: "\"nan\":-7,").utf8))
    let result = try focalcheck("known", "r.json", "--ledger", "new.toml", "--reason", "x")
    #expect(result.status == 2, "\(result.text)")
  }
}
