import Conformance
import FixtureAuthoring
import Foundation
import HDF5
import Tensors
import Testing

/// Something wrong with one case, and what the error must say.
struct SpoiledCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// The path below the case; nil for the case itself.
  var object: String?
  let reason: String
  /// Writes the case `spoiled`.
  let write: @Sendable (HDF5Author) throws -> Void

  var testDescription: String { name }

  /// A case whose logit is written by `write`.
  static func logit(
    _ name: String, _ reason: String, write: @escaping @Sendable (HDF5Author, String) throws -> Void
  ) -> SpoiledCase {
    SpoiledCase(name: name, object: "inputs/logit", reason: reason) { author in
      try DemoFixture.demoCase(author, "spoiled", without: ["inputs/logit"])
      try write(author, "/cases/spoiled/inputs/logit")
    }
  }

  /// A case with other attributes.
  static func attributes(
    _ name: String, _ reason: String, without omitted: Set<String> = [],
    changing changes: [String: AuthoredValue] = [:]
  ) -> SpoiledCase {
    SpoiledCase(name: name, reason: reason) {
      try DemoFixture.demoCase($0, "spoiled", without: omitted, changing: changes)
    }
  }

  static let all: [SpoiledCase] = [
    .attributes("no variant", "required attribute \"variant\" is missing", without: ["variant"]),
    .attributes("no alpha", "required attribute \"alpha\" is missing", without: ["alpha"]),
    .attributes("no gamma", "required attribute \"gamma\" is missing", without: ["gamma"]),
    .attributes("no reduction", "required attribute \"reduction\" is missing", without: ["reduction"]),
    .attributes(
      "alpha a string", "attribute \"alpha\" must be a number, and is the string \"high\"",
      changing: ["alpha": .fixed("high")]),
    .attributes(
      "alpha a record", "attribute \"alpha\" must be a number, and is compound of shape ()",
      changing: ["alpha": .compound]),
    .attributes("alpha null", "must be a number, and is empty (null dataspace)", changing: ["alpha": .null]),
    .attributes(
      "two alphas", "must be a number, and is an array of 2", changing: ["alpha": .doubles([1, 2])]),
    .attributes("variant a number", "must be a string, and is the integer 3", changing: ["variant": .int(3)]),
    .attributes(
      "unknown reduction", "reduction \"median\" is none of \"none\", \"sum\", \"mean\"",
      changing: ["reduction": .fixed("median")]),
    .attributes(
      "unknown outcome", "outcome \"maybe\" is none of \"value\", \"raised\"",
      changing: ["outcome": .fixed("maybe")]),
    .attributes(
      "loss weight a string", "attribute \"loss_weight\" must be a number",
      changing: ["variant": .fixed("ppdet.focal_loss"), "loss_weight": .fixed("1")]),
    .attributes(
      "label smoothing a string", "attribute \"label_smoothing\" must be a number",
      changing: [
        "variant": .fixed("keras.binary_focal_crossentropy"), "label_smoothing": .fixed("0.1"),
      ]),
    .attributes(
      "alpha misspelt", "required attribute \"alpha\" is missing; \"Alpa\" looks like a misspelling of it",
      without: ["alpha"], changing: ["Alpa": .double(0.25)]),
    SpoiledCase(
      name: "missing loss", object: "outputs/loss", reason: "is missing, and the outcome is \"value\""
    ) {
      try DemoFixture.demoCase($0, "spoiled", without: ["outputs/loss"])
    },
    SpoiledCase(
      name: "loss though raised", object: "outputs/loss", reason: "is there, and the outcome is \"raised\""
    ) {
      try DemoFixture.demoCase($0, "spoiled", changing: ["outcome": .fixed("raised")])
    },
    SpoiledCase(name: "no inputs", object: "inputs", reason: "the case has no inputs") {
      try DemoFixture.demoCase($0, "spoiled", without: ["inputs/logit", "inputs/label"])
    },
    SpoiledCase(name: "inputs a dataset", object: "inputs", reason: "a dataset, where a group is needed") {
      try DemoFixture.demoCase($0, "spoiled", without: ["inputs/logit", "inputs/label"])
      try $0.dataset("/cases/spoiled/inputs", DemoFixture.logit)
    },
    SpoiledCase(name: "case a dataset", reason: "a dataset, where a group is needed") {
      try $0.dataset("/cases/spoiled", DemoFixture.logit)
    },
    SpoiledCase(
      name: "case an external link", reason: "external link to \"/cases/a\" in \"other.h5\" is refused"
    ) {
      try $0.externalLink("/cases/spoiled", file: "other.h5", target: "/cases/a")
    },
    SpoiledCase(name: "case a user-defined link", reason: "user-defined link of class 187 is refused") {
      try $0.userDefinedLink("/cases/spoiled")
    },
    SpoiledCase(
      name: "case a loop of soft links", reason: "more than 16 soft links on the way, or a loop of them"
    ) {
      try $0.softLink("/cases/spoiled", target: "/cases/spoiled")
    },
    .logit("external link", "external link to \"/x\" in \"other.h5\" is refused") {
      try $0.externalLink($1, file: "other.h5", target: "/x")
    },
    .logit("virtual dataset", "virtual dataset is refused") {
      try $0.virtualDataset($1, shape: .vector(4), sourceFile: "other.h5", source: "/x")
    },
    .logit("external storage", "external storage is refused") {
      try $0.externalStorage($1, shape: .vector(4), file: "other.bin")
    },
    .logit("filter of a plug-in", "filter 32001 (without a name) is refused") {
      try $0.filtered($1, DemoFixture.logit, filter: 32001)
    },
    .logit("huge dimension", "was declared and never written") {
      try $0.unwritten($1, .uint8, shape: .vector(1 << 40), chunk: [1 << 20])
    },
    .logit("compression bomb", "a compression bomb") {
      try $0.compressionBomb($1, chunkCount: 32, chunkBytes: 1 << 20)
    },
    .logit("null dataspace", "null dataspace is refused") { try $0.nullDataset($1) },
    .logit("compound", "element type compound is refused") { try $0.compoundDataset($1) },
    .logit("string", "element type variable-length string is refused") { try $0.variableStringDataset($1) },
  ]
}

