import FixtureAuthoring
import Foundation
import HDF5
import Tensors
import Testing

@testable import Conformance
@testable import FocalLoss

@Suite("Parameters and inputs")
struct ParameterTests {
  private let folder: TemporaryFolder
  private let judge = Judge(policy: .derived)

  init() throws { folder = try TemporaryFolder() }

  /// A fixture with one case for each variant, named like it.
  private func fixture(_ change: (inout VariantCase) throws -> Void = { _ in }) throws -> FixtureReader {
    let path = folder.file("variants.h5")
    try DemoFixture.write(to: path, cases: []) { author in
      for variant in Variants.all {
        var one = VariantCase(variant)
        try change(&one)
        try one.write(author, variant.name)
      }
    }
    return try FixtureReader(path: path)
  }

  /// What a judge says of a case of each variant after a change in memory.
  private func judge(
    _ stored: ConformanceCase, of fixture: FixtureReader, changing change: (inout ConformanceCase) -> Void
  ) -> CaseReport {
    var changed = stored
    change(&changed)
    return judge.judge(changed, of: fixture)
  }

  @Test(
    "no parameter, however small or large, lets any number pass for a loss",
    arguments: ["paddle", "torch", "jax", "tensorflow", "keras", "demo"],
    [0x1p-1074, 0x1p-1023, 0x1p-149, 0x1p-130, 1e-7, 70000, 1e30, 1.7e308])
  func extremeParameters(framework: String, value: Double) throws {
    let path = folder.file("extreme.h5")
    let parameters = ["alpha", "gamma", "loss_weight", "eps"]
    try DemoFixture.write(to: path, framework: framework, cases: []) { author in
      for variant in Variants.all {
        let one = VariantCase(variant)
        for spec in variant.parameters where parameters.contains(spec.name) {
          try one.write(author, "\(variant.name) \(spec.name)", changing: [spec.name: .double(value)]) {
            loss in
            loss = loss.map { _ in -12.5 }
          }
        }
      }
    }
    for report in Runner(policy: .derived, namesCauses: false).run([FixtureLocation(path: path)]).cases {
      #expect(report.verdict >= .unjudged, "\(report.name)")
    }
  }

  @Test("no loss that is divided by zero conforms with a number in the place of an infinity")
  func zeroNormalizer() throws {
    let fixture = try fixture { $0.addOptionalInputs() }
    for variant in Variants.all where variant.inputs.contains(where: { $0.name == "normalizer" }) {
      let report = judge(try fixture.conformanceCase(variant.name), of: fixture) { changed in
        changed.inputs["normalizer"] = changed.inputs["normalizer"].map {
          StoredTensor(Tensor(.float32, $0.shape, values: [0, 0]), inPlaceOf: $0)
        }
      }
      #expect(report.verdict >= .unjudged, "\(variant.name)")
    }
  }

  private static func raise(_ conformanceCase: inout ConformanceCase) {
    conformanceCase.outcome = .raised
    conformanceCase.error = "ValueError: no"
    conformanceCase.outputs = [:]
  }

