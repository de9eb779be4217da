import FixtureAuthoring
import Foundation
import Testing

/// A Python that plays one part, and what `focalcheck live` must make of it.
struct PlayedPython: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// What it does; `$out` is the fixture that it should write.
  let script: String
  let status: Int32
  let message: String

  init(_ name: String, _ script: String, _ status: Int32 = 2, saying message: String) {
    (testDescription, self.script, self.status, self.message) = (name, script, status, message)
  }

  static let all: [PlayedPython] = [
    PlayedPython(
      "fails with a traceback",
      "echo 'progress: 3/448 formula.blog.none.f32'; echo 'ValueError: no' >&2; exit 1",
      saying:
        "focalcheck: the exporter failed with exit status 1, in case 3 of 448, formula.blog.none.f32\n  ValueError: no\n"
    ),
    PlayedPython(
      "lacks a module", "echo \"ModuleNotFoundError: No module named 'numpy'\" >&2; exit 1",
      saying: "/python: there is no module numpy; to install it: "),
    PlayedPython(
      "lacks a module, in the exporter's words",
      "echo \"focalcheck-export: torch cannot be imported: No module named 'h5py' (pip install x)\" >&2; exit 2",
      saying: "/python -m pip install h5py\n"),
    PlayedPython(
      "lacks the framework",
      "echo \"focalcheck-export: torch cannot be imported: No module named 'torch' (pip install x)\" >&2; exit 2",
      saying: "/python -m pip install torch\n"),
    PlayedPython(
      "has a broken framework",
      "echo \"focalcheck-export: torch cannot be imported: No module named 'torch._C'\" >&2; exit 2",
      saying: "focalcheck: the exporter: torch cannot be imported: No module named 'torch._C'\n"),
    PlayedPython(
      "has no exporter", "echo \"$0: No module named focalcheck_exporter\" >&2; exit 1",
      saying: "focalcheck: fixtures/exporter: there is no exporter here; --exporter names the folder"),
    PlayedPython(
      "does not know the framework",
      "echo \"focalcheck-export: error: argument --framework: invalid choice: 'torch' (choose from 'a')\" >&2; exit 2",
      64,
      saying: "focalcheck: the exporter: argument --framework: invalid choice: 'torch' (choose from 'a')\n"),
    PlayedPython(
      "warns of a module and fails later",
      "echo \"x is left out: No module named 'x'\" >&2; echo 'MemoryError' >&2; exit 1",
      saying:
        "focalcheck: the exporter failed with exit status 1\n  x is left out: No module named 'x'\n  MemoryError\n"
    ),
    PlayedPython(
      "is ended by a signal", "echo 'progress: 1/2 a' >&2; kill -SEGV $$",
      saying: "focalcheck: the exporter was ended by signal 11, Segmentation fault, in case 1 of 2, a\n"),
    PlayedPython(
      "writes no file", "exit 0",
      saying: "focalcheck: the exporter ended without writing a fixture\n  it said nothing\n"),
    PlayedPython(
      "prints what a terminal would obey", "printf '\\033[2J\\n' >&2; exit 1",
      saying: "the exporter failed with exit status 1\n  \\u{1B}[2J\n"),
  ]
}

@Suite("live")
struct LiveTests {
  private let folder: TemporaryFolder
  private let temporary: String

  init() throws {
    folder = try TemporaryFolder()
    temporary = folder.file("temporary")
    try FileManager.default.createDirectory(atPath: temporary, withIntermediateDirectories: true)
  }

  /// Runs `focalcheck live` in a Python that runs a shell script, with a temporary folder of its own.
  private func live(_ script: String, _ arguments: String...) throws -> Program.Result {
    try live(script, arguments)
  }

