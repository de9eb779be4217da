internal import Crypto
internal import Synchronization

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

/// What a run has found so far, in a file from which another run can go on when this one does not come to its end.
///
/// The first line says for which run it is (``JournalRun``), each other holds what one worker found that came to a good
/// end; with a journal a worker does a part of a fixture at a time, so that not much is lost. A line is the SHA-256 of the
/// line before and of its own text, a space, and the text, which is JSON. So nothing is taken from a journal in which a byte
/// has changed; of the last line alone, which a kill may have cut, nothing is expected.
public final class Journal: Sendable {
  /// How many judged cases it held when it was opened.
  public var judgedCount: Int { found.values.map(\.judgedCount).reduce(0, +) }

  /// Why the journal is not whole, or nil.
  public var failure: JournalError? { state.withLock { $0.failure } }

  private let path: String
  private let found: [Int: JudgingTranscript]
  private let state: Mutex<State>

  private struct State: ~Copyable {
    let file: JournalFile
    var digest: String
    var failure: JournalError?
  }

  /// Opens a journal.
  ///
  /// - Parameters:
  ///   - path: where it is. What is there and is no journal stays.
  ///   - run: for which run it is.
  ///   - resumes: whether to go on from what is there, if anything is; else it is begun anew.
  /// - Throws: ``JournalError`` when it cannot be used: another run's, damaged, in use, or not to be written; or when one of
  ///   its fixtures is no longer the same.
  public init(path: String, for run: JournalRun, resumes: Bool) throws(JournalError) {
    let file = try JournalFile(path: path)
    var lines = JournalLines(try file.contents())
    var records: [Int: JudgingTranscript] = [:]
    if !lines.isCutHeader {
      guard let header: JournalRun = lines.next(), header.schema == JournalRun.schema else {
        throw JournalError(path: path, reason: "is no journal of focalcheck")
      }
      if resumes {
        if let difference = header.difference(from: run) {
          throw JournalError(path: path, reason: "is of another run: \(difference)")
        }
        while let entry: JournalEntry = lines.next() {
          guard entry.add(to: &records) else {
            throw JournalError(path: path, reason: "is damaged in line \(lines.number)")
          }
        }
        guard lines.isAtEnd else {
          throw JournalError(path: path, reason: "is damaged in line \(lines.number + 1)")
        }
        try run.check(records, path)
      }
    }
    let goesOn = resumes && lines.number > 0
    try file.truncate(to: goesOn ? lines.endOffset : 0)
    self.path = path
    found = records
    state = Mutex(State(file: file, digest: goesOn ? lines.digest : "", failure: nil))
    if !goesOn { write(run) }
    if let failure { throw failure }
  }

  /// What was found earlier in one of the run's fixtures.
  func records(of fixture: Int) -> JudgingTranscript { found[fixture] ?? JudgingTranscript() }

  /// Adds what a worker found in one of the run's fixtures.
  func add(_ records: [JudgingRecord], of fixture: Int) {
    write(JournalEntry(fixture: fixture, records: records))
  }

  private func write(_ value: some Encodable) {
    state.withLock { state in
      guard state.failure == nil else { return }
      do throws(JournalError) {
        state.digest = try state.file.append(value, after: state.digest)
      } catch {
        state.failure = error
      }
    }
  }
}

/// The part of a journal that is one fixture's; nothing where there is no journal.
struct FixtureJournal: Sendable {
  private let journal: Journal?
  private let fixture: Int
  /// What was found earlier.
  let records: JudgingTranscript

  init(_ journal: Journal?, _ fixture: Int) {
    (self.journal, self.fixture) = (journal, fixture)
    records = journal?.records(of: fixture) ?? JudgingTranscript()
  }

  /// How many cases have been judged when the next worker stops; nil when it does not. Parts grow with what is done, since
  /// each worker hashes the file and lists the cases anew.
  func stop(after judgedCount: Int) -> Int? { journal == nil ? nil : judgedCount + max(32, judgedCount) }

