import Comparison
import FixtureAuthoring
import Foundation
import Tensors
import Testing

@testable import Conformance
@testable import Reporting

#if canImport(FoundationXML)
  import FoundationXML
#endif

/// Names that mean something to XML, Markdown, HTML, a GitHub runner or a terminal.
let hostileNames = [
  "plain", "x\n::error::injected", "::set-output name=a::b", "##[add-mask]secret", " ::error::b",
  "%0A::error::b%3A%2C%25", "a:,b=c", "<b attr=\"1\">&amp;]]>'<![CDATA[",
  "\u{202E}\u{2066}bidi\u{7}\u{1B}[31m\r",
  "\u{FFFE}\u{FFFF}\u{85}\u{2028}\u{0}".replacing("\u{0}", with: ""), "a|b`c``d\\|e| [x](y) <img> @user",
  "``", "`", "|\u{301}:\u{301}%\u{301}`\u{301}##[\u{301}", "\\", "[[ATTACHMENT|x]]", "_*~# www.example.com",
  String(repeating: "long<|`:%", count: 100),
]

/// A folder with fixtures, and the report of a run over them.
private func report(
  of names: [String], policy: Policy = .tolerance(.uniform(.ulps(4))),
  adding body: (HDF5Author) throws -> Void = { _ in }
) throws -> Report {
  let folder = try TemporaryFolder()
  try DemoFixture.write(to: folder.file("demo.h5"), cases: names, adding: body)
  return Runner(policy: policy).run(FixtureLocation.find([folder.path]))
}

/// A report with an outside element, values that are not finite, a bad case and a bad file.
private func mixedReport() throws -> Report {
  let folder = try TemporaryFolder()
  try DemoFixture.write(to: folder.file("demo.h5"), cases: ["demo"]) { author in
    try DemoFixture.demoCase(author, "nan", without: ["outputs/loss"])
    let values = [Double.nan, .infinity, 0.02, 2.06]
    try author.dataset("/cases/nan/outputs/loss", Tensor(.float32, .vector(4), values: values))
    try DemoFixture.demoCase(author, "no label", without: ["inputs/label"])
  }
  try Damage.write(folder.file("zeros.h5"), Array(repeating: 0, count: 200))
  return Runner(policy: .tolerance(.uniform(.ulps(4)))).run(FixtureLocation.find([folder.path]))
}

/// A report of so many fixtures that have the same cases.
private func repeated(_ report: Report, _ count: Int) -> Report {
  Report(policy: report.policy, fixtures: Array(repeating: report.fixtures, count: count).flatMap { $0 })
}

/// A comparison of two files with a dataset that differs, one that is missing and one that cannot be compared.
private func comparison(named name: String = "x") throws -> FileComparison {
  let folder = try TemporaryFolder()
  for (file, value) in [("a.h5", 1.0), ("b.h5", 2.0)] {
    let author = try HDF5Author(path: folder.file(file))
    try author.dataset("/\(name)", Tensor(.float32, .vector(1), values: [value]))
    try author.dataset("/same", Tensor(.float32, .vector(1), values: [1]))
    if file == "a.h5" { try author.dataset("/missing", Tensor(.float32, .vector(1), values: [1])) }
    try author.stringDataset("/text")
    try author.close()
  }
  return try FileComparison(
    expected: folder.file("a.h5"), actual: folder.file("b.h5"), policy: .uniform(.ulps(0)))
}

// MARK: JUnit

/// An element as a conforming reader sees it.
final class Element {
  let name: String
  let attributes: [String: String]
  var children: [Element] = []
  var text = ""

  init(_ name: String, _ attributes: [String: String]) { (self.name, self.attributes) = (name, attributes) }

  func all(_ name: String) -> [Element] {
    (self.name == name ? [self] : []) + children.flatMap { $0.all(name) }
  }

  /// The root of a document; an error where it is not well-formed.
  static func parse(_ text: String) throws -> Element {
    let reader = Reader()
    let parser = XMLParser(data: Data(text.utf8))
    parser.delegate = reader
    let isWellFormed = parser.parse()
    try #require(isWellFormed, "line \(parser.lineNumber): \(String(describing: parser.parserError))")
    return try #require(reader.root)
  }