  private func live(_ script: String, _ arguments: [String]) throws -> Program.Result {
    let python = folder.file("python")
    let prelude = """
      #!/bin/sh
      out=$6
      plan=$8
      folder='\(folder.path)'
      # plans CASES LEFT_OUT: writes the plan.
      plans() { printf '{"schema":"focalcheck-plan/1","framework":"torch","cases":[%s],"left_out":{%s}}' "$1" "$2" > "$plan"; }
      demo='{"name":"demo","variant":"paddle.sigmoid_focal_loss"}'
      plans "$demo"
      """
    try Damage.write(python, Array("\(prelude)\n\(script)\n".utf8))
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: python)
    return try Program.run(
      ["live", "--python", "./python", "--framework", "torch"] + arguments, in: folder.path,
      environment: ["TMPDIR": temporary, "PYTHONPATH": "own:/more"])
  }

  /// What is left of the temporary folders.
  private var leftovers: [String] {
    get throws { try FileManager.default.contentsOfDirectory(atPath: temporary) }
  }

  /// Whether the process whose number is in the file is still at work; one that only waits to be reaped is not.
  private func isRunning(_ file: String) throws -> Bool {
    let text = try String(contentsOfFile: folder.file(file), encoding: .utf8)
    let ps = Process()
    let output = Pipe()
    ps.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    ps.arguments = ["ps", "-o", "stat=", "-p", text.trimmingCharacters(in: .whitespacesAndNewlines)]
    ps.standardOutput = output
    try ps.run()
    let state = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    ps.waitUntilExit()
    // 1 is for no such process.
    try #require(ps.terminationStatus <= 1)
    return !state.isEmpty && !state.hasPrefix("Z")
  }

  @Test("what goes wrong in the exporter is a clear error, and nothing is left", arguments: PlayedPython.all)
  func failures(python: PlayedPython) throws {
    let result = try live(python.script)
    #expect(result.status == python.status, "\(result.text)")
    #expect(result.output == "", "\(result.text)")
    #expect(result.messages.contains(python.message), "\(result.text)")
    #expect(try leftovers == [])
  }

  @Test(
    "a Python that cannot be started is named", arguments: ["/missing/python", "missing-python", "./plain"])
  func notStarted(python: String) throws {
    try Damage.write(folder.file("plain"), Array("not executable".utf8))
    let result = try Program.run(
      ["live", "--python", python, "--framework", "torch"], in: folder.path)
    #expect(result.status == 2, "\(result.text)")
    let name = python.split(separator: "/").last ?? ""
    #expect(result.messages.contains("\(name): cannot be started: "), "\(result.text)")
  }

  @Test(
    "a good export is judged, under the name of its framework and version",
    arguments: [("ulp:0", Int32(1)), ("atol=10", 0)])
  func good(policy: String, status: Int32) throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let result = try live(
      "cp \"$folder/demo.h5\" \"$out\"; mktemp > /dev/null", "--policy", policy, "--filter", "paddle*",
      "--output",
      "json=report.json")
    #expect(result.status == status, "\(result.text)")
    #expect(result.messages == "")
    #expect(result.output.contains("\ndemo-1.2.3.h5 "), "\(result.text)")
    let json = try String(contentsOfFile: folder.file("report.json"), encoding: .utf8)
    #expect(json.contains("\"demo-1.2.3.h5#demo\""))
    #expect(try leftovers == [])
    let unselected = try live("cp \"$folder/demo.h5\" \"$out\"", "--filter", "x")
    #expect(unselected.status == 2)
    #expect(unselected.messages == "focalcheck: no case matches x\n")
  }

  /// A script that exports the demonstration case, and plans two cases of torchvision beside it.
  private static let gaps = """
    cp "$folder/demo.h5" "$out"
    plans "$demo,"'{"name":"tv.a","variant":"torchvision.sigmoid_focal_loss"},{"name":"tv.b","variant":"torchvision.sigmoid_focal_loss"}' \
      '"torchvision.sigmoid_focal_loss":"No module named torchvision"'
    """

  @Test("a case that is planned and was not exported is unjudged, named with the reason, and fails")
  func missing() throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let result = try live(
      Self.gaps, "--policy", "atol=10", "--output", "json=report.json", "--output", "junit=report.xml",
      "--output", "github=report.github", "--output", "markdown=report.md")
    #expect(result.status == 2, "\(result.text)")
    #expect(
      result.messages.contains(
        "focalcheck: the exporter left out torchvision.sigmoid_focal_loss: No module named torchvision\n"),
      "\(result.text)")
    #expect(
      result.messages.contains("2 planned cases of torchvision.sigmoid_focal_loss were not exported"),
      "\(result.text)")
    for name in ["tv.a", "tv.b"] {
      let line =
        "demo-1.2.3.h5#\(name): the suite plans it and the build did not export it: No module named torchvision"
      #expect(result.output.contains(line), "\(result.text)")
      for file in ["report.json", "report.xml", "report.github", "report.md"] {
        let text = try String(contentsOfFile: folder.file(file), encoding: .utf8)
        #expect(text.contains(name), "\(file): \(text)")
      }
    }
  }

  @Test(
    "what is missing is allowed by a variant's name, a case's, or a pattern of either, and is still named",
    arguments: [
      ["torchvision.sigmoid_focal_loss"], ["torchvision.*"], ["tv.*"], ["tv.a", "tv.b"], ["tv.b", "*.a"],
    ])
  func allowed(patterns: [String]) throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let result = try live(Self.gaps, ["--policy", "atol=10"] + patterns.flatMap { ["--allow-missing", $0] })
    #expect(result.status == 0, "\(result.text)")
    #expect(result.messages.contains("were not exported, as allowed\n"), "\(result.text)")
    for name in ["tv.a", "tv.b"] { #expect(result.output.contains("#\(name): "), "\(result.text)") }
  }

  @Test("what only some of the allowances name fails, and an allowance that names nothing is wrong usage")
  func halfAllowed() throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let half = try live(Self.gaps, "--policy", "atol=10", "--allow-missing", "tv.a")
    #expect(half.status == 2, "\(half.text)")
    #expect(half.messages.contains("1 planned case of torchvision.sigmoid_focal_loss was not exported and"))
    #expect(
      half.messages.contains("1 planned case of torchvision.sigmoid_focal_loss was not exported, as allowed"))
    let misspelt = try live(Self.gaps, "--allow-missing", "torchvison.*")
    #expect(misspelt.status == 64, "\(misspelt.text)")
    #expect(
      misspelt.messages.contains("--allow-missing torchvison.*: no planned case has such a name or variant"))
  }

  @Test(
    "a case that a filter leaves out is not missing, and one that it selects is",
    arguments: [
      ("*#demo", Int32(0)), ("paddle.*", 0), ("torchvision.*", 2), ("tv.b", 2), ("*#tv.a", 2), ("*", 2),
    ])
  func missingAndFiltered(pattern: String, status: Int32) throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let result = try live(Self.gaps, "--policy", "atol=10", "--filter", pattern)
    #expect(result.status == status, "\(result.text)")
    #expect(result.output.contains("build did not export it") == (status == 2), "\(result.text)")
    #expect(result.messages.contains("the exporter left out torchvision.sigmoid_focal_loss"))
  }

  @Test("a case that is missing for no given reason is unjudged as well")
  func lost() throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let result = try live(
      "cp \"$folder/demo.h5\" \"$out\"; plans \"$demo,\"'{\"name\":\"lost\",\"variant\":\"paddle.formula\"}'",
      "--policy", "atol=10")
    #expect(result.status == 2, "\(result.text)")
    #expect(
      result.output.contains("#lost: the suite plans it and the build did not export it"), "\(result.text)")
  }

  @Test(
    "an exporter that does not tell its plan in its own file is an error, whatever it prints",
    arguments: [
      ("rm \"$plan\"", "it wrote no file"), ("mv \"$plan\" x; cat x; cat x >&2", "it wrote no file"),
      ("rm \"$plan\"; mkfifo \"$plan\"", "no file of at most"), (": > \"$plan\"", "it is not well-formed"),
      ("echo '{}' > \"$plan\"", "\"schema\" is missing"),
      ("plans ''", "it has no case"), ("plans \"$demo,$demo\"", "it has the case demo twice"),
      ("plans '{\"name\":1,\"variant\":\"x\"}'", "is of another type"),
      ("sed -i s/plan.1/plan-2/ \"$plan\"", "its schema is"),
      ("sed -i s/torch/jax/ \"$plan\"", "its plan is for jax, not for torch"),
      (
        "plans '{\"name\":\"other\",\"variant\":\"paddle.formula\"}'",
        "wrote the case demo, which is not in its plan"
      ),
    ])
  func withoutPlan(script: String, message: String) throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let result = try live("cp \"$folder/demo.h5\" \"$out\"\n\(script)", "--policy", "atol=10")
    #expect(result.status == 2, "\(result.text)")
    #expect(result.messages.contains(message), "\(result.text)")
    #expect(try leftovers == [])
  }

  @Test("a version from a file leads to no other folder")
  func hostileVersion() throws {
    let author = try HDF5Author(path: folder.file("hostile.h5"))
    try author.attribute("schema", .fixed("focalcheck-fixture/1"))
    try author.attribute("framework", .fixed("demo"))
    try author.attribute("framework_version", .fixed("../../1\n"))
    try DemoFixture.demoCase(author)
    try author.close()
    let result = try live("cp \"$folder/hostile.h5\" \"$out\"", "--policy", "atol=10")
    #expect(result.status == 0, "\(result.text)")
    #expect(result.output.contains("\ndemo-....1.h5 "), "\(result.text)")
  }

  @Test("a damaged export is judged as a fixture that cannot be read")
  func damaged() throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let result = try live("head -c 700 \"$folder/demo.h5\" > \"$out\"")
    #expect(result.status == 2, "\(result.text)")
    #expect(result.output.contains("1 fixture could not be read"), "\(result.text)")
    #expect(result.output.contains("torch.h5: "), "\(result.text)")
    #expect(try leftovers == [])
  }

  @Test("an export on which libhdf5 crashes is a fixture that cannot be judged")
  func crashing() throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    try Damage.misplaceVariableString(folder.file("demo.h5"))
    let result = try live("cp \"$folder/demo.h5\" \"$out\"")
    #expect(result.status == 2, "\(result.text)")
    #expect(result.output.contains("torch.h5: "), "\(result.text)")
    #expect(try leftovers == [])
  }

  @Test("a hanging exporter is ended with all that it started, when the time is up")
  func hanging() throws {
    let result = try live(
      "trap '' TERM; echo $$ > \"$folder/parent\"; echo 'progress: 2/9 b'; sleep 60 & echo $! > \"$folder/child\"; wait",
      "--timeout", "1")
    #expect(result.status == 2, "\(result.text)")
    #expect(
      result.messages
        == "focalcheck: the exporter took more than 1 s and was ended, in case 2 of 9, b\n  it said nothing\n"
    )
    #expect(try !isRunning("parent"))
    #expect(try !isRunning("child"))
    #expect(try leftovers == [])
  }

  @Test(
    "a signal to the program ends the exporter, and the program with 128 and its number",
    arguments: ["INT", "TERM", "HUP"])
  func interrupted(signal: String) throws {
    let result = try live("echo $$ > \"$folder/parent\"; kill -\(signal) $PPID; sleep 60 & wait")
    let number = try #require(["INT": SIGINT, "TERM": SIGTERM, "HUP": SIGHUP][signal])
    #expect(result.status == 128 + number, "\(result.text)")
    #expect(
      result.output.hasPrefix("INCOMPLETE: the run was ended before 1 fixture could be judged: torch\n"),
      "\(result.text)")
    #expect(try !isRunning("parent"))
    #expect(try leftovers == [])
  }

  @Test(
    "the exporter of the working folder is found, or the one that is named, and Python's own path follows")
  func exporterFolder() throws {
    let script = "echo \"$PYTHONPATH\" > \"$folder/path\"; echo \"$@\" > \"$folder/arguments\""
    for (place, arguments) in [("fixtures/exporter", []), ("other", ["--exporter", "other"])] {
      try FileManager.default.createDirectory(
        atPath: folder.file("\(place)/src/focalcheck_exporter"), withIntermediateDirectories: true)
      try Damage.write(folder.file("\(place)/src/focalcheck_exporter/__main__.py"), [])
      _ = arguments.isEmpty ? try live(script) : try live(script, "--exporter", "other")
      #expect(
        try String(contentsOfFile: folder.file("path"), encoding: .utf8)
          == "\(folder.file(place))/src:\(folder.file("own")):/more\n")
    }
    #expect(
      try String(contentsOfFile: folder.file("arguments"), encoding: .utf8)
        .hasPrefix("-m focalcheck_exporter --framework torch --out \(temporary)/focalcheck-"))
    let absent = try live(script, "--exporter", "absent")
    #expect(absent.status == 2)
    #expect(absent.messages.hasPrefix("focalcheck: absent: there is no exporter here; "), "\(absent.text)")
  }
}
