import Foundation
import Subprocess

/// A copy of the package, under `.build/mutants`, with all mutants inside.
struct MutatedPackage {
  private let root: String
  private let copy: String
  /// What the copy holds, by the path from its root.
  private let files: [String: Data]

  /// The environment variable that says which mutant a process runs.
  static let variable = "FOCALCHECK_MUTANT"

  /// What the copy borrows from the package.
  private static let borrowed = ["fixtures", "reports", "examples", "README.md"]

  /// Puts the mutants into the sources, and writes nothing yet.
  ///
  /// - Throws: ``MutantListError`` where the list does not fit the sources, or what reading them throws.
  init(of root: String, _ list: MutantList) throws {
    self.root = URL(fileURLWithPath: root).standardizedFileURL.path
    copy = "\(self.root)/.build/mutants"
    var mutants = Dictionary(grouping: list.mutants, by: \.place.file)
    var plumbing = Dictionary(grouping: list.plumbing, by: \.place.file)
    var files: [String: Data] = [:]
    for name in try ["Package.swift", "Package.resolved"] + Self.sources(in: self.root) {
      let source = try Data(contentsOf: URL(fileURLWithPath: "\(self.root)/\(name)"))
      files[name] =
        try MutatedSource(
          source, mutants.removeValue(forKey: name) ?? [], plumbing.removeValue(forKey: name) ?? []
        ).bytes
    }
    if let name = (Array(mutants.keys) + Array(plumbing.keys)).min() {
      throw MutantListError("there is no file \(name)")
    }
    for module in Set(list.mutants.map(\.place.module)) {
      files["Sources/\(module)/ActiveMutant.swift"] = Data(Self.activeMutant.utf8)
    }
    self.files = files
  }

  /// All files of the sources and tests but the list itself.
  private static func sources(in root: String) throws -> [String] {
    try ["Sources", "Tests"].flatMap { folder in
      try FileManager.default.subpathsOfDirectory(atPath: "\(root)/\(folder)").map { "\(folder)/\($0)" }
    }.filter { name in
      var isFolder: ObjCBool = false
      return FileManager.default.fileExists(atPath: "\(root)/\(name)", isDirectory: &isFolder)
        && !isFolder.boolValue && !name.hasPrefix("Tests/Mutants/")
    }
  }

  /// Writes the copy. A file that is as it should be is left alone, so that nothing is built again in vain.
  func write() throws {
    let manager = FileManager.default
    try manager.createDirectory(atPath: copy, withIntermediateDirectories: true)
    for (name, bytes) in files {
      let url = URL(fileURLWithPath: "\(copy)/\(name)")
      guard (try? Data(contentsOf: url)) != bytes else { continue }
      try manager.createDirectory(at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
      try bytes.write(to: url)
    }
    for name in try Self.sources(in: copy) where files[name] == nil {
      try manager.removeItem(atPath: "\(copy)/\(name)")
    }
    for name in Self.borrowed {
      let link = "\(copy)/\(name)"
      if (try? manager.destinationOfSymbolicLink(atPath: link)) == nil {
        try manager.createSymbolicLink(atPath: link, withDestinationPath: "\(root)/\(name)")
      }
    }
  }

  /// Builds the tests of the copy, optimised: a suite is run for each of hundreds of mutants.
  ///
  /// - Throws: ``BuildError`` when it cannot be built.
  func build() async throws -> TestBundle {
    let command = ["build", "--package-path", copy, "-c", "release"]
    let built = try await Subprocess.run(
      .name("swift"),
      arguments: .init(command + ["--build-tests", "-q", "-Xswiftc", "-enable-testing"]),
      output: .fileDescriptor(.standardOutput, closeAfterSpawningProcess: false),
      error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false))
    guard built.terminationStatus.isSuccess else { throw BuildError() }
    let shown = try await Subprocess.run(
      .name("swift"), arguments: .init(command + ["--show-bin-path"]), output: .string(limit: 1 << 16))
    guard shown.terminationStatus.isSuccess else { throw BuildError() }
    return TestBundle(
      path:
        "\(shown.standardOutput.trimmingCharacters(in: .whitespacesAndNewlines))/focalcheckPackageTests.xctest"
    )
  }

  /// Why the copy cannot be tested.
  struct BuildError: Error, CustomStringConvertible {
    let description = "the mutants cannot be built"
  }

  /// What each module with mutants has besides.
  private static let activeMutant = """
    #if canImport(Glibc)
      internal import Glibc
    #elseif canImport(Musl)
      internal import Musl
    #elseif canImport(Darwin)
      internal import Darwin
    #endif

    /// The number of the mutant that this process runs; 0 for none.
    @usableFromInline
    let activeMutant = getenv("\(variable)").flatMap { Int(String(cString: $0)) } ?? 0

    """
}
