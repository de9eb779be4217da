import FixtureAuthoring
import Foundation
import Tensors
import Testing

/// A file that cannot be judged, and what the message must say.
struct BadFile: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let messages: [String]
  let write: @Sendable (TemporaryFolder, String) throws -> Void

  init(
    _ name: String, _ messages: String..., write: @escaping @Sendable (TemporaryFolder, String) throws -> Void
  ) {
    (testDescription, self.messages, self.write) = (name, messages, write)
  }

  /// A case whose logit is written in another way.
  static func logit(
    _ name: String, naming reason: String, write: @escaping @Sendable (HDF5Author, String) throws -> Void
  ) -> BadFile {
    BadFile(name, "bad.h5: /cases/demo/inputs/logit: ", reason) { _, path in
      try DemoFixture.write(to: path, cases: []) { author in
        try DemoFixture.demoCase(author, "demo", without: ["inputs/logit"])
        try write(author, "/cases/demo/inputs/logit")
      }
    }
  }

  static let all: [BadFile] = [
    BadFile("truncated", "bad.h5: ") { _, path in
      try DemoFixture.write(to: path)
      try Damage.truncate(path, to: 700)
    },
    BadFile("bit-flipped, with a manifest", "the manifest pins") { folder, path in
      try DemoFixture.write(to: path)
      let bytes = try Data(contentsOf: URL(fileURLWithPath: path)).count
      let manifest =
        "{\"schema\":\"focalcheck-manifest/1\",\"fixtures\":[{\"file\":\"bad.h5\",\"bytes\":\(bytes),\"sha256\":\"\(String(repeating: "ab", count: 32))\"}]}"
      try Damage.write(folder.file("manifest.json"), Array(manifest.utf8))
      try Damage.flipBit(path, bit: 8 * 2000)
    },
    BadFile("not HDF5", "bad.h5: ") { _, path in
      try Damage.write(path, Array("not HDF5 at all. ".utf8) + Array(repeating: 32, count: 99))
    },
    BadFile("empty", "bad.h5: is empty") { _, path in try Damage.write(path, []) },
    BadFile("missing dataset", "bad.h5: /cases/demo/outputs/loss: is missing") { _, path in
      try DemoFixture.write(to: path, cases: []) {
        try DemoFixture.demoCase($0, "demo", without: ["outputs/loss"])
      }
    },
    BadFile("unknown variant", "bad.h5: /cases/demo: variant \"keras.focal\" is none of") { _, path in
      try DemoFixture.write(to: path, cases: []) {
        try DemoFixture.demoCase($0, "demo", changing: ["variant": .fixed("keras.focal")])
      }
    },
    .logit("a string", naming: "string") { try $0.stringDataset($1) },
    .logit("an external link", naming: "external link to ") {
      try $0.externalLink($1, file: "other.h5", target: "/x")
    },
    .logit("a virtual dataset", naming: "virtual") {
      try $0.virtualDataset($1, shape: .vector(4), sourceFile: "other.h5", source: "/x")
    },
    .logit("external storage", naming: "external") {
      try $0.externalStorage($1, shape: .vector(4), file: "passwd")
    },
    .logit("a plug-in filter", naming: "32001") { try $0.filtered($1, DemoFixture.logit, filter: 32001) },
    .logit("huge dimensions", naming: "above the limit") {
      try $0.unwritten($1, .float32, shape: .vector(1 << 40), chunk: [1024])
    },
    .logit("a gzip bomb", naming: "256 times") {
      try $0.compressionBomb($1, chunkCount: 2048, chunkBytes: 1 << 20)
    },
  ]
}

/// What the program may map: its libraries, and little more than the 32 MiB that a chunk may have. Two files of 256 MiB
/// or a bomb of 2 GiB do not fit.
private let addressSpace = 400 << 20

