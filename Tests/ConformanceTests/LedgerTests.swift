import Arithmetic
import FixtureAuthoring
import Tensors
import Testing

@testable import Conformance

@Suite("Ledger files")
struct LedgerFileTests {
  private func ledger(_ toml: String) throws(TOMLFileError) -> Ledger {
    try Ledger(toml: Array(toml.utf8), path: "folder/known.toml")
  }

  @Test("an entry has its patterns, its build, its reason and its line")
  func decodes() throws {
    let ledger = try ledger(
      """
      # What is known.

      [[difference]]
      case = ["paddle.*", "formula.*"]
      tensor = "grads/logit"
      framework = "paddle"
      versions = ">=2.6, <3.1"
      reason = "why"
      link = "https://example.org"
      expires = 2027-01-31
      max_outside = { finite = 4, nan = 1 } # at most
      max_ulp = 12
      max_absolute = 0.5
      where = { logit = [-1, inf] }

      [[difference]]
      case = "torch.*"
      outcome = "raised"
      message = "ValueError: *"
      reason = "why not"
      """)
    #expect(ledger.file == "known.toml")
    #expect(ledger.differences.map(\.cases) == ["paddle.*", "formula.*", "torch.*"])
    #expect(ledger.differences.map(\.line) == [3, 3, 16])
    let first = ledger.differences[0]
    #expect(first.tensor == "grads/logit" && first.framework == "paddle" && first.reason == "why")
    #expect(first.versions?.description == ">=2.6, <3.1")
    #expect(first.link == "https://example.org" && first.expires == CalendarDate(2027, 1, 31))
    let bounds = try #require(first.bounds)
    #expect(bounds.maximumOutside == [.finite: 4, .nan: 1])
    #expect(bounds.maximumULPs == 12 && bounds.maximumAbsolute == 0.5)
    #expect(bounds.regions == [.init(input: "logit", lower: -1, upper: .infinity)])
    let last = ledger.differences[2]
    #expect(last.outcome == .raised && last.expires == nil && last.bounds == nil)
    #expect(first.outcome == .value && first.message == nil && last.message == "ValueError: *")
    #expect(try self.ledger("# nothing is known\n").differences == [])
  }

  /// An entry on the lines 2 to 4, with other lines after them.
  private static func entry(_ lines: String) -> String {
    "\n[[difference]]\ncase = \"*\"\nreason = \"why\"\n\(lines)\n"
  }

  /// An entry with bounds, and with other lines from the sixth on.
  private static func bounded(_ lines: String) -> String { entry("max_outside = { finite = 3 }\n" + lines) }

