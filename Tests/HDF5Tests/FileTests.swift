import FixtureAuthoring
import Tensors
import Testing

@testable import HDF5

@Suite("Opening files")
struct FileTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func expectError(_ path: String, _ reason: String) {
    #expect { try File(path: path) } throws: { error in
      guard let error = error as? HDF5Error else { return false }
      #expect(error.reason.contains(reason), "\(error)")
      #expect(error.frames.first?.function == "H5Fopen")
      return error.kind == .failed && error.operation == "H5Fopen" && error.path == "/"
    }
  }

  @Test("a truncated file says so")
  func reportsTruncation() throws {
    let path = folder.file("file.h5")
    try DemoFixture.write(to: path)
    try Damage.truncate(path, to: 2000)
    expectError(path, "the file is truncated")
  }

  @Test("a file without the HDF5 signature says so")
  func reportsForeignFiles() throws {
    let path = folder.file("file.h5")
    try DemoFixture.write(to: path)
    try Damage.flipBit(path, bit: 8)
    expectError(path, "not an HDF5 file")
  }

  @Test("a damaged superblock of the newest format fails its checksum")
  func reportsChecksum() throws {
    let path = folder.file("file.h5")
    try DemoFixture.write(to: path, isNewestFormat: true)
    try Damage.flipBit(path, bit: 8 * 20)
    expectError(path, "the file is damaged: a checksum does not match")
  }

  @Test("a file that a writer left open says so")
  func reportsStaleWriter() throws {
    let path = folder.file("file.h5")
    try DemoFixture.write(to: path, isNewestFormat: true)
    try Damage.markOpenForWriting(path)
    expectError(path, "a writer that died left its write flag set")
  }

  @Test("the file stays open as long as something from it is there")
  func keepsFileOpen() throws {
    let path = folder.file("file.h5")
    try DemoFixture.write(to: path)
    let dataset = try File(path: path).dataset(at: "/cases/demo/inputs/logit")
    #expect(try dataset.read(dataset.shape.whole) == DemoFixture.logit)
  }

  @Test("every identifier is closed exactly once, after failures too")
  func closesEverything() throws {
    let path = folder.file("file.h5")
    try DemoFixture.write(to: path) { author in
      try author.compoundDataset("/record")
      try author.virtualDataset("/virtual", shape: .vector(4), sourceFile: "other.h5", source: "/y")
      try author.attribute("tags", .variable(["a", "b"]))
    }
    for _ in 0..<3 {
      let file = try File(path: path)
      for object in file.objects() {
        if case .dataset(let dataset) = object { _ = try dataset.read(dataset.shape.whole) }
        if case .group(let group) = object { _ = try group.attributes() }
      }
    }
    // A second writer can create the file anew only when no identifier of the first is left.
    let author = try HDF5Author(path: path)
    try author.close()
  }
}
