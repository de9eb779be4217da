import FixtureAuthoring
import Foundation
import Tensors
import Testing

@Suite("Text from files in what is printed")
struct UntrustedTextTests {
  private let folder: TemporaryFolder

  /// Texts that a terminal or the log of a CI service would obey.
  private static let commands = [
    "::error::a", "  ::stop-commands::b", "x\n::set-output name=c::d", "##[add-mask]e", "x ##vso[f]",
    "###[g]",
    "\u{1B}[2J\u{1B}]0;title\u{7}", "\r\u{202E}\u{2066}h", "\u{85}::error::i\u{2028}::error::j",
  ]
  private static let framework = "::error::framework##[error]\n::error::x\u{1B}[31m"

  init() throws {
    folder = try TemporaryFolder()
    try write("##[error]::warning::a.h5", framework: "##[group]\n::error::")
    try write("::error::b.h5", framework: Self.framework)
    try Damage.write(folder.file("::error::c##[x].h5"), Array(repeating: 0, count: 200))
  }

  /// Writes a fixture of which every text is a command, with cases of all kinds: that are computed, that raise, and that
  /// cannot be read.
  private func write(_ name: String, framework: String) throws {
    let author = try HDF5Author(path: folder.file(name))
    try author.attribute("schema", .fixed("focalcheck-fixture/1"))
    try author.attribute("framework", .variableScalar(framework))
    try author.attribute("framework_version", .variableScalar("::error::1.0"))
    try author.attribute("device", .variableScalar("##[x]cpu"))
    for command in Self.commands {
      try DemoFixture.demoCase(author, command, changing: ["reason": .variableScalar(command)])
      try DemoFixture.demoCase(author, "\(command) raises", changing: ["raised": .variableScalar(command)])
      try DemoFixture.demoCase(
        author, "\(command) is unknown", changing: ["variant": .variableScalar(command)])
      try DemoFixture.demoCase(author, "\(command) lacks", without: ["inputs/label"])
      try author.dataset("/cases/\(command)/outputs/\(command)", DemoFixture.loss)
    }
    try author.close()
  }

  @Test(
    "no text from a file is a command to a terminal or to a CI service",
    arguments: [
      ["run", "."], ["run", ".", "--output", "json=-"], ["run", ".", "--output", "junit=-"],
      ["run", ".", "--output", "markdown=-"], ["run", ".", "--output", "github=-"], ["list", "."],
      ["inspect", "."],
      ["explain", "::error::b.h5", "::error::a"], ["explain", "::error::b.h5", "##[add-mask]e lacks"],
      ["explain", "::error::b.h5", "::error::absent"], ["identify", "::error::b.h5"],
      ["identify", "##[error]::warning::a.h5", "##[add-mask]e"], ["selftest", "."],
      ["upgrade", "::error::b.h5", "##[error]::warning::a.h5"],
      ["upgrade", "::error::b.h5", "::error::c##[x].h5", "--output", "json=-"],
      ["agree", "::error::b.h5", "##[error]::warning::a.h5"],
      ["agree", "::error::b.h5", "##[error]::warning::a.h5", "--output", "json=-"],
      ["compare", "::error::b.h5", "##[error]::warning::a.h5"],
      ["compare", "::error::b.h5", "##[error]::warning::a.h5", "--output", "json=-"],
      ["compare", "::error::b.h5", "::error::c##[x].h5"], ["run", "::error::absent.h5"],
      ["live", "--python", "::error::##[python]", "--framework", "::error::"],
    ])
  func commands(arguments: [String]) throws {
    let result = try Program.run(arguments, in: folder.path)
    #expect(result.output.count + result.messages.count > 0)
    for line in (result.output + result.messages).split(whereSeparator: { $0 == "\n" }) {
      let trimmed = line.drop { $0.isWhitespace }
      // What the format for GitHub's log begins itself.
      let isOwn = arguments.contains("github=-") && trimmed.hasPrefix("::error title=focalcheck%3A ")
      #expect(isOwn || !trimmed.hasPrefix("::"), "\(line)")
      #expect(!line.unicodeScalars.map(String.init).joined(separator: " ").contains("# # ["), "\(line)")
      let unseen = line.unicodeScalars.filter {
        $0 != "\t"
          && [.control, .format, .lineSeparator, .paragraphSeparator].contains($0.properties.generalCategory)
      }
      #expect(unseen.isEmpty, "\(unseen) in \(line)")
    }
  }
}