  @Test(
    "what is wrong is told with its line",
    arguments: [
      (
        entry("tensors = \"x\""), "5: unknown key \"tensors\"; there are case, expires, framework, link, max_"
      ),
      ("\n\n[other]\n", "3: unknown key \"other\"; the file has only entries [[difference]]"),
      ("difference = 3", "1: difference is not a list of tables"),
      ("difference = [1, 2]", "1: difference is not a list of tables"),
      ("[difference]\ncase = \"*\"", "1: difference is not a list of tables"),
      (entry("# one\n# two\nframework = 3"), "7: framework is an integer, not a string"),
      (entry("link = ['a']"), "5: link is an array, not a string"),
      (entry("tensor = ''"), "5: tensor is empty"),
      (entry("expires = '2027-01-31'"), "5: expires is a string, not a date such as 2027-01-31"),
      (entry("expires = 2027-01-31T00:00:00Z"), "5: expires is a date-time, not a date"),
      (entry("expires = 2027-02-30"), "5: "),
      (entry("framework = 'x'\nversions = '3.x'"), "6: versions is \"3.x\", not a range such as"),
      (entry("versions = '>=3'"), "5: versions are of a framework; name it"),
      (entry("outcome = 'refused'"), "5: outcome is \"refused\", neither \"value\" nor \"raised\""),
      (entry("outcome = 'raised'\ntensor = 'x'"), "6: a case that raised has no tensor"),
      (entry("reason = 'twice'"), "5: "),
      (entry("tensor = "), "5: "),
      (entry("link = \"\"\"\nlong\n\"\"\"\nunknown = 1"), "8: unknown key \"unknown\""),
      ("[[difference]]\ncase = '*'\n", "1: the entry has no reason"),
      ("[[difference]]\ncase = '*'\nreason = ' '\n", "3: reason is empty"),
      ("[[difference]]\nreason = 'why'\n", "1: the entry has no case"),
      ("[[difference]]\nreason = 'why'\ncase = []", "3: case is empty"),
      (
        "[[difference]]\nreason = 'why'\ncase = [\n  '*',\n  7]", "3: case holds something that is no pattern"
      ),
      ("[[difference]]\nreason = 'why'\ncase = ['*', '*']", "3: case holds \"*\" twice"),
      ("\n\u{0}", "2: is not UTF-8 text"),
      (String(repeating: "#\n", count: 1 << 20), " has more than 1048576 bytes"),
      (
        bounded("max_ulp = 1") + "[[difference]]\ncase = '*'\r\nreason = 'why'\n\nlink = 1\n",
        "11: link is an integer, not a string"
      ),
      (entry(""), "2: the entry has no bounds: it needs max_outside, and max_ulp or max_absolute; "),
      (entry("outcome = 'value'\ntensor = 'x'"), "2: the entry has no bounds"),
      (entry("max_ulp = 3"), "5: max_ulp needs max_outside beside it"),
      (entry("where = { logit = [0, 1] }"), "5: where needs max_outside beside it"),
      (entry("\nmax_outside = { finite = 3 }"), "6: finite elements need max_ulp or max_absolute beside"),
      (entry("max_outside = { nan = 1, sign = 3 }"), "5: finite elements need max_ulp or max_absolute"),
      (entry("max_outside = 3"), "5: max_outside is an integer, not a table such as { finite = 4, nan = 2 }"),
      (entry("max_outside = {}"), "5: max_outside is empty"),
      (entry("max_outside = { type = 1 }"), "5: there is no class \"type\"; there are finite, sign, nan, "),
      (
        entry("max_outside = { nan = -1 }"), "5: the count of nan in max_outside is not a whole number from 1"
      ),
      (entry("max_outside = { nan = 0 }"), "5: the count of nan in max_outside is not a whole number from 1"),
      (
        entry("max_outside = { nan = 1.5 }"),
        "5: the count of nan in max_outside is not a whole number from 1"
      ),
      (entry("max_outside = { nan = 9e18 }"), "5: the count of nan in max_outside is not a whole number"),
      (entry("max_outside = { nan = 4611686018427387904 }"), "5: the count of nan in max_outside is not"),
      (entry("[difference.max_outside]\nfinite = 'x'"), "5: the count of finite in max_outside is not"),
      (bounded("max_ulp = -1"), "6: max_ulp is -1.0, not a finite number from 0 on"),
      (bounded("max_ulp = nan"), "6: max_ulp is nan, not a finite number from 0 on"),
      (bounded("max_ulp = inf"), "6: max_ulp is inf, not a finite number from 0 on"),
      (bounded("max_ulp = '3'"), "6: max_ulp is a string, not a number"),
      (bounded("max_absolute = -0.5"), "6: max_absolute is -0.5, not a finite number from 0 on"),
      (bounded("max_absolute = nan"), "6: max_absolute is nan, not a finite number from 0 on"),
      (bounded("max_ulp = 1\nwhere = 3"), "7: where is an integer, not a table such as { logit = "),
      (bounded("max_ulp = 1\nwhere = {}"), "7: where is empty"),
      (bounded("max_ulp = 1\nwhere = { logits = [0, 1] }"), "7: there is no input \"logits\"; there are "),
      (bounded("max_ulp = 1\nwhere = { logit = 3 }"), "7: where.logit is not a pair of numbers"),
      (bounded("max_ulp = 1\nwhere = { logit = [3] }"), "7: where.logit is not a pair of numbers"),
      (bounded("max_ulp = 1\nwhere = { logit = [0, nan] }"), "7: where.logit is not a pair of numbers"),
      (bounded("max_ulp = 1\nwhere = { logit = ['0', 1] }"), "7: where.logit is not a pair of numbers"),
      (bounded("max_ulp = 1\nwhere = { logit = [1, 0.5] }"), "7: where.logit is from 1.0 to 0.5: its ends"),
      (entry("outcome = 'raised'\nmax_ulp = 3"), "6: a case that raised has no elements; leave out max_ulp"),
      (entry("outcome = 'raised'\nmax_outside = { nan = 1 }"), "6: a case that raised has no elements"),
      (entry("message = 'x'"), "5: a message is of a case that raised; write outcome = \"raised\""),
      ("difference = [{ case = '*', reason = 'x' }]", "1: difference is not a list of tables; write [["),
    ])
  func errors(toml: String, message: String) {
    let error = #expect(throws: TOMLFileError.self) { try ledger(toml) }
    let text = error?.description ?? ""
    #expect(text.hasPrefix("folder/known.toml:\(message)"), "\(text)")
  }

