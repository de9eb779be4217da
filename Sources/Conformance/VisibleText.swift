/// Text from a file as one line that a terminal or a CI log shows as it is.
///
/// Control, format (which are the bidirectional and zero-width characters), line- and paragraph-separator, private-use
/// and unassigned characters become escapes such as `\n` or `\u{202E}`, and a backslash becomes `\\`, so that two
/// different texts never look the same. It says nothing about markup: `<` and `&` stay.
///
/// Nor is it a command for the service that shows the log. `::` at the beginning of a line and `##[` anywhere are one for
/// GitHub's runner (actions/runner, `ActionCommand.cs`), `##vso[` for Azure's and `##teamcity[` for TeamCity, so a colon
/// before a colon there, and a number sign behind a number sign, are escapes too.
public func visibleText(_ untrusted: String) -> String {
  let scalars = untrusted.unicodeScalars
  let start = scalars.firstIndex { !$0.properties.isWhitespace } ?? scalars.endIndex
  let commands = Set(
    zip(scalars.indices, scalars.indices.dropFirst()).compactMap { first, second in
      switch (scalars[first], scalars[second]) {
      case (":", ":"): first == start ? first : nil
      case ("#", "#"): second
      default: nil
      }
    })
  guard !commands.isEmpty || scalars.contains(where: \.isUnseen) else { return untrusted }
  var text = ""
  for (index, scalar) in zip(scalars.indices, scalars) {
    switch scalar {
    case "\\": text += "\\\\"
    case "\n": text += "\\n"
    case "\r": text += "\\r"
    case "\t": text += "\\t"
    case _ where scalar.isUnseen || commands.contains(index):
      text += "\\u{\(String(scalar.value, radix: 16, uppercase: true))}"
    default: text.unicodeScalars.append(scalar)
    }
  }
  return text
}

extension Unicode.Scalar {
  /// Whether the scalar has no glyph of its own, or would be taken for the start of an escape.
  package var isUnseen: Bool {
    if isASCII { return value < 0x20 || value == 0x7F || self == "\\" }
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
      return true
    default: return properties.isDefaultIgnorableCodePoint
    }
  }
}
