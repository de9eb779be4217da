#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// What a worker has said, checked as it comes.
///
/// It counts only when it is whole: see ``finished()``.
struct WorkerTranscript<Records: WorkerRecords>: Sendable {
  private(set) var records: Records
  private var line: [UInt8] = []
  private var digest = WorkerTranscriptDigest()
  private var byteCount = 0
  private var completion: WorkerCompletion?
  private let decoder = WorkerCoding.decoder
  private let byteLimit: Int

  /// What a worker says that goes on from some records, in at most so many bytes.
  init(after records: Records = Records(), byteLimit: Int = WorkerLimits.transcriptBytes) {
    (self.records, self.byteLimit) = (records, byteLimit)
  }

  /// Takes bytes as they come, and returns the records that they complete.
  mutating func append(_ bytes: [UInt8]) throws(WorkerFault) -> [Records.Record] {
    byteCount += bytes.count
    guard byteCount <= byteLimit else {
      throw WorkerFault(reason: "said more than \(byteLimit) bytes")
    }
    var found: [Records.Record] = []
    var rest = bytes[...]
    while let end = rest.firstIndex(of: WorkerCoding.lineFeed) {
      line += rest[...end]
      if let record = try endLine() { found.append(record) }
      rest = rest[(end + 1)...]
    }
    line += rest
    guard line.count <= WorkerLimits.recordBytes else {
      throw WorkerFault(reason: "said a record of more than \(WorkerLimits.recordBytes) bytes")
    }
    return found
  }

  private mutating func endLine() throws(WorkerFault) -> Records.Record? {
    defer { line.removeAll(keepingCapacity: true) }
    guard completion == nil else { throw WorkerFault(reason: "said more than a whole result") }
    let data = Data(line)
    guard let record = try? decoder.decode(Records.Record.self, from: data) else {
      completion = try? decoder.decode(WorkerCompletion.self, from: data)
      guard completion == digest.completion else { throw WorkerFault(reason: "gave a damaged result") }
      return nil
    }
    digest.add(line)
    if let reason = records.objection(to: record) { throw WorkerFault(reason: reason) }
    records.add(record)
    return record
  }

  /// The records of a worker that said all that it had to say.
  ///
  /// - Throws: ``WorkerFault`` where it did not.
  func finished() throws(WorkerFault) -> Records {
    guard completion != nil, line.isEmpty, records.isDone else {
      throw WorkerFault(reason: "ended without a whole result")
    }
    return records
  }
}

/// Why what a worker said does not count.
struct WorkerFault: Error, Hashable {
  /// The reason in plain words, to follow "the process that judged it" or "read it".
  let reason: String
}
