import Foundation
import Testing

@testable import Conformance

/// The gradients of labels, normalizers and weights that frameworks computed: `fixtures/gradients`.
@Suite("Genuine gradients of every input")
struct GenuineGradientTests {
  private static let fixtures = FixtureLocation.find([committedFixtures + "/gradients"])

  /// The provenance of a fixture with other words for some attributes.
  private func provenance(_ provenance: Provenance, _ changes: [String: String]) throws -> Provenance {
    let encoded = try JSONEncoder().encode(provenance)
    var object = try #require(JSONSerialization.jsonObject(with: encoded) as? [String: Any])
    object.merge(changes) { $1 }
    return try JSONDecoder().decode(Provenance.self, from: JSONSerialization.data(withJSONObject: object))
  }

  @Test("they conform, and each framework has some of a label", arguments: ["derived", "torch"])
  func genuine(policyName: String) throws {
    let policy = try #require(Policy(parsing: policyName))
    #expect(Self.fixtures.count == 5)
    for location in Self.fixtures {
      let fixture = try location.open()
      var names: Set<String> = []
      for name in fixture.caseNames {
        let report = Judge(policy: policy).judge(name, of: fixture)
        #expect(report.verdict == .conformant, "\(report.id): \(report)")
        names.formUnion(report.tensors.map(\.name))
      }
      #expect(names.contains("grads/label"), "\(fixture.fileName)")
    }
  }

  @Test("under an alias they conform as well, and as another name's", arguments: fixtures.map(\.fileName))
  func aliases(file: String) throws {
    let aliases = [
      "torch": "PyTorch", "paddle": "PaddlePaddle", "optax": "Optax", "kornia": "KORNIA", "keras": "Keras",
    ]
    let fixture = try #require(Self.fixtures.first { $0.fileName == file }).open()
    let alias = try #require(aliases[fixture.provenance.framework])
    for framework in [alias, "mylib"] {
      let renamed = try provenance(fixture.provenance, ["framework": framework])
      for name in fixture.caseNames where name.hasSuffix("none.f32") {
        let report = Judge(policy: .derived).judge(
          try fixture.conformanceCase(name), of: fixture, by: renamed)
        #expect(report.verdict == .conformant, "\(framework) in \(report.id): \(report)")
      }
    }
  }

  @Test(
    "spoilt, none of them conforms, under its own name or another", arguments: fixtures.map(\.fileName),
    ["", "mylib"])
  func spoilt(file: String, framework: String) throws {
    let fixture = try #require(Self.fixtures.first { $0.fileName == file }).open()
    let renamed = try provenance(fixture.provenance, framework.isEmpty ? [:] : ["framework": framework])
    let judge = Judge(policy: .derived, namesCauses: false, memory: ExactMemory())
    let spoilings: [(name: String, change: (Double) -> Double)] = [
      ("NaN", { _ in .nan }), ("zero", { _ in 0 }), ("negated", { -$0 }), ("doubled", { 2 * $0 }),
    ]
    for name in fixture.caseNames where name.hasSuffix("f32") {
      let stored = try fixture.conformanceCase(name)
      for gradient in stored.grads.values {
        let genuine = try gradient.readAll()
        for spoiling in spoilings {
          var changed = stored
          changed.grads = [
            gradient.memberName: StoredTensor(genuine.mapping(spoiling.change), inPlaceOf: gradient)
          ]
          let tensor = try #require(
            judge.judge(changed, of: fixture, by: renamed).tensors.last { $0.name == gradient.name })
          #expect(tensor.verdict == .nonconformant, "\(name), \(gradient.name) \(spoiling.name)")
        }
      }
    }
  }
}