@Suite("The program")
struct CommandLineTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func focalcheck(_ arguments: String...) throws -> Program.Result {
    try Program.run(arguments, in: folder.path)
  }

  @Test("a bad file ends with 2, says which object and why, in bounded memory", arguments: BadFile.all)
  func badFiles(bad: BadFile) throws {
    try bad.write(folder, folder.file("bad.h5"))
    // The worker limits its own memory.
    let result = try Program.run(["run", "bad.h5"], in: folder.path)
    #expect(result.status == 2, "\(result.text)")
    for message in bad.messages { #expect(result.output.contains(message), "\(result.text)") }
  }

  @Test(
    "a result of a wrong type or shape is the framework's fault: it ends with 1 and says both",
    arguments: [
      (Tensor(.int32, .vector(4), bytes: Array(repeating: 0, count: 16)), "is int32, documented is float32"),
      (Tensor(.float32, .vector(3), values: [1, 2, 3]), "has shape (3,), documented is (4,)"),
    ])
  func wrongForm(loss: Tensor, reason: String) throws {
    try DemoFixture.write(to: folder.file("form.h5"), cases: []) { author in
      try DemoFixture.demoCase(author, "demo", without: ["outputs/loss"])
      try author.dataset("/cases/demo/outputs/loss", loss)
    }
    let result = try focalcheck("run", "form.h5")
    #expect(result.status == 1, "\(result.text)")
    #expect(result.output.contains("form.h5#demo  outputs/loss\n"), "\(result.text)")
    #expect(result.output.contains(reason), "\(result.text)")
  }

  @Test("a good case beside bad ones is still judged")
  func goodBesideBad() throws {
    try DemoFixture.write(to: folder.file("a.h5"), cases: ["good"]) {
      try DemoFixture.demoCase($0, "bad", without: ["inputs/logit"])
    }
    let result = try focalcheck("run", "a.h5", "missing.h5", "--policy", "ulp:18446744073709551615")
    #expect(result.status == 2)
    #expect(
      result.output.contains(
        "2 cases: 1 conformant, 0 unjudged, 0 nonconformant, 1 could not be judged, 1 fixture could not be read."
      ))
    #expect(result.output.contains("missing.h5: there is no such file or folder\n"))
  }

  @Test("the exit code is the verdict", arguments: [("ulp:0", Int32(1)), ("atol=10", 0)])
  func exitCodes(policy: String, status: Int32) throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let result = try focalcheck("run", "demo.h5", "--policy", policy)
    #expect(result.status == status, "\(result.text)")
    #expect(result.messages == "")
  }

  @Test(
    "wrong usage ends with 64",
    arguments: [
      ["run", "--policy", "close"], ["run", "--output", "yaml=x"], ["run", "--output", "json"], ["judge"],
      ["compare", "one.h5"], ["inspect"],
      ["live", "--framework", "torch"], ["live", "--framework", "torch", "--python", "p", "--timeout", "0"],
    ])
  func usage(arguments: [String]) throws {
    let result = try Program.run(arguments, in: folder.path)
    #expect(result.status == 64, "\(result.text)")
    #expect(result.output == "")
  }

  @Test(
    "help tells an example for each command",
    arguments: [
      "run", "live", "list", "inspect", "explain", "identify", "upgrade", "agree", "compare", "accept",
    ])
  func help(command: String) throws {
    let result = try focalcheck(command, "--help")
    #expect(result.status == 0)
    #expect(result.output.contains("focalcheck \(command) "))
    #expect(result.output.contains("EXAMPLE"))
  }

  @Test("completions can be generated", arguments: ["bash", "zsh", "fish"])
  func completions(shell: String) throws {
    let result = try focalcheck("--generate-completion-script", shell)
    #expect(result.status == 0)
    #expect(result.output.contains("focalcheck"))
  }

  @Test(
    "a ledger beside the fixtures or one that is named makes differences known, and is refused when it is wrong"
  )
  func ledger() throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    func write(_ lines: String) throws {
      try Damage.write(
        folder.file("known-differences.toml"), Array("[[difference]]\ncase = 'demo'\n\(lines)\n".utf8))
    }
    #expect(try focalcheck("run", "demo.h5").status == 1)
    try write("reason = 'why'\nmax_outside = { finite = 4 }\nmax_absolute = 3")
    let known = try focalcheck("run", "demo.h5")
    #expect(known.status == 0, "\(known.text)")
    #expect(
      known.output.hasSuffix(
        "1 case: 0 conformant, 1 known, 0 unjudged, 0 nonconformant, 0 could not be judged.\nGate: passed (exit code 0).\n"
      ))
    #expect(try focalcheck("run", "demo.h5", "--no-ledger").status == 1)
    // A ledger beside the fixtures speaks of the policy derived.
    #expect(try focalcheck("run", "demo.h5", "--policy", "ulp:4").status == 1)
    let named = ["--ledger", "known-differences.toml"]
    #expect(try Program.run(["run", "demo.h5", "--policy", "ulp:4"] + named, in: folder.path).status == 0)
    let stale = try Program.run(["run", "demo.h5", "--policy", "atol=10"] + named, in: folder.path)
    #expect(stale.status == 1)
    #expect(
      stale.output.contains("known-differences.toml:1: demo: all that it selects conforms in demo.h5; "),
      "\(stale.text)")
    #expect(try Program.run(["run", "demo.h5", "--no-ledger"] + named, in: folder.path).status == 64)
    #expect(
      try focalcheck("run", "demo.h5", "--output", "json=known-differences.toml").status == 64)
    #expect(try focalcheck("run", "demo.h5", "--ledger", "none.toml").status == 2)
    try write("reason = 3")
    let wrong = try focalcheck("run", "demo.h5")
    #expect(wrong.status == 2)
    #expect(
      wrong.messages == "focalcheck: ./known-differences.toml:3: reason is an integer, not a string\n",
      "\(wrong.text)")
    #expect(wrong.output == "")
  }

  @Test("a run beside a baseline fails on what is worse only, until that is accepted with a reason")
  func baseline() throws {
    func file(_ name: String) throws -> String {
      try String(contentsOfFile: folder.file(name), encoding: .utf8)
    }
    func run(_ policy: String, _ more: String...) throws -> Program.Result {
      try Program.run(
        ["run", "demo.h5", "--baseline", "baseline.json", "--policy", policy] + more, in: folder.path)
    }
    try DemoFixture.write(to: folder.file("demo.h5"))
    #expect(try run("derived").status == 2)
    _ = try focalcheck("run", "demo.h5", "--output", "json=new.json")
    let accept = ["accept", "new.json", "--baseline", "baseline.json", "--reason"]
    #expect(try Program.run(accept + [" "], in: folder.path).status == 64)
    #expect(try Program.run(Array(accept.dropLast()), in: folder.path).status == 64)
    let first = try Program.run(accept + ["the first"], in: folder.path)
    #expect(first.status == 0, "\(first.text)")
    #expect(first.output == "Accepted into baseline.json: the first\n")

    let before = try file("baseline.json")
    let same = try run("derived", "--output", "json=same.json")
    #expect(same.status == 0, "\(same.text)")
    #expect(
      same.output.hasPrefix("Against the baseline baseline.json: nothing is worse, 0 better, 0 new.\n"))
    #expect(same.output.contains("1 nonconformant"))
    #expect(
      try run("ulp:4").messages
        == "focalcheck: baseline.json: was judged by the policy derived, not by ulp:4\n")
    #expect(try run("ulp:4").status == 2)

    try DemoFixture.write(to: folder.file("demo.h5"), cases: ["demo"]) { author in
      try DemoFixture.demoCase(author, "more")
    }
    let worse = try run("derived", "--output", "json=new.json")
    #expect(worse.status == 1)
    #expect(worse.output.contains("\nWorse\n\n  demo.h5#more  is new: nonconformant\n"), "\(worse.text)")
    #expect(try run("derived", "--filter", "demo.h5#demo").status == 0)
    #expect(try file("baseline.json") == before)

    let accepted = try Program.run(accept + ["more is wanted"], in: folder.path)
    #expect(accepted.status == 0)
    #expect(accepted.output.contains("1 worse, 0 better"), "\(accepted.text)")
    #expect(
      try file("baseline.json").contains(
        "{\"better\":0,\"new\":1,\"reason\":\"the first\",\"worse\":0},\n{\"better\":0,\"new\":0,\"reason\":\"more is wanted\",\"worse\":1}\n"
      ))
    #expect(try run("derived").status == 0)
  }

  @Test("a report that is damaged, in error or a baseline itself is not accepted, and the baseline stays")
  func unacceptable() throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    _ = try focalcheck("run", "demo.h5", "--output", "json=good.json")
    func accept(_ report: String) throws -> Int32 {
      try focalcheck("accept", report, "--baseline", "baseline.json", "--reason", "why").status
    }
    #expect(try accept("good.json") == 0)
    let before = try Data(contentsOf: URL(fileURLWithPath: folder.file("baseline.json")))
    _ = try focalcheck("run", "demo.h5", "missing.h5", "--output", "json=error.json")
    try Damage.write(folder.file("damaged.json"), Array(before.prefix(300)))
    for report in ["error.json", "damaged.json", "baseline.json", "none.json"] {
      #expect(try accept(report) == 2, "\(report)")
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("baseline.json"))) == before)
    #expect(
      try focalcheck("run", "demo.h5", "--baseline", "damaged.json").messages.hasPrefix(
        "focalcheck: damaged.json: is not a report of the schema focalcheck-report/1: "))
    #expect(
      try focalcheck("run", "demo.h5", "--baseline", "good.json", "--output", "json=good.json").status == 64)
  }

  @Test("no selected case ends with 2")
  func nothingSelected() throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    for command in ["run", "list"] {
      let result = try focalcheck(command, "demo.h5", "--filter", "torch*")
      #expect(result.status == 2)
      #expect(result.messages == "focalcheck: no case matches torch*\n")
    }
  }

  @Test("without a path the folder fixtures is judged")
  func defaultFolder() throws {
    #expect(try focalcheck("run").output.contains("fixtures: there is no such file or folder"))
    try FileManager.default.createDirectory(
      atPath: folder.file("fixtures"), withIntermediateDirectories: true)
    try DemoFixture.write(to: folder.file("fixtures/demo.h5"))
    #expect(try focalcheck("list").output == "demo.h5#demo\tpaddle.sigmoid_focal_loss\tdemo 1.2.3\n")
  }

  @Test("outputs are written beside the text report, and - takes its place")
  func outputs() throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let text = try focalcheck("run", "demo.h5", "--output", "json=report.json", "--output", "text=report.txt")
    #expect(try String(contentsOfFile: folder.file("report.txt"), encoding: .utf8) == text.output)
    let json = try focalcheck("run", "demo.h5", "--output", "json=-")
    #expect(try String(contentsOfFile: folder.file("report.json"), encoding: .utf8) == json.output)
    let failed = try focalcheck(
      "run", "demo.h5", "--policy", "atol=10", "--output", "json=missing/report.json")
    #expect(failed.status == 2)
    #expect(failed.messages.contains("missing/report.json: cannot be written"))
  }

  @Test("a report that cannot be written is no success")
  func lostReport() throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let result = try Program.run(
      ["run", "demo.h5", "--policy", "atol=10"], in: folder.path, redirection: "> /dev/full")
    #expect(result.status == 2)
    #expect(result.messages == "focalcheck: standard output: cannot be written: No space left on device\n")
  }

  @Test("an output may not be an input, and no two outputs the same file")
  func outputConflicts() throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let before = try Data(contentsOf: URL(fileURLWithPath: folder.file("demo.h5")))
    for outputs in [["--output", "json=./demo.h5"], ["--output", "json=x", "--output", "text=x"]] {
      let result = try Program.run(["run", "demo.h5"] + outputs, in: folder.path)
      #expect(result.status == 64, "\(result.text)")
    }
    #expect(try Data(contentsOf: URL(fileURLWithPath: folder.file("demo.h5"))) == before)
  }

  @Test("explain shows the steps of an element, the worst one by default, or says why it cannot")
  func explain() throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let result = try focalcheck("explain", "demo.h5", "demo", "--index", "3")
    #expect(result.status == 0, "\(result.text)")
    for text in [
      "demo.h5#demo  outputs/loss [3]", " sigmoid ", " p_t ", "  actual   2.06", "The result is not allowed.",
    ] {
      #expect(result.output.contains(text), "\(result.text)")
    }
    #expect(try focalcheck("explain", "demo.h5", "demo").status == 0)
    let outside = try focalcheck("explain", "demo.h5", "demo", "--index", "4")
    #expect(outside.status == 2)
    #expect(
      outside.messages
        == "focalcheck: demo.h5: /cases/demo: outputs/loss has elements of shape (4,), none at [4]\n")
    let absent = try focalcheck("explain", "demo.h5", "demo", "--tensor", "grads/logit")
    #expect(absent.status == 2)
    #expect(
      absent.messages
        == "focalcheck: demo.h5: /cases/demo: grads/logit cannot be explained; of this case can: outputs/loss\n"
    )
    #expect(try focalcheck("explain", "demo.h5", "other").status == 2)
    #expect(try focalcheck("explain", "demo.h5", "demo", "--index", "x").status == 64)
  }

  @Test("identify says what a build computes only where every element is explained, and else what is closest")
  func identify() throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let result = try focalcheck("identify", "demo.h5", "demo")
    #expect(result.status == 0, "\(result.text)")
    #expect(result.output.contains("cases of paddle.sigmoid_focal_loss: 1 with 4 elements of losses\n"))
    #expect(result.output.contains("  this build computes none of the known programs\n"), "\(result.text)")
    #expect(try focalcheck("identify", "demo.h5", "other").status == 2)
    // Case by case: the elements, the reduction, and what is said of them.
    let right = [0.0050271354, 0.0433217, 0.027600372, 2.0747104]
    for (name, loss, reduction, conclusion) in [
      ("right", right, "none", "this build computes one of 8 programs that its cases do not tell apart: "),
      (
        "wrong", [0.5] + right.dropFirst(), "none",
        "this build computes none of the known programs; closest: paddle.formula; or "
      ),
      ("sum", [2.1506596], "sum", "this build computes one of "),
      ("not the sum", [2.5], "sum", "this build computes none of the known programs\n"),
    ] {
      try DemoFixture.write(to: folder.file("\(name).h5"), cases: []) { author in
        try DemoFixture.demoCase(
          author, "a", without: ["outputs/loss"], changing: ["reduction": .fixed(reduction)])
        let shape: Shape = loss.count == 1 ? .scalar : .vector(loss.count)
        try author.dataset("/cases/a/outputs/loss", Tensor(.float32, shape, values: loss))
      }
      let result = try focalcheck("identify", "\(name).h5")
      #expect(result.status == 0, "\(name): \(result.text)")
      #expect(result.output.contains(conclusion), "\(name): \(result.text)")
      if name == "wrong" { #expect(result.output.contains(", 75.00 %\n"), "\(result.text)") }
    }
    try DemoFixture.write(to: folder.file("raised.h5"), cases: []) { author in
      try DemoFixture.demoCase(
        author, "a", without: ["outputs/loss"], changing: ["outcome": .fixed("raised")])
    }
    let raised = try focalcheck("identify", "raised.h5")
    #expect(raised.status == 2)
    #expect(
      raised.messages.contains("no case with a loss whose inputs a known program takes"), "\(raised.text)")
  }

  @Test("upgrade and agree end with the exit code of what they found")
  func builds() throws {
    let loss: (Double) -> (HDF5Author) throws -> Void = { last in
      { author in
        try DemoFixture.demoCase(author, "demo", without: ["outputs/loss"])
        let values = [0.0050271354, 0.043321698, 0.020739349, last]
        try author.dataset("/cases/demo/outputs/loss", Tensor(.float32, .vector(4), values: values))
      }
    }
    for (name, last) in [("a.h5", 2.06), ("b.h5", 2.0625), ("c.h5", Double.nan), ("d.h5", 6)] {
      try DemoFixture.write(to: folder.file(name), cases: [], adding: loss(last))
    }
    for (arguments, status, text) in [
      (["upgrade", "a.h5", "a.h5"], 0, "safe: the one tensor has the same bits"),
      (["upgrade", "a.h5", "b.h5"], 0, "safe, but results change: 1 of 1 tensors differ; nothing is worse"),
      (["upgrade", "a.h5", "b.h5", "--strict"], 1, "still nonconformant"),
      (["upgrade", "a.h5", "c.h5"], 1, "unsafe: 1 tensor newly non-finite"),
      (["upgrade", "a.h5", "b.h5", "c.h5"], 1, "from \\ to"),
      (["upgrade", "a.h5", "none.h5"], 2, "none.h5: there is no such file or folder"),
      (["upgrade", "a.h5", "a.h5", "--filter", "none"], 2, "there is nothing to compare"),
      (["upgrade", "a.h5"], 64, "name two"),
      (["upgrade", "b.h5", "d.h5"], 1, "unsafe: 1 tensor nonconformant and worse"),
      (
        ["upgrade", "a.h5", "b.h5", "--output", "yaml=x"], 64,
        "there is no format 'yaml'; there are text, json, junit"
      ),
      (["upgrade", "a.h5", "c.h5", "--output", "junit=-"], 1, "<failure type=\"nonconformant\""),
      (["upgrade", "a.h5", "none.h5", "--output", "markdown=-"], 2, "Gate: **failed** (exit code 2)"),
      (["agree", "a.h5", "b.h5", "--output", "github=-"], 1, "::error title=focalcheck%3A demo"),
      (["agree", "a.h5", "b.h5"], 1, "they do not agree within what their documentations allow"),
      (["agree", "a.h5", "none.h5"], 2, "none.h5"),
      (["agree", "a.h5"], 64, "Missing expected argument"),
    ] {
      let result = try Program.run(arguments, in: folder.path)
      #expect(result.status == Int32(status), "\(arguments): \(result.text)")
      #expect(result.text.contains(text), "\(arguments): \(result.text)")
    }
  }

  @Test("inspect shows provenance, cases, shapes and types")
  func inspect() throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let result = try focalcheck("inspect", "demo.h5")
    #expect(result.status == 0)
    for text in [
      "framework        demo 1.2.3 on cpu", "inputs/logit     float32 (4,)",
      "alpha 0.25, gamma 2.0, reduction none",
    ] {
      #expect(result.output.contains(text), "\(result.text)")
    }
    #expect(try focalcheck("inspect", "missing.h5").status == 2)
  }
}

