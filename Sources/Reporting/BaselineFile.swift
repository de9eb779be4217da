public import Conformance

/// The file of a baseline: the JSON that a run wrote, with the list of what was accepted, by whose reasons.
public enum BaselineFile {
  /// The text of a baseline.
  ///
  /// All that the report says stays as it is, byte for byte, but for its gate and for what it says of an earlier baseline.
  ///
  /// - Parameters:
  ///   - report: the JSON of a report, well-formed.
  ///   - accepted: what was accepted, the last at the end.
  public static func text(_ report: [UInt8], accepted: [Acceptance]) -> String {
    var members = topLevelMembers(of: report).filter { member in
      !["baseline", "accepted", "gate"].contains { member.hasPrefix("\"\($0)\"") }
    }
    let list = accepted.map(JSONReport.encoded).joined(separator: ",\n")
    members.insert("\"accepted\":[\n\(list)\n]", at: min(1, members.count))
    return "{\(members.joined(separator: ",\n"))}\n"
  }

  /// The members of the outermost object, each with its name and value as they are written.
  private static func topLevelMembers(of json: [UInt8]) -> [String] {
    var (depth, isInString, isEscaped) = (0, false, false)
    var members: [ArraySlice<UInt8>] = []
    var start = json.startIndex
    for (index, byte) in json.enumerated() {
      if isInString {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isInString = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isInString = true
      case UInt8(ascii: "{"), UInt8(ascii: "["):
        depth += 1
        if depth == 1 { start = index + 1 }
      case UInt8(ascii: "}"), UInt8(ascii: "]"):
        depth -= 1
        if depth == 0 { members.append(json[start..<index]) }
      case UInt8(ascii: ",") where depth == 1:
        members.append(json[start..<index])
        start = index + 1
      default: break
      }
    }
    return members.map { String(decoding: trimmed($0), as: UTF8.self) }
  }

  private static func trimmed(_ member: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let isSpace = { (byte: UInt8) in [0x20, 0x0A, 0x0D, 0x09].contains(byte) }
    guard let last = member.lastIndex(where: { !isSpace($0) }) else { return [] }
    return member[...last].drop(while: isSpace)
  }
}
