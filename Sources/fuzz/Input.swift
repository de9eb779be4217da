import FixtureAuthoring
import Foundation
import SeededNumbers

/// A kind of input: how its file is made.
enum Kind: Hashable {
  /// Damage to the bytes of a whole committed fixture.
  case whole(ByteDamage)
  /// Damage to the bytes of an excerpt.
  case bytes(ByteDamage)
  /// An end at the beginning of a structure or a few bytes after it, at each of them in order.
  case truncation
  /// One bit of a file with a wrong gradient, or of a right one.
  case flip(isWrong: Bool)
  /// A change of what an excerpt says: the position in ``ContentDamage/all``.
  case content(Int)

  var name: String {
    switch self {
    case .whole(let damage): "\(damage.rawValue), whole file"
    case .bytes(let damage): damage.rawValue
    case .truncation: "truncation at a header"
    case .flip(let isWrong): isWrong ? "one bit, a gradient is wrong" : "one bit, all is right"
    case .content(let index): ContentDamage.all[index].name
    }
  }

  /// The kinds of the inputs of a batch of whole fixtures.
  static let wholeBatch = sequence(ByteDamage.allCases.map(Kind.whole), Fuzz.batchCount)

  /// The kinds of the inputs of any other batch.
  static let batch =
    sequence([.truncation], 10) + sequence(ByteDamage.allCases.map(Kind.bytes), 30)
    + sequence([.flip(isWrong: true), .flip(isWrong: false)], 20)
    + sequence(ContentDamage.all.indices.map(Kind.content), Fuzz.batchCount - 60)

  /// Each of some kinds in turn.
  private static func sequence(_ kinds: [Kind], _ count: Int) -> [Kind] {
    (0..<count).map { kinds[$0 % kinds.count] }
  }

  /// Writes an input.
  ///
  /// - Parameter ordinal: how many inputs of the kind were before it.
  func write(to path: String, from sources: Sources, ordinal: Int, _ generator: inout SplitMix) throws
    -> Demand
  {
    func write(_ bytes: [UInt8]) throws { try Data(bytes).write(to: URL(fileURLWithPath: path)) }
    switch self {
    case .whole(let damage):
      try write(damage.apply(to: generator.one(sources.whole), &generator))
      return .none
    case .bytes(let damage):
      let written = generator.one(sources.written)
      let bytes = damage.apply(to: written.specimen, &generator)
      try write(bytes)
      return written.demand(of: bytes)
    case .truncation:
      let (specimen, place) = sources.boundaries[ordinal % sources.boundaries.count]
      // First at the beginning of each structure, then inside of each, where the file says that it ends there.
      let isInside = ordinal / sources.boundaries.count % 2 == 1
      let end = min(max(1, place + (isInside ? generator.number(1..<48) : 0)), specimen.bytes.count - 1)
      var bytes = Array(specimen.bytes[..<end])
      if isInside { specimen.layout.mendEnd(of: &bytes) }
      try write(bytes)
      return .none
    case .flip(let isWrong):
      let specimen = isWrong ? sources.flipped.wrong : sources.flipped.right
      var bytes = specimen.bytes
      let place = generator.number(0..<bytes.count)
      bytes[place] ^= 1 << UInt8(generator.number(0..<8))
      try write(bytes)
      return isWrong ? .failing : .judged(sources.judgedTensors)
    case .content(let index):
      while true {
        var excerpt = generator.one(sources.excerpts)
        guard let demand = ContentDamage.all[index].apply(&excerpt, &generator) else { continue }
        // The oldest format has no attribute of more than 64 KiB, and there are contents that no format has.
        let form = generator.one(Excerpt.Form.all)
        for form in form.isNewestFormat ? [form] : [form, .init(isNewestFormat: true)] {
          do {
            try excerpt.write(to: path, form)
            return demand
          } catch is AuthoringError {}
        }
      }
    }
  }
}
