import FixtureAuthoring
import Foundation
import Tensors
import Testing

@Suite("One flipped bit")
struct FlippedBitTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private static let objects =
    ["/", "/cases", "/cases/demo"]
    + ["inputs", "outputs", "grads", "inputs/logit", "inputs/label", "outputs/loss", "grads/logit"].map {
      "/cases/demo/\($0)"
    }

  /// A fixture whose loss is right by a wide tolerance, and whose gradient is wrong in every element.
  private func write() throws -> String {
    let path = folder.file("original.h5")
    let author = try HDF5Author(path: path)
    for (name, value) in [
      ("schema", "focalcheck-fixture/1"), ("framework", "paddle"), ("framework_version", "3.3.1"),
    ] {
      try author.attribute(name, .fixed(value))
    }
    try DemoFixture.demoCase(author)
    try author.dataset(
      "/cases/demo/grads/logit", Tensor(.float32, .vector(4), values: [150, -170, 190, 210]))
    try author.close()
    return path
  }

  private func run(_ path: String) throws -> Program.Result {
    try Program.run(["run", path, "--policy", "atol=10"], in: folder.path)
  }

  @Test("a wrong gradient is found, or its file refused, whichever bit of the file's directory is flipped")
  func nothingHidesAGradient() throws {
    let path = try write()
    let whole = try run(path)
    #expect(whole.status == 1, "\(whole.text)")
    let original = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let directory = try StoredLayout(path: path, objects: Self.objects).directory(of: original)
    #expect(directory.count > 200)
    // Each place, with another bit from one to the next: all bits of all places take minutes.
    let flipped = folder.file("flipped")
    try FileManager.default.createDirectory(atPath: flipped, withIntermediateDirectories: true)
    for (index, place) in directory.enumerated() where index % 2 == 0 {
      var bytes = original
      let bit = index / 2 % 8
      bytes[place] ^= 1 << UInt8(bit)
      try Damage.write("\(flipped)/byte-\(place)-bit-\(bit).h5", bytes)
    }
    let result = try Program.run(
      ["run", flipped, "--policy", "atol=10", "--output", "json=report.json"], in: folder.path)
    #expect(result.status == 2, "\(result.text)")
    let report = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: folder.file("report.json"))))
    let fixtures = try #require((report as? [String: Any])?["fixtures"] as? [[String: Any]])
    #expect(fixtures.count == (directory.count + 1) / 2)
    let passed = fixtures.filter { ["conformant", "known"].contains($0["verdict"] as? String) }.map {
      $0["file"] as? String ?? ""
    }
    #expect(passed.isEmpty, "\(passed)")
  }
}
