/// Texts that a report must not print as they are, and names that must not become paths.
enum HostileText {
  static let all = [
    "\n::error::x", "\r\n::set-output name=a::b", "\u{1b}[2J\u{1b}[31m", "\u{202e}gnp.exe",
    "\u{2066}a\u{2069}",
    "\u{2028}b\u{2029}", "\u{0}", "\u{1}", "\u{7f}\u{85}\u{9b}", "]]>", "<!--", "&lt;\"'", "../..", "..", ".",
    "|`*_[]()",
    "\u{feff}\u{200b}\u{ad}", "\u{e000}\u{10ffff}", "a\u{301}\u{302}", "%s%n", "\\", "$(id)", "::warning::y",
    "  ::error::z", "##[error]w", "",
  ]

  /// Bytes that are no UTF-8: a lone continuation, an overlong form, a surrogate, a sequence cut short.
  static let illFormed: [[UInt8]] = [
    [0x80], [0xc0, 0x80], [0xed, 0xa0, 0x80, 0x61], [0xf0, 0x9f, 0x98], [0xff, 0xfe, 0x0a],
  ]
}