  private final class Reader: NSObject, XMLParserDelegate {
    var root: Element?
    private var open: [Element] = []

    func parser(
      _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
      attributes: [String: String]
    ) {
      let element = Element(name, attributes)
      open.last?.children.append(element)
      root = root ?? element
      open.append(element)
    }

    func parser(_ parser: XMLParser, didEndElement: String, namespaceURI: String?, qualifiedName: String?) {
      open.removeLast()
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) { open.last?.text += text }
  }
}

@Suite("JUnit report")
struct JUnitReportTests {
  @Test("any name is well-formed and read back as it is shown", arguments: hostileNames)
  func names(name: String) throws {
    let report = try report(of: [name])
    let text = JUnitReport.render(report)
    let testCase = try #require(try Element.parse(text).all("testcase").first)
    #expect(testCase.attributes["name"] == visibleText("demo.h5#\(name)"))
    let failure = try #require(testCase.all("failure").first)
    #expect(failure.text.hasPrefix(visibleText("demo.h5#\(name)") + "  outputs/loss\n"))
    for scalar in text.unicodeScalars where scalar != "\n" {
      #expect(
        visibleText(String(scalar)) == String(scalar) || scalar == "\\",
        "U+\(String(scalar.value, radix: 16))")
    }
  }

  @Test("a fixture is a suite with its provenance, a case is a testcase, by its verdict")
  func outcomes() throws {
    let root = try Element.parse(JUnitReport.render(try mixedReport()))
    #expect(root.name == "testsuites")
    #expect(
      root.attributes == ["name": "focalcheck", "tests": "4", "failures": "2", "errors": "2", "time": "0"])
    let suites = root.all("testsuite")
    #expect(suites.map { $0.attributes["name"] } == ["demo.h5", "zeros.h5"])
    #expect(suites.map { $0.attributes["failures"] } == ["2", "0"])
    #expect(suites.map { $0.attributes["errors"] } == ["1", "1"])
    let properties = Dictionary(
      uniqueKeysWithValues: suites[0].all("property").map {
        ($0.attributes["name"] ?? "", $0.attributes["value"])
      })
    #expect(properties["framework"] == "demo")
    #expect(properties["framework_version"] == "1.2.3")
    #expect(properties["device"] == "cpu")
    #expect(properties["policy"] == "ulp:4")
    #expect(properties["sha256"]??.count == 64)
    let cases = root.all("testcase")
    #expect(
      cases.map { $0.attributes["name"] } == [
        "demo.h5#demo", "demo.h5#nan", "demo.h5#no label", "zeros.h5",
      ])
    #expect(cases[0].attributes["classname"] == "paddle.sigmoid_focal_loss")
    #expect(cases.map { $0.children.map(\.name) } == [["failure"], ["failure"], ["error"], ["error"]])
    #expect(cases[1].children[0].attributes["message"]?.contains("actual NaN") == true)
    #expect(cases[2].children[0].text.contains("demo.h5: /cases/no label/inputs/label: the variant needs"))
  }

  @Test("a run that compared nothing has an error, though no case has")
  func emptiness() throws {
    let root = try Element.parse(JUnitReport.render(Report(policy: .derived, fixtures: [])))
    #expect(root.attributes["errors"] == "1")
    #expect(root.all("error").first?.attributes["message"] == "no element was compared")
  }

  @Test("the bytes")
  func golden() throws {
    // The files' paths are those of a folder with a fresh name.
    let text = JUnitReport.render(try comparison()).replacing(#/"[^"]*/([ab].h5)"/#) { "\"\($0.1)\"" }
    #expect(
      text == """
        <?xml version="1.0" encoding="UTF-8"?>
        <testsuites name="focalcheck" tests="4" failures="2" errors="1" time="0">
        <testsuite name="b.h5" tests="4" failures="2" errors="1" time="0" skipped="0">
        <properties>
        <property name="expected" value="a.h5"></property>
        <property name="actual" value="b.h5"></property>
        <property name="policy" value="ulp:0"></property>
        </properties>
        <testcase classname="b.h5" name="/missing" time="0">
        <failure type="nonconformant" message="/missing: the actual file lacks this dataset">  the actual file lacks this dataset
        </failure>
        </testcase>
        <testcase classname="b.h5" name="/same" time="0"></testcase>
        <testcase classname="b.h5" name="/x" time="0">
        <failure type="nonconformant" message="/x: 1 of 1 element outside, worst [0]: expected 1.0, actual 2.0">  1 of 1 element outside ulp:0; 0 within, 0 identical  (float32 (1,))
          ULPs: max 8388608, p99 8388608, mean 8.39e+06; max difference: absolute 1, relative 1
          would pass with ulp:8388608 or rtol=1.0000000000000002 or atol=1.0
          histogram of ULPs:  ≥2^23: 1
          worst elements:
            [0]
              expected 1.0              0x3f800000
              actual   2.0              0x40000000  8388608 ULP apart
              allowed  1.0 … 1.0
        </failure>
        </testcase>
        <testcase classname="b.h5" name="/text" time="0">
        <error type="error" message="/text: in the expected file: element type string of 8 bytes is refused; in the actual file: element type string of 8 bytes is refused">  in the expected file: element type string of 8 bytes is refused; in the actual file: element type string of 8 bytes is refused
        </error>
        </testcase>
        </testsuite>
        </testsuites>

        """, "\(text)")
  }

  @Test("findings are cut before a reader's limit, and every case stays")
  func size() throws {
    let report = repeated(try report(of: ["demo"]), 5_000)
    let text = JUnitReport.render(report)
    #expect(text.utf8.count < 10_000_000)
    #expect(try Element.parse(text).all("failure").count == 5_000)
  }

  @Test("the comparison of two files is a suite with a testcase for each dataset", arguments: hostileNames)
  func comparisons(name: String) throws {
    let root = try Element.parse(JUnitReport.render(try comparison(named: name)))
    let cases = Dictionary(
      uniqueKeysWithValues: root.all("testcase").map {
        ($0.attributes["name"] ?? "", $0.children.map(\.name))
      })
    #expect(
      cases == [
        visibleText("/\(name)"): ["failure"], "/same": [], "/missing": ["failure"], "/text": ["error"],
      ])
  }
}

