internal import TOMLKit

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Why a file of a ledger or of claims cannot be used.
public struct TOMLFileError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The path of the file.
  public let path: String
  /// The line, from 1; nil when it is the file itself.
  public let line: Int?
  /// The reason in plain words.
  public let reason: String

  /// One line such as `fixtures/known-differences.toml:12: unknown key "tensors"`.
  public var description: String {
    visibleText(path) + (line.map { ":\($0)" } ?? "") + ": " + visibleText(reason)
  }
}

/// A TOML text, and where in it things stand.
///
/// The library tells the line of an error of syntax, and none of a value. Since a TOML text that ends between two
/// statements is a TOML text as well, a value stands on the first line without which it is not there.
struct TOMLDocument {
  let path: String
  let table: TOMLTable
  private let lines: [ArraySlice<UInt8>]

  /// The most bytes that a file may have: 1 MiB.
  static let maximumByteCount = 1 << 20

  /// Reads a file.
  static func bytes(of path: String) throws(TOMLFileError) -> [UInt8] {
    guard let contents = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
      throw TOMLFileError(path: path, line: nil, reason: "the file cannot be read")
    }
    return Array(contents)
  }

  init(_ bytes: [UInt8], path: String) throws(TOMLFileError) {
    self.path = path
    guard bytes.count <= Self.maximumByteCount else {
      throw TOMLFileError(path: path, line: nil, reason: "has more than \(Self.maximumByteCount) bytes")
    }
    lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // The library takes a text to its first NUL, and text only.
    for (index, line) in lines.enumerated()
    where line.contains(0) || String(validating: line, as: UTF8.self) == nil {
      throw TOMLFileError(path: path, line: index + 1, reason: "is not UTF-8 text")
    }
    do {
      table = try TOMLTable(string: String(decoding: bytes, as: UTF8.self))
    } catch let error as TOMLParseError {
      throw TOMLFileError(path: path, line: error.source.begin.line, reason: error.description)
    } catch {
      throw TOMLFileError(path: path, line: nil, reason: "is not TOML")
    }
  }

  /// An error about what is there from some line on.
  func error(_ reason: String, where isThere: (TOMLTable) -> Bool) -> TOMLFileError {
    TOMLFileError(path: path, line: firstLine(where: isThere), reason: reason)
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

extension TOMLDocument {
  /// The entries of the one list of tables that the file has.
  ///
  /// - Parameters:
  ///   - list: the key of the list.
  ///   - keys: the keys that an entry may have.
  func entries(_ list: String, keys: Set<String>) throws(TOMLFileError) -> [TOMLEntry] {
    for key in table.keys where key != list {
      throw error(
        "unknown key \"\(key)\"; the file has only entries [[\(list)]]", where: { $0.contains(key: key) })
    }
    guard let value = table[list] else { return [] }
    guard let array = value.array, array.indices.allSatisfy({ array[$0].type == .table }) else {
      throw error(
        "\(list) is not a list of tables; write [[\(list)]] above each", where: { $0.contains(key: list) })
    }
    var entries: [TOMLEntry] = []
    for index in array.indices { entries.append(try TOMLEntry(self, list, index, keys)) }
    return entries
  }
}

/// One table of a list of tables.
struct TOMLEntry {
  let table: TOMLTable
  private let document: TOMLDocument
  private let list: String
  private let index: Int

  fileprivate init(
    _ document: TOMLDocument, _ list: String, _ index: Int, _ keys: Set<String>
  ) throws(TOMLFileError) {
    (self.document, self.list, self.index) = (document, list, index)
    guard let table = Self.table(list, index, in: document.table) else {
      throw TOMLFileError(path: document.path, line: nil, reason: "\(list) \(index + 1) cannot be read")
    }
    self.table = table
    for key in table.keys where !keys.contains(key) {
      throw error(key, "unknown key \"\(key)\"; there are \(keys.sorted().joined(separator: ", "))")
    }
  }

  private static func table(_ list: String, _ index: Int, in root: TOMLTable) -> TOMLTable? {
    guard let array = root[list]?.array, index < array.count else { return nil }
    return array[index].table
  }

  /// An error about a key of the entry.
  func error(_ key: String, _ reason: String) -> TOMLFileError {
    document.error(reason) { Self.table(list, index, in: $0)?.contains(key: key) ?? false }
  }

  /// An error about the entry.
  func error(_ reason: String) -> TOMLFileError {
    TOMLFileError(path: document.path, line: line, reason: reason)
  }

  /// The line on which the entry begins.
  var line: Int { document.firstLine { Self.table(list, index, in: $0) != nil } }

  /// The value of a key that is a string with more than white space; nil when the key is not there.
  func string(_ key: String) throws(TOMLFileError) -> String? {
    guard let value = table[key] else { return nil }
    guard let text = value.string else {
      throw error(key, "\(key) is \(Self.named(value.type)), not a string")
    }
    guard text.contains(where: { !$0.isWhitespace }) else { throw error(key, "\(key) is empty") }
    return text
  }

  func patterns(_ key: String) throws(TOMLFileError) -> [String] {
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

  /// The string of a key that an entry must have.
  func required(_ key: String) throws(TOMLFileError) -> String {
    guard let text = try string(key) else { throw error("the entry has no \(key)") }
    return text
  }

  /// The value of a key that is a number; nil when the key is not there.
  func number(_ key: String) throws(TOMLFileError) -> Double? {
    guard let value = table[key] else { return nil }
    guard let number = value.double ?? value.int.map(Double.init) else {
      throw error(key, "\(key) is \(Self.named(value.type)), not a number")
    }
    return number
  }

  static func named(_ type: TOMLType) -> String {
    [.int, .array].contains(type) ? "an \(type)" : "a \(type)"
  }
}
