#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What a worker does with a fixture.
public enum WorkerTask: String, Sendable {
  /// It judges the selected cases.
  case judge
  /// It lists them.
  case list
  /// It plants faults in their tensors.
  case selfTest = "selftest"

  /// What it did with the fixture, for a message.
  var deed: String { self == .judge ? "judged" : "read" }
}

/// The work of a process on one fixture: it writes each record as a line of JSON, and after the last a line with the
/// length and the digest of all before.
public struct Worker: Sendable {
  private let location: FixtureLocation
  private let policy: Policy
  private let filter: CaseFilter
  private let claims: [ClaimQuestion]
  private let namesCauses: Bool
  private let part: (after: Int, through: Int)

  /// The work on the selected cases of one fixture, or to judge a part of them: those after so many that have been
  /// judged before, through so many.
  public init(
    _ location: FixtureLocation, policy: Policy, filter: CaseFilter, claims: [ClaimQuestion] = [],
    namesCauses: Bool = true,
    after judgedCount: Int = 0, through stop: Int = .max
  ) {
    (self.location, self.policy, self.filter) = (location, policy, filter)
    self.claims = claims
    self.namesCauses = namesCauses
    part = (judgedCount, stop)
  }

  /// Does some work.
  ///
  /// - Parameters:
  ///   - task: what is to be done.
  ///   - descriptor: where the records are written.
  /// - Throws: ``WorkerError`` when one cannot be written: then nobody waits for it.
  public func run(_ task: WorkerTask, writingTo descriptor: Int32) throws(WorkerError) {
    var transcript = WorkerTranscriptDigest()
    func tell(_ record: some Encodable) throws(WorkerError) {
      let line = try Self.line(record)
      transcript.add(line)
      try Self.write(line, to: descriptor)
    }
    switch task {
    case .judge:
      let runner = Runner(policy: policy, filter: filter, claims: claims, namesCauses: namesCauses)
      try runner.judge(location, after: part.after, through: part.through) { record throws(WorkerError) in
        try tell(record)
      }
    case .list:
      try tell(FindingRecord { () throws(FixtureError) in try ListedCase.list(location, filter) })
    case .selfTest:
      let report = try SelfTest(policy: policy, filter: filter).run(location) { place throws(WorkerError) in
        try tell(FindingRecord<SelfTestReport>.began(place))
      }
      try tell(FindingRecord.found(report))
    }
    try Self.write(try Self.line(transcript.completion), to: descriptor)
  }

  /// A line as a worker writes it.
  static func line(_ value: some Encodable) throws(WorkerError) -> [UInt8] {
    do {
      return Array(try WorkerCoding.encoder.encode(value)) + [WorkerCoding.lineFeed]
    } catch {
      throw WorkerError(reason: "a record cannot be encoded: \(error)")
    }
  }

  private static func write(_ line: [UInt8], to descriptor: Int32) throws(WorkerError) {
    if let reason = writeAll(line, to: descriptor) {
      throw WorkerError(reason: "a record cannot be written: \(reason)")
    }
  }
}
