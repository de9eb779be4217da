import Conformance
import Testing

@Suite("Text from files made visible")
struct VisibleTextTests {
  @Test(
    "unseen characters become escapes and all others stay",
    arguments: [
      ("plain text, (é) ✓ 漢字", "plain text, (é) ✓ 漢字"),
      ("two\nlines\r\ttab", "two\\nlines\\r\\ttab"),
      ("\u{1B}[31mred\u{7F}", "\\u{1B}[31mred\\u{7F}"),
      ("abc\u{202E}txt.exe", "abc\\u{202E}txt.exe"),
      ("a\u{2028}b\u{2029}c\u{85}d", "a\\u{2028}b\\u{2029}c\\u{85}d"),
      ("zero\u{200B}width\u{FEFF}", "zero\\u{200B}width\\u{FEFF}"),
      ("\u{0}", "\\u{0}"),
      ("filler \u{3164}", "filler \\u{3164}"),
      ("back\\slash", "back\\\\slash"),
      ("::error::<b>", "\\u{3A}:error::<b>"),
      (" \u{A0}::error::", " \u{A0}\\u{3A}:error::"),
      ("a ::error::", "a ::error::"),
      (":", ":"), ("a:", "a:"),
      ("a ##[error]b ###vso[", "a #\\u{23}[error]b #\\u{23}\\u{23}vso["),
      ("# heading #1", "# heading #1"),
      ("", ""),
    ])
  func escapes(untrusted: String, visible: String) {
    #expect(visibleText(untrusted) == visible)
  }
}
