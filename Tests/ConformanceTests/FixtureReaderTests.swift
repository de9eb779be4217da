import Conformance
import FixtureAuthoring
import FocalLoss
import HDF5
import Tensors
import Testing

@Suite("Reading fixtures")
struct FixtureReaderTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func reader(
    cases: [String] = ["demo"], adding body: (HDF5Author) throws -> Void = { _ in }
  ) throws -> FixtureReader {
    let path = folder.file("demo.h5")
    try DemoFixture.write(to: path, cases: cases, adding: body)
    return try FixtureReader(path: path)
  }

  @Test("a small fixture reads as it was written")
  func readsDemo() throws {
    let reader = try reader()
    #expect(reader.fileName == "demo.h5")
    #expect(reader.caseNames == ["demo"])
    #expect(reader.provenance.framework == "demo")
    #expect(reader.provenance.frameworkVersion == "1.2.3")
    #expect(reader.provenance.device == "cpu")
    #expect(reader.provenance.attributes.isEmpty)
    let demo = try reader.conformanceCase("demo")
    #expect(demo.id == "demo.h5#demo")
    #expect(demo.variant == "paddle.sigmoid_focal_loss")
    #expect(demo.parameters.alpha == 0.25 && demo.parameters.gamma == 2 && demo.parameters.lossWeight == 1)
    #expect(demo.parameters.reduction == .none && demo.outcome == .value)
    #expect(demo.inputs.keys.sorted() == ["label", "logit"])
    #expect(try demo.inputs["logit"]?.readAll() == DemoFixture.logit)
    #expect(try demo.inputs["label"]?.readAll() == DemoFixture.label)
    #expect(try demo.outputs["loss"]?.readAll() == DemoFixture.loss)
    #expect(demo.outputs["loss"]?.name == "outputs/loss")
    #expect(demo.outputs["loss"]?.path == "/cases/demo/outputs/loss")
    #expect(demo.grads.isEmpty && demo.gradOutputs.isEmpty && demo.stages.isEmpty)
    #expect(demo.attributes.isEmpty && demo.otherObjects.isEmpty)
  }

  @Test("the provenance takes what the format names and keeps the rest")
  func readsProvenance() throws {
    let provenance = try reader { author in
      for (name, value) in [
        ("device", AuthoredValue.fixed("cuda:0")), ("exporter", .fixed("export.py")),
        ("python", .fixed("3.12")),
        ("numpy", .variableScalar("2.1")), ("h5py", .fixed("3.11")), ("platform", .fixed("linux")),
        ("cpu_capability", .fixed("AVX2")), ("num_threads", .int(4, bits: 32)),
        ("deterministic", .boolean(true)),
        ("flags", .fixed("{}")), ("note", .fixed("kept")),
      ] {
        try author.attribute(name, value)
      }
    }.provenance
    #expect(provenance.device == "cuda:0")
    #expect(provenance.exporter == "export.py")
    #expect(provenance.python == "3.12")
    #expect(provenance.numpy == "2.1")
    #expect(provenance.h5py == "3.11")
    #expect(provenance.platform == "linux")
    #expect(provenance.cpuCapability == "AVX2")
    #expect(provenance.threadCount == 4)
    #expect(provenance.isDeterministic == true)
    #expect(provenance.flags == "{}")
    #expect(provenance.attributes == ["note": .string("kept")])
  }

  @Test("an optional attribute of another kind is kept and shown, not an error")
  func keepsOddProvenance() throws {
    let provenance = try reader { try $0.attribute("num_threads", .fixed("four")) }.provenance
    #expect(provenance.threadCount == nil)
    #expect(provenance.attributes == ["num_threads": .string("four")])
  }

  @Test("all groups of a case are read, and what the format does not name is kept")
  func readsAllGroups() throws {
    let reader = try reader { author in
      for path in ["grads/logit", "grad_outputs/loss", "stages/p_t"] {
        try author.dataset("/cases/demo/\(path)", DemoFixture.logit)
      }
      try author.dataset("/cases/demo/inputs/normalizer", Tensor(.float32, .vector(1), values: [3]))
      try author.group("/cases/demo/notes")
      try author.group("/extra")
      for (name, value) in [
        ("source", AuthoredValue.fixed("blog")),
        ("tags", .variable(["edge", "half"])),
        ("seed", .int(7)),
      ] {
        try author.attribute(name, value, on: "/cases/demo")
      }
    }
    #expect(reader.otherObjects == ["/extra": "not named by the format"])
    let demo = try reader.conformanceCase("demo")
    #expect(demo.grads.keys.sorted() == ["logit"])
    #expect(demo.gradOutputs.keys.sorted() == ["loss"])
    #expect(demo.stages.keys.sorted() == ["p_t"])
    #expect(demo.inputs["normalizer"]?.shape == .vector(1))
    #expect(demo.source == "blog")
    #expect(demo.tags == ["edge", "half"])
    #expect(demo.attributes == ["seed": .integer(7)])
    #expect(demo.otherObjects == ["/cases/demo/notes": "not named by the format"])
  }

  @Test("tags may be one string with commas")
  func readsTagText() throws {
    let reader = try reader { try $0.attribute("tags", .fixed(" edge, half ,"), on: "/cases/demo") }
    #expect(try reader.conformanceCase("demo").tags == ["edge", "half"])
  }

  @Test("every parameter of every variant is read, and has its default where it is not stated")
  func readsParameters() throws {
    for variant in Variants.all {
      var stated = Parameters()
      for spec in variant.parameters { stated[spec] = try #require(spec.spoiled(stated[spec])) }
      let reader = try reader(cases: []) { author in
        var values: [String: AuthoredValue] = ["variant": .fixed(variant.name)]
        try DemoFixture.demoCase(author, "default", changing: values)
        for spec in variant.parameters { values[spec.name] = AuthoredValue(stated[spec]) }
        try DemoFixture.demoCase(author, "stated", changing: values)
      }
      #expect(try reader.conformanceCase("stated").parameters == stated, "\(variant.name)")
      #expect(try reader.conformanceCase("default").parameters == Parameters(), "\(variant.name)")
      #expect(try reader.conformanceCase("stated").attributes.isEmpty, "\(variant.name)")
    }
  }

  @Test("alpha and gamma keep any number")
  func keepsNumbers() throws {
    let reader = try reader { author in
      try DemoFixture.demoCase(
        author, "odd", changing: ["alpha": .double(.nan), "gamma": .double(-.infinity)])
      try DemoFixture.demoCase(
        author, "integers", changing: ["alpha": .int(-1, bits: 8), "gamma": .float32(1.5)])
    }
    let odd = try reader.conformanceCase("odd")
    #expect(odd.parameters.alpha.isNaN && odd.parameters.gamma == -.infinity)
    let integers = try reader.conformanceCase("integers")
    #expect(integers.parameters.alpha == -1 && integers.parameters.gamma == 1.5)
  }

  @Test("a case that raised has a message and no loss")
  func readsRaised() throws {
    let reader = try reader { author in
      try DemoFixture.demoCase(
        author, "raised", without: ["outputs/loss"],
        changing: ["outcome": .fixed("raised"), "error": .fixed("ValueError: no")])
    }
    let raised = try reader.conformanceCase("raised")
    #expect(raised.outcome == .raised && raised.error == "ValueError: no" && raised.outputs.isEmpty)
  }

  @Test("cases come in the order of their names' bytes, and a case may be reached through a soft link")
  func ordersCases() throws {
    let reader = try reader(cases: ["b", "a10", "a9", "Z"]) { try $0.softLink("/cases/c", target: "b") }
    #expect(reader.caseNames == ["Z", "a10", "a9", "b", "c"])
    let linked = try reader.conformanceCase("c")
    #expect(linked.id == "demo.h5#c")
    #expect(try linked.inputs["logit"]?.readAll() == DemoFixture.logit)
  }

  @Test("the digest is that of the bytes, and a pinned one is honoured")
  func honoursPinnedDigest() throws {
    let digest = try reader().digest
    let path = folder.file("demo.h5")
    #expect(digest.sha256.count == 64)
    #expect(try FixtureReader(path: path, pinned: digest).digest == digest)
    try Damage.flipBit(path, bit: 8 * (digest.byteCount - 1))
    #expect { try FixtureReader(path: path, pinned: digest) } throws: {
      "\($0)".hasPrefix("demo.h5: is not the file that the manifest pins: SHA-256 is ")
    }
    try Damage.truncate(path, to: digest.byteCount - 1)
    #expect { try FixtureReader(path: path, pinned: digest) } throws: {
      "\($0)".contains("it has \(digest.byteCount - 1) bytes, and the manifest pins \(digest.byteCount)")
    }
  }

  @Test("the digest of known bytes is their SHA-256")
  func hashesKnownBytes() throws {
    let path = folder.file("zeros.h5")
    try Damage.write(path, [UInt8](repeating: 0, count: 64))
    // printf '\0%.0s' {1..64} | sha256sum
    let pinned = FixtureDigest(
      sha256: "F5A5FD42D16A20302798EF6ED309979B43003D2320D9F0E8EA9831A92759FB4B", byteCount: 64)
    #expect { try FixtureReader(path: path, pinned: pinned) } throws: { "\($0)".contains("not an HDF5 file") }
  }
}
