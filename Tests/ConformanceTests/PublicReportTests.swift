import Foundation
import Testing

@testable import Conformance

/// A fixture made from a public bug report, and what a run must say of it: a row of `fixtures/cases/index.tsv`.
struct PublicReport: CustomTestStringConvertible {
  let file: String
  let report: String
  let exitCode: Int32
  let verdict: String
  /// Why the right outcome cannot be had yet; nil where it must be had.
  let pending: String?

  var testDescription: String { "\(file): \(report)" }

  static let folder = "\(committedFixtures)/cases"

  /// Every row of the index.
  static let all: [PublicReport] = {
    guard let text = try? String(contentsOfFile: "\(folder)/index.tsv", encoding: .utf8) else { return [] }
    return text.split(separator: "\n").dropFirst().compactMap { line in
      let cells = line.split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
      guard cells.count == 5, let exitCode = Int32(cells[2]) else { return nil }
      return PublicReport(
        file: cells[0], report: cells[1], exitCode: exitCode, verdict: cells[3],
        pending: cells[4].isEmpty ? nil : cells[4])
    }
  }()
}

@Suite("Public bug reports")
struct PublicReportTests {
  @Test("every fixture is in the index, and every row has its fixture")
  func index() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: PublicReport.folder)
      .filter { $0.hasSuffix(".h5") }
    #expect(PublicReport.all.map(\.file).sorted() == files.sorted())
    #expect(files.count >= 54)
  }

  @Test("a run gives the verdict and the exit code of the index", arguments: PublicReport.all)
  func outcome(of expected: PublicReport) {
    let location = FixtureLocation(path: "\(PublicReport.folder)/\(expected.file)")
    let report = Runner(policy: .derived).run([location])
    func check() {
      let found = report.cases.map { "\($0.reason ?? "") \($0.error?.text ?? "")" }.joined(separator: "\n")
      #expect(report.verdict.rawValue == expected.verdict, "\(found)")
      #expect(report.gate.exitCode == expected.exitCode, "\(report.gate.reasons)")
    }
    if let pending = expected.pending {
      // This fails as soon as the outcome is right, so that the row of the index cannot be forgotten.
      withKnownIssue("\(pending)") { check() }
    } else {
      check()
    }
  }

  @Test("an upgrade to a build that newly raises is unsafe")
  func newlyRaises() {
    let judge = UpgradeJudge()
    let old = judge.side("\(PublicReport.folder)/b19-value.h5")
    let new = judge.side("\(PublicReport.folder)/b19-raised.h5")
    let upgrade = judge.upgrade(from: old, to: new)
    #expect(upgrade.verdict == .unsafe)
    #expect(upgrade.count(of: .newlyRaises) == 1)
  }
}
