import Testing

@testable import Conformance

@Suite("Claims")
struct ClaimTests {
  private static func list(_ text: String) throws -> [Claim] {
    try Claim.list(toml: Array(text.utf8), path: "claims.toml")
  }

  /// An entry with other lines after those that every entry needs.
  private static func entry(_ lines: String, id: String = "x") -> String {
    "[[claim]]\nid = \"\(id)\"\nquote = \"q\"\nsource = \"s\"\nstatement = \"t\"\ncases = \"*\"\n" + lines
  }

  /// What becomes of a claim about one committed fixture.
  private static func finding(_ lines: String, cases: String, in file: String) throws -> ClaimFinding {
    let claims = try list(entry(lines).replacing("cases = \"*\"", with: "cases = \"\(cases)\""))
    let fixtures = [FixtureLocation(path: "\(committedFixtures)/\(file)")]
    let report = Runner(policy: .derived, filter: CaseFilter([cases]), claims: claims.map(\.question)).run(
      fixtures)
    return try #require(report.findings(on: claims).first)
  }

  @Test(
    "an entry that is not one is an error with its line",
    arguments: [
      ("check = \"magic\"\n", "claims.toml:7: there is no check \"magic\""),
      ("check = \"agrees\"\nof = \"a\"\nwith = \"b\"\n", "claims.toml:1: the entry has no decimals"),
      ("check = \"greatest\"\ngreatest = 3\n", "claims.toml:8: greatest is"),
      ("check = \"printed\"\ncase = \"y\"\n", "claims.toml:8: unknown key \"case\""),
      ("check = \"mean-of-sum\"\nulps = -1\n", "claims.toml:8: ulps is -1.0, not a whole number"),
      ("check = \"flat-below\"\nbelow = nan\n", "claims.toml:8: below is nan, and must be finite"),
      (
        "check = \"stage\"\nstage = \"x\"\nfrom = 1\nthrough = 0\n", "claims.toml:10: through is below from"
      ),
      (
        "check = \"agrees\"\ndecimals = 1\nwith = \"b\"\nof = \"\(String(repeating: "a", count: 70_000))\"\n",
        "claims.toml:1: what is checked takes more than 65536 bytes"
      ),
    ])
  func errors(lines: String, message: String) throws {
    let error = try #require(throws: TOMLFileError.self) { try Self.list(Self.entry(lines)) }
    #expect(error.description.hasPrefix(message), "\(error)")
  }

  @Test("two claims of one name are an error")
  func duplicate() throws {
    let entry = Self.entry("check = \"printed\"\n")
    #expect(throws: TOMLFileError.self) { try Self.list(entry + entry) }
    #expect(try Self.list(entry + Self.entry("check = \"refused\"\n", id: "y")).count == 2)
  }

  @Test("a claim holds where every case bears it out, and is refuted with the evidence where one does not")
  func outcomes() throws {
    for (lines, cases, outcome) in [
      ("check = \"printed\"\n", "paddle.blog.none.f32", ClaimFinding.Outcome.holds),
      ("check = \"computed\"\n", "paddle.alpha.*", .holds),
      ("check = \"computed\"\n", "paddle.grid-0.none.f32", .refuted),
      ("check = \"refused\"\n", "paddle.reject-norm-2d.*", .holds),
      ("check = \"refused\"\n", "paddle.norm-0d.none.f32", .refuted),
      (
        "check = \"agrees\"\nof = \"formula.\"\nwith = \"paddle.\"\ndecimals = 6\n", "formula.blog.none.f32",
        .holds
      ),
      (
        "check = \"agrees\"\nof = \"formula.\"\nwith = \"paddle.\"\ndecimals = 9\n", "formula.blog.none.f32",
        .refuted
      ),
      ("check = \"divided\"\nof = \"-norm-1\"\nwith = \"\"\n", "paddle.blog-norm-1.none.f32", .holds),
      (
        "check = \"divided\"\nof = \"norm-per-class\"\nwith = \"blog\"\n", "paddle.norm-per-class.none.f32",
        .refuted
      ),
      ("check = \"stage\"\nstage = \"sigmoid\"\nfrom = 0\nthrough = 1\n", "paddle.stages.none.f32", .holds),
      (
        "check = \"stage\"\nstage = \"sigmoid\"\nfrom = 0\nthrough = 0.5\n", "paddle.stages.none.f32",
        .refuted
      ),
      ("check = \"printed\"\n", "no-such-case", .unchecked),
    ] {
      let finding = try Self.finding(
        lines.replacing("with = \"\"", with: "with = \".\"").replacing(
          "of = \"-norm-1\"", with: "of = \"-norm-1.\""),
        cases: cases, in: "paddle-3.3.1.h5")
      #expect(finding.outcome == outcome, "\(lines) on \(cases): \(finding.counterexamples)")
      #expect(finding.counterexamples.isEmpty == (outcome != .refuted))
    }
  }

  @Test("what the clamp and the mean of the PyTorch class are said to be is looked at element by element")
  func classes() throws {
    for (lines, cases, outcome) in [
      (
        "check = \"greatest\"\ngreatest = \"6.9063735\"\n", "clamped.prob-grid-each.none.f32",
        ClaimFinding.Outcome.holds
      ),
      ("check = \"greatest\"\ngreatest = \"6.9063736\"\n", "clamped.prob-grid-each.none.f32", .refuted),
      ("check = \"flat-below\"\nbelow = 0.0001\n", "clamped.clamp-grid.none.f32", .holds),
      ("check = \"flat-below\"\nbelow = 0.00015\n", "clamped.clamp-grid.none.f32", .refuted),
      ("check = \"mean-of-sum\"\nulps = 16\n", "clamped.probs.mean.f32", .holds),
      ("check = \"mean-of-sum\"\nulps = 0\n", "clamped.probs.mean.f32", .refuted),
    ] {
      let finding = try Self.finding(lines, cases: cases, in: "torch-2.13.0.h5")
      #expect(finding.outcome == outcome, "\(lines) on \(cases): \(finding.counterexamples)")
    }
  }

  @Test("the committed claims are at least twenty, and every one of them is checked")
  func committed() throws {
    #expect(committedClaims.count >= 20)
    for finding in committedReport.findings(on: committedClaims) {
      #expect(finding.outcome != .unchecked, "\(finding.claim.id)")
    }
  }
}
