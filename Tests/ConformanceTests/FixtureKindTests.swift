import Conformance
import FixtureAuthoring
import Testing

/// A kind of object that stands where the format has another one.
struct OtherKind: Sendable, CustomTestStringConvertible {
  let testDescription: String
  /// What the error says of it.
  let reason: String
  let write: @Sendable (HDF5Author, String) throws -> Void

  /// What cannot be opened whatever is needed.
  private static let unusable: [OtherKind] = [
    OtherKind(
      testDescription: "a dangling soft link", reason: "is a link to what cannot be used: /nowhere: not found"
    ) {
      try $0.softLink($1, target: "/nowhere")
    },
    OtherKind(
      testDescription: "a loop of soft links", reason: "more than 16 soft links on the way, or a loop of them"
    ) {
      try $0.softLink($1, target: $1)
    },
    OtherKind(
      testDescription: "an external link", reason: "external link to \"/x\" in \"other.h5\" is refused"
    ) {
      try $0.externalLink($1, file: "other.h5", target: "/x")
    },
    OtherKind(testDescription: "a user-defined link", reason: "user-defined link of class 187 is refused") {
      try $0.userDefinedLink($1)
    },
  ]

  static let insteadOfDatasets: [OtherKind] =
    unusable + [
      OtherKind(testDescription: "a group", reason: "a group, where a dataset is needed") {
        try $0.group($1)
      },
      OtherKind(
        testDescription: "a committed datatype", reason: "a committed datatype, where a dataset is needed"
      ) {
        try $0.committedDatatype($1)
      },
      OtherKind(testDescription: "a soft link to a group", reason: "a group, where a dataset is needed") {
        try $0.group("/elsewhere")
        try $0.softLink($1, target: "/elsewhere")
      },
      OtherKind(testDescription: "a hard link to a group", reason: "a group, where a dataset is needed") {
        try $0.group("/elsewhere")
        try $0.hardLink($1, target: "/elsewhere")
      },
      OtherKind(
        testDescription: "a soft link to a committed datatype",
        reason: "a committed datatype, where a dataset is needed"
      ) {
        try $0.committedDatatype("/type")
        try $0.softLink($1, target: "/type")
      },
    ]

  static let insteadOfGroups: [OtherKind] =
    unusable + [
      OtherKind(testDescription: "a dataset", reason: "a dataset, where a group is needed") {
        try $0.dataset($1, DemoFixture.logit)
      },
      OtherKind(
        testDescription: "a committed datatype", reason: "a committed datatype, where a group is needed"
      ) {
        try $0.committedDatatype($1)
      },
      OtherKind(testDescription: "a soft link to a dataset", reason: "a dataset, where a group is needed") {
        try $0.dataset("/elsewhere", DemoFixture.logit)
        try $0.softLink($1, target: "/elsewhere")
      },
    ]
}