  /// Adds what a worker has found beyond so many judged cases. That nothing can be judged is asked again in the next run.
  func add(_ records: JudgingTranscript, after judgedCount: Int) {
    if !records.isRefused { journal?.add(records.records(after: judgedCount), of: fixture) }
  }
}

/// Why a journal cannot be used.
public struct JournalError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The journal.
  public let path: String
  /// The reason in plain words.
  public let reason: String

  /// One line for a person.
  public var description: String { "\(visibleText(path)): the journal \(visibleText(reason))" }
}

/// For which run a journal is; no other can go on from it.
public struct JournalRun: Hashable, Sendable, Codable {
  static let schema = "focalcheck-journal/1"

  fileprivate let schema: String
  private let program: String
  private let executable: FixtureDigest
  private let policy: String
  private let filter: [String]
  private let claims: [Claim]
  private let fixtures: [String]
  private let pinned: [FixtureDigest?]

  /// A run.
  ///
  /// - Parameters:
  ///   - program: the program's name and version.
  ///   - executable: its file: two builds of one version are two programs.
  ///   - policy: by what the cases are judged.
  ///   - filter: which cases are judged.
  ///   - claims: what the cases are held against besides.
  ///   - fixtures: the fixtures, in the order of the run.
  /// - Throws: ``FixtureError`` when the program's file cannot be read.
  public init(
    program: String, executable: String, policy: Policy, filter: CaseFilter, claims: [Claim],
    fixtures: [FixtureLocation]
  ) throws(FixtureError) {
    schema = Self.schema
    self.program = program
    self.executable =
      try FixtureFileCheck(path: executable, name: executable, maximumByteCount: .max).digest
    (self.policy, self.filter, self.claims) = (policy.name, filter.texts, claims)
    self.fixtures = fixtures.map(\.path)
    pinned = fixtures.map(\.pinned)
  }

  /// What is different in another run, in words that follow "is of another run".
  fileprivate func difference(from run: JournalRun) -> String? {
    let text = { (texts: [String]) in texts.isEmpty ? "none" : texts.joined(separator: ", ") }
    return if program != run.program {
      "of \(program), and this is \(run.program)"
    } else if executable != run.executable {
      "of another build of \(program)"
    } else if policy != run.policy {
      "its policy is \(policy), and this one's \(run.policy)"
    } else if filter != run.filter {
      "its filters are \(text(filter)), and this one's \(text(run.filter))"
    } else if fixtures != run.fixtures {
      "its fixtures are \(text(fixtures)), and this one's \(text(run.fixtures))"
    } else if claims != run.claims {
      "the claims have changed since"
    } else if pinned != run.pinned {
      "the manifest has changed since"
    } else {
      nil
    }
  }

  /// Checks that the fixtures of some records are the same as then.
  fileprivate func check(_ records: [Int: JudgingTranscript], _ journal: String) throws(JournalError) {
    for (index, transcript) in records.sorted(by: { $0.key < $1.key }) {
      guard fixtures.indices.contains(index) else {
        throw JournalError(path: journal, reason: "has records of a fixture that the run has not")
      }
      guard let digest = transcript.digest else { continue }
      let path = fixtures[index]
      let found: FixtureDigest
      do throws(FixtureError) {
        found = try FixtureFileCheck(path: path, name: path, maximumByteCount: FixtureLimits().fileBytes)
          .digest
      } catch {
        throw JournalError(path: journal, reason: "cannot be gone on from: \(error.text)")
      }
      guard found == digest else {
        throw JournalError(path: journal, reason: "cannot be gone on from: \(path) has changed since")
      }
    }
  }
}

/// What a worker found in one of the run's fixtures.
private struct JournalEntry: Codable {
  let fixture: Int
  let records: [JudgingRecord]

  /// Adds the records; false where they cannot follow what was found before.
  func add(to found: inout [Int: JudgingTranscript]) -> Bool {
    var transcript = found[fixture] ?? JudgingTranscript()
    for record in records {
      guard transcript.objection(to: record) == nil else { return false }
      transcript.add(record)
    }
    found[fixture] = transcript
    return true
  }
}