@Suite("compare")
struct CompareTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try write("a.h5", Tensor(.float32, .vector(3), values: [1, 2, 3]))
  }

  private func write(_ file: String, _ tensor: Tensor, adding: (HDF5Author) throws -> Void = { _ in }) throws
  {
    let author = try HDF5Author(path: folder.file(file))
    try author.dataset("/group/x", tensor)
    try adding(author)
    try author.close()
  }

  private func compare(_ arguments: String...) throws -> Program.Result {
    try Program.run(["compare", "a.h5", "b.h5"] + arguments, in: folder.path)
  }

  @Test("equal files agree")
  func equal() throws {
    try write("b.h5", Tensor(.float32, .vector(3), values: [1, 2, 3]))
    let result = try compare()
    #expect(result.status == 0, "\(result.text)")
    #expect(result.output.hasSuffix("1 dataset, 1 agree, 0 differ, 0 could not be compared.\n"))
  }

  @Test("a difference is told with index, values and distance, and a tolerance may admit it")
  func different() throws {
    try write("b.h5", Tensor(.float32, .vector(3), values: [1, Double(Float(2).nextUp), 3]))
    let result = try compare()
    #expect(result.status == 1)
    #expect(result.output.contains("  [1]\n"), "\(result.text)")
    #expect(result.output.contains("1 ULP apart"))
    #expect(try compare("--policy", "ulp:1").status == 0)
    #expect(try compare("--policy", "torch").status == 0)
  }

  @Test("another shape, another type and a missing dataset are differences")
  func structure() throws {
    try write("b.h5", Tensor(.float32, .column(3), values: [1, 2, 3]))
    #expect(try compare("--policy", "atol=9").output.contains("has shape (3, 1), expected is (3,)"))
    try write("b.h5", Tensor(.float64, .vector(3), values: [1, 2, 3]))
    #expect(try compare("--policy", "atol=9").output.contains("is float64, expected is float32"))
    try write("b.h5", Tensor(.float32, .vector(3), values: [1, 2, 3])) {
      try $0.dataset("/more", Tensor(.float32, .vector(1), values: [1]))
    }
    let more = try compare()
    #expect(
      more.output.contains("/more  nonconformant\n  only the actual file has this dataset\n"), "\(more.text)")
    #expect(more.status == 1)
    #expect(try compare("--filter", "/group/*").status == 0)
  }

  /// What stands at a path of a file.
  enum Kind: String, CaseIterable {
    case nothing, dataset, group, datatype, link, repeated

    fileprivate func write(_ author: HDF5Author) throws {
      try author.group("/elsewhere")
      switch self {
      case .nothing: break
      case .dataset: try author.dataset("/more", Tensor(.float32, .vector(1), values: [1]))
      case .group: try author.group("/more")
      case .datatype: try author.committedDatatype("/more")
      case .link: try author.softLink("/more", target: "/elsewhere")
      case .repeated: try author.hardLink("/more", target: "/elsewhere")
      }
    }
  }

  @Test(
    "objects of the same kind agree, and of another kind are a difference", arguments: Kind.allCases,
    Kind.allCases)
  fileprivate func kinds(expected: Kind, actual: Kind) throws {
    let tensor = Tensor(.float32, .vector(3), values: [1, 2, 3])
    try write("a.h5", tensor, adding: expected.write)
    try write("b.h5", tensor, adding: actual.write)
    let result = try compare()
    #expect(result.status == (expected == actual ? 0 : 1), "\(result.text)")
    #expect(result.output.contains("/more  nonconformant\n") == (expected != actual), "\(result.text)")
    #expect(try compare("--filter", "/group/*").status == 0)
  }

  @Test(
    "a dataset whose header became that of a committed datatype does not agree", arguments: [false, true])
  func hiddenDataset(isExpected: Bool) throws {
    try write("a.h5", Tensor(.float32, .vector(3), values: [1, 2, 3])) {
      try $0.dataset("/more", Tensor(.float32, .vector(3), values: [4, 5, 6]))
    }
    try FileManager.default.copyItem(atPath: folder.file("a.h5"), toPath: folder.file("b.h5"))
    let path = folder.file(isExpected ? "a.h5" : "b.h5")
    let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    // Each flipped type of a message of the two datasets' headers.
    let layout = try StoredLayout(path: path, objects: ["/more", "/group/x"])
    let objects = layout.headers.filter { $0 > 0 && bytes[$0] == 1 }
    let types = layout.directory(of: bytes).filter { place in
      objects.contains { place - $0 >= 16 && place - $0 < 256 }
    }
    #expect(types.count > 8)
    for place in types {
      for bit in 0..<8 where bytes[place] != 0 {
        var damaged = bytes
        damaged[place] ^= 1 << UInt8(bit)
        try Damage.write(path, damaged)
        let result = try compare()
        let hasAll = result.output.contains("2 datasets, 2 agree, 0 differ, 0 could not be compared")
        #expect(result.status != 0 || hasAll, "byte \(place), bit \(bit): \(result.text)")
      }
    }
  }

  @Test("elements beyond the end of a file are not zeros")
  func beyondTheEnd() throws {
    let author = try HDF5Author(path: folder.file("a.h5"))
    try author.dataset("/x", Tensor(.float32, .vector(6), values: [4, 5, 6, 0, 0, 0]))
    try author.close()
    let other = try HDF5Author(path: folder.file("b.h5"))
    let tensor = Tensor(.float32, .vector(6), values: [1, 2, 3, 4, 5, 6])
    try other.dataset("/x", tensor)
    try other.close()
    try Damage.moveElements(folder.file("b.h5"), startingWith: tensor.bytes, by: 12)
    let result = try compare()
    #expect(result.status == 2, "\(result.text)")
    #expect(
      result.output.contains(
        "/x  error\n  in the actual file: its 24 bytes begin at byte 2060 of a file of 2072: truncated or damaged"
      ),
      "\(result.text)")
  }

  @Test("what cannot be compared ends with 2")
  func unjudged() throws {
    try write("b.h5", Tensor(.float32, .vector(3), values: [1, 2, 3])) { try $0.stringDataset("/text") }
    let result = try compare()
    #expect(result.status == 2)
    #expect(result.output.contains("/text  error\n  in the actual file: "), "\(result.text)")
    #expect(try compare("--filter", "/nothing").status == 2)
    try Damage.write(folder.file("b.h5"), Array(repeating: 7, count: 300))
    #expect(try compare().messages.hasPrefix("focalcheck: b.h5: "))
  }

  @Test("files without an element have nothing to compare")
  func empty() throws {
    for file in ["a.h5", "b.h5"] { try write(file, Tensor(.float32, .vector(0), values: [])) }
    let result = try compare()
    #expect(result.status == 2)
    #expect(result.messages == "focalcheck: no element was compared\n")
  }

  @Test("memory does not grow with the tensors")
  func memory() throws {
    for (file, count) in [("a.h5", 1 << 26), ("b.h5", 1 << 26)] {
      let author = try HDF5Author(path: folder.file(file))
      let stream = try author.stream("/x", .float32, .vector(count))
      let block = [UInt8](repeating: 0x3F, count: 4 << 20)
      for region in Shape.vector(count).regions(maximumCount: 1 << 20) { try stream.write(region, block) }
      try stream.close()
      try author.close()
    }
    let result = try Program.run(
      ["compare", "a.h5", "b.h5"], in: folder.path, limit: "-v \(addressSpace / 1024)")
    #expect(result.status == 0, "\(result.text)")
  }
}
