internal import Crypto

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
