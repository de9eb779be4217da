import Foundation

/// One way to damage the bytes of a fixture.
enum Mutation: String, CaseIterable {
  /// A few bits anywhere.
  case bits = "bit flips"
  /// A few bits near a structure of the file format.
  case structure = "bit flips near a header"
  /// An end at the beginning of a structure, or a few bytes after it.
  case truncation = "truncation at a header"
  /// A piece of the file over another one.
  case splice = "spliced messages"
  /// An extreme number in the place of eight bytes: dimensions, sizes, addresses and counts, parameters.
  case number = "extreme numbers"
  /// Control, bidi and separator characters in the place of a name or of text.
  case text = "hostile text"
  /// A header's bytes over another header's, so that groups lead to each other and nest.
  case header = "headers exchanged"

  /// Signatures of the structures of HDF5 files.
  static let signatures = [
    "\u{89}HDF", "SNOD", "TREE", "HEAP", "GCOL", "OHDR", "FRHP", "FHDB", "BTHD", "OCHK",
  ]

  private static let numbers: [UInt64] = [
    0, 1, .max, .max - 1, 1 << 63, 1 << 32, 1 << 40, 0x7fff_ffff_ffff_ffff, 0xffff_ffff,
    Double.nan.bitPattern, Double.infinity.bitPattern, (-Double.infinity).bitPattern, (-1.0).bitPattern,
  ]
  private static let texts = [
    "\u{1b}[2J", "\u{202e}", "\n::error::x", "\r", "\u{0}", "]]>", "../..", "\u{2028}",
  ]

  /// Damages some bytes.
  ///
  /// - Parameters:
  ///   - bytes: the whole file.
  ///   - headers: where its structures begin.
  func apply(to bytes: inout [UInt8], headers: [Int], _ generator: inout SplitMix) {
    let length = bytes.count
    func place(_ range: Range<Int>, _ generator: inout SplitMix) -> Int {
      Int.random(in: range, using: &generator)
    }
    func near(_ generator: inout SplitMix) -> Int {
      min((headers.randomElement(using: &generator) ?? 0) + place(0..<64, &generator), length - 16)
    }
    switch self {
    case .bits:
      for _ in 0...place(0..<8, &generator) {
        bytes[place(0..<bytes.count, &generator)] ^= 1 << UInt8(place(0..<8, &generator))
      }
    case .structure:
      for _ in 0...place(0..<3, &generator) {
        bytes[near(&generator)] ^= 1 << UInt8(place(0..<8, &generator))
      }
    case .truncation:
      bytes.removeLast(bytes.count - max(1, near(&generator)))
    case .splice:
      let (source, target) = (near(&generator), near(&generator))
      let count = min(place(1..<128, &generator), bytes.count - max(source, target))
      bytes.replaceSubrange(target..<(target + count), with: Array(bytes[source..<(source + count)]))
    case .number:
      let number = Self.numbers.randomElement(using: &generator) ?? 0
      let target =
        place(0..<4, &generator) == 0 ? place(0..<(bytes.count - 8), &generator) : near(&generator) & ~7
      for index in 0..<8 { bytes[target + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index)) }
    case .text:
      let text = Array((Self.texts.randomElement(using: &generator) ?? "").utf8)
      // A run of small letters is a name or other text, as a rule.
      var letters: Int?
      for _ in 0..<64 where letters == nil {
        let start = place(0..<(length - 16), &generator)
        if bytes[start..<(start + 4)].allSatisfy({ (97...122).contains($0) }) { letters = start }
      }
      let target = letters ?? near(&generator)
      bytes.replaceSubrange(target..<(target + text.count), with: text)
    case .header:
      let (source, target) = (
        headers.randomElement(using: &generator) ?? 0, headers.randomElement(using: &generator) ?? 0
      )
      let count = min(512, bytes.count - max(source, target))
      bytes.replaceSubrange(target..<(target + count), with: Array(bytes[source..<(source + count)]))
    }
  }
}

/// Steele, Lea and Flood's SplitMix64: the same numbers on every machine.
struct SplitMix: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var bits = state
    bits = (bits ^ bits >> 30) &* 0xbf58_476d_1ce4_e5b9
    bits = (bits ^ bits >> 27) &* 0x94d0_49bb_1331_11eb
    return bits ^ bits >> 31
  }
}
