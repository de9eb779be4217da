internal import TOMLKit

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

extension Ledger {
  /// The most bytes that a ledger may have: 1 MiB.
  static let maximumByteCount = 1 << 20

  /// Reads a ledger.
  ///
  /// - Throws: ``LedgerError`` when it cannot be read, is not TOML, has a key that a ledger has not or a value of
  ///   another type, or when an entry lacks its case or its reason.
  public init(path: String) throws(LedgerError) {
    guard let contents = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
      throw LedgerError(path: path, line: nil, reason: "the ledger cannot be read")
    }
    try self.init(toml: Array(contents), path: path)
  }

  /// Decodes a ledger; `path` is what errors call it.
  public init(toml: [UInt8], path: String) throws(LedgerError) {
    file = FixtureLocation(path: path).fileName
    let document = try TOMLDocument(toml, path: path)
    for key in document.table.keys where key != "difference" {
      throw document.error(
        "unknown key \"\(key)\"; a ledger has only entries [[difference]]", where: { $0.contains(key: key) })
    }
    guard let value = document.table["difference"] else {
      differences = []
      return
    }
    guard let array = value.array, array.indices.allSatisfy({ array[$0].type == .table }) else {
      throw document.error(
        "difference is not a list of tables; write [[difference]] above each",
        where: { $0.contains(key: "difference") })
    }
    var differences: [KnownDifference] = []
    for index in array.indices { differences += try LedgerEntry(document, index).differences(file: file) }
    self.differences = differences
  }
}

/// A TOML text, and where in it things stand.
///
/// The library tells the line of an error of syntax, and none of a value. Since a TOML text that ends between two
/// statements is a TOML text as well, a value stands on the first line without which it is not there.
private struct TOMLDocument {
  let path: String
  let table: TOMLTable
  private let lines: [ArraySlice<UInt8>]

  init(_ bytes: [UInt8], path: String) throws(LedgerError) {
    self.path = path
    guard bytes.count <= Ledger.maximumByteCount else {
      throw LedgerError(path: path, line: nil, reason: "has more than \(Ledger.maximumByteCount) bytes")
    }
    lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // The library takes a text to its first NUL, and text only.
    for (index, line) in lines.enumerated()
    where line.contains(0) || String(validating: line, as: UTF8.self) == nil {
      throw LedgerError(path: path, line: index + 1, reason: "is not UTF-8 text")
    }
    do {
      table = try TOMLTable(string: String(decoding: bytes, as: UTF8.self))
    } catch let error as TOMLParseError {
      throw LedgerError(path: path, line: error.source.begin.line, reason: error.description)
    } catch {
      throw LedgerError(path: path, line: nil, reason: "is not TOML")
    }
  }

  /// An error about what is there from some line on.
  func error(_ reason: String, where isThere: (TOMLTable) -> Bool) -> LedgerError {
    LedgerError(path: path, line: firstLine(where: isThere), reason: reason)
  }

  /// The line on which begins what is there in the whole text, and in no part of it that ends before that line.
  func firstLine(where isThere: (TOMLTable) -> Bool) -> Int {
    func table(of count: Int) -> TOMLTable? {
      try? TOMLTable(
        string: String(
          decoding: Array(lines[..<count].joined(separator: [UInt8(ascii: "\n")])), as: UTF8.self))
    }
    // What is not there in the first `absent` lines is there in the first `present`.
    var (absent, present) = (0, lines.count)
    search: while present - absent > 1 {
      let middle = (absent + present) / 2
      let candidates = [Array((absent + 1...middle).reversed()), Array(middle + 1..<present)].joined()
      for count in candidates {
        guard let table = table(of: count) else { continue }
        if isThere(table) { present = count } else { absent = count }
        continue search
      }
      break
    }
    return absent + 1
  }
}

/// One entry of a ledger, as it is decoded.
private struct LedgerEntry {
  private static let keys: Set = [
    "case", "tensor", "outcome", "framework", "versions", "reason", "link", "expires",
  ]

  private let document: TOMLDocument
  private let index: Int
  private let table: TOMLTable

