import FixtureAuthoring
import Foundation
import Testing

/// The help of the program and of each of its subcommands.
enum Help {
  /// The subcommands that `focalcheck --help` lists, and nothing for the program itself.
  static let subcommands: [String] = {
    let lines = (try? help([], columns: 200)) ?? []
    let section = lines.drop { $0 != "SUBCOMMANDS:" }.dropFirst().prefix { $0.hasPrefix("  ") }
    return [""] + section.compactMap { $0.split(separator: " ").first.map(String.init) }
  }()

  /// The lines of a command's help at a width of the terminal.
  static func help(_ command: [String], columns: Int) throws -> [String] {
    let result = try Program.run(
      command + ["--help"], in: FileManager.default.temporaryDirectory.path,
      environment: ["COLUMNS": "\(columns)"])
    try #require(result.status == 0, "\(result.text)")
    return result.output.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
  }

  /// The lines behind EXAMPLE, without their indentation.
  static func examples(_ subcommand: String, columns: Int) throws -> [String] {
    try help(subcommand.isEmpty ? [] : [subcommand], columns: columns).drop { $0 != "EXAMPLE" }.dropFirst()
      .prefix { !$0.isEmpty }.map { $0.trimmingCharacters(in: .whitespaces) }
  }
}

@Suite("help")
struct HelpTests {
  @Test("every subcommand is listed")
  func subcommands() {
    #expect(Set(["", "run", "live", "identify", "accept", "selftest"]).isSubset(of: Help.subcommands))
    #expect(Help.subcommands.count >= 12, "\(Help.subcommands)")
  }

  @Test(
    "each example stands whole on a line of its own, however wide the terminal", arguments: Help.subcommands)
  func examples(subcommand: String) throws {
    let examples = try Help.examples(subcommand, columns: 1000)
    #expect(examples.contains { $0.hasPrefix("focalcheck \(subcommand)") })
    for example in examples { #expect(example.hasPrefix("focalcheck "), "\(example)") }
    for columns in [80, 81, 99, 100, 132] {
      #expect(try Help.examples(subcommand, columns: columns) == examples, "\(columns) columns")
    }
  }

  @Test("each example can be pasted: the program takes its arguments", arguments: Help.subcommands)
  func parsing(subcommand: String) throws {
    let folder = try TemporaryFolder()
    for example in try Help.examples(subcommand, columns: 80) {
      let result = try Program.paste(example, in: folder.path)
      // There are no fixtures here. What a parser does not take is wrong usage; anything else has been taken.
      #expect(result.status != 64 && result.status != 127, "\(example): \(result.text)")
      #expect(!result.messages.contains("Usage: "), "\(example): \(result.text)")
    }
  }
}
