import FixtureAuthoring
import Foundation
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

  @Test("a file whose writer let others read says that it was left open, and is not read beside the writer")
  func reportsStaleSharedWriter() throws {
    let path = folder.file("file.h5")
    try DemoFixture.write(to: path, isNewestFormat: true)
    try Damage.markOpenForWriting(path, admitsReaders: true)
    expectError(path, "a writer that died left its write flag set")
  }

  @Test("a file that another one has locked for writing says so")
  func reportsWriter() throws {
    let path = folder.file("file.h5")
    try DemoFixture.write(to: path)
    let descriptor = open(path, O_RDWR)
    defer { close(descriptor) }
    try #require(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
    expectError(path, "another process has the file open for writing")
    try #require(flock(descriptor, LOCK_UN) == 0)
    #expect(try File(path: path).root.links().map(\.name) == ["cases"])
  }

  @Test("a file of a version that is not known says so")
  func reportsVersion() throws {
    let path = folder.file("file.h5")
    try DemoFixture.write(to: path)
    try Damage.flipBit(path, bit: 8 * 8 + 6)
    expectError(path, "damaged, or in a newer format than this HDF5 library reads")
  }

  @Test("not a byte of a file changes while it is open", arguments: [false, true])
  func leavesBytesAlone(isNewestFormat: Bool) throws {
    let path = folder.file("file.h5")
    try DemoFixture.write(to: path, isNewestFormat: isNewestFormat)
    let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
    let file = try File(path: path)
    let second = try File(path: path)
    #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    withExtendedLifetime((file, second)) {}
  }

  @Test("no plug-in can be loaded once a file was opened")
  func forbidsPlugins() throws {
    let path = folder.file("file.h5")
    try DemoFixture.write(to: path)
    _ = try File(path: path)
    #expect(try !LibraryState.loadsPlugins())
  }

  @Test("the file stays open as long as something from it is there")
  func keepsFileOpen() throws {
    let path = folder.file("file.h5")
    try DemoFixture.write(to: path)
    let dataset = try File(path: path).dataset(at: "/cases/demo/inputs/logit")
    #expect(try dataset.read(dataset.shape.whole) == DemoFixture.logit)
  }

  @Test("every identifier is closed, after failures too")
  func leavesNoIdentifier() async throws {
    // The library counts what other tests have open as well, so this one has a process of its own.
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      let path = folder.file("file.h5")
      try DemoFixture.write(to: path) { author in
        try author.compoundDataset("/record")
        try author.virtualDataset("/virtual", shape: .vector(4), sourceFile: "other.h5", source: "/y")
        try author.attribute("tags", .variable(["a", "b"]))
      }
      let count = try LibraryState.identifiersLeftOpen {
        let file = try File(path: path)
        for object in file.objects() {
          if case .dataset(let dataset) = object { _ = try dataset.read(dataset.shape.whole) }
          if case .group(let group) = object { _ = try group.attributes() }
        }
      }
      try #require(count == 0, "\(count) identifiers are open")
    }
  }

  @Test("a file is closed with the last object from it, after failures too")
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
