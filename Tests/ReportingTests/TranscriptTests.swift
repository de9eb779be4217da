import Comparison
import Foundation
import Tensors
import Testing

@testable import Conformance
@testable import Reporting

/// The lines that a worker would have written for a fixture that was judged.
private func transcript(of fixture: FixtureReport) throws -> [UInt8] {
  var digest = WorkerTranscriptDigest()
  var bytes: [UInt8] = []
  func add(_ record: JudgingRecord) throws {
    let line = try Worker.line(record)
    digest.add(line)
    bytes += line
  }
  try add(
    .opened(
      .init(
        digest: #require(fixture.digest), provenance: #require(fixture.provenance),
        caseCount: fixture.cases.count)))
  for (index, report) in fixture.cases.enumerated() {
    try add(.began(name: report.name, index: index))
    try add(.judged(report))
  }
  try add(.ended(.init(skippedCount: 0)))
  return bytes + (try Worker.line(digest.completion))
}

/// What is received of some bytes that come in pieces.
private func received(_ bytes: [UInt8], pieces: Int) throws -> JudgingTranscript {
  var transcript = WorkerTranscript<JudgingTranscript>()
  for start in stride(from: 0, to: bytes.count, by: pieces) {
    _ = try transcript.append(Array(bytes[start..<min(start + pieces, bytes.count)]))
  }
  return try transcript.finished()
}

@Suite("What a worker says")
struct TranscriptTests {
  @Test(
    "what was found comes through whole: every report of it has the same bytes", arguments: [4096, 65_537])
  func lossless(pieces: Int) throws {
    let outcomes = try discrepancies.fixtures.map { fixture in
      try received(transcript(of: fixture), pieces: pieces).outcome(
        of: FixtureLocation(path: fixture.path))
    }
    let report = Report(policy: discrepancies.policy, outcomes: outcomes)
    #expect(report.accounting?.isBalanced == true)
    for format in ReportFormats.all {
      #expect(format.render(report) == format.render(discrepancies), "\(format.name)")
    }
  }

  @Test("what workers found of the parts of a fixture is what one found of it all", arguments: [0, 1, 5])
  func parts(count: Int) throws {
    let fixture = try #require(discrepancies.fixtures.first)
    let whole = try received(transcript(of: fixture), pieces: 4096)
    var joined = JudgingTranscript()
    for record in whole.records(after: 0).prefix(1 + count) { joined.add(record) }
    #expect(joined.judgedCount == count && !joined.isWhole)
    for record in whole.records(after: count) {
      #expect(joined.objection(to: record) == nil)
      joined.add(record)
    }
    #expect(joined.isWhole)
    let location = FixtureLocation(path: fixture.path)
    let report = Report(policy: discrepancies.policy, outcomes: [joined.outcome(of: location)])
    let expected = Report(policy: discrepancies.policy, outcomes: [whole.outcome(of: location)])
    #expect(TextReport.render(report) == TextReport.render(expected))
  }

  @Test(
    "numbers that JSON does not have come through",
    arguments: [
      0.0, -0.0, .infinity, -.infinity, .nan, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 0.1,
    ])
  func numbers(value: Double) throws {
    let allowance = Allowance(value, -value, admitsNaN: true)
    let decoded = try WorkerCoding.decoder.decode(
      Allowance.self, from: WorkerCoding.encoder.encode(allowance))
    if value.isNaN {
      #expect(decoded.lower.isNaN && decoded.upper.isNaN)
    } else {
      #expect(decoded.lower.bitPattern == value.bitPattern)
      #expect(decoded.upper.bitPattern == (-value).bitPattern)
    }
  }

