import FixtureAuthoring
import Tensors
import Testing

@testable import HDF5

/// A stored attribute and the value that it must read as.
struct StoredAttribute: Sendable, CustomTestStringConvertible {
  let stored: AuthoredValue
  let expected: AttributeValue

  var testDescription: String { "\(stored)" }

  static let all: [StoredAttribute] = [
    StoredAttribute(stored: .fixed("café"), expected: .string("café")),
    StoredAttribute(stored: .fixed("ascii", isUTF8: false), expected: .string("ascii")),
    StoredAttribute(stored: .fixed("nulls", padding: .nulls), expected: .string("nulls")),
    StoredAttribute(stored: .fixed("spaces", padding: .spaces), expected: .string("spaces")),
    StoredAttribute(stored: .fixed(""), expected: .string("")),
    StoredAttribute(stored: .fixedBytes([0x61, 0xFF, 0x62, 0]), expected: .string("a\u{FFFD}b")),
    StoredAttribute(stored: .variableScalar("variable é"), expected: .string("variable é")),
    StoredAttribute(stored: .variableScalar("ascii", isUTF8: false), expected: .string("ascii")),
    StoredAttribute(
      stored: .variable(["one", "", "three"]),
      expected: .list([.string("one"), .string(""), .string("three")])),
    StoredAttribute(stored: .int(-7, bits: 8), expected: .integer(-7)),
    StoredAttribute(stored: .int(-70_000, bits: 32), expected: .integer(-70_000)),
    StoredAttribute(stored: .int(-2, bits: 16, isBigEndian: true), expected: .integer(-2)),
    StoredAttribute(stored: .int(.min), expected: .integer(.min)),
    StoredAttribute(stored: .unsigned(3), expected: .integer(3)),
    StoredAttribute(stored: .unsigned(.max), expected: .float(0x1p64)),
    StoredAttribute(stored: .float32(0.1), expected: .float(Double(Float(0.1)))),
    StoredAttribute(stored: .double(0.1), expected: .float(0.1)),
    StoredAttribute(stored: .double(-.infinity), expected: .float(-.infinity)),
    StoredAttribute(stored: .extended(0.1), expected: .float(0.1)),
    StoredAttribute(stored: .doubles([1, 2.5]), expected: .list([.float(1), .float(2.5)])),
    StoredAttribute(stored: .boolean(true), expected: .boolean(true)),
    StoredAttribute(stored: .compound, expected: .other("compound of shape ()")),
    StoredAttribute(stored: .null, expected: .other("empty (null dataspace)")),
  ]
}

