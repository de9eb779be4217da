import Foundation

/// A text that is once in its context, which is once in a source file.
struct PlacedText: Hashable {
  /// The file's path from the root of the package.
  let file: String
  let context: String
  let original: String

  /// A text; without a context it is itself once in the file.
  init(file: String, context: String?, original: String) {
    (self.file, self.context, self.original) = (file, context ?? original, original)
  }

  /// The module that the file belongs to.
  var module: String { file.split(separator: "/").dropFirst().first.map(String.init) ?? file }

  /// Where it is in the bytes of its file.
  ///
  /// - Throws: ``MutantListError`` where it is not there exactly once.
  func range(in bytes: Data, of name: String) throws(MutantListError) -> Range<Int> {
    let context = Data(context.utf8)
    let outer = try Self.onlyRange(of: context, in: bytes, "in \(file)", name)
    let inner = try Self.onlyRange(of: Data(original.utf8), in: context, "in its context", name)
    return outer.lowerBound + inner.lowerBound..<outer.lowerBound + inner.upperBound
  }

  private static func onlyRange(
    of text: Data, in bytes: Data, _ place: String, _ name: String
  ) throws(MutantListError) -> Range<Int> {
    var ranges: [Range<Int>] = []
    var start = bytes.startIndex
    while let range = bytes.range(of: text, in: start..<bytes.endIndex) {
      ranges.append(range)
      start = range.upperBound
    }
    guard let range = ranges.first, ranges.count == 1 else {
      throw MutantListError(
        "\"\(name)\": the text \(String(decoding: text, as: UTF8.self).debugDescription) is \(ranges.count) times "
          + "\(place), not once")
    }
    return range
  }
}