  @Test("a name means one kind of parameter with one default, wherever it is")
  func oneMeaning() {
    for variant in Variants.all {
      #expect(
        variant.parameters.map(\.name)
          == Array(Set(variant.parameters.map(\.name))).sorted { first, second in
            let order = Variants.parameters.map(\.name)
            return order.firstIndex(of: first) ?? 0 < order.firstIndex(of: second) ?? 0
          }, "\(variant.name)")
      for spec in variant.parameters {
        let known = Variants.parameters.first { $0.name == spec.name }
        #expect(known?.kind == spec.kind, "\(variant.name) \(spec.name)")
        #expect(known?.defaultValue == spec.defaultValue, "\(variant.name) \(spec.name)")
        #expect(known?.isRequired == spec.isRequired, "\(variant.name) \(spec.name)")
        #expect(known?.isInEveryReport == spec.isInEveryReport, "\(variant.name) \(spec.name)")
        #expect(!Variants.all.flatMap { $0.inputs }.contains { $0.name == spec.name }, "\(spec.name)")
      }
    }
  }

  @Test("parameters survive the way from a worker, NaN and infinities too")
  func coding() throws {
    let numbers = [0.1, -0.0, 0x1p-1074, .infinity, -.infinity, .nan]
    for spec in Variants.parameters {
      let values: [ParameterValue] =
        spec.kind == .number
        ? numbers.map(ParameterValue.number) : [spec.spoiled(spec.defaultValue)].compactMap { $0 }
      for value in values {
        var parameters = Parameters()
        parameters[spec] = value
        let data = try WorkerCoding.encoder.encode(parameters)
        #expect(
          try WorkerCoding.decoder.decode(Parameters.self, from: data) == parameters, "\(spec.name) \(value)")
      }
    }
    for text in [#"{"beta":{"number":{"_0":1}}}"#, #"{"gamma":{"choice":{"_0":"sum"}}}"#] {
      #expect(throws: DecodingError.self) {
        try WorkerCoding.decoder.decode(Parameters.self, from: Data(text.utf8))
      }
    }
  }

  @Test("two builds were not asked the same when any one parameter differs")
  func differences() throws {
    let fixture = try fixture()
    for variant in Variants.all {
      let stored = try fixture.conformanceCase(variant.name)
      #expect(try UpgradeJudge().difference(stored, stored) == nil, "\(variant.name)")
      for spec in variant.parameters {
        var values = [try #require(spec.spoiled(stored.parameters[spec]))]
        if spec.kind == .number { values += [.number(.nan), .number(-.infinity)] }
        for value in values {
          var changed = stored
          changed.parameters[spec] = value
          let difference = try #require(
            try UpgradeJudge().difference(stored, changed), "\(variant.name) \(spec.name)")
          #expect(difference == "\(spec.name) is \(stored.parameters[spec]) and \(value)")
          #expect(try UpgradeJudge().difference(changed, changed) == nil, "\(variant.name) \(spec.name)")
        }
      }
    }
  }

  @Test("upgrade and agree call a case unjudged when any one parameter differs")
  func upgradeAndAgree() throws {
    for variant in Variants.all {
      for spec in variant.parameters where spec.kind == .number {
        for isChanged in [false, true] {
          try DemoFixture.write(to: folder.file("build\(isChanged).h5"), cases: []) { author in
            var one = VariantCase(variant)
            if isChanged { one.parameters[spec] = try #require(spec.spoiled(one.parameters[spec])) }
            try one.write(author, "case")
          }
        }
        let judge = UpgradeJudge()
        let sides = [false, true].map { judge.side(folder.file("build\($0).h5")) }
        let upgrade = judge.upgrade(from: sides[0], to: sides[1])
        #expect(upgrade.findings.map(\.change) == [.unjudged], "\(variant.name) \(spec.name)")
        #expect(upgrade.findings.first?.reason?.contains(spec.name) == true, "\(upgrade.findings)")
        let agreement = judge.agreement(of: sides[0], and: sides[1])
        #expect(agreement.findings.isEmpty, "\(variant.name) \(spec.name)")
        #expect(agreement.unjudged.first?.reason.contains(spec.name) == true, "\(agreement.unjudged)")
      }
    }
  }

  /// A name as people misspell it.
  private static func misspellings(of name: String) -> [String] {
    [
      name.uppercased(), name.replacing("_", with: "-"), name.replacing("_", with: ""),
      name.split(separator: "_").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(),
    ].filter { $0 != name }
  }

  @Test("a parameter that the variant does not have is an error that names it and those that it has")
  func foreignParameters() throws {
    let fixture = try fixture()
    for variant in Variants.all {
      let stored = try fixture.conformanceCase(variant.name)
      #expect(judge(stored, of: fixture) { _ in }.verdict == .conformant, "\(variant.name)")
      let own = Set(variant.parameters.map(\.name) + variant.inputs.map(\.name))
      let foreign = Variants.parameters.map(\.name) + Variants.optionalInputs + ReservedNames.parameters
      for name in Set(foreign).subtracting(own).sorted() {
        for spelling in [name] + Self.misspellings(of: name) {
          for raises in [false, true] {
            let report = judge(stored, of: fixture) {
              $0.attributes[spelling] = .float(1)
              if raises { Self.raise(&$0) }
            }
            let text = report.error?.text ?? ""
            #expect(report.verdict == .error, "\(variant.name) \(spelling)")
            #expect(text.hasPrefix("variants.h5: /cases/\(variant.name): "), "\(text)")
            #expect(text.contains("\"\(spelling)\""), "\(variant.name) \(spelling): \(text)")
            #expect(
              text.contains(variant.parameters.map(\.name).joined(separator: ", ")),
              "\(variant.name): \(text)")
          }
        }
      }
    }
  }

  @Test("a misspelt parameter of the variant is an error with the right spelling")
  func misspeltParameters() throws {
    let fixture = try fixture()
    for variant in Variants.all {
      let stored = try fixture.conformanceCase(variant.name)
      for spec in variant.parameters {
        var spellings = Self.misspellings(of: spec.name)
        if !spec.isRequired {
          spellings += [String(spec.name.dropLast()), spec.name + "s", "x" + spec.name.dropFirst()]
          spellings.append(String(spec.name.dropLast(2) + String(spec.name.suffix(2).reversed())))
        }
        for spelling in spellings {
          let report = judge(stored, of: fixture) { $0.attributes[spelling] = .float(1) }
          #expect(report.verdict == .error, "\(variant.name) \(spelling)")
          #expect(report.error?.reason.contains("\"\(spelling)\"") == true, "\(report.error?.text ?? "")")
          #expect(report.error?.reason.contains("\"\(spec.name)\"") == true, "\(report.error?.text ?? "")")
        }
      }
    }
  }

  @Test("an optional input that is given as an attribute is an error that says where it belongs")
  func inputsAsAttributes() throws {
    let fixture = try fixture()
    for variant in Variants.all {
      let stored = try fixture.conformanceCase(variant.name)
      for input in variant.inputs where input.isOptional {
        let report = judge(stored, of: fixture) { $0.attributes[input.name] = .float(2) }
        #expect(report.error?.reason.hasSuffix("it belongs in inputs/\(input.name)") == true, "\(report)")
      }
    }
  }

  @Test(
    "an author's notes are free",
    arguments: [
      "experiment", "seed", "author", "note", "comment", "production", "lambda", "theta", "fault", "reason",
      "printed", "grad_error", "epoch", "lr", "batch", "run", "", "ü",
    ])
  func notes(name: String) throws {
    let fixture = try fixture()
    for variant in Variants.all {
      let stored = try fixture.conformanceCase(variant.name)
      let report = judge(stored, of: fixture) { $0.attributes[name] = .float(1) }
      #expect(report.verdict == .conformant, "\(variant.name): \(report.error?.text ?? "")")
    }
  }

  @Test(
    "an input or a gradient that the variant does not have is an error that names it and those that it has")
  func foreignInputs() throws {
    let fixture = try fixture()
    let names = Set(Variants.all.flatMap { $0.inputs }.map(\.name) + ["mask", "wieght", "Logit", "labels"])
    for variant in Variants.all {
      let stored = try fixture.conformanceCase(variant.name)
      let first = try #require(stored.inputs[variant.firstInput])
      for name in names.subtracting(variant.inputs.map(\.name)).sorted() {
        for group in ["inputs", "grads"] {
          let tensor = StoredTensor(try first.readAll(), inPlaceOf: first, as: "\(group)/\(name)")
          for raises in [false, true] {
            let report = judge(stored, of: fixture) {
              if group == "inputs" { $0.inputs[name] = tensor } else { $0.grads[name] = tensor }
              if raises { Self.raise(&$0) }
            }
            let text = report.error?.text ?? ""
            #expect(report.verdict == .error, "\(variant.name) \(group)/\(name)")
            #expect(text.hasPrefix("variants.h5: /cases/\(variant.name)/\(group)/\(name): "), "\(text)")
            #expect(
              text.contains(variant.inputs.map(\.description).joined(separator: ", ")), "\(text)")
          }
        }
      }
    }
  }

  @Test("in a file as well nothing that the variant does not have is dropped")
  func foreignInFiles() throws {
    let path = folder.file("foreign.h5")
    try DemoFixture.write(to: path, cases: []) { author in
      for name in ["loss_weight", "label_smoothing", "pos_weight", "ignore_index", "labelsmoothing"] {
        try VariantCase(PaddleSigmoidFocalLoss.self).write(author, name)
        try author.attribute(name, .double(1), on: "/cases/\(name)")
      }
      try VariantCase(PaddleSigmoidFocalLoss.self).write(author, "weight")
      try author.dataset("/cases/weight/inputs/weight", DemoFixture.label)
      try VariantCase(PaddleSigmoidFocalLoss.self).write(author, "free")
      try author.attribute("experiment", .double(1), on: "/cases/free")
    }
    let fixture = try FixtureReader(path: path)
    for name in fixture.caseNames {
      let report = judge.judge(name, of: fixture)
      #expect(report.verdict == (name == "free" ? .conformant : .error), "\(name)")
      if name != "free" {
        #expect(report.error?.text.contains(name) == true, "\(report.error?.text ?? "")")
      }
    }
  }

  @Test("NaN and infinity in a parameter are refused, but for the NaN that stands for None")
  func nonfiniteParameters() throws {
    let fixture = try fixture()
    for variant in Variants.all {
      let stored = try fixture.conformanceCase(variant.name)
      for spec in variant.parameters where spec.kind == .number {
        for value in [Double.nan, .infinity, -.infinity] {
          let report = judge(stored, of: fixture) { $0.parameters[spec] = .number(value) }
          let raised = judge(stored, of: fixture) {
            $0.parameters[spec] = .number(value)
            Self.raise(&$0)
          }
          if spec.hasNone, value.isNaN {
            #expect(report.error == nil, "\(variant.name) \(spec.name)")
            #expect(raised.verdict == .nonconformant, "\(variant.name) \(spec.name)")
          } else {
            #expect(report.verdict == .error, "\(variant.name) \(spec.name) \(value)")
            #expect(report.error?.reason.contains("\(spec.name) is ") == true, "\(report.error?.text ?? "")")
            #expect(raised.verdict == .conformant, "\(variant.name) \(spec.name) \(value)")
          }
        }
      }
    }
  }

  @Test(
    "NaN and infinity in a weight or a normalizer are refused with the element that has them",
    arguments: [Double.nan, .infinity, -.infinity])
  func nonfiniteWeights(value: Double) throws {
    let fixture = try fixture { $0.addOptionalInputs() }
    for variant in Variants.all {
      let stored = try fixture.conformanceCase(variant.name)
      #expect(judge(stored, of: fixture) { _ in }.verdict == .conformant, "\(variant.name)")
      for input in variant.inputs where input.isOptional {
        let weight = try #require(stored.inputs[input.name])
        let spoiled = StoredTensor(Tensor(.float32, .vector(2), values: [2, value]), inPlaceOf: weight)
        let report = judge(stored, of: fixture) { $0.inputs[input.name] = spoiled }
        #expect(report.verdict == .error, "\(variant.name) \(input.name)")
        #expect(report.error?.reason.hasPrefix("\(input.name)[1] is ") == true, "\(report.error?.text ?? "")")
        let raised = judge(stored, of: fixture) {
          $0.inputs[input.name] = spoiled
          Self.raise(&$0)
        }
        #expect(raised.verdict == .conformant, "\(variant.name) \(input.name)")
      }
    }
  }

  @Test("identify ranks no program that does not have the case's parameters and inputs")
  func identification() throws {
    let fixture = try fixture {
      $0.addOptionalInputs()
      $0.parameters.alpha = 0.5
    }
    for variant in Variants.all {
      let stored = try fixture.conformanceCase(variant.name)
      for program in DocumentedProgram.losses {
        guard try stored.plan(program, fixture.provenance, of: .float32) != nil else { continue }
        let candidate = try #require(Variants.named(program.variant))
        #expect(
          Set(stored.inputs.keys).isSubset(of: candidate.inputs.map(\.name)), "\(variant.name): \(program)")
      }
    }
  }
}