  @Test("bytes that are no text, and a file that is not there, are errors")
  func unreadable() {
    #expect(throws: TOMLFileError(path: "x", line: 2, reason: "is not UTF-8 text")) {
      try Ledger(toml: [10, 0xFF, 10], path: "x")
    }
    #expect(throws: TOMLFileError(path: "/none/x", line: nil, reason: "the file cannot be read")) {
      try Ledger(path: "/none/x")
    }
  }
}

@Suite("Version ranges")
struct VersionRangeTests {
  @Test(
    "a version is in a range when every bound holds for its leading numbers",
    arguments: [
      (">=2.6, <3.1", "2.6.2", true), (">=2.6, <3.1", "3.1", false), (">=2.6, <3.1", "2.5.9", false),
      ("<3", "2.13.0+cpu", true), ("==1.13", "1.13.0a0", true), ("==1.13", "1.13.1", false),
      (">2", "2.0.0", false), (">2", "2.0.1", true), ("<=3.0.0", "3", true), (">=3", "three", false),
      ("<3.10", "3.9", true), (">=0", "", false),
    ])
  func contains(range: String, version: String, isInside: Bool) throws {
    #expect(try #require(VersionRange(parsing: range)).contains(version) == isInside)
  }

  @Test(
    "what is no range is refused",
    arguments: [
      "", "3", "=3", "~=3", ">=", ">=3,", ">=3.", ">=3.x", ">=-3", "== 99999999999999999999", ">=٣",
    ])
  func refuses(text: String) { #expect(VersionRange(parsing: text) == nil) }
}

/// Ledgers over the demonstration case, whose loss is not the documented one.
@Suite("Ledgers")
struct LedgersTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try DemoFixture.write(to: folder.file("demo.h5"))
  }

  /// The report of some files, all of the folder when none is named, by a ledger in the folder.
  private func report(
    _ entries: String, files: [String]? = nil, policy: String = "ulp:4", isFiltered: Bool = false,
    isNamed: Bool = false, today: CalendarDate = CalendarDate(2026, 6, 30)
  ) throws -> Report {
    try Damage.write(folder.file(Ledger.fileName), Array(entries.utf8))
    let locations = FixtureLocation.find(files.map { $0.map(folder.file) } ?? [folder.path])
    let report = Runner(policy: try #require(Policy(parsing: policy))).run(locations)
    let place = isNamed ? Ledgers.Place.file(folder.file(Ledger.fileName)) : .besideFixtures
    return try Ledgers(place, for: locations).applied(to: report, isFiltered: isFiltered, today: today)
  }

  private func entry(_ lines: String = "", case pattern: String = "demo") -> String {
    let bounds =
      lines.contains("outcome = \"raised\"") ? "" : "max_outside = { finite = 4 }\nmax_absolute = 3\n"
    return "[[difference]]\ncase = \"\(pattern)\"\nreason = \"why\"\n\(bounds)\(lines)\n"
  }

  private func causes(_ report: Report) -> [String] { report.ledger?.stale.map(\.cause) ?? [] }

  @Test("what an entry selects is known, with its reason, and does not fail the run")
  func known() throws {
    let report = try report(entry("tensor = \"outputs/*\"\nframework = \"demo\"\nversions = \">=1\""))
    #expect(report.cases.map(\.verdict) == [.known])
    #expect(report.cases[0].tensors.map(\.known?.reason) == ["why"])
    #expect(report.verdict == .conformant)
    #expect(causes(report) == [])
  }

  @Test(
    "an entry that selects nothing nonconformant is stale, and what it does not select fails as before",
    arguments: [
      ("tensor = \"grads/*\"", "it selects nothing that was judged"),
      ("outcome = \"raised\"", "all that it selects conforms in demo.h5"),
      ("framework = \"other\"", "it selects nothing that was judged"),
      ("framework = \"demo\"\nversions = \"<1.2.3\"", "it selects nothing that was judged"),
      ("expires = 2026-06-29", "expired after 2026-06-29"),
    ])
  func selectsNothing(lines: String, cause: String) throws {
    let report = try report(entry(lines))
    #expect(causes(report) == [cause])
    #expect(report.cases.map(\.verdict) == [.nonconformant])
    #expect(report.verdict == .nonconformant)
  }

  @Test("a framework has the names and the spelling that fixtures may have", arguments: Framework.all)
  func framework(framework: Framework) throws {
    let names = [framework.name] + framework.aliases
    for name in names + names.map({ $0.uppercased() }) {
      let text = entry("framework = \"\(name)\"")
      let difference = try Ledger(toml: Array(text.utf8), path: "x").differences[0]
      for other in names {
        #expect(difference.concerns("x.h5", framework: other, version: "1"), "\(name) \(other)")
      }
      #expect(!difference.concerns("x.h5", framework: "mylib", version: "1"))
      #expect(!difference.concerns("x.h5", framework: nil, version: nil))
    }
  }

  @Test("an entry counts on the day on which it expires")
  func lastDay() throws {
    #expect(try report(entry("expires = 2026-06-30")).verdict == .conformant)
    #expect(try causes(report(entry("expires = 2027-01-01"))) == [])
  }

  @Test("an entry is stale once what it covers conforms, though nothing else is wrong")
  func conforms() throws {
    let report = try report(entry(), policy: "atol=10")
    #expect(report.cases.map(\.verdict) == [.conformant])
    #expect(causes(report) == ["all that it selects conforms in demo.h5"])
    #expect(report.verdict == .nonconformant)
  }

  @Test("an entry is needed in each build that it speaks of")
  func eachBuild() throws {
    try DemoFixture.write(to: folder.file("fixed.h5"), cases: []) { author in
      try DemoFixture.demoCase(author, "demo", without: ["outputs/loss"])
      let fixed = try #require(try self.expectedLoss())
      try author.dataset("/cases/demo/outputs/loss", fixed)
    }
    let both = try report(entry())
    #expect(both.cases.map(\.verdict) == [.known, .conformant])
    #expect(causes(both) == ["all that it selects conforms in fixed.h5"])
    #expect(try causes(report(entry(case: "demo.h5#*"))) == [])
    // The same is said of either alone.
    #expect(try causes(report(entry(), files: ["demo.h5"])) == [])
    #expect(try causes(report(entry(), files: ["fixed.h5"])) == ["all that it selects conforms in fixed.h5"])
  }

  /// The documented loss of the demonstration case.
  private func expectedLoss() throws -> Tensor? {
    let report = Runner(policy: .tolerance(.uniform(.ulps(0)))).run([
      FixtureLocation(path: folder.file("demo.h5"))
    ])
    let worst = report.cases.first?.tensors.first?.comparison?.worst ?? []
    guard worst.count == 4 else { return nil }
    let bits = worst.sorted { $0.position < $1.position }.map(\.expectedBits)
    return Tensor(.float32, .vector(4), values: bits.map { ElementType.float32.value(ofBits: $0) })
  }

  @Test("with a filter only expiry is told, since the rest was not looked at")
  func filtered() throws {
    #expect(try causes(report(entry(case: "absent"), isFiltered: true)) == [])
    #expect(try causes(report(entry(), policy: "atol=10", isFiltered: true)) == [])
    #expect(
      try causes(report(entry("expires = 2020-01-01"), isFiltered: true)) == ["expired after 2020-01-01"])
  }

  @Test("a ledger beside fixtures says that an entry selects nothing once all of its folder was judged")
  func partOfFolder() throws {
    try DemoFixture.write(to: folder.file("other.h5"), cases: ["other"])
    let all = entry() + entry(case: "other")
    #expect(try causes(report(all)) == [])
    #expect(try causes(report(all, files: ["demo.h5"])) == [])
    #expect(try causes(report(all + entry(case: "absent"), files: ["demo.h5"])) == [])
    #expect(try causes(report(all + entry(case: "absent"))) == ["it selects nothing that was judged"])
    #expect(try causes(report(all + entry(case: "absent"), files: ["demo.h5", "other.h5"])).count == 1)
  }

  @Test("a ledger that is named says so of entries that concern a fixture of the run, and of no others")
  func named() throws {
    let ledger =
      entry() + entry("framework = \"other\"", case: "absent") + entry(case: "other.h5#absent")
      + entry("framework = \"demo\"", case: "absent")
    let report = try report(ledger, isNamed: true)
    #expect(report.ledger?.stale.map(\.difference.line) == [19])
  }

  @Test("what could not be judged is never known, and makes nothing stale")
  func errors() throws {
    try DemoFixture.write(to: folder.file("demo.h5"), cases: []) { author in
      try DemoFixture.demoCase(author, "demo", without: ["inputs/label"])
    }
    let report = try report(entry())
    #expect(report.cases.map(\.verdict) == [.error])
    #expect(report.verdict == .error)
    #expect(causes(report) == [])
  }

  @Test("a result of another type is never known")
  func otherTensors() throws {
    try DemoFixture.write(to: folder.file("demo.h5")) { author in
      try author.dataset("/cases/demo/grads/logit", Tensor(.float64, .vector(4), values: [0, 0, 0, 0]))
    }
    let report = try report(entry())
    #expect(report.cases[0].tensors.map(\.verdict) == [.known, .nonconformant])
    #expect(report.cases[0].tensors.map(\.known?.reason) == ["why", nil])
    #expect(report.verdict == .nonconformant)
  }

  @Test("a fixture that cannot be read makes no entry stale that may speak of it")
  func unreadableFixture() throws {
    try Damage.write(folder.file("bad.h5"), Array(repeating: 7, count: 200))
    let report = try report(entry() + entry(case: "absent"))
    #expect(causes(report) == [])
    #expect(report.verdict == .error)
  }

  @Test("a case that raised unduly is known by an entry for it, not by one for values or tensors")
  func raised() throws {
    try DemoFixture.write(to: folder.file("demo.h5"), cases: []) { author in
      try DemoFixture.demoCase(
        author, "demo", without: ["outputs/loss"],
        changing: ["outcome": .fixed("raised"), "error": .fixed("ValueError: no")])
    }
    for message in ["", "message = \"*Error: no\"", "message = \"ValueError:*\""] {
      let report = try report(entry("outcome = \"raised\"\n\(message)"))
      #expect(report.cases.map(\.verdict) == [.known], "\(message)")
      #expect(report.cases.map(\.knownRaise?.reason) == ["why"])
      #expect(causes(report) == [])
    }
    let other = try report(entry("outcome = \"raised\"\nmessage = \"TypeError:*\""))
    #expect(other.cases.map(\.verdict) == [.nonconformant])
    #expect(
      other.cases[0].exceeded.map(\.excesses) == [
        ["is about another message, one that matches \"TypeError:*\""]
      ])
    for lines in ["", "outcome = \"value\"", "tensor = \"outputs/loss\""] {
      let report = try report(entry(lines))
      #expect(report.cases.map(\.verdict) == [.nonconformant], "\(lines)")
      #expect(causes(report) == ["it selects nothing that was judged"])
    }
  }

  @Test("each pattern of an entry must be needed")
  func patterns() throws {
    let report = try report(
      entry().replacing("case = \"demo\"", with: "case = [\"demo\", \"absent\"]"))
    #expect(report.cases.map(\.verdict) == [.known])
    #expect(report.ledger?.stale.map(\.difference.cases) == ["absent"])
  }

  @Test("a folder without a ledger has none")
  func noLedger() throws {
    let locations = FixtureLocation.find([folder.path])
    let report = Runner(policy: .derived).run(locations)
    #expect(try Ledgers(.besideFixtures, for: locations).applied(to: report).ledger == nil)
  }
}