/// Something wrong with a whole file, and what the error must say after the file's name.
struct SpoiledFile: Sendable, CustomTestStringConvertible {
  let name: String
  let error: String
  /// Writes whatever stands at the path.
  let write: @Sendable (String) throws -> Void

  var testDescription: String { name }

  /// A file whose header or cases are not as they should be.
  static func authored(
    _ name: String, _ error: String, _ write: @escaping @Sendable (HDF5Author) throws -> Void
  ) -> SpoiledFile {
    SpoiledFile(name: name, error: error) { path in
      let author = try HDF5Author(path: path)
      try write(author)
      try author.close()
    }
  }

  static let all: [SpoiledFile] = [
    SpoiledFile(name: "missing", error: "cannot be opened: No such file or directory") { _ in },
    SpoiledFile(name: "directory", error: "is a directory") {
      try FileManager.default.createDirectory(atPath: $0, withIntermediateDirectories: false)
    },
    SpoiledFile(name: "named pipe", error: "is not a regular file") { mkfifo($0, 0o600) },
    SpoiledFile(name: "empty", error: "is empty") { try Damage.write($0, []) },
    SpoiledFile(name: "63 bytes", error: "has 63 bytes: no HDF5 file is shorter than 64") {
      try Damage.write($0, [UInt8](repeating: 0x89, count: 63))
    },
    SpoiledFile(name: "text", error: "is text, not an HDF5 file; ") {
      try Damage.write($0, Array(String(repeating: "This is no HDF5 file.\n", count: 10).utf8))
    },
    SpoiledFile(name: "truncated", error: "the file is truncated") {
      try DemoFixture.write(to: $0)
      try Damage.truncate($0, to: 4000)
    },
    .authored("no schema", "/: required attribute \"schema\" is missing") { try $0.group("/cases") },
    .authored("other schema", "/: schema is \"other/1\", and only \"focalcheck-fixture/1\" can be read") {
      try DemoFixture.header($0, schema: "other/1")
    },
    .authored(
      "later version", "/: schema is \"focalcheck-fixture/2\", and only \"focalcheck-fixture/1\" can be read"
    ) { try DemoFixture.header($0, schema: "focalcheck-fixture/2") },
    .authored("no framework", "/: required attribute \"framework\" is missing") {
      try $0.attribute("schema", .fixed("focalcheck-fixture/1"))
    },
    .authored("no cases group", "/cases: is missing") { try DemoFixture.header($0) },
    .authored("no case", "/cases: holds no case") {
      try DemoFixture.header($0)
      try $0.group("/cases")
    },
    .authored("cases a dataset", "/cases: a dataset, where a group is needed") {
      try DemoFixture.header($0)
      try $0.dataset("/cases", DemoFixture.logit)
    },
    .authored("cases an external link", "/cases: external link to \"/cases\" in \"other.h5\" is refused") {
      try DemoFixture.header($0)
      try $0.externalLink("/cases", file: "other.h5", target: "/cases")
    },
  ]
}

