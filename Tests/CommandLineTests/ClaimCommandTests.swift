import FixtureAuthoring
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
