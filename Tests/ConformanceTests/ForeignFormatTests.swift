import Conformance
import FixtureAuthoring
import Testing

/// A file that is no fixture, and what is said of it.
struct ForeignFile: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let says: String
  let advice: String
  let write: @Sendable (String) throws -> Void

  private static let exporting =
    "export one with focalcheck-export, judge an installed build with focalcheck live"

  /// Some bytes.
  private init(_ name: String, _ bytes: [UInt8], _ says: String, _ advice: String = exporting) {
    (testDescription, self.says, self.advice) = (name, says, advice)
    write = { try Damage.write($0, bytes) }
  }

  /// An HDF5 file without a schema.
  private init(hdf5 name: String, _ says: String, _ write: @escaping @Sendable (HDF5Author) throws -> Void) {
    (testDescription, self.says, advice) = (name, says, Self.exporting)
    self.write = { path in
      let author = try HDF5Author(path: path)
      try write(author)
      try author.close()
    }
  }

  /// The head of a zip archive whose first entry has a name.
  private static func zip(_ entry: String) -> [UInt8] {
    Array("PK\u{3}\u{4}".utf8) + [UInt8](repeating: 0, count: 22) + [UInt8(entry.utf8.count), 0, 0, 0]
      + Array(entry.utf8)
      + [UInt8](repeating: 7, count: 200)
  }

  static let notHDF5: [ForeignFile] = [
    ForeignFile(".npz", zip("logit.npy"), "is a NumPy .npz archive, not an HDF5 file"),
    ForeignFile(".pt", zip("archive/data.pkl"), "is a PyTorch file (.pt), not an HDF5 file"),
    ForeignFile(".keras", zip("metadata.json"), "is a Keras model (.keras), not an HDF5 file"),
    ForeignFile(".zip", zip("x.txt"), "is a zip archive, not an HDF5 file"),
    ForeignFile(
      ".npy", [0x93] + Array("NUMPY\u{1}".utf8) + [UInt8](repeating: 32, count: 120),
      "is a NumPy .npy array, not an HDF5 file"),
    ForeignFile(
      "old .pt", [0x80, 2, 0x8A, 0x0A, 0x6C] + [UInt8](repeating: 1, count: 90),
      "is a PyTorch file (.pt) of the old format, not an HDF5 file"),
    ForeignFile(
      ".pickle", [0x80, 4, 0x95] + [UInt8](repeating: 1, count: 90), "is a Python pickle, not an HDF5 file"),
    ForeignFile(
      ".safetensors",
      [64, 0, 0, 0, 0, 0, 0, 0] + Array("{\"x\":{}}".utf8) + [UInt8](repeating: 32, count: 90) + [1, 2, 3],
      "is a .safetensors file, not an HDF5 file"),
    ForeignFile("JSON", Array(" {\"a\": 1}\n".utf8), "is JSON, not an HDF5 file"),
    ForeignFile(
      "JSON of some length", Array(("[" + String(repeating: "1, ", count: 3000) + "1]").utf8),
      "is JSON, not an HDF5 file"),
    ForeignFile("text", Array("not HDF5".utf8), "is text, not an HDF5 file"),
    ForeignFile(
      "text in UTF-8", Array(String(repeating: "ä€🎈", count: 2000).utf8), "is text, not an HDF5 file"),
    ForeignFile(
      "HTML", Array("<!DOCTYPE html><html></html>".utf8), "is an HTML page, not an HDF5 file",
      "download the file itself"),
    ForeignFile(
      "Git LFS pointer", Array("version https://git-lfs.github.com/spec/v1\noid sha256:ab\n".utf8),
      "is a Git LFS pointer, not an HDF5 file", "git lfs pull"),
    ForeignFile(
      "gzip", [0x1F, 0x8B] + [UInt8](repeating: 3, count: 90), "is compressed by gzip, not an HDF5 file",
      "decompress it first"),
    ForeignFile(
      "anything", [UInt8](repeating: 0xEE, count: 900),
      "is not an HDF5 file: it does not have the signature of one"),
  ]

  static let withoutSchema: [ForeignFile] = [
    ForeignFile(
      hdf5: "Keras weights", "/: required attribute \"schema\" is missing: it is Keras weights, no fixture"
    ) {
      try $0.attribute("keras_version", .fixed("3.15.1"))
      try $0.group("/model_weights")
    },
    ForeignFile(
      hdf5: "netCDF-4", "/: required attribute \"schema\" is missing: it is a netCDF-4 file, no fixture"
    ) {
      try $0.attribute("_NCProperties", .fixed("version=2"))
    },
    ForeignFile(
      hdf5: "MATLAB", "/: required attribute \"schema\" is missing: it is a MATLAB 7.3 file, no fixture"
    ) {
      try $0.group("/#refs#")
    },
    ForeignFile(hdf5: "any", "/: required attribute \"schema\" is missing: the file is no fixture") {
      try $0.group("/cases")
    },
  ]
}

@Suite("Files that are no fixtures")
struct ForeignFormatTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  @Test(
    "a file that is no fixture says what it is and what to do next, whatever its name is",
    arguments: ForeignFile.notHDF5 + ForeignFile.withoutSchema)
  func saysWhatToDo(file: ForeignFile) throws {
    let path = folder.file("x.h5")
    try file.write(path)
    #expect {
      try FixtureReader(path: path)
    } throws: { error in
      #expect("\(error)".hasPrefix("x.h5: \(file.says)"), "\(error)")
      #expect("\(error)".contains(file.advice), "\(error)")
      return true
    }
  }

  @Test("compare says of a file that is not HDF5 what it is", arguments: ForeignFile.notHDF5)
  func compare(file: ForeignFile) throws {
    let path = folder.file("x.h5")
    try file.write(path)
    #expect {
      try FileComparison(expected: path, actual: path, policy: .uniform(.ulps(0)))
    } throws: { "\($0)".contains(file.says) || "\($0)".contains("is empty") }
  }

  @Test("an HDF5 file behind a user block is one", arguments: [UInt64(512), 1024, 4096])
  func userBlock(size: UInt64) throws {
    let path = folder.file("demo.h5")
    let author = try HDF5Author(path: path, userBlock: size)
    try DemoFixture.header(author)
    try DemoFixture.demoCase(author)
    try author.close()
    #expect(
      try FixtureReader(path: path).conformanceCase("demo").inputs["logit"]?.readAll() == DemoFixture.logit)
  }
}
