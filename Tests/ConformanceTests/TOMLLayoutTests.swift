import TOMLKit
import Testing

@testable import Conformance

@Suite("Places in TOML")
struct TOMLLayoutTests {
  /// Statements of which the next one is hard to find.
  private static let statements = [
    "a = 'x'", "a = \"]\\\"[[difference]]#\" # [[difference]]", "a = '''\n[[difference]]\n'' b = 1\n''''",
    "a = \"\"\"\n[[difference]]\n\\\"\"\" \\\\\"\"\"", "a = [ # one ]\n  '[[', # two\n  \"\"\"\n]\"\"\",\n]",
    "a = { b = \"}\", c = [1, 2] } # {", "\"a\" = ''", "a.b = \"\"", "a.\"c.d\" = 1 # '''", " a\t=\t-inf\r",
    "'a' = \"\"\"\"\"\"", "a = 2027-01-31 # \"\"\"",
  ]

  @Test(
    "a key and a table stand where they stand, whatever strings, lists and comments come before",
    arguments: statements)
  func places(statement: String) throws {
    let text = "# top\n\n[[difference]]\n\(statement)\nlast = 7\n\n[[ difference ]] # two\nlast = 8"
    _ = try TOMLTable(string: text)
    let length = statement.split(separator: "\n", omittingEmptySubsequences: false).count
    let elements = TOMLLayout(Array(text.utf8)).elements(of: "difference")
    #expect(elements.map(\.table.line) == [3, 6 + length])
    #expect(elements.map { $0.line(of: "a") } == [4, nil])
    #expect(elements.map { $0.line(of: "last") } == [4 + length, 7 + length])
    let values = elements.map { element in
      element.statement(of: "last").map { String(decoding: Array(text.utf8)[$0.value], as: UTF8.self) }
    }
    #expect(values == ["7", "8"])
  }

  @Test("tables inside of an entry, with headers of their own, belong to it")
  func inner() throws {
    let text = "[[difference]]\nx = 1\n[difference.where]\nlogit = 3\n[[difference]]\n[other]\nx = 1\n"
    let layout = TOMLLayout(Array(text.utf8))
    let elements = layout.elements(of: "difference")
    #expect(elements.map { $0.line(of: "where") } == [3, nil])
    #expect(elements[0].statement(of: "where") == nil)
    #expect(layout.line(ofOutermost: "other") == 6)
    #expect(layout.line(ofOutermost: "none") == nil)
  }

  private static func entries(_ count: Int) -> String {
    (0..<count).map { index in
      """
      [[difference]]
      case = ["a\(index)", "b"]
      max_outside = { finite = 4 }
      max_ulp = 3 # [[difference]]
      reason = \"\"\"
      because\"\"\"


      """
    }.joined()
  }

  @Test("a list of 1,000 entries is parsed once and passed over once")
  func linear() throws {
    let bytes = Array(Self.entries(1000).utf8)
    var parseCount = 0
    let document = try TOMLDocument(bytes, path: "x") { text throws in
      parseCount += 1
      return try TOMLTable(string: text)
    }
    let ledger = try Ledger(document, requiresBounds: true)
    #expect(ledger.differences.map(\.line) == (0..<2000).map { $0 / 2 * 7 + 1 })
    #expect(parseCount == 1)
    #expect(document.layout.stepCount <= bytes.count)
  }

  @Test("an error in the last of many entries has its line")
  func lastLine() {
    let text = Self.entries(300).replacing("case = [\"a299\", \"b\"]", with: "case = [\"a299\", 3]")
    let error = #expect(throws: TOMLFileError.self) { try Ledger(toml: Array(text.utf8), path: "x") }
    #expect(error?.line == 299 * 7 + 2)
  }
}
