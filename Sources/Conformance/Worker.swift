internal import Crypto

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

/// The work of a process that judges one fixture: it writes each record as a line of JSON, and after the last a line
/// with the length and the digest of all before.
public struct Worker: Sendable {
  private let runner: Runner
  private let location: FixtureLocation
  private let judgedCount: Int

  /// The work on the selected cases of one fixture, but for so many that have been judged before.
  public init(
    _ location: FixtureLocation, policy: Policy, filter: CaseFilter, claims: [Claim] = [],
    after judgedCount: Int = 0
  ) {
    runner = Runner(policy: policy, filter: filter, claims: claims)
    self.location = location
    self.judgedCount = judgedCount
  }

  /// Judges the fixture.
  ///
  /// - Parameter descriptor: where the records are written.
  /// - Throws: ``WorkerError`` when one cannot be written: then nobody waits for it.
  public func run(writingTo descriptor: Int32) throws(WorkerError) {
    var transcript = WorkerTranscriptDigest()
    try runner.judge(location, after: judgedCount) { record throws(WorkerError) in
      let line = try Self.line(record)
      transcript.add(line)
      try Self.write(line, to: descriptor)
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

/// How records are written: JSON, with what JSON has no number for as strings.
enum WorkerCoding {
  static let lineFeed = UInt8(ascii: "\n")
  private static let (infinity, negativeInfinity, nan) = ("Infinity", "-Infinity", "NaN")

  static var encoder: JSONEncoder {
    let encoder = JSONEncoder()
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: infinity, negativeInfinity: negativeInfinity, nan: nan)
    return encoder
  }

  static var decoder: JSONDecoder {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: infinity, negativeInfinity: negativeInfinity, nan: nan)
    return decoder
  }
}

/// The last line of a worker: what it has written before.
struct WorkerCompletion: Hashable, Codable, Sendable {
  /// How many bytes.
  let byteCount: Int
  /// Their SHA-256, in hexadecimal digits.
  let sha256: String
}

/// The length and the digest of the lines so far.
struct WorkerTranscriptDigest {
  private var byteCount = 0
  private var hash = SHA256()

  mutating func add(_ bytes: some Sequence<UInt8>) {
    let bytes = Array(bytes)
    byteCount += bytes.count
    hash.update(data: bytes)
  }

  var completion: WorkerCompletion {
    let digits = hash.finalize().map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }
    return WorkerCompletion(byteCount: byteCount, sha256: digits.joined())
  }
}
