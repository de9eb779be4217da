internal import FocalLoss
public import HDF5

/// The budgets that reading a fixture keeps to.
public struct FixtureLimits: Hashable, Sendable {
  /// Bytes of the file: 64 GiB.
  public var fileBytes = 64 << 30
  /// What libhdf5 may be asked to read.
  public var reading = ReadLimits()

  /// The limits that focalcheck uses.
  public init() {}
}

/// A fixture file of the format `focalcheck-fixture/1`, open for reading.
///
/// Opening it fails only for what concerns the whole file. A case is opened by its name, so that one bad case loses
/// none of the others. It belongs to the thread that opened it.
public final class FixtureReader {
  /// The format that a fixture states in its root attribute `schema`.
  public static let schema = "focalcheck-fixture/1"

  /// The group of the root that holds the cases.
  private static let cases = "cases"

  /// The last component of the path.
  public let fileName: String
  /// The path that was opened.
  public let path: String
  /// The digest of the bytes that were read.
  public let digest: FixtureDigest
  /// Who computed the fixture.
  public let provenance: Provenance
  /// The names of all cases in ascending order of their bytes, of those as well that cannot be used.
  public let caseNames: [String]
  /// Objects of the root that the format does not name, by path, each with what is known of it.
  public let otherObjects: [String: String]

  private let file: File
  private let check: FixtureFileCheck
  private let caseLinks: [String: Link]

  /// Checks the file, hashes it, and reads what concerns it as a whole.
  ///
  /// - Parameters:
  ///   - path: A regular file of at least 64 bytes.
  ///   - pinned: What a manifest says of the file; anything else is an error.
  ///   - judged: What the file was when another process judged it; anything else is an error.
  ///   - limits: The budgets.
  public init(
    path: String, pinned: FixtureDigest? = nil, judged: FixtureDigest? = nil,
    limits: FixtureLimits = FixtureLimits()
  ) throws(FixtureError) {
    let name = FixtureLocation(path: path).fileName
    let check = try FixtureFileCheck(path: path, name: name, maximumByteCount: limits.fileBytes)
    if let pinned, pinned != check.digest {
      let found = check.digest
      let difference =
        pinned.byteCount == found.byteCount
        ? "SHA-256 is \(found.sha256), and the manifest pins \(pinned.sha256)"
        : "it has \(found.byteCount) bytes, and the manifest pins \(pinned.byteCount)"
      throw FixtureError(file: name, reason: "is not the file that the manifest pins: \(difference)")
    }
    guard judged == nil || judged == check.digest else {
      throw FixtureError(file: name, reason: "has changed since it was judged")
    }
    try check.checkFormat(name: name)
    let file = try fixture(name) { () throws(HDF5Error) in try File(path: path, limits: limits.reading) }
    try check.checkUnchanged(name: name)

    let rootAttributes = try fixture(name) { () throws(HDF5Error) in try file.root.attributes() }
    try Self.checkSchema(among: rootAttributes.map(\.name), of: file, name: name)
    var attributes = try rootAttributes.parsed(file: name, object: "/")
    let schema = try attributes.required("schema", "a string", \.string)
    guard schema == Self.schema else {
      throw FixtureError(
        file: name, object: "/", reason: "schema is \"\(schema)\", and only \"\(Self.schema)\" can be read")
    }
    self.provenance = try Provenance(attributes)

    let rootLinks = try fixture(name) { () throws(HDF5Error) in try file.root.links() }
    // A second group of nearly the same name would hold cases that nobody judges.
    for link in rootLinks where link.name != Self.cases {
      guard NearbyNames.nearest(to: link.name, among: [Self.cases]) != nil else { continue }
      throw FixtureError(
        file: name, object: "/\(link.name)",
        reason:
          "is no name of the format; the nearest is \"\(Self.cases)\": rename it, or give it another name")
    }
    guard rootLinks.contains(where: { $0.name == Self.cases }) else {
      throw FixtureError(file: name, object: "/\(Self.cases)", reason: "is missing")
    }
    let group = try fixtureObject("/\(Self.cases)", in: name) { () throws(HDF5Error) in
      try file.group(at: "/\(Self.cases)")
    }
    let links = try fixture(name) { () throws(HDF5Error) in try group.links() }
    guard !links.isEmpty else { throw FixtureError(file: name, object: "/cases", reason: "holds no case") }
    self.caseNames = links.map(\.name)
    self.caseLinks = Dictionary(links.map { ($0.name, $0) }) { first, _ in first }
    self.otherObjects = Dictionary(
      rootLinks.filter { $0.name != Self.cases }.map {
        ("/\($0.name)", $0.refusal ?? "not named by the format")
      }
    ) { first, _ in first }
    self.digest = check.digest
    self.fileName = name
    self.path = path
    self.file = file
    self.check = check
  }

