/// Text from a file as one line that a terminal or a CI log shows as it is.
///
/// Control, format (which are the bidirectional and zero-width characters), line- and paragraph-separator, private-use
/// and unassigned characters become escapes such as `\n` or `\u{202E}`, and a backslash becomes `\\`, so that two
/// different texts never look the same. It says nothing about markup: `<` and `&` stay.
public func visibleText(_ untrusted: String) -> String {
  guard untrusted.unicodeScalars.contains(where: \.isUnseen) else { return untrusted }
  var text = ""
  for scalar in untrusted.unicodeScalars {
    switch scalar {
    case "\\": text += "\\\\"
    case "\n": text += "\\n"
    case "\r": text += "\\r"
    case "\t": text += "\\t"
    case _ where scalar.isUnseen: text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    default: text.unicodeScalars.append(scalar)
    }
  }
  return text
}

extension Unicode.Scalar {
  /// Whether the scalar has no glyph of its own, or would be taken for the start of an escape.
  fileprivate var isUnseen: Bool {
    if isASCII { return value < 0x20 || value == 0x7F || self == "\\" }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
      return true
    default: return properties.isDefaultIgnorableCodePoint
    }
  }
}
