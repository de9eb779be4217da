import Arithmetic
import FixtureAuthoring
import FocalLoss
import Tensors
import Testing

@testable import Conformance

/// A case of a committed fixture, in memory, whose gradient conforms.
private struct Sound {
  let fixture: FixtureReader
  let conformanceCase: ConformanceCase
  let gradient: StoredTensor
  let values: [Double]

  /// One case for each variant of which the fixtures have a gradient of at least 32 elements.
  static func all(_ isWanted: (ConformanceCase) -> Bool = { _ in true }) throws -> [Sound] {
    var found: [String: Sound] = [:]
    for location in FixtureLocation.find([committedFixtures]) where !location.path.contains("paddle-2") {
      let fixture = try location.open()
      for name in fixture.caseNames {
        let stored = try fixture.conformanceCase(name)
        guard found[stored.variant] == nil, let gradient = stored.grads.values.first, isWanted(stored),
          gradient.elementType == .float32, (32...400).contains(gradient.shape.count)
        else { continue }
        let values = try gradient.readAll().values
        guard Set(values).count >= values.count / 2, values.allSatisfy(\.isFinite),
          Judge(policy: .derived, namesCauses: false, memory: nil).judge(stored, of: fixture).verdict
            == .conformant
        else { continue }
        found[stored.variant] = Sound(
          fixture: fixture, conformanceCase: stored, gradient: gradient, values: values)
      }
    }
    return found.keys.sorted().compactMap { found[$0] }
  }

  /// What is said of the gradient with other values.
  func judged(_ values: [Double]) -> TensorReport? {
    var changed = conformanceCase
    changed.grads[gradient.memberName] = StoredTensor(
      Tensor(gradient.elementType, gradient.shape, values: values), inPlaceOf: gradient)
    return Judge(policy: .derived).judge(changed, of: fixture).tensors.first { $0.name == gradient.name }
  }
}

/// A change of a gradient, and the causes that are right for it.
private struct Plant: CustomTestStringConvertible {
  let testDescription: String
  let causes: Set<String>
  let change: @Sendable ([Double]) -> [Double]

  static let all = [
    Plant(testDescription: "one ratio", causes: ["one-ratio"]) { $0.map { $0 * 1.171875 } },
    Plant(testDescription: "the wrong sign", causes: ["wrong-sign"]) { $0.map { -$0 } },
    Plant(testDescription: "one NaN", causes: ["not-a-number"]) { values in
      values.indices.map { $0 == 7 ? .nan : values[$0] }
    },
    Plant(testDescription: "the last five are 0", causes: ["exact-zero"]) {
      $0.dropLast(5) + Array(repeating: 0, count: 5)
    },
    Plant(testDescription: "the first six are doubled", causes: ["partial-ratio"]) { values in
      values.indices.map { $0 < 6 ? 2 * values[$0] : values[$0] }
    },
    Plant(testDescription: "float16", causes: ["narrower-result", "narrower-type"]) {
      $0.map { FloatFormat.float16.round($0) }
    },
    Plant(testDescription: "the last seven are reversed", causes: ["elements-reversed"]) {
      $0.dropLast(7) + $0.suffix(7).reversed()
    },
  ]
}

@Suite("Diagnosis")
struct DiagnosisTests {
  @Test("a search for causes never makes an error of a nonconformant gradient, for any variant")
  func searchCostsNoVerdict() throws {
    let cases = try Sound.all { !$0.gradOutputs.isEmpty }
    #expect(cases.contains { $0.conformanceCase.variant.hasPrefix("keras.") })
    #expect(cases.count >= 5, "\(cases.map(\.conformanceCase.variant))")
    for sound in cases {
      let tensor = try #require(sound.judged(sound.values.map { 0.75 - $0 }))
      #expect(tensor.verdict == .nonconformant, "\(sound.conformanceCase.id)")
    }
  }

  @Test(
    "what is planted in a gradient is diagnosed rightly or not at all, for every variant",
    arguments: Plant.all)
  private func planted(_ plant: Plant) throws {
    var diagnosed = 0
    let cases = try Sound.all()
    #expect(cases.count >= 8)
    for sound in cases {
      let tensor = try #require(sound.judged(plant.change(sound.values)))
      guard tensor.verdict == .nonconformant, let diagnosis = tensor.diagnoses.first else { continue }
      diagnosed += 1
      #expect(
        plant.causes.contains(diagnosis.cause),
        "\(sound.conformanceCase.id): \(diagnosis.cause): \(diagnosis.statement)")
      #expect(diagnosis.explains == tensor.comparison?.outside && diagnosis.of == diagnosis.explains)
    }
    #expect(2 * diagnosed >= cases.count, "\(diagnosed) of \(cases.count) diagnosed")
  }

  @Test("what conforms has no diagnosis, and no diagnosis explains less than all")
  func conformant() {
    let report = Runner(policy: .derived).run(FixtureLocation.find([PublicReport.folder]))
    let tensors = report.cases.flatMap(\.tensors)
    #expect(tensors.contains { !$0.diagnoses.isEmpty })
    for tensor in tensors {
      if tensor.comparison?.outside ?? 0 == 0 { #expect(tensor.diagnoses.isEmpty, "\(tensor.name)") }
      for diagnosis in tensor.diagnoses {
        #expect(diagnosis.explains == tensor.comparison?.outside && diagnosis.of == diagnosis.explains)
      }
    }
  }

  @Test(
    "public faults have their cause",
    arguments: [
      ("b08-wrong", ["class-ids-shifted"]), ("b10-wrong", ["label-ratio"]), ("b16-wrong", ["other-order"]),
      ("b18-wrong", ["gamma-off"]), ("b21-wrong", ["other-variant"]),
      ("b27-wrong", ["modulator-not-differentiated"]),
      ("b01-wrong", ["single-element"]), ("b03-wrong", ["cross-entropy-of-probability"]),
      ("b28-hf-as-tv-sum", ["other-count"]),
      ("b36-wrong", ["power-as-product"]), ("b40-wrong", ["not-a-number"]), ("b43-wrong", ["other-count"]),
    ])
  func publicFaults(file: String, causes: [String]) throws {
    let location = FixtureLocation(path: "\(committedFixtures)/cases/\(file).h5")
    let tensors = Runner(policy: .derived).run([location]).cases.flatMap(\.tensors)
    let diagnoses = tensors.compactMap(\.diagnoses.first)
    #expect(!diagnoses.isEmpty)
    for diagnosis in diagnoses {
      #expect(causes.contains(diagnosis.cause), "\(diagnosis.cause): \(diagnosis.statement)")
    }
  }

  @Test("a policy of tolerances is not diagnosed")
  func tolerance() throws {
    let location = FixtureLocation(path: "\(committedFixtures)/cases/b10-wrong.h5")
    let policy = try #require(Policy(parsing: "torch"))
    let tensors = Runner(policy: policy).run([location]).cases.flatMap(\.tensors)
    #expect(tensors.contains { $0.verdict == .nonconformant })
    #expect(tensors.allSatisfy { $0.diagnoses.isEmpty })
  }
}
