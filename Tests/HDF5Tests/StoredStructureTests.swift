import FixtureAuthoring
import Foundation
import Tensors
import Testing

@testable import HDF5

@Suite("What the bytes of a file show")
struct StoredStructureTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private var path: String { folder.file("file.h5") }

  /// How much a file holds.
  private struct Census: Hashable {
    var objects = 0
    var links = 0
    var attributes = 0
    var elements = 0
  }

  /// Counts what a file holds; anything that cannot be read is an error.
  private func census(_ path: String) throws -> Census {
    let file = try File(path: path)
    var census = Census()
    for object in file.objects() {
      census.objects += 1
      switch object {
      case .group(let group):
        census.links += try group.links().count
        census.attributes += try group.attributes().count
      case .dataset(let dataset):
        census.elements += try dataset.read(dataset.shape.whole).count
        census.attributes += try dataset.attributes().count
      case .datatype, .repeated, .alias: break
      case .refused(_, let error): throw error
      }
    }
    return census
  }

  @Test("no flipped bit of a count, of a name or of the type of a message makes anything vanish")
  func nothingVanishes() throws {
    let author = try HDF5Author(path: path)
    let objects = [
      "/", "/cases", "/cases/a", "/cases/a/grads", "/cases/a/grads/logit", "/cases/a/inputs",
      "/cases/a/outputs",
    ]
    for object in objects.filter({ !$0.hasSuffix("logit") }) { try author.group(object) }
    try author.dataset("/cases/a/grads/logit", patterns(.float32, .vector(3)))
    for object in objects {
      for name in ["alpha", "gamma"] { try author.attribute(name, .double(2), on: object) }
    }
    try author.close()
    let original = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let layout = try StoredLayout(path: path, objects: objects)
    let before = try census(path)
    #expect(before == Census(objects: 7, links: 6, attributes: 14, elements: 3))
    let directory = layout.directory(of: original)
    #expect(directory.count > 150)
    let damaged = folder.file("damaged.h5")
    var refused = 0
    for place in directory {
      for bit in 0..<8 {
        var bytes = original
        bytes[place] ^= 1 << UInt8(bit)
        try Damage.write(damaged, bytes)
        do {
          // A name may become another one, which the reader of fixtures looks at; the link must still be there.
          let after = try census(damaged)
          #expect(after == before, "byte \(place), bit \(bit): \(after)")
        } catch is HDF5Error {
          refused += 1
        }
      }
    }
    #expect(refused > directory.count)
  }

  /// Changes to a group that leave traces in the bytes, and are no damage.
  struct Edit: CustomTestStringConvertible {
    let testDescription: String
    let apply: @Sendable (HDF5Author) throws -> Void

    static let all: [Edit] = [
      Edit(testDescription: "many links") { author in for n in 0..<300 { try author.group("/g/\(n)") } },
      Edit(testDescription: "links taken away") { author in
        for n in 0..<300 { try author.group("/g/\(n)") }
        for n in 0..<290 { try author.removeLink("/g/\(n)") }
      },
      Edit(testDescription: "all links taken away, and one put back") { author in
        for n in 0..<20 { try author.group("/g/\(n)") }
        for n in 0..<20 { try author.removeLink("/g/\(n)") }
        try author.group("/g/again")
      },
      Edit(testDescription: "emptied") { author in
        try author.group("/g/one")
        try author.removeLink("/g/one")
      },
      Edit(testDescription: "empty") { try $0.group("/g") },
      Edit(testDescription: "links of all kinds") { author in
        try author.dataset("/g/x", patterns(.float32, .vector(2)))
        try author.softLink("/g/soft", target: "/g/x")
        try author.hardLink("/g/hard", target: "/g/x")
        try author.committedDatatype("/g/type")
      },
      Edit(testDescription: "in the order of creation") { author in
        try author.orderedGroup("/g")
        for n in 0..<30 { try author.group("/g/\(n)") }
        for n in 0..<10 { try author.removeLink("/g/\(n)") }
      },
      Edit(testDescription: "in a heap") { author in
        try author.orderedGroup("/g", isDense: true)
        for n in 0..<30 { try author.group("/g/\(n)") }
      },
      Edit(testDescription: "many attributes") { author in
        try author.group("/g/x")
        for n in 0..<40 {
          try author.attribute("a\(n)", .fixed(String(repeating: "x", count: 40 * n)), on: "/g")
        }
      },
    ]
  }

  @Test(
    "a file that libhdf5 has written and changed is not damaged", arguments: Edit.all,
    [(false, UInt64(0)), (true, 0), (false, 512), (true, 2048)])
  func genuine(edit: Edit, form: (isNewestFormat: Bool, userBlock: UInt64)) throws {
    let author = try HDF5Author(path: path, isNewestFormat: form.isNewestFormat, userBlock: form.userBlock)
    try edit.apply(author)
    try author.close()
    #expect(try census(path).objects > 1)
  }

  @Test(
    "elements that go beyond the end of the file are refused, whatever lies before the file's content",
    arguments: [false, true], [UInt64(0), 512])
  func refusesElementsBeyondTheEnd(isNewestFormat: Bool, userBlock: UInt64) throws {
    for distance in [UInt64(0), 1, 12, 30, 5000, 1 << 40] {
      let author = try HDF5Author(path: path, isNewestFormat: isNewestFormat, userBlock: userBlock)
      let tensor = Tensor(.float32, .vector(6), values: [1, 2, 3, 4, 5, 6])
      try author.dataset("/x", tensor)
      try author.close()
      try Damage.moveElements(path, startingWith: tensor.bytes, by: distance, userBlock: userBlock)
      let file = try File(path: path)
      if distance == 0 {
        #expect(try file.dataset(at: "/x").read(tensor.shape.whole) == tensor)
      } else {
        #expect("by \(distance)") {
          try file.dataset(at: "/x")
        } throws: { error in
          "\(error)".contains("/x: its 24 bytes begin at byte ")
            && "\(error)".contains("truncated or damaged")
        }
      }
    }
  }

  @Test("a chunk that goes beyond the end of the file is refused when it is read", arguments: [3, 1 << 18])
  func refusesChunksBeyondTheEnd(chunk: Int) throws {
    let author = try HDF5Author(path: path)
    let tensor = Tensor(.float32, .vector(chunk), values: (0..<chunk).map { Double($0 + 1) })
    try author.dataset("/x", tensor, .with { $0.chunk = [chunk] })
    try author.close()
    try Damage.moveElements(path, startingWith: Array(tensor.bytes.prefix(12)), by: 8)
    let dataset = try File(path: path).dataset(at: "/x")
    #expect(throws: HDF5Error.self) { try dataset.read(tensor.shape.whole) }
  }

  @Test("fewer stored bytes than the shape needs are refused")
  func refusesShortStorage() throws {
    let author = try HDF5Author(path: path)
    let tensor = Tensor(.float32, .vector(6), values: [1, 2, 3, 4, 5, 6])
    try author.dataset("/x", tensor)
    try author.close()
    // The header has the number of elements, and again as the greatest number that there may be.
    let six = [UInt8](repeating: 0, count: 8)
    try Damage.replace(
      path, [6] + six.dropFirst() + [6] + six.dropFirst(),
      with: [14] + six.dropFirst() + [14] + six.dropFirst())
    #expect(throws: HDF5Error.self) { try File(path: path).dataset(at: "/x") }
  }
}