@Suite("Names that the format gives a meaning")
struct FixtureKindTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private static let folders = ["inputs", "outputs", "grads", "grad_outputs", "stages"]
  private static let members = [
    "inputs/logit", "inputs/label", "inputs/normalizer", "outputs/loss", "grads/logit", "grads/label",
    "grad_outputs/loss", "stages/p_t",
  ]

  /// Writes a fixture whose case `demo` has one more object, and expects an error that names it.
  private func expectError(
    at object: String, _ reason: String, without omitted: Set<String> = [], isNewestFormat: Bool = false,
    _ write: (HDF5Author, String) throws -> Void
  ) throws {
    let path = folder.file("demo.h5")
    try DemoFixture.write(to: path, cases: ["other"], isNewestFormat: isNewestFormat) { author in
      try DemoFixture.demoCase(author, "demo", without: omitted)
      try write(author, "/cases/demo/\(object)")
    }
    let reader = try FixtureReader(path: path)
    #expect(throws: Never.self) { try reader.conformanceCase("other") }
    #expect {
      try reader.conformanceCase("demo")
    } throws: { error in
      #expect("\(error)".hasPrefix("demo.h5: /cases/demo/\(object): "), "\(error)")
      #expect("\(error)".contains(reason), "\(error)")
      return true
    }
  }

  @Test(
    "a tensor's name that is there and is no dataset is an error", arguments: members,
    OtherKind.insteadOfDatasets)
  func membersAreDatasets(member: String, kind: OtherKind) throws {
    for isNewestFormat in [false, true] {
      try expectError(at: member, kind.reason, without: [member], isNewestFormat: isNewestFormat, kind.write)
    }
  }

  @Test(
    "a group's name that is there and is no group is an error", arguments: folders, OtherKind.insteadOfGroups)
  func foldersAreGroups(name: String, kind: OtherKind) throws {
    let omitted = Set(["inputs/logit", "inputs/label", "outputs/loss"].filter { $0.hasPrefix("\(name)/") })
    try expectError(at: name, kind.reason, without: omitted, kind.write)
  }

  @Test("a group of cases that is there and is no group is an error", arguments: OtherKind.insteadOfGroups)
  func casesAreAGroup(kind: OtherKind) throws {
    let path = folder.file("demo.h5")
    let author = try HDF5Author(path: path)
    try DemoFixture.header(author)
    try kind.write(author, "/cases")
    try author.close()
    #expect {
      try FixtureReader(path: path)
    } throws: { error in
      "\(error)".hasPrefix("demo.h5: /cases: ") && "\(error)".contains(kind.reason)
    }
  }

  @Test(
    "a name of nearly the same spelling as one of the format's is an error that names that",
    arguments: folders)
  func namesNearlySpelled(name: String) throws {
    let letters = Array(name)
    var spellings = [name.uppercased(), name.capitalized, name + "x", String(name.dropLast()), " \(name)"]
    for index in letters.indices {
      for bit in 0..<7 {
        guard let value = letters[index].asciiValue.map({ $0 ^ (1 << UInt8(bit)) }), value >= 0x20,
          value != 0x7F,
          value != UInt8(ascii: "/"), value != UInt8(ascii: ".")
        else { continue }
        var changed = letters
        changed[index] = Character(Unicode.Scalar(value))
        spellings.append(String(changed))
      }
    }
    #expect(spellings.count > 30)
    for spelling in spellings {
      try expectError(at: spelling, "the nearest is \"\(name)\"") { try $0.group($1) }
    }
  }

  @Test(
    "a second group of cases under nearly the same name is an error",
    arguments: ["Cases", "case", "casec", "cases_", "CASES"])
  func casesNearlySpelled(name: String) throws {
    let path = folder.file("demo.h5")
    try DemoFixture.write(to: path) { try $0.group("/\(name)/hidden") }
    #expect {
      try FixtureReader(path: path)
    } throws: { "\($0)".hasPrefix("demo.h5: /\(name): ") && "\($0)".contains("the nearest is \"cases\"") }
  }

  @Test(
    "a tensor that would not be judged is an error",
    arguments: ["outputs/prob", "outputs/los", "grad_outputs/x"])
  func namesWithoutMeaning(name: String) throws {
    try expectError(at: name, "is not judged: the format has ") { try $0.dataset($1, DemoFixture.loss) }
  }

  @Test("a name far from the format's stays free", arguments: ["notes", "weights", "meta", "seed", "x"])
  func otherNames(name: String) throws {
    let path = folder.file("demo.h5")
    try DemoFixture.write(to: path) { author in
      try author.group("/cases/demo/\(name)")
      try author.group("/\(name)")
    }
    let reader = try FixtureReader(path: path)
    #expect(reader.otherObjects == ["/\(name)": "not named by the format"])
    #expect(
      try reader.conformanceCase("demo").otherObjects == ["/cases/demo/\(name)": "not named by the format"])
  }
}
