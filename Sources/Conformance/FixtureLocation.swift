#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Where a fixture is, and what a manifest beside it pins; or why there is none at a path that was asked for.
public struct FixtureLocation: Hashable, Sendable {
  /// The path.
  public let path: String
  /// The digest in the manifest of the file's folder, or nil.
  public let pinned: FixtureDigest?
  /// What is wrong with the path, or nil.
  let problem: FixtureError?

  /// A fixture at a path.
  public init(path: String, pinned: FixtureDigest? = nil) {
    self.init(path: path, pinned: pinned, problem: nil)
  }

  private init(path: String, pinned: FixtureDigest? = nil, problem: FixtureError?) {
    self.path = path
    self.pinned = pinned
    self.problem = problem
  }

  /// The last component of the path.
  public var fileName: String { path.split(separator: "/").last.map(String.init) ?? path }

  /// Opens the fixture.
  ///
  /// - Throws: ``FixtureError``, for what was wrong with the path as well.
  public func open() throws(FixtureError) -> FixtureReader { try open(judged: nil) }

  /// Opens a fixture that another process has opened and judged before: libhdf5 sees the same bytes or none.
  ///
  /// - Throws: ``FixtureError``, also when the file has changed since.
  func open(judged digest: FixtureDigest?) throws(FixtureError) -> FixtureReader {
    if let problem { throw problem }
    return try FixtureReader(path: path, pinned: pinned, judged: digest)
  }

  /// Finds the fixtures that a list of paths names: a file is itself, a folder is every `.h5` and `.hdf5` file
  /// directly in it, by name. A `manifest.json` in the folder pins the files that it lists.
  ///
  /// A path that does not exist, a folder without fixtures and an unreadable manifest become locations that cannot be
  /// opened, so that nothing else is lost. A file that is named twice is found once.
  public static func find(_ paths: [String]) -> [FixtureLocation] {
    var nodes: Set<FileNode> = []
    return paths.flatMap(find).filter { location in
      FileNode(path: location.path).map { nodes.insert($0).inserted } ?? true
    }
  }

  private static func find(_ path: String) -> [FixtureLocation] {
    func failure(_ reason: String) -> [FixtureLocation] {
      [FixtureLocation(path: path, problem: FixtureError(file: path, reason: reason))]
    }
    var isFolder: Bool = false
    guard exists(path, &isFolder) else { return failure("there is no such file or folder") }
    let folder = isFolder ? path : Self.folder(of: path)
    let manifest: FixtureManifest?
    do throws(FixtureError) { manifest = try Self.manifest(in: folder) } catch {
      return [FixtureLocation(path: path, problem: error)]
    }
    guard isFolder else {
      let location = FixtureLocation(path: path)
      return [FixtureLocation(path: path, pinned: manifest?.digests[location.fileName])]
    }
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: path) else {
      return failure("the folder cannot be listed")
    }
    let files = names.filter { $0.hasSuffix(".h5") || $0.hasSuffix(".hdf5") }.sorted()
    guard !files.isEmpty else { return failure("the folder holds no .h5 or .hdf5 file") }
    return files.map { FixtureLocation(path: join(path, $0), pinned: manifest?.digests[$0]) }
  }

  private static func exists(_ path: String, _ isFolder: inout Bool) -> Bool {
    FileManager.default.fileExists(atPath: path, isDirectory: &isFolder)
  }

  private static func manifest(in folder: String) throws(FixtureError) -> FixtureManifest? {
    let path = join(folder, "manifest.json")
    var isFolder: Bool = false
    guard exists(path, &isFolder), !isFolder else { return nil }
    return try FixtureManifest(path: path)
  }

  /// The folder of the fixture, in the spelling of its path.
  var folder: String { Self.folder(of: path) }

  private static func folder(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }

  static func join(_ folder: String, _ name: String) -> String {
    folder.hasSuffix("/") ? folder + name : "\(folder)/\(name)"
  }
}