// MARK: GitHub

/// A workflow command, read as actions/runner reads it (`ActionCommand.cs`).
private struct Command: Equatable {
  var name: String
  var properties: [String: String] = [:]
  var message: String

  /// Nil where the runner prints the line.
  init?(_ line: String) {
    let text = Array(line.unicodeScalars.drop { $0.properties.isWhitespace })
    if text.starts(with: "::".unicodeScalars), let end = Self.find("::", in: text[2...]) {
      let head = String(text[2..<end])
      name = String(head.prefix { $0 != " " })
      for pair in head.dropFirst(name.count).drop(while: { $0 == " " }).split(separator: ",") {
        let parts = pair.split(separator: "=", maxSplits: 1).map(String.init)
        if parts.count == 2 { properties[parts[0]] = Self.unescaped(parts[1], ["%0D", "%0A", "%3A", "%2C"]) }
      }
      message = Self.unescaped(String(text[(end + 2)...]), ["%0D", "%0A"])
    } else if let start = Self.find("##[", in: text[...]), let end = text[start...].firstIndex(of: "]") {
      name = "##\(String(text[(start + 3)..<end]))"
      message = String(text[end...])
    } else {
      return nil
    }
  }

  private static func find(_ key: String, in text: ArraySlice<Unicode.Scalar>) -> Int? {
    text.indices.first { text[$0...].starts(with: key.unicodeScalars) }
  }

  private static func unescaped(_ text: String, _ escapes: [String]) -> String {
    let characters = ["%0D": "\r", "%0A": "\n", "%3A": ":", "%2C": ","]
    return escapes.reduce(text) {
      $0.replacingOccurrences(of: $1, with: characters[$1] ?? "", options: .literal)
    }
    .replacingOccurrences(of: "%25", with: "%", options: .literal)
  }
}

