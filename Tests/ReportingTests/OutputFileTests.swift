import Reporting
import Testing

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

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

  @Test("a folder that does not exist is an error that names the file")
  func names() {
    let path = folder + "/missing/report.json"
    let error = #expect(throws: OutputError.self) { try OutputFile.write("", to: path) }
    #expect(error?.description.contains(path) == true)
  }
}
