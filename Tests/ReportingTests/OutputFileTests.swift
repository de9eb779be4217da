import Reporting
import Testing

import Foundation

@Suite("OutputFile")
struct OutputFileTests {
  private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("focalcheck-\(UUID())")
    .path

  init() throws { try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true) }

  @Test("a file is replaced whole, and nothing else is left in the folder")
  func replaces() throws {
    let path = folder + "/report.json"
    try OutputFile.write("first, and longer", to: path)
    try OutputFile.write("second", to: path)
    #expect(try String(contentsOfFile: path, encoding: .utf8) == "second")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["report.json"])
  }

  @Test("the old file is not written to: who has it open, or under another name, keeps it")
  func keepsOld() throws {
    try OutputFile.write("old", to: folder + "/report.json")
    try FileManager.default.linkItem(atPath: folder + "/report.json", toPath: folder + "/kept.json")
    try OutputFile.write("new", to: folder + "/report.json")
    #expect(try String(contentsOfFile: folder + "/report.json", encoding: .utf8) == "new")
    #expect(try String(contentsOfFile: folder + "/kept.json", encoding: .utf8) == "old")
  }

  @Test("a symbolic link stays, and its file is replaced")
  func links() throws {
    try OutputFile.write("old", to: folder + "/file")
    try FileManager.default.createSymbolicLink(atPath: folder + "/link", withDestinationPath: "file")
    try OutputFile.write("new", to: folder + "/link")
    #expect(try String(contentsOfFile: folder + "/file", encoding: .utf8) == "new")
    #expect(try FileManager.default.destinationOfSymbolicLink(atPath: folder + "/link") == "file")
  }

  @Test("a pipe is written to, not replaced")
  func pipes() throws {
    let path = folder + "/pipe"
    #expect(mkfifo(path, 0o600) == 0)
    // Opened for both, a pipe needs no second process.
    let descriptor = open(path, O_RDWR)
    defer { close(descriptor) }
    try OutputFile.write("text", to: path)
    var buffer = [UInt8](repeating: 0, count: 16)
    #expect(read(descriptor, &buffer, 16) == 4)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["pipe"])
  }

  @Test("a folder that does not exist is an error that names the file")
  func names() {
    let path = folder + "/missing/report.json"
    let error = #expect(throws: OutputError.self) { try OutputFile.write("", to: path) }
    #expect(error?.description.contains(path) == true)
  }
}