  init(_ document: TOMLDocument, _ index: Int) throws(LedgerError) {
    self.document = document
    self.index = index
    guard let table = Self.table(index, in: document.table) else {
      throw LedgerError(path: document.path, line: nil, reason: "difference \(index + 1) cannot be read")
    }
    self.table = table
    for key in table.keys where !Self.keys.contains(key) {
      throw error(key, "unknown key \"\(key)\"; there are \(Self.keys.sorted().joined(separator: ", "))")
    }
  }

  private static func table(_ index: Int, in root: TOMLTable) -> TOMLTable? {
    guard let array = root["difference"]?.array, index < array.count else { return nil }
    return array[index].table
  }

  /// An error about a key of the entry.
  private func error(_ key: String, _ reason: String) -> LedgerError {
    document.error(reason) { Self.table(index, in: $0)?.contains(key: key) ?? false }
  }

  /// An error about the entry.
  private func error(_ reason: String) -> LedgerError {
    LedgerError(path: document.path, line: line, reason: reason)
  }

  private var line: Int { document.firstLine { Self.table(index, in: $0) != nil } }

  func differences(file: String) throws(LedgerError) -> [KnownDifference] {
    let cases = try patterns("case")
    let tensor = try string("tensor")
    let outcome = try outcome()
    if tensor != nil, outcome == .raised {
      throw error("tensor", "a case that raised has no tensor; leave out tensor or outcome")
    }
    guard let reason = try string("reason") else { throw error("the entry has no reason") }
    let framework = try string("framework")
    let versions = try versions()
    let link = try string("link")
    let expires = try expiry()
    let line = line
    return cases.map { pattern in
      KnownDifference(
        file: file, line: line, cases: pattern, tensor: tensor, outcome: outcome, framework: framework,
        versions: versions, reason: reason, link: link, expires: expires)
    }
  }

  /// The value of a key that is a string with more than white space; nil when the key is not there.
  private func string(_ key: String) throws(LedgerError) -> String? {
    guard let value = table[key] else { return nil }
    guard let text = value.string else { throw error(key, "\(key) is \(named(value.type)), not a string") }
    guard text.contains(where: { !$0.isWhitespace }) else { throw error(key, "\(key) is empty") }
    return text
  }

  private func patterns(_ key: String) throws(LedgerError) -> [String] {
    guard let array = table[key]?.array else {
      guard let pattern = try string(key) else { throw error("the entry has no \(key)") }
      return [pattern]
    }
    var patterns: [String] = []
    for element in array {
      guard let pattern = element.string, pattern.contains(where: { !$0.isWhitespace }) else {
        throw error(key, "\(key) holds something that is no pattern")
      }
      guard !patterns.contains(pattern) else { throw error(key, "\(key) holds \"\(pattern)\" twice") }
      patterns.append(pattern)
    }
    guard !patterns.isEmpty else { throw error(key, "\(key) is empty") }
    return patterns
  }

  private func outcome() throws(LedgerError) -> CaseOutcome? {
    guard let text = try string("outcome") else { return nil }
    guard let outcome = CaseOutcome(rawValue: text) else {
      throw error("outcome", "outcome is \"\(text)\", neither \"value\" nor \"raised\"")
    }
    return outcome
  }

  private func versions() throws(LedgerError) -> VersionRange? {
    guard let text = try string("versions") else { return nil }
    guard table["framework"] != nil else { throw error("versions", "versions are of a framework; name it") }
    guard let range = VersionRange(parsing: text) else {
      throw error("versions", "versions is \"\(text)\", not a range such as \">=2.6, <3.1\"")
    }
    return range
  }

  private func expiry() throws(LedgerError) -> CalendarDate? {
    guard let value = table["expires"] else { return nil }
    guard let date = value.date else {
      throw error("expires", "expires is \(named(value.type)), not a date such as 2027-01-31 without quotes")
    }
    return CalendarDate(date.year, date.month, date.day)
  }

  private func named(_ type: TOMLType) -> String {
    [.int, .array].contains(type) ? "an \(type)" : "a \(type)"
  }
}
