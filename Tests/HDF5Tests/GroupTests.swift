import FixtureAuthoring
import Tensors
import Testing

@testable import HDF5

@Suite("Following links")
struct GroupTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func file(
    limits: ReadLimits = ReadLimits(), isNewestFormat: Bool = false, _ write: (HDF5Author) throws -> Void
  ) throws -> File {
    let path = folder.file("file.h5")
    let author = try HDF5Author(path: path, isNewestFormat: isNewestFormat)
    try write(author)
    try author.close()
    return try File(path: path, limits: limits)
  }

  private func expectError(
    _ kind: HDF5Error.Kind, at path: String, _ reason: String, _ location: SourceLocation = #_sourceLocation,
    from body: () throws -> Void
  ) {
    #expect(sourceLocation: location) {
      try body()
    } throws: { error in
      guard let error = error as? HDF5Error else { return false }
      #expect(error.reason.contains(reason), "\(error)", sourceLocation: location)
      #expect(error.path == path, sourceLocation: location)
      #expect(error.kind == kind, sourceLocation: location)
      return true
    }
  }

  @Test("links come in the order of their names' bytes, in both group formats", arguments: [false, true])
  func ordersLinks(isNewestFormat: Bool) throws {
    let names = ["b", "a10", "a9", "é", "Z", "_", "a b"]
    let file = try file(isNewestFormat: isNewestFormat) { author in
      for name in names { try author.group("/\(name)") }
    }
    #expect(try file.root.links().map(\.name) == ["Z", "_", "a b", "a10", "a9", "b", "é"])
  }

  @Test("an absent object is missing, and a dataset is no group")
  func reportsMissing() throws {
    let file = try file { try $0.dataset("/a/x", patterns(.float32, .vector(2))) }
    expectError(.missing, at: "/a/y", "not found") { _ = try file.dataset(at: "/a/y") }
    expectError(.missing, at: "/b", "not found") { _ = try file.dataset(at: "/b/x") }
    expectError(.refused, at: "/a/x", "a dataset, where a group is needed") {
      _ = try file.object(at: "/a/x/z")
    }
    expectError(.refused, at: "/a/x", "a dataset, where a group is needed") { _ = try file.group(at: "/a/x") }
  }

  @Test("an external link is refused wherever it stands on the path")
  func refusesExternalLinks() throws {
    let file = try file { try $0.externalLink("/a/b", file: "other.h5", target: "/y") }
    #expect(
      try file.group(at: "/a").links() == [
        Link(name: "b", destination: .external(file: "other.h5", target: "/y"))
      ])
    expectError(.refused, at: "/a/b", "external link to \"/y\" in \"other.h5\" is refused") {
      _ = try file.dataset(at: "/a/b/c")
    }
    expectError(.refused, at: "/a/b", "external link") { _ = try file.dataset(at: "/a/b") }
  }

  @Test("a user-defined link is refused")
  func refusesUserDefinedLinks() throws {
    let file = try file { try $0.userDefinedLink("/u") }
    #expect(try file.root.links().map(\.destination) == [.userDefined(187)])
    expectError(.refused, at: "/u", "user-defined link of class 187 is refused") {
      _ = try file.dataset(at: "/u")
    }
  }

  @Test("soft links are followed, relative and absolute, up to a bound")
  func boundsSoftLinks() throws {
    let file = try file { author in
      try author.dataset("/a/x", patterns(.float32, .vector(2)))
      try author.softLink("/a/relative", target: "x")
      try author.softLink("/absolute", target: "/a/relative")
      try author.softLink("/folder", target: "./a")
      try author.softLink("/loop", target: "loop")
      try author.softLink("/growing", target: "growing/a/b/c/d/e/f/g/h")
      try author.softLink("/dangling", target: "/nowhere")
      try author.softLink("/out", target: "/external/y")
      try author.externalLink("/external", file: "other.h5", target: "/y")
    }
    for path in ["/a/relative", "/absolute", "/folder/x", "/folder/relative"] {
      #expect(try file.dataset(at: path).shape == .vector(2), "\(path)")
      #expect(try file.dataset(at: path).path == path)
    }
    expectError(.refused, at: "/loop", "more than 16 soft links") { _ = try file.dataset(at: "/loop") }
    expectError(.refused, at: "/growing", "the path has more than 64 components") {
      _ = try file.dataset(at: "/growing")
    }
    expectError(.missing, at: "/nowhere", "not found") { _ = try file.dataset(at: "/dangling") }
    expectError(.refused, at: "/external", "external link") { _ = try file.dataset(at: "/out") }
  }

  @Test("a chain of more soft links than the bound is refused, and one of fewer is followed")
  func boundsChains() throws {
    let file = try file { author in
      try author.dataset("/x", patterns(.float32, .vector(2)))
      try author.softLink("/1", target: "/x")
      for number in 2...17 { try author.softLink("/\(number)", target: "/\(number - 1)") }
    }
    #expect(try file.dataset(at: "/16").shape == .vector(2))
    expectError(.refused, at: "/17", "more than 16 soft links") { _ = try file.dataset(at: "/17") }
  }

  @Test("a link's value beyond the limit makes it unusable, and the others stay")
  func boundsLinkValues() throws {
    let file = try file { author in
      try author.group("/good")
      try author.softLink("/long", target: String(repeating: "a/", count: 5_000))
    }
    let links = try file.root.links()
    #expect(links.map(\.name) == ["good", "long"])
    #expect(links[0].refusal == nil)
    #expect(links[1].refusal == "link value of 10000 bytes is above the limit of 8192")
    expectError(.refused, at: "/long", "link value of 10000 bytes") { _ = try file.object(at: "/long") }
  }

  @Test("a name beyond the limit is refused with its group")
  func boundsNames() throws {
    var limits = ReadLimits()
    limits.nameBytes = 16
    let file = try file(limits: limits) { author in
      try author.group("/a/\(String(repeating: "n", count: 16))")
      try author.group("/b/\(String(repeating: "n", count: 17))")
    }
    #expect(try file.group(at: "/a").links().count == 1)
    expectError(.refused, at: "/b", "or a name above 16 bytes") { _ = try file.group(at: "/b").links() }
  }

  @Test("a path and a group beyond the limits are refused")
  func boundsPathsAndGroups() throws {
    var limits = ReadLimits()
    limits.linksPerGroup = 3
    limits.nestingDepth = 4
    let file = try file(limits: limits) { author in
      for name in ["a", "b", "c", "d"] { try author.group("/wide/\(name)") }
      try author.nestedGroups("/deep", depth: 8)
    }
    expectError(.refused, at: "/wide", "more than 3 links in a group") {
      _ = try file.group(at: "/wide").links()
    }
    expectError(.refused, at: "/deep/g/g/g/g", "more than 4 components") {
      _ = try file.group(at: "/deep/g/g/g/g")
    }
    #expect(try file.group(at: "/deep/g/g/g").path == "/deep/g/g/g")
  }

  @Test("a name that is not valid UTF-8 is an unusable link, and the others stay")
  func repairsNames() throws {
    let path = folder.file("file.h5")
    let author = try HDF5Author(path: path)
    for name in ["good", "spoiled"] { try author.group("/\(name)") }
    try author.close()
    try Damage.replace(path, Array("spoiled".utf8), with: Array("sp".utf8) + [0xFF] + Array("iled".utf8))
    let links = try File(path: path).root.links()
    #expect(links.map(\.name) == ["good", "sp\u{FFFD}iled"])
    #expect(links[1].refusal == "a name that is not valid UTF-8 is refused")
  }

  @Test("a name that holds a slash is an unusable link, and the others stay")
  func refusesSlashes() throws {
    let path = folder.file("file.h5")
    let author = try HDF5Author(path: path)
    for name in ["good", "spoiled"] { try author.group("/\(name)") }
    try author.close()
    try Damage.replace(path, Array("spoiled".utf8), with: Array("spo/led".utf8))
    let links = try File(path: path).root.links()
    #expect(links.map(\.name) == ["good", "spo/led"])
    #expect(links[1].refusal == "a name that is empty, \".\" or holds a slash is refused")
  }

  @Test("names that are equal as Unicode are refused, since one would hide the other")
  func refusesEqualNames() throws {
    let file = try file { author in for name in ["\u{E9}", "e\u{301}"] { try author.group("/\(name)") } }
    expectError(.refused, at: "/", "two links are both named") { _ = try file.root.links() }
  }
}

