import ArgumentParser
import CArguments
import Conformance

/// What the program was started with.
enum ProgramArguments {
  /// The arguments behind the program's name.
  ///
  /// - Throws: `ValidationError` when one is not UTF-8: a `String` would have other bytes, and a path lead elsewhere.
  static func all() throws -> [String] {
    let count = Int(carguments_count())
    guard count >= 0 else { return Array(CommandLine.arguments.dropFirst()) }
    return try (0..<count).dropFirst().map { index in
      let bytes = bytes(of: index)
      guard let text = String(validating: bytes, as: UTF8.self) else {
        throw ValidationError(
          "argument \(index) is not valid UTF-8: \(visibleBytes(bytes)); names in other encodings are not supported"
        )
      }
      return text
    }
  }

  private static func bytes(of index: Int) -> [UInt8] {
    guard let value = carguments_value(Int32(index)) else { return [] }
    var bytes: [UInt8] = []
    while value[bytes.count] != 0 { bytes.append(UInt8(bitPattern: value[bytes.count])) }
    return bytes
  }

  /// Bytes as a line, with those that are not UTF-8 as escapes such as `\xFF`.
  static func visibleBytes(_ bytes: [UInt8]) -> String {
    var text = ""
    var input = bytes.makeIterator()
    var parser = Unicode.UTF8.ForwardParser()
    var position = 0
    while true {
      switch parser.parseScalar(from: &input) {
      case .valid(let scalar):
        position += scalar.count
        text += visibleText(String(Unicode.UTF8.decode(scalar)))
      case .error(let length):
        text += bytes[position..<(position + length)].map { byte in
          "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }.joined()
        position += length
      case .emptyInput: return text
      }
    }
  }
}
