/// Text that grows piece by piece and never beyond a number of UTF-8 bytes.
struct LimitedText {
  /// What has been taken.
  private(set) var text = ""
  private var remaining: Int

  /// An empty text that may grow to so many bytes.
  init(byteCount: Int) { remaining = byteCount }

  /// Takes a piece if the whole of it fits, and says whether it did.
  mutating func append(_ piece: String) -> Bool {
    let count = piece.utf8.count
    guard count <= remaining else { return false }
    text += piece
    remaining -= count
    return true
  }

  /// Takes pieces up to the first that does not fit, and says how many were left.
  mutating func append(_ pieces: some Sequence<String>) -> Int {
    var left = 0
    for piece in pieces where left > 0 || !append(piece) { left += 1 }
    return left
  }
}

extension String {
  /// The text where it has at most so many UTF-16 code units, otherwise its beginning and an ellipsis.
  func limited(toUTF16 count: Int) -> String {
    guard utf16.count > count else { return self }
    var beginning = ""
    var remaining = count - 1
    for character in self {
      remaining -= character.utf16.count
      guard remaining >= 0 else { break }
      beginning.append(character)
    }
    return beginning + "…"
  }
}
