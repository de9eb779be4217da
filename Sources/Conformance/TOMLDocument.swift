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
struct TOMLDocument {
  let path: String
  let table: TOMLTable
  let layout: TOMLLayout

  /// The most bytes that a file may have: 1 MiB.
  static let maximumByteCount = 1 << 20

  /// Reads a file.
  static func bytes(of path: String) throws(TOMLFileError) -> [UInt8] {
    guard let contents = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
      throw TOMLFileError(path: path, line: nil, reason: "the file cannot be read")
    }
    return Array(contents)
  }

  /// Parses a text.
  ///
  /// - Parameters:
  ///   - bytes: the text.
  ///   - path: what errors call it.
  ///   - parse: the parser; it is called once.
  init(
    _ bytes: [UInt8], path: String, parse: (String) throws -> TOMLTable = { try TOMLTable(string: $0) }
  ) throws(TOMLFileError) {
    self.path = path
    guard bytes.count <= Self.maximumByteCount else {
      throw TOMLFileError(path: path, line: nil, reason: "has more than \(Self.maximumByteCount) bytes")
    }
    let lines = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    // The library takes a text to its first NUL, and text only.
    for (index, line) in lines.enumerated()
    where line.contains(0) || String(validating: line, as: UTF8.self) == nil {
      throw TOMLFileError(path: path, line: index + 1, reason: "is not UTF-8 text")
    }
    do {
      table = try parse(String(decoding: bytes, as: UTF8.self))
    } catch let error as TOMLParseError {
      throw TOMLFileError(path: path, line: error.source.begin.line, reason: error.description)
    } catch {
      throw TOMLFileError(path: path, line: nil, reason: "is not TOML")
    }
    layout = TOMLLayout(bytes)
  }

  /// An error about a key of the outermost table.
  private func error(_ key: String, _ reason: String) -> TOMLFileError {
    TOMLFileError(path: path, line: layout.line(ofOutermost: key) ?? 1, reason: reason)
  }

  /// The entries of the one list of tables that the file has.
  ///
  /// - Parameters:
  ///   - list: the key of the list.
  ///   - keys: the keys that an entry may have.
  func entries(_ list: String, keys: Set<String>) throws(TOMLFileError) -> [TOMLEntry] {
    for key in table.keys where key != list {
      throw error(key, "unknown key \"\(key)\"; the file has only entries [[\(list)]]")
    }
    guard let value = table[list] else { return [] }
    let elements = layout.elements(of: list)
    guard let array = value.array, array.count == elements.count else {
      throw error(list, "\(list) is not a list of tables; write [[\(list)]] above each")
    }
    var entries: [TOMLEntry] = []
    for (index, element) in elements.enumerated() {
      guard let table = array[index].table else {
        throw error(list, "\(list) is not a list of tables; write [[\(list)]] above each")
      }
      entries.append(try TOMLEntry(table, element, path: path, keys))
    }
    return entries
  }
}

/// One table of a list of tables.
struct TOMLEntry {
  let table: TOMLTable
  /// Where it stands in the text.
  let place: TOMLLayout.Element
  private let path: String

  fileprivate init(
    _ table: TOMLTable, _ place: TOMLLayout.Element, path: String, _ keys: Set<String>
  ) throws(TOMLFileError) {
    self.table = table
    self.place = place
    self.path = path
    for key in table.keys where !keys.contains(key) {
      throw error(key, "unknown key \"\(key)\"; there are \(keys.sorted().joined(separator: ", "))")
    }
  }

  /// An error about a key of the entry.
  func error(_ key: String, _ reason: String) -> TOMLFileError {
    TOMLFileError(path: path, line: place.line(of: key) ?? line, reason: reason)
  }

  /// An error about the entry.
  func error(_ reason: String) -> TOMLFileError { TOMLFileError(path: path, line: line, reason: reason) }

  /// The line on which the entry begins.
  var line: Int { place.table.line }

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
