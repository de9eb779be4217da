internal import Comparison

/// The text of a ledger, of which single values can be replaced: comments and form stay as they are.
package struct LedgerFile {
  /// What errors call it.
  let path: String
  /// What it lists; the bounds of an entry are nil where it has none yet.
  package let ledger: Ledger
  package let bytes: [UInt8]
  private let elements: [TOMLLayout.Element]

  /// Reads a ledger.
  ///
  /// - Parameters:
  ///   - path: its path.
  ///   - requiresBounds: whether an entry without bounds is an error.
  /// - Throws: ``TOMLFileError`` when it cannot be used.
  package init(path: String, requiresBounds: Bool) throws(TOMLFileError) {
    try self.init(toml: TOMLDocument.bytes(of: path), path: path, requiresBounds: requiresBounds)
  }

  /// Decodes a ledger.
  package init(toml: [UInt8], path: String, requiresBounds: Bool) throws(TOMLFileError) {
    self.path = path
    bytes = toml
    let document = try TOMLDocument(toml, path: path)
    ledger = try Ledger(document, requiresBounds: requiresBounds)
    elements = document.layout.elements(of: "difference")
  }

  /// The lines of the entries.
  var lines: [Int] { elements.map(\.table.line) }

  private var newline: String { bytes.contains(UInt8(ascii: "\r")) ? "\r\n" : "\n" }

  /// The text with other bounds for some entries.
  ///
  /// - Parameter bounds: the new bounds by the line of the entry.
  /// - Throws: ``TOMLFileError`` for an entry with a bound that does not stand on lines of its own.
  func text(with bounds: [Int: DifferenceBounds]) throws(TOMLFileError) -> String {
    var edits: [(range: Range<Int>, text: String)] = []
    for element in elements {
      guard let bounds = bounds[element.table.line] else { continue }
      var missing: [String] = []
      for (key, value) in bounds.members {
        if let statement = element.statement(of: key) {
          edits.append((statement.value, value))
        } else if let line = element.line(of: key) {
          throw TOMLFileError(
            path: path, line: line,
            reason: "\(key) can be replaced only when it stands in one line, \(key) = …")
        } else {
          missing.append("\(key) = \(value)\(newline)")
        }
      }
      guard !missing.isEmpty else { continue }
      let place = insertion(in: element)
      let isOpen = place > 0 && bytes[place - 1] != UInt8(ascii: "\n")
      edits.append((place..<place, (isOpen ? newline : "") + missing.joined()))
    }
    var text: [UInt8] = []
    var end = 0
    for edit in edits.sorted(by: { $0.range.lowerBound < $1.range.lowerBound }) {
      text += bytes[end..<edit.range.lowerBound]
      text += Array(edit.text.utf8)
      end = edit.range.upperBound
    }
    return String(decoding: text + bytes[end...], as: UTF8.self)
  }

  /// Where missing bounds are written: behind what selects, which comes first by custom.
  private func insertion(in element: TOMLLayout.Element) -> Int {
    let selecting: Set = ["case", "tensor", "outcome", "framework", "versions"]
    return element.table.statements.filter { selecting.contains($0.key[0]) }.map(\.end).max()
      ?? element.table.end
  }

  /// The text with more entries at its end.
  func text(adding entries: [String]) -> String {
    let text = String(decoding: bytes, as: UTF8.self)
    guard !entries.isEmpty else { return text }
    let isClosed = bytes.isEmpty || bytes.last == UInt8(ascii: "\n")
    let blocks = entries.map { $0.replacing("\n", with: newline) }
    return text + (isClosed ? "" : newline) + (bytes.isEmpty ? "" : newline)
      + blocks.joined(separator: newline)
  }
}

extension DifferenceBounds {
  /// The bounds as keys and values of an entry.
  var members: [(key: String, value: String)] {
    let counts = MismatchClass.allCases.compactMap { mismatch in
      maximumOutside[mismatch].map { "\(mismatch.rawValue) = \($0)" }
    }
    let places = regions.map { "\($0.input) = [\($0.lower), \($0.upper)]" }
    let members: [(String, String?)] = [
      ("max_outside", "{ \(counts.joined(separator: ", ")) }"), ("max_ulp", maximumULPs.map { "\($0)" }),
      ("max_absolute", maximumAbsolute.map { "\($0)" }),
      ("where", places.isEmpty ? nil : "{ \(places.joined(separator: ", ")) }"),
    ]
    return members.compactMap { key, value in value.map { (key, $0) } }
  }
}

/// A text as a TOML string on one line.
func tomlString(_ text: String) -> String {
  var string = "\""
  for scalar in text.unicodeScalars {
    switch scalar {
    case "\"", "\\": string += "\\\(scalar)"
    case _ where scalar.isUnseen:
      let digits = String(scalar.value, radix: 16, uppercase: true)
      string += "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
    default: string.unicodeScalars.append(scalar)
    }
  }
  return string + "\""
}

extension ShellPatterns {
  /// The pattern that a text alone matches.
  static func pattern(for text: String) -> String {
    var pattern = ""
    for scalar in text.unicodeScalars {
      if "*?[\\".unicodeScalars.contains(scalar) { pattern += "\\" }
      pattern.unicodeScalars.append(scalar)
    }
    return pattern
  }
}