  /// Says of an HDF5 file without a schema what it is, and how to come by a fixture.
  private static func checkSchema(
    among attributes: [String], of file: File, name: String
  ) throws(FixtureError) {
    guard !attributes.contains("schema") else { return }
    var reason = "required attribute \"schema\" is missing"
    if let misspelling = attributes.first(where: { NearbyNames.nearest(to: $0, among: ["schema"]) != nil }) {
      reason += "; \"\(misspelling)\" looks like a misspelling of it"
    } else {
      let objects = (try? file.root.links().map(\.name)) ?? []
      let writer = ForeignFormat.writer(attributes: attributes, objects: objects)
      reason +=
        ": \(writer.map { "it is \($0), " } ?? "the file is ")no fixture; \(ForeignFormat.fixtureAdvice)"
    }
    throw FixtureError(file: name, object: "/", reason: reason)
  }

  /// Checks, after all has been read, that it was read from the bytes of ``digest``.
  ///
  /// - Throws: ``FixtureError`` when the file has changed meanwhile.
  public func checkUnchanged() throws(FixtureError) { try check.checkBytes(name: fileName) }

  /// The number of bytes of the file.
  public var byteCount: Int { digest.byteCount }

  /// The id of a case: `<fixture file name>#<case>`.
  public func caseID(_ name: String) -> String { "\(fileName)#\(name)" }

  /// The variant that a case names, read without opening its tensors; nil when it cannot be read.
  public func variant(of name: String) -> String? {
    guard caseLinks[name]?.refusal == nil else { return nil }
    let group = try? file.group(at: "/cases/\(name)")
    return (try? group?.attributes())?.first { $0.name == "variant" }?.value.string
  }

  /// Opens one case.
  ///
  /// - Throws: ``FixtureError`` when the case or anything in it that the format names is missing, refused or damaged.
  public func conformanceCase(_ name: String) throws(FixtureError) -> ConformanceCase {
    let path = "/cases/\(name)"
    guard let link = caseLinks[name] else {
      throw FixtureError(file: fileName, object: path, reason: "there is no case of this name")
    }
    if let refusal = link.refusal { throw FixtureError(file: fileName, object: path, reason: refusal) }
    let file = file
    let group = try fixtureObject(path, in: fileName) { () throws(HDF5Error) in try file.group(at: path) }
    return try ConformanceCase(group, name: name, file: fileName)
  }
}

/// Runs a reading step and says of which file its error is.
func fixture<Value>(
  _ file: String, _ read: () throws(HDF5Error) -> Value
) throws(FixtureError) -> Value {
  do throws(HDF5Error) {
    return try read()
  } catch {
    throw FixtureError(file: file, error)
  }
}

extension [Attribute] {
  /// The attributes of one object of a fixture, ready to be taken one by one.
  func parsed(file: String, object: String) throws(FixtureError) -> FixtureAttributes {
    try FixtureAttributes(self, file: file, object: object)
  }
}
