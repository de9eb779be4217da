/// What the exporter said so far: its newest lines and how far it is, in bounded memory.
struct ExporterMessages: Sendable {
  /// How many lines are kept.
  static let lineLimit = 20
  /// How many bytes of a line are kept.
  static let byteLimit = 2048

  /// The newest lines that say anything, but for those of progress; what is no UTF-8 in them is replaced.
  private(set) var lines: [String] = []
  /// How far the exporter is; nil before it says so.
  private(set) var progress: LiveExport.Progress?
  private var line: [UInt8] = []

  /// Takes bytes as they come, and returns whether they told of progress.
  mutating func append(_ bytes: some Sequence<UInt8>) -> Bool {
    var hasAdvanced = false
    for byte in bytes {
      if byte == UInt8(ascii: "\n") {
        if endLine() { hasAdvanced = true }
      } else if line.count < Self.byteLimit {
        line.append(byte)
      }
    }
    return hasAdvanced
  }

  /// Ends a last line that has no line feed.
  mutating func finish() { _ = endLine() }

  private mutating func endLine() -> Bool {
    defer { line.removeAll(keepingCapacity: true) }
    let text = String(decoding: line, as: UTF8.self)
    if let told = LiveExport.Progress(line: text) {
      progress = told
      return true
    }
    guard text.contains(where: { !$0.isWhitespace }) else { return false }
    lines.append(text)
    if lines.count > Self.lineLimit { lines.removeFirst() }
    return false
  }

  /// The exporter's own word of why it refused to work; nil where it did not.
  var refusal: String? {
    lines.lazy.compactMap { $0.wholeMatch(of: #/focalcheck-export: (?:error: )?(.+)/#) }.last.map {
      String($0.1)
    }
  }

  /// The module that Python says it did not find; nil where the line is about something else.
  static func missingModule(in line: String) -> String? {
    guard let match = line.firstMatch(of: #/No module named '?([A-Za-z0-9_.]+)/#) else { return nil }
    return String(match.1)
  }
}
