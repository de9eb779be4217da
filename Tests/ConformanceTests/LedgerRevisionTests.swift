import FixtureAuthoring
import Testing

@testable import Comparison
@testable import Conformance

@Suite("Ledgers written from a report")
struct LedgerRevisionTests {
  private func tightened(_ toml: String, _ known: KnownLoss, _ loss: [Double]) throws -> LedgerRevision {
    let file = try LedgerFile(toml: Array(toml.utf8), path: known.ledgerPath, requiresBounds: false)
    return try LedgerRevision(tightening: file, to: RecordedReport(known.report(loss)))
  }

  @Test("an entry has the build, the case, the tensor, the bounds and the reason")
  func entry() throws {
    let known = try KnownLoss()
    let revision = try LedgerRevision(
      adding: RecordedReport(known.report(known.actual)), to: known.ledgerFile(), cases: ["d*"],
      tensors: ["outputs/*"], reason: "a \"b\"\n\u{202E}", link: "https://example.org")
    let text = revision.text
    #expect(
      text.hasPrefix(
        "[[difference]]\ncase = \"demo\"\ntensor = \"outputs/loss\"\nframework = \"demo\"\nversions = \"==1.2.3\"\n"
          + "max_outside = { finite = 2 }\nmax_ulp = "), "\(text)")
    #expect(
      text.hasSuffix(
        "\nwhere = { logit = [0.0, 0.0] }\nreason = \"a \\\"b\\\"\\U0000000A\\U0000202E\"\nlink = \"https://example.org\"\n"
      ), "\(text)")
    #expect(revision.changes == ["outputs/loss by demo 1.2.3: known.h5#demo"])
  }

  @Test("what has an entry that allows it gets no other, and what exceeds its bounds does")
  func again() throws {
    let known = try KnownLoss()
    try known.writeLedger()
    func adding(_ loss: [Double], case pattern: String = "*") throws -> LedgerRevision {
      try LedgerRevision(
        adding: RecordedReport(known.report(loss)), to: known.ledgerFile(), cases: [pattern], tensors: [],
        reason: "worse", link: nil)
    }
    let old = String(decoding: try known.ledgerFile().bytes, as: UTF8.self)
    #expect(try adding(known.actual).text == old)
    #expect(try adding(known.expected).text == old)
    var worse = known.actual
    worse[1] *= 2
    #expect(try adding(worse, case: "other").text == old)
    let new = try adding(worse).text
    #expect(new.hasPrefix(old + "\n[[difference]]\n"))
    try Damage.write(known.ledgerPath, Array(new.utf8))
    #expect(try known.report(worse).cases.map(\.verdict) == [.known])
  }

  @Test("a case that raised gets an entry that says so, for exceptions of its type")
  func raised() throws {
    let folder = try TemporaryFolder()
    func report(_ error: String) throws -> Report {
      try DemoFixture.write(to: folder.file("a.h5"), cases: []) { author in
        for name in ["a", "b*[c]"] {
          try DemoFixture.demoCase(
            author, name, without: ["outputs/loss"],
            changing: ["outcome": .fixed("raised"), "error": .fixed(error)])
        }
      }
      let locations = FixtureLocation.find([folder.path])
      return try Ledgers(.besideFixtures, for: locations).applied(to: Runner(policy: .derived).run(locations))
    }
    let path = folder.file(Ledger.fileName)
    let revision = try LedgerRevision(
      adding: RecordedReport(report("ValueError: no 1")),
      to: LedgerFile(toml: [], path: path, requiresBounds: true), cases: [], tensors: [], reason: "why",
      link: nil)
    #expect(
      revision.text
        == "[[difference]]\ncase = [\"a\", \"b\\\\*\\\\[c]\"]\noutcome = \"raised\"\nframework = \"demo\"\n"
        + "versions = \"==1.2.3\"\nmessage = \"ValueError:*\"\nreason = \"why\"\n", "\(revision.text)")
    try Damage.write(path, Array(revision.text.utf8))
    #expect(try report("ValueError: no 2").cases.map(\.verdict) == [.known, .known])
    #expect(try report("TypeError: no").cases.map(\.verdict) == [.nonconformant, .nonconformant])
  }

  /// An entry with bounds that are far too large, with comments and a form of its own.
  private static let loose = """
    # Known.
    [[difference]] # one
      case = "demo"   # here
      max_absolute = 100.0   # far
      max_outside={finite=99,nan=4}# many
      reason = "[[difference]]"
      where = { logit = [-1, 1], label = [0, 1] }

    # End.
    """

  @Test("tightening replaces the values of the bounds, and nothing else")
  func tightens() throws {
    let known = try KnownLoss()
    let revision = try tightened(Self.loose, known, known.actual)
    #expect(
      revision.text == """
        # Known.
        [[difference]] # one
          case = "demo"   # here
          max_absolute = 0.06499   # far
          max_outside={ finite = 2 }# many
          reason = "[[difference]]"
          where = { label = [0.0, 1.0], logit = [0.0, 0.0] }

        # End.
        """, "\(revision.text)")
    #expect(revision.changes.count == 1 && revision.exceeded == [])
    #expect(try tightened(revision.text, known, known.actual).text == revision.text)
  }

  @Test("no bound becomes looser: what exceeds one is told, and the entry stays", arguments: [0.5, 2, 1e20])
  func neverLoosens(factor: Double) throws {
    let known = try KnownLoss()
    try known.writeLedger()
    let old = String(decoding: try known.ledgerFile().bytes, as: UTF8.self)
    let loss = zip(known.expected, known.actual).map { expected, actual in
      Double(Float(expected + factor * (actual - expected)))
    }
    let revision = try tightened(old, known, loss)
    let bounds = try Ledger(toml: Array(revision.text.utf8), path: "x").differences[0].bounds
    let before = try Ledger(toml: Array(old.utf8), path: "x").differences[0].bounds
    #expect(try #require(bounds?.maximumULPs) <= #require(before?.maximumULPs))
    #expect(try #require(bounds?.maximumAbsolute) <= #require(before?.maximumAbsolute))
    #expect((revision.text == old) == (factor > 1))
    #expect(revision.exceeded.isEmpty == (factor < 1), "\(revision.exceeded)")
  }

  @Test(
    "an entry without bounds gets them behind what it selects, with the line ends of the file",
    arguments: ["\n", "\r\n"])
  func unbounded(newline: String) throws {
    let known = try KnownLoss()
    let text = "[[difference]]\nreason = \"why\"\ncase = [\n  \"demo\",\n]\nlink = \"x\"".replacing(
      "\n", with: newline)
    let revision = try tightened(text, known, known.actual)
    let lines = revision.text.split(separator: newline, omittingEmptySubsequences: false)
    #expect(lines.count == 10 && lines[5] == "max_outside = { finite = 2 }" && lines[9] == "link = \"x\"")
    #expect(!revision.text.replacing(newline, with: "").contains { $0.isNewline })
    try Damage.write(known.ledgerPath, Array(revision.text.utf8))
    #expect(try known.report(known.actual).cases.map(\.verdict) == [.known])
  }

  @Test("a bound that has a header of its own is refused with its line, not written twice")
  func innerTable() throws {
    let known = try KnownLoss()
    let text =
      "[[difference]]\ncase = '*'\nreason = 'x'\nmax_ulp = 1e9\n[difference.max_outside]\nfinite = 5\n"
    let error = #expect(throws: TOMLFileError.self) { try tightened(text, known, known.actual) }
    #expect(error?.line == 5)
  }

  @Test("an input's name from a report is no text of the ledger")
  func inputNames() throws {
    let name = "logit = [0, 0] }\nexpires = 2099-01-01\nx = { y"
    let bounds = DifferenceBounds(covering: [
      OutsideSummary(Discrepancy([.nan: 1]), inputs: [OutsideInput(name: name, lowest: 0, highest: 0)])
    ])
    #expect(bounds.regions == [])
  }

  @Test("an entry that makes nothing known in the report stays as it is, and that is told")
  func nothing() throws {
    let known = try KnownLoss()
    let revision = try tightened(Self.loose, known, known.expected)
    #expect(revision.text == Self.loose)
    #expect(
      revision.changes == [
        "known-differences.toml:2: it makes nothing in the report known, and stays as it is"
      ])
  }
}
