/// Row-major positions in a tensor, in one bit for each element.
package struct PositionSet: Hashable, Sendable {
  private var words: [UInt64] = []

  /// No positions.
  package init() {}

  /// Adds a position.
  package mutating func insert(_ position: Int) {
    let (word, bit) = position.quotientAndRemainder(dividingBy: 64)
    if word >= words.count { words.append(contentsOf: repeatElement(0, count: word + 1 - words.count)) }
    words[word] |= 1 << UInt64(bit)
  }

  /// How many positions of this set are not in another one.
  package func count(notIn other: PositionSet) -> Int {
    words.enumerated().map { index, word in
      (word & ~(index < other.words.count ? other.words[index] : 0)).nonzeroBitCount
    }.reduce(0, +)
  }
}
