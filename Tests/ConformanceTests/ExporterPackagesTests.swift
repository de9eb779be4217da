import Foundation
import Testing

@testable import Conformance

@Suite("Exporter packages")
struct ExporterPackagesTests {
  /// The packages of each extra of the exporter's own package, without their versions.
  private func extras() throws -> [String: [String]] {
    let text = try String(contentsOfFile: "\(committedFixtures)/exporter/pyproject.toml", encoding: .utf8)
    let section = try #require(text.components(separatedBy: "[project.optional-dependencies]\n").last)
    var extras: [String: [String]] = [:]
    for line in section.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.hasPrefix("[") { break }
      guard let match = line.wholeMatch(of: #/([a-z]+) = \[(.*)\]/#) else { continue }
      extras[String(match.1)] = match.2.matches(of: #/"([A-Za-z0-9_.\[\]-]+)[^"]*"/#).map { String($0.1) }
    }
    return extras
  }

  @Test("each framework's packages are those that the exporter's package lists")
  func frameworks() throws {
    var extras = try extras()
    // What measures functions, and no framework.
    extras["accuracy"] = nil
    #expect(extras.count == 5)
    #expect(ExporterPackages.frameworks == extras)
  }

  @Test(
    "what is missing is installed by the name of its package",
    arguments: [
      ("torch", "torch", "torch"), ("paddle", "paddle", "paddlepaddle setuptools"),
      ("keras", "keras", "keras tensorflow-cpu"), ("tensorflow", "keras", "tensorflow-cpu"),
      ("optax", "optax", "optax 'jax[cpu]'"), ("jax", "optax", "'jax[cpu]'"), ("numpy", "torch", "numpy"),
      ("h5py", "keras", "h5py"), ("absl", "optax", "optax 'jax[cpu]'"),
      ("google", "paddle", "paddlepaddle setuptools"),
    ])
  func packages(module: String, framework: String, packages: String) {
    #expect(ExporterPackages.packages(for: module, framework: framework) == packages)
  }

  @Test("no framework is installed by a placeholder", arguments: ExporterPackages.frameworks.keys.sorted())
  func noPlaceholder(framework: String) {
    for module in [framework, "other", "numpy"] {
      let packages = ExporterPackages.packages(for: module, framework: framework)
      #expect(packages.split(separator: " ").allSatisfy { $0 == $0.lowercased() && !$0.isEmpty })
      #expect(!packages.isEmpty)
    }
  }
}