extension String {
  fileprivate init(_ scalars: some Sequence<Unicode.Scalar>) {
    self.init()
    unicodeScalars.append(contentsOf: scalars)
  }
}

@Suite("GitHub report")
struct GitHubReportTests {
  private func commands(_ text: String) -> [Command?] {
    text.split(separator: "\n", omittingEmptySubsequences: false).dropLast().map { Command(String($0)) }
  }

  @Test("no name makes another command, and the runner reads it back as it is shown", arguments: hostileNames)
  func names(name: String) throws {
    let commands = commands(GitHubReport.render(try report(of: [name])))
    #expect(commands.count == 2)
    let command = try #require(commands[0])
    #expect(command.name == "error")
    #expect(Array(command.properties.keys) == ["title"])
    #expect(
      command.properties["title"] == "focalcheck: \(visibleText("demo.h5#\(name)"))".limited(toUTF16: 255))
    #expect(command.message.hasPrefix("nonconformant: outputs/loss: 4 of 4 elements outside, worst ["))
    #expect(commands[1] == nil)
  }

  @Test("a reason with a hostile name is inside of its command", arguments: hostileNames)
  func reasons(name: String) throws {
    let report = try report(of: []) { author in
      try DemoFixture.demoCase(author, name, without: ["inputs/label"])
      try DemoFixture.demoCase(author, "other")
    }
    let text = GitHubReport.render(report)
    #expect(commands(text).compactMap { $0?.name } == ["error", "error"], "\(text)")
  }

  @Test("the bytes")
  func golden() throws {
    let text = GitHubReport.render(try mixedReport())
    #expect(
      text == """
        ::error title=focalcheck%3A demo.h5#demo::nonconformant: outputs/loss: 4 of 4 elements outside, worst [0]: expected 0.005027135, actual 0.01, exact 0.0050271354
        ::error title=focalcheck%3A demo.h5#nan::nonconformant: outputs/loss: 4 of 4 elements outside, worst [0]: expected 0.005027135, actual NaN, exact 0.0050271354
        ::error title=focalcheck%3A demo.h5#no label::error: demo.h5: /cases/no label/inputs/label: the variant needs an input named label
        ::error title=focalcheck%3A zeros.h5::error: zeros.h5: is not an HDF5 file: it does not have the signature of one; export one with focalcheck-export, judge an installed build with focalcheck live, or write one as fixtures/FORMAT.md describes
        3 cases: 0 conformant, 0 unjudged, 2 nonconformant, 1 could not be judged, 1 fixture could not be read. Gate: failed (exit code 2): 1 fixture could not be read; 1 case could not be judged; 2 cases nonconformant.

        """, "\(text)")
  }

  @Test("several reasons of a case are one annotation on one line")
  func joinsReasons() throws {
    let report = try report(of: ["demo"])
    var fixture = report.fixtures[0]
    fixture.cases[0].tensors += fixture.cases[0].tensors
    let lines = GitHubReport.render(Report(policy: report.policy, fixtures: [fixture])).split(
      separator: "\n", omittingEmptySubsequences: false)
    #expect(lines.count == 3 && lines[0].hasPrefix("::error ") && lines[2].isEmpty, "\(lines)")
    #expect(lines[0].contains("%0A"), "\(lines)")
  }

  @Test("there are at most ten annotations, and the others are counted", arguments: [9, 10, 11, 30])
  func count(count: Int) throws {
    let text = GitHubReport.render(try report(of: (0..<count).map { "case \($0)" }))
    #expect(commands(text).count { $0 != nil } == min(count, 10))
    #expect(text.contains("\n\(count - 10) more\n") == (count > 10), "\(text)")
  }

  @Test("a title and a message are no longer than GitHub takes")
  func lengths() throws {
    let name = String(repeating: "é🙂", count: 200)
    let report = try report(of: []) { author in
      try DemoFixture.demoCase(
        author, name, changing: ["variant": .variableScalar(String(repeating: "x\n", count: 3000))])
    }
    let command = try #require(commands(GitHubReport.render(report))[0])
    #expect((250...255).contains(command.properties["title"]?.utf16.count ?? 0))
    #expect(command.message.utf16.count <= 4096)
  }

  @Test("a run that compared nothing is an annotation")
  func emptiness() {
    let text = GitHubReport.render(Report(policy: .derived, fixtures: []))
    #expect(text.hasPrefix("::error title=focalcheck%3A run::error: no element was compared\n"), "\(text)")
  }

  @Test("each dataset of a comparison that differs is an annotation", arguments: hostileNames)
  func comparisons(name: String) throws {
    let commands = commands(GitHubReport.render(try comparison(named: name)))
    #expect(commands.compactMap { $0?.name } == ["error", "error", "error"])
    #expect(commands.last == .some(nil))
  }
}

