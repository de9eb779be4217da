import FixtureAuthoring
import Foundation
import Tensors
import Testing

/// A block of the README between two fences.
struct ReadmeBlock: Sendable {
  /// Where it begins.
  let line: Int
  let language: String
  let lines: [String]

  /// The blocks of README.md, in their order.
  static let all: [ReadmeBlock] = {
    let root = #filePath.split(separator: "/").dropLast(3).reduce("") { "\($0)/\($1)" }
    let text = (try? String(contentsOfFile: "\(root)/README.md", encoding: .utf8)) ?? ""
    var blocks: [ReadmeBlock] = []
    var open: (line: Int, language: String, lines: [String])?
    for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
      if line.hasPrefix("```") {
        if let block = open {
          blocks.append(ReadmeBlock(line: block.line, language: block.language, lines: block.lines))
          open = nil
        } else {
          open = (index + 1, String(line.dropFirst(3)), [])
        }
      } else {
        open?.lines.append(String(line))
      }
    }
    return blocks
  }()

  /// The commands of a block of shell lines.
  var commands: [String] { lines.filter { !$0.allSatisfy(\.isWhitespace) && !$0.hasPrefix("#") } }
}

/// The README's commands, run as they stand, in a fresh folder with small files under the names that they use.
@Suite("README")
struct ReadmeTests {
  /// The commands that need the sources, a compiler, or packages from the network; each is tested where it lands.
  private static let notRun = ["make build", "make run", "make test"]

  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    for name in ["mine", "old", "new", "a", "b", "before", "after"] {
      try Self.write(folder.file("\(name).h5"), "mylib 0.1", Self.demo)
    }
    try FileManager.default.createDirectory(
      atPath: folder.file("fixtures"), withIntermediateDirectories: true)
    try Self.write(folder.file("fixtures/small.h5"), "mylib 0.1", Self.demo)
    try installPython()
  }

  /// A conforming case, with its name, type, shape and losses.
  private typealias Example = (name: String, type: ElementType, shape: Shape, loss: [Double])

  private static let demo: [Example] = [
    (
      "demo", .float32, (try? Shape([2, 2])) ?? .vector(4), [0.0050271354, 0.0433217, 0.027600372, 2.0747104]
    ),
    (
      "demo.f64", .float64, .vector(4),
      [0.005027135194931743, 0.04332169878499658, 0.027600372816213786, 2.0747103307689465]
    ),
  ]

  private static func write(_ path: String, _ build: String, _ examples: [Example]) throws {
    let words = build.split(separator: " ").map(String.init)
    let author = try HDF5Author(path: path)
    try author.attribute("schema", .fixed("focalcheck-fixture/1"))
    try author.attribute("framework", .fixed(words[0]))
    try author.attribute("framework_version", .fixed(words[1]))
    for example in examples {
      try DemoFixture.attributes(author, example.name)
      for (name, values) in [
        ("inputs/logit", DemoFixture.logit.values), ("inputs/label", DemoFixture.label.values),
        ("outputs/loss", example.loss),
      ] {
        try author.dataset(
          "/cases/\(example.name)/\(name)", Tensor(example.type, example.shape, values: values))
      }
    }
    try author.close()
  }

  /// Installs a Python whose exporter gives another version of the framework each time that it is called.
  private func installPython() throws {
    for number in 1...3 {
      try Self.write(folder.file("export-\(number).h5"), "torch 2.\(number).0", Self.demo)
    }
    try FileManager.default.createDirectory(
      atPath: folder.file("venv/bin"), withIntermediateDirectories: true)
    let cases = Self.demo.map { "{\"name\":\"\($0.name)\",\"variant\":\"paddle.sigmoid_focal_loss\"}" }
    let script = """
      #!/bin/sh
      folder='\(folder.path)'
      number=$(($(cat "$folder/calls" 2> /dev/null || echo 0) + 1))
      echo $number > "$folder/calls"
      cp "$folder/export-$number.h5" "$6"
      echo '{"schema":"focalcheck-plan/1","framework":"torch","cases":[\(cases.joined(separator: ","))],"left_out":{}}' > "$8"
      """
    try Damage.write(folder.file("venv/bin/python"), Array(script.utf8))
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o755], ofItemAtPath: folder.file("venv/bin/python"))
  }

  @Test("each block says what it is, and only shell blocks hold commands")
  func languages() {
    #expect(ReadmeBlock.all.count >= 6)
    for block in ReadmeBlock.all {
      #expect(["sh", "text", "python"].contains(block.language), "the block at line \(block.line)")
      guard block.language != "sh" else { continue }
      for line in block.lines {
        let word = line.split(separator: " ").first.map(String.init) ?? ""
        #expect(
          !["make", "pip", "focalcheck"].contains(word) && !word.hasSuffix("/focalcheck"),
          "line \(block.line): \(line)")
      }
    }
  }

  @Test("every command of a shell block runs and ends well, one after another, or is listed as not run")
  func commands() throws {
    var remaining = Set(Self.notRun)
    var count = 0
    for block in ReadmeBlock.all where block.language == "sh" {
      for command in block.commands {
        if let listed = Self.notRun.first(where: { command == $0 || command.hasPrefix("\($0) ") }) {
          remaining.remove(listed)
          continue
        }
        let result = try Program.paste(
          command, in: folder.path, environment: ["PYTHON": "venv/bin/python"])
        #expect(result.status == 0, "line \(block.line): \(command)\n\(result.text)")
        count += 1
      }
    }
    #expect(count >= 15)
    #expect(remaining.isEmpty, "not in the README any more: \(remaining)")
    #expect(try String(contentsOfFile: folder.file("calls"), encoding: .utf8) == "3\n")
  }

  @Test("the gate fails when the next build is worse than the accepted one, and when it exports less")
  func gate() throws {
    let commands = ReadmeBlock.all.filter { $0.language == "sh" }.flatMap(\.commands)
    let gate = commands.filter { $0.hasPrefix(".build/release/focalcheck ") }
    try #require(gate.count == 3)
    func run(_ command: String) throws -> Program.Result {
      try Program.paste(command, in: folder.path, environment: ["PYTHON": "venv/bin/python"])
    }
    for command in gate.prefix(2) {
      let result = try run(command)
      try #require(result.status == 0, "\(result.text)")
    }
    var worse = Self.demo
    worse[0].loss[3] = 3
    try Self.write(folder.file("export-2.h5"), "torch 2.2.0", worse)
    let result = try run(gate[2])
    #expect(result.status == 1, "\(result.text)")
    try Self.write(folder.file("export-3.h5"), "torch 2.3.0", [Self.demo[0]])
    let lost = try run(gate[2])
    #expect(lost.status == 2, "\(lost.text)")
    #expect(lost.output.contains("#demo.f64"), "\(lost.text)")
  }
}
