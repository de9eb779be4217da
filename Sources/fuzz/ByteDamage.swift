import FixtureAuthoring
import Foundation
import SeededNumbers

/// A file to damage, byte by byte.
struct Specimen {
  /// The file that it comes from.
  let name: String
  let bytes: [UInt8]
  let layout: StoredLayout
}

/// One way to damage the bytes of a file.
enum ByteDamage: String, CaseIterable {
  /// A few bits anywhere.
  case bits = "bit flips"
  /// A few bits near a structure of the file format.
  case structure = "bit flips near a header"
  /// A few bits of the tensors' elements.
  case elements = "bit flips of elements"
  /// A piece of the file over another one.
  case splice = "spliced messages"
  /// An extreme number in the place of eight bytes: dimensions, sizes, addresses and counts, parameters.
  case number = "extreme numbers"
  /// Control, bidi and separator characters in the place of a name or of text.
  case text = "hostile text"
  /// A header's bytes over another header's, so that groups lead to each other and nest.
  case header = "headers exchanged"
  /// Sizes and places of strings of variable length.
  case heap = "string heap"

  private static let numbers: [UInt64] = [
    0, 1, .max, .max - 1, 1 << 63, 1 << 32, 1 << 40, 1 << 62, 0x7fff_ffff_ffff_ffff, 0xffff_ffff,
    Double.nan.bitPattern, Double.infinity.bitPattern, (-Double.infinity).bitPattern, (-1.0).bitPattern,
  ]

  /// Damages some bytes, and in three of four times makes the checksums of the structures right again, without which
  /// libhdf5 would look no further.
  func apply(to specimen: Specimen, _ generator: inout SplitMix) -> [UInt8] {
    var bytes = specimen.bytes
    damage(&bytes, specimen.layout, &generator)
    if bytes == specimen.bytes { bytes[bytes.count / 2] ^= 1 }
    if !generator.once(in: 4) { specimen.layout.mendChecksums(of: &bytes, changedFrom: specimen.bytes) }
    return bytes
  }

  private func damage(_ bytes: inout [UInt8], _ layout: StoredLayout, _ generator: inout SplitMix) {
    let length = bytes.count
    func near(_ generator: inout SplitMix) -> Int {
      min(generator.one(layout.headers) + generator.number(0..<64), length - 16)
    }
    func flip(_ place: Int, _ generator: inout SplitMix) {
      bytes[place] ^= 1 << UInt8(generator.number(0..<8))
    }
    func put(_ number: UInt64, _ width: Int, at target: Int) {
      for index in 0..<width {
        bytes[target + index] = UInt8(truncatingIfNeeded: number >> UInt64(8 * index))
      }
    }
    switch self {
    case .bits:
      for _ in 0...generator.number(0..<8) { flip(generator.number(0..<length), &generator) }
    case .structure:
      for _ in 0...generator.number(0..<3) { flip(near(&generator), &generator) }
    case .elements:
      let places = layout.elements.sorted { $0.key < $1.key }.map(\.value).filter { !$0.isEmpty }
      guard !places.isEmpty else { return flip(generator.number(0..<length), &generator) }
      for _ in 0...generator.number(0..<3) { flip(generator.number(generator.one(places)), &generator) }
    case .splice:
      let (source, target) = (near(&generator), near(&generator))
      let count = min(generator.number(1..<128), length - max(source, target))
      bytes.replaceSubrange(target..<(target + count), with: Array(bytes[source..<(source + count)]))
    case .number:
      let target = generator.once(in: 4) ? generator.number(0..<(length - 8)) : near(&generator) & ~7
      put(generator.one(Self.numbers), generator.one([2, 4, 8]), at: target)
    case .text:
      // A run of small letters is a name or other text, as a rule.
      var letters: Int?
      for _ in 0..<64 where letters == nil {
        let start = generator.number(0..<(length - 64))
        if bytes[start..<(start + 4)].allSatisfy({ (97...122).contains($0) }) { letters = start }
      }
      let text = Array(generator.one(HostileText.all).utf8)
      let target = letters ?? min(near(&generator), length - 64)
      bytes.replaceSubrange(target..<(target + text.count), with: text)
    case .header:
      let (source, target) = (generator.one(layout.headers), generator.one(layout.headers))
      let count = min(512, length - max(source, target))
      bytes.replaceSubrange(target..<(target + count), with: Array(bytes[source..<(source + count)]))
    case .heap:
      let heaps = layout.headers.filter { bytes[$0...].starts(with: Array("GCOL".utf8)) }
      guard !heaps.isEmpty else { return flip(near(&generator), &generator) }
      let heap = generator.one(heaps)
      // A string is kept as a length in 4 bytes, the heap's address in 8 and an index in it in 4.
      let references = layout.references(to: heap, in: bytes).filter { $0 >= 4 && $0 + 12 <= length }
      switch references.isEmpty ? 2 : generator.number(0..<4) {
      case 0: put(UInt64(generator.number(0..<65_536)), 2, at: generator.one(references) + 8)
      case 1: put(generator.one(Self.numbers), 4, at: generator.one(references) - 4)
      case 2:
        put(
          UInt64(generator.number(0..<5000)), 2, at: min(heap + 24 + 8 * generator.number(0..<32), length - 8)
        )
      default: put(UInt64(generator.number(0..<length)), 8, at: generator.one(references))
      }
    }
  }
}