// MARK: Markdown

@Suite("Markdown report")
struct MarkdownReportTests {
  /// The cells of a row, as GitHub Flavored Markdown splits it: a `|` after a backslash is a part of its cell.
  private func cells(_ row: Substring) -> [String] {
    var cells = [""]
    var isEscaped = false
    for scalar in row.unicodeScalars {
      if scalar == "|", !isEscaped {
        cells.append("")
      } else {
        if scalar == "|" { cells[cells.count - 1].unicodeScalars.removeLast() }
        cells[cells.count - 1].unicodeScalars.append(scalar)
      }
      isEscaped = scalar == "\\"
    }
    return cells.dropFirst().dropLast().map { $0.trimmingCharacters(in: .whitespaces) }
  }

  /// The text of a cell that is one code span; nil where it is not.
  private func code(_ cell: String) -> String? {
    let scalars = Array(cell.unicodeScalars)
    let fence = scalars.prefix { $0 == "`" }.count
    guard fence > 0, scalars.count > 2 * fence, scalars.suffix(fence).allSatisfy({ $0 == "`" }) else {
      return nil
    }
    var inner = scalars.dropFirst(fence).dropLast(fence)
    // A run of as many backticks would be the end; so would one that touches the fence be another fence.
    guard inner.first != "`", inner.last != "`",
      !inner.split(whereSeparator: { $0 != "`" }).contains(where: { $0.count == fence })
    else { return nil }
    if inner.first == " ", inner.last == " ", inner.contains(where: { $0 != " " }) {
      inner = inner.dropFirst().dropLast()
    }
    return String(inner)
  }

  private func rows(_ text: String, of section: String) -> [[String]] {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
    guard let start = lines.firstIndex(of: "## \(section)") else { return [] }
    return lines[(start + 4)...].prefix { $0.hasPrefix("|") }.map(cells)
  }

  @Test("a name is one code span in one cell, whatever is in it", arguments: hostileNames)
  func names(name: String) throws {
    let text = MarkdownReport.render(try report(of: [name]))
    let rows = rows(text, of: "Nonconformant")
    #expect(rows.count == 1)
    #expect(rows.first?.count == 9, "\(rows)")
    #expect(code(rows[0][0]) == visibleText("demo.h5#\(name)").limited(toUTF16: 300), "\(text)")
    #expect(code(rows[0][1]) == "outputs/loss")
    #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count == 18, "\(text)")
  }

