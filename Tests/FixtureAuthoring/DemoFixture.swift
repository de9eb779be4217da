import Foundation
public import Tensors

/// A folder that is removed with everything in it when the last reference goes.
public final class TemporaryFolder {
  /// Its path.
  public let path: String

  /// Creates a folder with a fresh name.
  public init() throws {
    let url = FileManager.default.temporaryDirectory.appendingPathComponent("focalcheck-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    path = url.path
  }

  /// The path of a file in the folder.
  public func file(_ name: String) -> String { "\(path)/\(name)" }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

/// A valid fixture, written part by part so that a test can leave out or spoil any of them.
public enum DemoFixture {
  /// Logits of the demonstration case.
  public static let logit = Tensor(.float32, .vector(4), values: [-1.5, 0, 0.25, 3])
  /// Its labels.
  public static let label = Tensor(.float32, .vector(4), values: [0, 1, 1, 0])
  /// Its loss; any numbers do.
  public static let loss = Tensor(.float32, .vector(4), values: [0.01, 0.04, 0.02, 2.06])

  /// The root attributes that the format requires.
  public static func header(
    _ author: HDF5Author, schema: String = "focalcheck-fixture/1", framework: String = "demo"
  ) throws {
    try author.attribute("schema", .fixed(schema))
    try author.attribute("framework", .variableScalar(framework))
    try author.attribute("framework_version", .fixed("1.2.3"))
  }

  /// The attributes of a case that the format requires, except those left out.
  public static func attributes(
    _ author: HDF5Author, _ name: String, without omitted: Set<String> = [],
    changing changes: [String: AuthoredValue] = [:]
  ) throws {
    var values: [String: AuthoredValue] = [
      "variant": .fixed("paddle.sigmoid_focal_loss"), "alpha": .double(0.25), "gamma": .double(2),
      "reduction": .fixed("none"),
    ]
    values.merge(changes) { $1 }
    try author.group("/cases/\(name)")
    for (key, value) in values.sorted(by: { $0.key < $1.key }) where !omitted.contains(key) {
      try author.attribute(key, value, on: "/cases/\(name)")
    }
  }

  /// A whole case: attributes, `logit`, `label` and `loss`, except the datasets left out.
  public static func demoCase(
    _ author: HDF5Author, _ name: String = "demo", without omitted: Set<String> = [],
    changing changes: [String: AuthoredValue] = [:]
  ) throws {
    try attributes(author, name, without: omitted, changing: changes)
    for (path, tensor) in [("inputs/logit", logit), ("inputs/label", label), ("outputs/loss", loss)]
    where !omitted.contains(path) {
      try author.dataset("/cases/\(name)/\(path)", tensor)
    }
  }

  /// Writes a whole fixture of demonstration cases, and what `body` adds.
  public static func write(
    to path: String, framework: String = "demo", cases: [String] = ["demo"], isNewestFormat: Bool = false,
    adding body: (HDF5Author) throws -> Void = { _ in }
  ) throws {
    let author = try HDF5Author(path: path, isNewestFormat: isNewestFormat)
    try header(author, framework: framework)
    for name in cases { try demoCase(author, name) }
    try body(author)
    try author.close()
  }
}