@Suite("Walking over a file")
struct ObjectWalkTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func walk(limits: ReadLimits = ReadLimits(), _ write: (HDF5Author) throws -> Void) throws
    -> [String]
  {
    let path = folder.file("file.h5")
    let author = try HDF5Author(path: path)
    try write(author)
    try author.close()
    return try File(path: path, limits: limits).objects().map { object in
      switch object {
      case .group: "group \(object.path)"
      case .dataset: "dataset \(object.path)"
      case .datatype: "datatype \(object.path)"
      case .repeated(let path, let first): "repeated \(path) = \(first)"
      case .alias(let path, let target): "alias \(path) -> \(target)"
      case .refused(let path, let error): "refused \(path): \(error.reason)"
      }
    }
  }

  @Test("a group comes before what it holds, and what is refused is a value among the others")
  func walksInOrder() throws {
    let walked = try walk { author in
      try author.dataset("/b/x", patterns(.float32, .vector(2)))
      try author.dataset("/a", patterns(.float32, .vector(2)))
      try author.externalLink("/b/e", file: "o.h5", target: "/y")
      try author.compoundDataset("/b/record")
      try author.softLink("/c", target: "/a")
      try author.softLink("/d", target: "/b")
      try author.softLink("/z", target: "/nowhere")
    }
    #expect(
      walked == [
        "group /", "dataset /a", "group /b", "refused /b/e: external link to \"/y\" in \"o.h5\" is refused",
        "refused /b/record: element type compound is refused", "dataset /b/x", "dataset /c", "alias /d -> /b",
        "refused /z: not found",
      ])
  }

  @Test("a cycle of hard links ends")
  func endsOnCycles() throws {
    let walked = try walk { author in
      try author.group("/a/b")
      try author.hardLink("/a/b/up", target: "/a")
      try author.hardLink("/a/root", target: "/")
    }
    #expect(walked == ["group /", "group /a", "group /a/b", "repeated /a/b/up = /a", "repeated /a/root = /"])
  }

  @Test("3,000 nested groups end at the depth limit")
  func endsOnDepth() throws {
    let walked = try walk { try $0.nestedGroups("/g", depth: 3000) }
    #expect(walked.count == 66)
    #expect(walked.last?.hasSuffix("groups nested deeper than 64 are not walked") == true)
  }

  @Test("a walk ends at the object limit and says so")
  func endsOnCount() throws {
    var limits = ReadLimits()
    limits.objectsPerFile = 2
    let walked = try walk(limits: limits) { author in
      for name in ["a", "b", "c", "d"] { try author.group("/\(name)") }
    }
    #expect(
      walked == [
        "group /", "group /a", "group /b", "refused /c: more than 2 objects: the rest is not walked",
      ])
  }

  @Test("a group with too many links is refused, and the walk goes on")
  func goesOnAfterWideGroup() throws {
    var limits = ReadLimits()
    limits.linksPerGroup = 3
    let walked = try walk(limits: limits) { author in
      for name in ["a", "b", "c", "d"] { try author.group("/wide/\(name)") }
      try author.group("/z")
    }
    #expect(
      walked.count == 4 && walked[2].hasPrefix("refused /wide: more than 3 links") && walked[3] == "group /z")
  }
}