@Suite("Spoiled fixtures")
struct FixtureHostileTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  @Test(
    "a spoiled case is an error that names file, object and reason, and loses no other",
    arguments: SpoiledCase.all)
  func isolatesCases(spoiled: SpoiledCase) throws {
    let path = folder.file("paddle-3.3.1.h5")
    try DemoFixture.write(to: path, cases: ["first", "third"], adding: spoiled.write)
    let reader = try FixtureReader(path: path)
    #expect(reader.caseNames == ["first", "spoiled", "third"])
    #expect { try reader.conformanceCase("spoiled") } throws: { error in
      let object = ["/cases/spoiled", spoiled.object].compactMap { $0 }.joined(separator: "/")
      #expect("\(error)".hasPrefix("paddle-3.3.1.h5: \(object): "), "\(error)")
      #expect("\(error)".contains(spoiled.reason), "\(error)")
      return true
    }
    for name in ["first", "third"] {
      #expect(try reader.conformanceCase(name).inputs["logit"]?.readAll() == DemoFixture.logit)
    }
  }

  @Test("a spoiled file is an error that names the file and the reason", arguments: SpoiledFile.all)
  func refusesFiles(spoiled: SpoiledFile) throws {
    let path = folder.file("paddle-3.3.1.h5")
    try spoiled.write(path)
    #expect { try FixtureReader(path: path) } throws: { error in
      #expect("\(error)".hasPrefix("paddle-3.3.1.h5: \(spoiled.error)"), "\(error)")
      return true
    }
  }

  @Test("a file above the size limit is refused before it is hashed")
  func boundsFiles() throws {
    let path = folder.file("demo.h5")
    try DemoFixture.write(to: path)
    var limits = FixtureLimits()
    limits.fileBytes = 100
    #expect { try FixtureReader(path: path, limits: limits) } throws: {
      "\($0)".contains("above the limit of 100")
    }
  }

  @Test("names from the file are escaped in an error's text and kept in its parts")
  func escapesNames() throws {
    let path = folder.file("demo.h5")
    let name = "evil\u{202E}\n::error::"
    try DemoFixture.write(to: path) {
      try $0.externalLink("/cases/\(name)", file: "\u{1B}[2J.h5", target: "/x")
    }
    let reader = try FixtureReader(path: path)
    #expect { try reader.conformanceCase(name) } throws: { error in
      #expect((error as? FixtureError)?.object == "/cases/\(name)")
      return "\(error)"
        == #"demo.h5: /cases/evil\u{202E}\n::error::: external link to "/x" in "\u{1B}[2J.h5" is refused"#
    }
  }

  @Test("a case that is not there says so")
  func reportsMissingCase() throws {
    let path = folder.file("demo.h5")
    try DemoFixture.write(to: path)
    let reader = try FixtureReader(path: path)
    #expect { try reader.conformanceCase("nothing") } throws: {
      "\($0)" == "demo.h5: /cases/nothing: there is no case of this name"
    }
  }

  @Test("a fixture cut off anywhere is an error or reads as it was, and never another value")
  func survivesTruncation() throws {
    let original = folder.file("original.h5")
    try DemoFixture.write(to: original)
    let size = try FixtureReader(path: original).byteCount
    let path = folder.file("demo.h5")
    for step in 0..<60 {
      try? FileManager.default.removeItem(atPath: path)
      try FileManager.default.copyItem(atPath: original, toPath: path)
      try Damage.truncate(path, to: size * step / 60)
      #expect(throws: FixtureError.self, "cut to \(size * step / 60) of \(size)") {
        try FixtureReader(path: path)
      }
    }
  }

  @Test("one flipped bit in tensor data changes the digest, which a manifest catches")
  func digestCatchesFlips() throws {
    let path = folder.file("demo.h5")
    try DemoFixture.write(to: path)
    let pinned = try FixtureReader(path: path).digest
    try Damage.replace(path, Array(DemoFixture.loss.bytes), with: DemoFixture.loss.bytes.map { $0 ^ 1 })
    #expect(
      try FixtureReader(path: path).conformanceCase("demo").outputs["loss"]?.readAll() != DemoFixture.loss)
    #expect(throws: FixtureError.self) { try FixtureReader(path: path, pinned: pinned) }
  }
}