@Suite("Reading attributes")
struct AttributeTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  private func attributes(
    limits: ReadLimits = ReadLimits(), isNewestFormat: Bool = false, _ values: [(String, AuthoredValue)]
  ) throws -> [Attribute] {
    let path = folder.file("file.h5")
    let author = try HDF5Author(path: path, isNewestFormat: isNewestFormat)
    for (name, value) in values { try author.attribute(name, value) }
    try author.close()
    return try File(path: path, limits: limits).root.attributes()
  }

  @Test("a value of any stored type reads as what it says", arguments: StoredAttribute.all)
  func readsValues(attribute: StoredAttribute) throws {
    for isNewestFormat in [false, true] {
      let read = try attributes(isNewestFormat: isNewestFormat, [("a", attribute.stored)])
      #expect(read == [Attribute(name: "a", value: attribute.expected)])
    }
  }

  @Test("NaN is a value")
  func readsNaN() throws {
    guard case .float(let value) = try attributes([("gamma", .double(.nan))])[0].value else {
      Issue.record("not a float")
      return
    }
    #expect(value.isNaN)
  }

  @Test("attributes come in the order of their names' bytes")
  func ordersAttributes() throws {
    let names = ["b", "a10", "a9", "Z"]
    #expect(try attributes(names.map { ($0, .int(1)) }).map(\.name) == ["Z", "a10", "a9", "b"])
  }

  @Test("values above the limits are described, and too many attributes are refused")
  func boundsAttributes() throws {
    var limits = ReadLimits()
    limits.attributeBytes = 64
    limits.variableStringsPerAttribute = 2
    limits.attributesPerObject = 3
    let values: [(String, AuthoredValue)] = [
      ("long", .doubles([Double](repeating: 1, count: 9))), ("strings", .variable(["a", "b", "c"])),
      ("x", .int(1)),
    ]
    let read = try attributes(limits: limits, values)
    #expect("\(read[0].value)".contains("above the limit of 64 bytes"))
    #expect("\(read[1].value)".contains("3 variable-length strings, above the limit of 2"))
    #expect(read[2].value == .integer(1))
    #expect { try attributes(limits: limits, values + [("y", .int(2))]) } throws: {
      "\($0)".contains("more than 3 attributes of an object")
    }
  }

  @Test("an attribute of 2^61 numbers, which libhdf5 takes for none, is described, and the others are read")
  func boundsDamagedAttributes() throws {
    let path = folder.file("file.h5")
    let author = try HDF5Author(path: path)
    try author.attribute("large", .doubles([Double](repeating: 1, count: 11)))
    try author.attribute("x", .int(1))
    try author.close()
    // One dimension in 8 bytes, after the dataspace's version, rank, flags and 5 bytes that are not used.
    let head: [UInt8] = [1, 1, 1, 0, 0, 0, 0, 0]
    try Damage.replace(path, head + [11, 0, 0, 0, 0, 0, 0, 0], with: head + [0, 0, 0, 0, 0, 0, 0, 0x20])
    let read = try File(path: path).root.attributes()
    #expect(read.map(\.name) == ["large", "x"])
    #expect("\(read[0].value)".contains("above the limit of 1048576 bytes"), "\(read[0].value)")
    #expect(read[1].value == .integer(1))
  }

  /// The stored forms of two types: class and version, flags, of a float also where its sign is, bytes in an element,
  /// first bit and number of bits, and of a float where exponent and mantissa are.
  private static let int32: [UInt8] = [0x10, 8, 0, 0, 4, 0, 0, 0, 0, 0, 32, 0]
  private static let float32: [UInt8] = [
    0x11, 32, 31, 0, 4, 0, 0, 0, 0, 0, 32, 0, 23, 8, 0, 23, 127, 0, 0, 0,
  ]

  @Test(
    "a number of which bits lie outside of its bytes, or its fields over each other, is described",
    arguments: [
      ("more bits than bytes", int32, 10, 64), ("bits behind the bytes", int32, 8, 16),
      ("no bits", int32, 10, 0), ("sign outside", float32, 2, 47), ("sign in the exponent", float32, 2, 30),
      ("exponent outside", float32, 12, 28), ("mantissa in the exponent", float32, 15, 24),
      ("no exponent", float32, 13, 0), ("more float bits than bytes", float32, 10, 64),
    ])
  func bitsOutside(what: String, type: [UInt8], place: Int, value: UInt8) throws {
    let path = folder.file("file.h5")
    let author = try HDF5Author(path: path)
    try author.attribute("a", type == Self.int32 ? .int(5, bits: 32) : .float32(5))
    try author.attribute("b", .double(7))
    try author.close()
    var damaged = type
    damaged[place] = value
    try Damage.replace(path, type, with: damaged)
    let attributes = try File(path: path).root.attributes()
    try #require(attributes.map(\.name) == ["a", "b"])
    guard case .other = attributes[0].value else {
      Issue.record("is \(attributes[0].value)")
      return
    }
    #expect(attributes[1].value == .float(7))
  }

  @Test("the same values of other kinds convert exactly or not at all")
  func convertsExactly() {
    #expect(AttributeValue.integer(2).double == 2)
    #expect(AttributeValue.list([.float(2)]).int == 2)
    #expect(AttributeValue.float(2.5).int == nil)
    #expect(AttributeValue.float(.nan).int == nil)
    #expect(AttributeValue.float(1e300).int == nil)
    #expect(AttributeValue.integer(1).bool == true)
    #expect(AttributeValue.integer(2).bool == nil)
    #expect(AttributeValue.boolean(true).double == nil)
    #expect(AttributeValue.string("2").double == nil)
    #expect(AttributeValue.list([.string("a"), .string("b")]).string == nil)
  }
}