/// The lines of a journal, each checked as it is taken.
private struct JournalLines {
  private let contents: Data
  /// How many have been taken.
  private(set) var number = 0
  /// The digest of the last of them.
  private(set) var digest = ""
  /// Where the last of them ends.
  private(set) var endOffset = 0
  private let decoder = WorkerCoding.decoder

  init(_ contents: Data) { self.contents = contents }

  /// Whether there is nothing yet, or less than a line that may be the first of a journal.
  var isCutHeader: Bool {
    contents.firstIndex(of: WorkerCoding.lineFeed) == nil
      && contents.prefix(64).allSatisfy {
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 || UInt8(ascii: "a")...UInt8(ascii: "f") ~= $0
      }
      && contents.dropFirst(64).first.map { $0 == UInt8(ascii: " ") } != false
  }

  /// Whether there is no other whole line.
  var isAtEnd: Bool { contents[endOffset...].firstIndex(of: WorkerCoding.lineFeed) == nil }

  /// The next line, or nil when there is none, or it is not what it should be.
  mutating func next<Value: Decodable>() -> Value? {
    guard let end = contents[endOffset...].firstIndex(of: WorkerCoding.lineFeed) else { return nil }
    let line = contents[endOffset..<end]
    guard let space = line.firstIndex(of: UInt8(ascii: " ")) else { return nil }
    let text = line[(space + 1)...]
    let expected = JournalFile.digest(of: text, after: digest)
    guard line[..<space].elementsEqual(expected.utf8),
      let value = try? decoder.decode(Value.self, from: Data(text))
    else { return nil }
    (number, digest, endOffset) = (number + 1, expected, end + 1)
    return value
  }
}

/// The file of a journal, which no other run writes meanwhile.
private struct JournalFile: ~Copyable {
  private let path: String
  private let descriptor: Int32

  init(path: String) throws(JournalError) {
    let number = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0o666)
    guard number >= 0 else { throw Self.failure(path, "cannot be opened") }
    do throws(JournalError) {
      try Self.check(number, path)
    } catch {
      close(number)
      throw error
    }
    (self.path, descriptor) = (path, number)
  }

  private static func check(_ descriptor: Int32, _ path: String) throws(JournalError) {
    var status = stat()
    guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
      throw JournalError(path: path, reason: "is no regular file")
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      throw errno == EWOULDBLOCK
        ? JournalError(path: path, reason: "is in use by another run") : failure(path, "cannot be locked")
    }
  }

  deinit { close(descriptor) }

  func contents() throws(JournalError) -> Data {
    var contents = Data()
    var block = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = read(descriptor, &block, block.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw Self.failure(path, "cannot be read") }
      if count == 0 { return contents }
      contents += block[..<count]
    }
  }

  func truncate(to length: Int) throws(JournalError) {
    guard ftruncate(descriptor, off_t(length)) == 0 else { throw Self.failure(path, "cannot be written") }
  }

  /// Writes a line and returns its digest.
  func append(_ value: some Encodable, after digest: String) throws(JournalError) -> String {
    let text: Data
    do {
      text = try WorkerCoding.encoder.encode(value)
    } catch {
      throw JournalError(path: path, reason: "cannot be written: \(error)")
    }
    let digest = Self.digest(of: text, after: digest)
    let line = Array(digest.utf8) + [UInt8(ascii: " ")] + text + [WorkerCoding.lineFeed]
    if let reason = writeAll(line, to: descriptor) {
      throw JournalError(path: path, reason: "cannot be written: \(reason)")
    }
    return digest
  }

  /// The digest of a line's text that follows a line with a digest.
  static func digest(of text: some Sequence<UInt8>, after digest: String) -> String {
    var hash = WorkerTranscriptDigest()
    hash.add(digest.utf8)
    hash.add(text)
    return hash.completion.sha256
  }

  private static func failure(_ path: String, _ what: String) -> JournalError {
    JournalError(path: path, reason: "\(what): \(String(cString: strerror(errno)))")
  }
}
