import Arithmetic
import Foundation
import Testing

@Suite("FORMAT.md")
struct FormatTests {
  /// The cells of the table rows in FORMAT.md whose first cell is a quoted name, without the quotes.
  private static func rows(of count: Int, below heading: String) throws -> [[String]] {
    let text = try String(contentsOfFile: committedFixtures + "/FORMAT.md", encoding: .utf8)
    let table = try #require(text.range(of: heading))
    return text[table.upperBound...].split(separator: "\n", omittingEmptySubsequences: false)
      .drop { !$0.hasPrefix("|---") }.dropFirst().prefix { $0.hasPrefix("|") }
      .map { $0.split(separator: "|", omittingEmptySubsequences: false).dropFirst().prefix(count) }
      .map { $0.map { $0.filter { $0 != "`" }.trimmingCharacters(in: .whitespaces) } }
  }

  @Test("it lists the frameworks, their other spellings and the libraries whose kernels compute")
  func frameworks() throws {
    let documented = try Self.rows(of: 3, below: "| `framework` |")
    let known = Framework.all.map { framework in
      [
        framework.name, framework.aliases.joined(separator: ", "),
        framework.libraries.map(\.rawValue).joined(separator: ", "),
      ]
    }
    #expect(documented == known)
  }

  @Test("it lists the devices and their other spellings")
  func devices() throws {
    let documented = try Self.rows(of: 2, below: "| `device` |")
    #expect(documented == Device.allCases.map { [$0.rawValue, $0.aliases.joined(separator: ", ")] })
    let text = try String(contentsOfFile: committedFixtures + "/FORMAT.md", encoding: .utf8)
    for word in Device.ignoredWords { #expect(text.contains("`\(word)`"), "\(word)") }
  }
}
