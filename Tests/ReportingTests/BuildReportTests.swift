import Conformance
import FixtureAuthoring
import Foundation
import Tensors
import Testing

@testable import Reporting

/// Two builds whose one case differs in the first element of its loss.
private struct Builds {
  let folder: TemporaryFolder
  let judge = UpgradeJudge()

  init() throws { folder = try TemporaryFolder() }

  func side(_ file: String, case name: String = "demo", _ first: Double) throws -> Upgrade.Side {
    try DemoFixture.write(to: folder.file(file), cases: []) { author in
      try DemoFixture.demoCase(author, name, without: ["outputs/loss"])
      let values = [first, 0.043321698904037476, 0.027600372210144997, 2.0747103691101074]
      try author.dataset("/cases/\(name)/outputs/loss", Tensor(.float32, .vector(4), values: values))
    }
    return judge.side(folder.file(file))
  }

  /// A fixture that cannot be read.
  func unreadable() throws -> Upgrade.Side {
    try Damage.write(folder.file("zeros.h5"), Array(repeating: 0, count: 200))
    return judge.side(folder.file("zeros.h5"))
  }
}

/// How a format shows that a command fails.
private struct FailureMark: Sendable, CustomTestStringConvertible {
  let format: any ReportFormat.Type
  /// Whether a report shows a failure with an exit code.
  let isIn: @Sendable (String, Int32) throws -> Bool

  var testDescription: String { format.name }

  static let all: [FailureMark] = ReportFormats.all.map { format in
    FailureMark(format: format) { text, code in
      switch format.name {
      case "json": text.contains("\"passed\":false") && text.contains("\"exit_code\":\(code)")
      case "junit":
        try Element.parse(text).all("testcase").contains { testCase in
          !testCase.all("failure").isEmpty || code == 2 && !testCase.all("error").isEmpty
        }
      case "github": text.contains("::error title=")
      case "markdown": text.contains("Gate: **failed** (exit code \(code)): ")
      default: text.contains(code == 1 ? "Unsafe" : "Not judged") || text.contains("do not agree")
      }
    }
  }
}

@Suite("Reports of builds")
struct BuildReportTests {
  @Test("what fails an upgrade or an agreement is in every format", arguments: FailureMark.all)
  private func failures(mark: FailureMark) throws {
    let builds = try Builds()
    let right = try builds.side("right.h5", 0.005027135368436575)
    let wrong = try builds.side("wrong.h5", 0.0075)
    let worse = try builds.side("worse.h5", 0.015)
    let unreadable = try builds.unreadable()
    for (sides, code) in [([right, wrong], 1), ([wrong, worse], 1), ([right, unreadable], 2)] {
      let matrix = UpgradeMatrix(sides, by: builds.judge)
      #expect(matrix.gate.exitCode == Int32(code))
      let text = mark.format.render(matrix)
      #expect(try mark.isIn(text, Int32(code)), "\(text)")
    }
    var moved = UpgradeMatrix([wrong, right], by: builds.judge)
    #expect(moved.gate.passed)
    #expect(try !mark.isIn(mark.format.render(moved), 1))
    moved.isStrict = true
    #expect(moved.gate.exitCode == 1)
    if mark.format.name != "text" { #expect(try mark.isIn(mark.format.render(moved), 1)) }
    for (second, code) in [(wrong, 1), (unreadable, 2)] {
      let agreement = builds.judge.agreement(of: right, and: second)
      #expect(agreement.gate.exitCode == Int32(code))
      let text = mark.format.render(agreement)
      #expect(try mark.isIn(text, Int32(code)), "\(text)")
    }
    #expect(try !mark.isIn(mark.format.render(builds.judge.agreement(of: right, and: right)), 1))
  }

  @Test("a run that was ended early fails in every format", arguments: FailureMark.all)
  private func incomplete(mark: FailureMark) throws {
    if mark.format.name == "text" { return }
    #expect(try mark.isIn(mark.format.render(UpgradeMatrix()), 2))
    #expect(try mark.isIn(mark.format.render(Agreement(notJudged: "a", "b")), 2))
  }

  @Test("any name is well-formed, and no command of a log", arguments: hostileNames)
  func names(name: String) throws {
    let builds = try Builds()
    let sides = [
      try builds.side("right.h5", case: name, 0.005027135368436575),
      try builds.side("wrong.h5", case: name, 0.0075),
    ]
    let matrix = UpgradeMatrix(sides, by: builds.judge)
    let agreement = builds.judge.agreement(of: sides[0], and: sides[1])
    for text in [JUnitReport.render(matrix), JUnitReport.render(agreement)] {
      let checks = try Element.parse(text).all("testcase")
      #expect(checks.contains { $0.attributes["name"]?.contains(visibleText(name)) == true }, "\(text)")
    }
    for text in [GitHubReport.render(matrix), GitHubReport.render(agreement)] {
      let commands = text.split(separator: "\n").filter { $0.hasPrefix("::") || $0.contains("##[") }
      #expect(commands.count == 1 && commands[0].hasPrefix("::error title=focalcheck%3A "), "\(text)")
    }
    for text in [MarkdownReport.render(matrix), MarkdownReport.render(agreement)] {
      #expect(text.utf8.count < 1 << 20)
      for line in text.split(separator: "\n") where line.hasPrefix("| `") {
        #expect(line.hasSuffix(" |"), "\(line)")
      }
    }
    try expectValid(JSONReport.render(matrix), "upgrades")
    try expectValid(JSONReport.render(agreement), "agreement")
  }

  @Test("what stays nonconformant and is no worse is skipped with its reason")
  func known() throws {
    let builds = try Builds()
    let wrong = try builds.side("wrong.h5", 0.0075)
    let text = JUnitReport.render(UpgradeMatrix([wrong, wrong], by: builds.judge))
    let root = try Element.parse(text)
    #expect(root.all("skipped").map { $0.attributes["message"] } == ["identical bits"])
    #expect(root.all("failure").isEmpty && root.all("error").isEmpty)
  }

  @Test("with more than two builds each check has a name of its own")
  func uniqueNames() throws {
    let builds = try Builds()
    let sides = try (0..<3).map { try builds.side("\($0).h5", 0.005027135368436575) }
    let root = try Element.parse(JUnitReport.render(UpgradeMatrix(sides, by: builds.judge)))
    let names = root.all("testcase").compactMap { $0.attributes["name"] }
    #expect(names.count == 3 && Set(names).count == 3, "\(names)")
  }
}
