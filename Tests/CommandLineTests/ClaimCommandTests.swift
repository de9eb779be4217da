import FixtureAuthoring
import Tensors
import Testing

@Suite("Claims beside fixtures")
struct ClaimCommandTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  @Test("a case that cannot be read, and a fixture that crashes libhdf5, cost no claim and no report")
  func unreadable() throws {
    try DemoFixture.write(to: folder.file("a.h5")) { author in
      try DemoFixture.demoCase(author, "lacks", without: ["inputs/label"])
    }
    try DemoFixture.write(to: folder.file("b.h5"))
    try Damage.misplaceVariableString(folder.file("b.h5"))
    let claim = """
      [[claim]]
      id = "document.computed"
      quote = "a thing"
      source = "a document"
      statement = "every case is as it says"
      check = "computed"
      cases = "*"
      """
    try Damage.write(folder.file("claims.toml"), Array(claim.utf8))
    let result = try Program.run(["run", "."], in: folder.path)
    #expect(result.status == 2, "\(result.text)")
    #expect(result.output.contains("a.h5: /cases/lacks/inputs"), "\(result.text)")
    #expect(result.output.contains("refuted"), "\(result.text)")
    #expect(result.messages == "", "\(result.text)")
  }

  @Test("a stage that cannot be read is named, and costs the claims about it alone")
  func unreadableStage() throws {
    try DemoFixture.write(to: folder.file("a.h5")) { author in
      try author.dataset(
        "/cases/demo/stages/sigmoid", Tensor(.float32, .vector(4), values: [5, 6, 7, 8]),
        .with {
          $0.chunk = [4]
          $0.hasChecksum = true
        })
    }
    // Another number than its checksum is of.
    try Damage.replace(
      folder.file("a.h5"), [0, 0, 0xA0, 0x40, 0, 0, 0xC0, 0x40], with: [0, 0, 0xA0, 0x40, 0, 0, 0xA0, 0x40])
    var claims = ""
    for (id, check) in [
      ("stage", "check = \"stage\"\nstage = \"sigmoid\"\nfrom = 0\nthrough = 1"),
      ("computed", "check = \"computed\""),
    ] {
      claims +=
        "[[claim]]\nid = \"\(id)\"\nquote = \"q\"\nsource = \"s\"\nstatement = \"t\"\ncases = \"*\"\n\(check)\n"
    }
    try Damage.write(folder.file("claims.toml"), Array(claims.utf8))
    let result = try Program.run(["run", ".", "--output", "json=report.json"], in: folder.path)
    #expect(result.status == 2, "\(result.text)")
    #expect(result.messages.hasPrefix("focalcheck: a.h5: /cases/demo/stages/sigmoid: "), "\(result.text)")
    #expect(result.output.contains(": 1 refuted, 1 not checked\n"), "\(result.text)")
  }

  @Test("a claim about a tensor that is too large to be read whole is not checked, and says so")
  func largeStage() throws {
    let count = 1 << 21
    try DemoFixture.write(to: folder.file("a.h5")) { author in
      try author.dataset(
        "/cases/demo/stages/sigmoid",
        Tensor(.float32, .vector(count), values: Array(repeating: 0.5, count: count)))
    }
    let claim =
      "[[claim]]\nid = \"a\"\nquote = \"q\"\nsource = \"s\"\nstatement = \"t\"\ncases = \"*\"\ncheck = \"stage\"\n"
      + "stage = \"sigmoid\"\nfrom = 0\nthrough = 1\n"
    try Damage.write(folder.file("claims.toml"), Array(claim.utf8))
    let result = try Program.run(["run", "."], in: folder.path)
    #expect(result.status == 2, "\(result.text)")
    #expect(
      result.messages
        == "focalcheck: a.h5: /cases/demo/stages/sigmoid: has 2097152 elements, and claims are checked on at most "
        + "1048576\n", "\(result.text)")
    #expect(result.output.contains(": 1 not checked\n"), "\(result.text)")
  }

  @Test("a claim about tensors of other shapes than their documentation's is checked on none of them")
  func shapes() throws {
    let pair = "of = \"formula.\"\nwith = \"paddle.\""
    for check in [
      "check = \"agrees\"\n\(pair)\ndecimals = 3", "check = \"divided\"\n\(pair)",
      "check = \"flat-below\"\nbelow = 0.5", "check = \"mean-of-sum\"\nulps = 1",
    ] {
      let author = try HDF5Author(path: folder.file("a.h5"))
      try DemoFixture.header(author)
      for (name, last) in [("formula.x", 1.0), ("paddle.x", 2.0)] {
        try DemoFixture.demoCase(
          author, name, without: ["outputs/loss"], changing: ["variant": .fixed("paddle.formula")])
        try author.dataset(
          "/cases/\(name)/outputs/loss",
          Tensor(.float32, .vector(9), values: Array(repeating: 0.5, count: 8) + [last]))
        try author.dataset("/cases/\(name)/inputs/normalizer", Tensor(.float32, .vector(0), values: []))
      }
      try author.close()
      let claim = """
        [[claim]]
        id = "shapes"
        quote = "a thing"
        source = "a document"
        statement = "they are as they are"
        cases = "*"
        \(check)
        """
      try Damage.write(folder.file("claims.toml"), Array(claim.utf8))
      let result = try Program.run(["run", "."], in: folder.path)
      #expect(result.status == 2 && result.output.contains("a.h5"), "\(check): \(result.text)")
    }
  }

  @Test("a list of claims that cannot be used is an error before anything is judged")
  func badList() throws {
    try DemoFixture.write(to: folder.file("a.h5"))
    try Damage.write(folder.file("claims.toml"), Array("[[claim]]\n".utf8))
    let result = try Program.run(["run", "."], in: folder.path)
    #expect(result.status == 2)
    #expect(result.output == "")
    #expect(result.messages.contains("claims.toml:1: "), "\(result.text)")
  }
}