  @Test("a distribution of any distances comes through")
  func distribution() throws {
    var distribution = ULPDistribution()
    for distance: UInt64 in [0, 1, 255, 256, 257, 1 << 40, .max, .max, .max] { distribution.add(distance) }
    let encoded = try WorkerCoding.encoder.encode(distribution)
    #expect(try WorkerCoding.decoder.decode(ULPDistribution.self, from: encoded) == distribution)
    for (old, new) in [("\"buckets\":[0,", "\"buckets\":[-1,"), ("\"buckets\":[0,", "\"buckets\":[99999,")] {
      let text = String(decoding: encoded, as: UTF8.self)
      #expect(text.contains(old))
      #expect(throws: DecodingError.self) {
        try WorkerCoding.decoder.decode(
          ULPDistribution.self, from: Data(text.replacingOccurrences(of: old, with: new).utf8))
      }
    }
  }

  @Test(
    "a policy comes through by its name",
    arguments: [
      "derived", "torch", "numpy", "paddle", "ulp:18446744073709551615", "rtol=1e-300,atol=0.1",
      "atol=5e-324",
    ])
  func policies(text: String) throws {
    let policy = try #require(Policy(parsing: text))
    #expect(Policy(parsing: policy.name) == policy)
  }

  @Test("what is not whole does not count")
  func damaged() throws {
    let fixture = try #require(discrepancies.fixtures.first)
    let bytes = try transcript(
      of: FixtureReport(
        file: fixture.file, digest: fixture.digest, provenance: fixture.provenance, error: nil,
        cases: Array(fixture.cases.prefix(2)), path: fixture.path))
    #expect(throws: Never.self) { try received(bytes, pieces: 100) }
    let lineEnds = bytes.indices.filter { bytes[$0] == UInt8(ascii: "\n") }
    #expect(lineEnds.count == 7)
    for end in [0, 1, bytes.count / 2, bytes.count - 1] + lineEnds.dropLast().map({ $0 + 1 }) {
      #expect(throws: WorkerFault(reason: "ended without a whole result")) {
        try received(Array(bytes[..<end]), pieces: 100)
      }
    }
    for position in stride(from: 0, to: bytes.count, by: 97) {
      var bytes = bytes
      bytes[position] ^= 1
      #expect(throws: WorkerFault.self, "byte \(position)") { try received(bytes, pieces: 100) }
    }
    #expect(throws: WorkerFault(reason: "said more than a whole result")) {
      try received(bytes + Array("{}\n".utf8), pieces: 100)
    }
  }

  @Test("a case that got lost makes a run one that could not be judged")
  func accounting() throws {
    let fixture = try #require(discrepancies.fixtures.first)
    let count = fixture.cases.count
    func report(planned: Int, skipped: Int) -> Report {
      Report(
        policy: .derived,
        outcomes: [FixtureOutcome(report: fixture, plannedCount: planned, skippedCount: skipped)])
    }
    #expect(
      report(planned: count + 3, skipped: 3).accounting
        == Accounting(planned: count + 3, judged: count, errors: 0, skipped: 3))
    #expect(report(planned: count + 3, skipped: 3).verdict == .nonconformant)
    for lost in [report(planned: count + 3, skipped: 2), report(planned: count - 1, skipped: 0)] {
      #expect(lost.accounting?.isBalanced == false)
      #expect(lost.verdict == .error)
    }
    let unread = FixtureOutcome(
      FixtureError(file: "bad.h5", reason: "is empty"), at: FixtureLocation(path: "bad.h5"))
    #expect(
      Report(policy: .derived, outcomes: [unread]).accounting
        == Accounting(planned: 1, judged: 0, errors: 1, skipped: 0))
  }

  @Test("a run that was ended says so in every form", arguments: ReportFormats.all.map { $0.name })
  func incomplete(format: String) throws {
    let report = Report(policy: .derived, outcomes: [], notJudged: ["a.h5", "b\u{1B}.h5"])
    #expect(report.verdict == .error)
    #expect(report.gate.exitCode == 2)
    let text = try #require(ReportFormats.named(format)).render(report)
    #expect(text.contains(format == "json" ? "\"incomplete\":true" : "INCOMPLETE: "), "\(text)")
    #expect(!text.contains("\u{1B}"))
    if format == "json" { try expectValid(text, "report") }
  }
}
