/// Where the statements of a TOML text stand. One pass finds all of them: the library says no place of a value.
///
/// The text must have been parsed already, so that this pass has nothing to refuse.
struct TOMLLayout {
  /// A key with its value.
  struct Statement: Hashable {
    /// The parts of the key.
    let key: [String]
    /// The line of the key, from 1.
    let line: Int
    /// The bytes of the value, without white space and comments around it.
    let value: Range<Int>
    /// Where the next line begins; the end of the text for the last line.
    let end: Int
  }

  /// A table: what stands below its header, or above the first one.
  struct Table {
    /// The parts of its name; empty for what stands above the first header.
    let name: [String]
    /// Whether it is an element of a list, with a header in double brackets.
    let isElement: Bool
    /// The line of the header, from 1.
    let line: Int
    /// Where the line after the header begins.
    let end: Int
    /// What it says, in its order.
    fileprivate(set) var statements: [Statement] = []
  }

  /// The tables in their order.
  let tables: [Table]
  /// How many bytes were looked at, a byte that was looked at twice counted twice.
  let stepCount: Int

  /// Finds the statements of a text that is TOML.
  init(_ bytes: [UInt8]) {
    var scanner = TOMLScanner(bytes)
    var tables = [Table(name: [], isElement: false, line: 1, end: 0)]
    while let start = scanner.nextStatement() {
      if start == UInt8(ascii: "[") {
        tables.append(scanner.header())
      } else {
        tables[tables.count - 1].statements.append(scanner.statement())
      }
    }
    self.tables = tables
    stepCount = scanner.stepCount
  }

  /// The line on which something of the outermost table is first mentioned; nil where it is not.
  func line(ofOutermost key: String) -> Int? {
    for table in tables {
      if table.name.first == key { return table.line }
      if table.name.isEmpty, let statement = table.statements.first(where: { $0.key.first == key }) {
        return statement.line
      }
    }
    return nil
  }

  /// The elements of a list of the outermost table, each with the tables below it.
  func elements(of list: String) -> [Element] {
    var elements: [Element] = []
    for table in tables {
      if table.name == [list], table.isElement {
        elements.append(Element(table: table))
      } else if table.name.first == list, table.name.count > 1, !elements.isEmpty {
        elements[elements.count - 1].inner.append(table)
      }
    }
    return elements
  }

  /// An element of a list.
  struct Element {
    /// Its own table.
    let table: Table
    /// The tables in it that have headers of their own.
    fileprivate(set) var inner: [Table] = []

    /// The line on which one of its keys stands; nil where it does not.
    func line(of key: String) -> Int? {
      table.statements.first { $0.key.first == key }?.line ?? inner.first { $0.name[1] == key }?.line
    }

    /// The statement of a key that has one of its own; nil for a key in parts, and for a table with a header.
    func statement(of key: String) -> Statement? { table.statements.first { $0.key == [key] } }
  }
}

/// A pass over a TOML text.
private struct TOMLScanner {
  private let bytes: [UInt8]
  private var index = 0
  private var line = 1
  private(set) var stepCount = 0

  init(_ bytes: [UInt8]) { self.bytes = bytes }

  private var byte: UInt8? { index < bytes.count ? bytes[index] : nil }

  private mutating func advance() {
    if byte == UInt8(ascii: "\n") { line += 1 }
    index += 1
    stepCount += 1
  }

  private mutating func skip(while condition: (UInt8) -> Bool) {
    while let byte, condition(byte) { advance() }
  }

  private mutating func skipBlanks() { skip { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } }

  private mutating func skipLine() {
    skip { $0 != UInt8(ascii: "\n") }
    if byte != nil { advance() }
  }

  /// Goes to the next header or key; its first byte, or nil at the end.
  mutating func nextStatement() -> UInt8? {
    while let byte {
      switch byte {
      case UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n"): advance()
      case UInt8(ascii: "#"): skipLine()
      // A byte order mark.
      case 0xEF where index == 0: for _ in 0..<3 { advance() }
      default: return byte
      }
    }
    return nil
  }

  mutating func header() -> TOMLLayout.Table {
    let line = line
    advance()
    let isElement = byte == UInt8(ascii: "[")
    if isElement { advance() }
    let name = key(endedBy: UInt8(ascii: "]"))
    skipLine()
    return TOMLLayout.Table(name: name, isElement: isElement, line: line, end: index)
  }

  mutating func statement() -> TOMLLayout.Statement {
    let line = line
    let key = key(endedBy: UInt8(ascii: "="))
    if byte != nil { advance() }
    skipBlanks()
    let value = value()
    skipLine()
    return TOMLLayout.Statement(key: key, line: line, value: value, end: index)
  }

  /// The parts of a key; the byte that ends it comes next.
  private mutating func key(endedBy end: UInt8) -> [String] {
    var parts = [""]
    while let byte, byte != end, byte != UInt8(ascii: "\n") {
      switch byte {
      case UInt8(ascii: "."):
        parts.append("")
        advance()
      case UInt8(ascii: " "), UInt8(ascii: "\t"): advance()
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        let start = index + 1
        skipString(byte)
        parts[parts.count - 1] += text(start..<max(start, index - 1))
      default:
        let start = index
        advance()
        parts[parts.count - 1] += text(start..<index)
      }
    }
    return parts
  }

  private func text(_ range: Range<Int>) -> String { String(decoding: bytes[range], as: UTF8.self) }

  /// Goes behind a value; its bytes.
  private mutating func value() -> Range<Int> {
    let start = index
    var end = index
    var depth = 0
    while let byte {
      switch byte {
      case UInt8(ascii: "\n") where depth == 0, UInt8(ascii: "#") where depth == 0: return start..<end
      case UInt8(ascii: "#"):
        skipLine()
        continue
      case UInt8(ascii: "\""), UInt8(ascii: "'"):
        skipString(byte)
        end = index
        continue
      case UInt8(ascii: "["), UInt8(ascii: "{"): depth += 1
      case UInt8(ascii: "]"), UInt8(ascii: "}"): depth -= 1
      default: break
      }
      advance()
      if ![UInt8(ascii: " "), UInt8(ascii: "\t"), UInt8(ascii: "\r"), UInt8(ascii: "\n")].contains(byte) {
        end = index
      }
    }
    return start..<end
  }

  /// Goes behind a string of either kind, of one line or of many.
  private mutating func skipString(_ quote: UInt8) {
    let isLong = index + 2 < bytes.count && bytes[index + 1] == quote && bytes[index + 2] == quote
    for _ in 0..<(isLong ? 3 : 1) { advance() }
    var run = 0
    while let byte {
      if byte == UInt8(ascii: "\\"), quote == UInt8(ascii: "\"") {
        advance()
        if self.byte != nil { advance() }
        run = 0
        continue
      }
      advance()
      run = byte == quote ? run + 1 : 0
      if run == (isLong ? 3 : 1) { break }
    }
    // The last quotes of a long string may be its own: up to two before the three that end it.
    var extra = 0
    while isLong, extra < 2, byte == quote {
      advance()
      extra += 1
    }
  }
}