  @Test("a reason and the files of a comparison are code spans", arguments: hostileNames)
  func reasons(name: String) throws {
    let errors = MarkdownReport.render(
      try report(of: []) { try DemoFixture.demoCase($0, name, without: ["inputs/label"]) })
    let reason = "demo.h5: /cases/\(name)/inputs/label: the variant needs an input named label"
    #expect(
      rows(errors, of: "Could not be judged").map { $0.map(code) } == [
        [visibleText(reason).limited(toUTF16: 300)], ["no element was compared"],
      ], "\(errors)")
    let comparison = MarkdownReport.render(try comparison(named: name))
    #expect(rows(comparison, of: "Files").first?.map { code($0)?.suffix(5) } == ["/a.h5", "/b.h5"])
    #expect(
      Set(rows(comparison, of: "Nonconformant").map { code($0[0]) })
        == [visibleText("/\(name)").limited(toUTF16: 300), "/missing"], "\(comparison)")
  }

  @Test("the bytes")
  func golden() throws {
    let text = MarkdownReport.render(try mixedReport())
    #expect(
      text == """
        # focalcheck: error

        3 cases: 0 conformant, 0 unjudged, 2 nonconformant, 1 could not be judged, 1 fixture could not be read. Policy ulp:4: given by hand.

        Gate: **failed** (exit code 2): `1 fixture could not be read`, `1 case could not be judged`, `2 cases nonconformant`.

        ## Fixtures

        | fixture | framework | cases | raised | elements | identical | within | accurate | outside | max ULP | width | known | unjudged | verdict |
        | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
        | `demo.h5` | `demo 1.2.3 on cpu` | 3 | 0 | 8 | 0 | 0 | 0 | 8 | 8330336 | - | 0 | 0 | error |
        | `zeros.h5` |  | 0 | 0 | 0 | 0 | 0 | 0 | 0 | - | - | 0 | 0 | error |

        ## Nonconformant

        | case | tensor | outside | max ULP | worst element | expected | actual | exact | diagnosis |
        | --- | --- | --- | --- | --- | --- | --- | --- | --- |
        | `demo.h5#demo` | `outputs/loss` | 4 of 4 | 8330336 | `[0] logit -1.5, label 0.0` | 0.005027135 | 0.01 | 0.0050271354 |  |
        | `demo.h5#nan` | `outputs/loss` | 4 of 4 | 4080418 | `[0] logit -1.5, label 0.0` | 0.005027135 | NaN | 0.0050271354 |  |

        ## Could not be judged

        | what and why |
        | --- |
        | `demo.h5: /cases/no label/inputs/label: the variant needs an input named label` |
        | `zeros.h5: is not an HDF5 file: it does not have the signature of one; export one with focalcheck-export, judge an installed build with focalcheck live, or write one as fixtures/FORMAT.md describes` |

        """, "\(text)")
  }

  @Test("rows are left out and counted before the limit of a job's summary")
  func size() throws {
    let name = String(repeating: "long`|", count: 100)
    let small = try report(of: []) { author in
      try DemoFixture.demoCase(author, name)
      try DemoFixture.demoCase(author, "\(name)2", without: ["inputs/label"])
    }
    let count = 3_000
    let text = MarkdownReport.render(repeated(small, count))
    #expect(text.utf8.count < 1 << 20)
    #expect(text.utf8.count > 900_000)
    for section in ["Fixtures", "Nonconformant", "Could not be judged"] {
      let shown = rows(text, of: section).count
      let note = "\n\(count - shown) more\n"
      #expect(shown == count || text.contains(note), "\(section): \(shown) rows")
    }
  }

  @Test("a run that compared nothing is an error")
  func emptiness() {
    let text = MarkdownReport.render(Report(policy: .derived, fixtures: []))
    #expect(text.hasPrefix("# focalcheck: error\n"))
    #expect(rows(text, of: "Could not be judged") == [["`no element was compared`"]])
  }
}

@Suite("CI examples")
struct CIExampleTests {
  private static let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("examples/ci")

  @Test("every output of an example is a format that there is", arguments: ["github.yml", "gitlab-ci.yml"])
  func formats(file: String) throws {
    let text = try String(contentsOf: Self.folder.appendingPathComponent(file), encoding: .utf8)
    let names = text.split(separator: " ").adjacentPairs("--output").compactMap {
      $0.split(separator: "=").first
    }
    #expect(!names.isEmpty)
    for name in names { #expect(ReportFormats.named(String(name)) != nil, "\(name)") }
  }
}

extension Sequence<Substring> {
  /// The words that stand after a word.
  fileprivate func adjacentPairs(_ word: Substring) -> [Substring] {
    zip(self, dropFirst()).filter { $0.0 == word }.map(\.1)
  }
}
