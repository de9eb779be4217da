import CHDF5
import Tensors

/// A name and a value that belong to a group or a dataset.
public struct Attribute: Hashable, Sendable {
  /// The name, with ill-formed UTF-8 repaired by U+FFFD.
  public let name: String
  /// The value.
  public let value: AttributeValue
}

/// The value of an attribute, of whatever stored type.
public enum AttributeValue: Hashable, Sendable, Codable {
  /// A string of fixed or variable length; ill-formed UTF-8 is repaired by U+FFFD.
  case string(String)
  /// An integer of any width that fits 64 bits with a sign.
  case integer(Int)
  /// A floating-point number of any width, or an unsigned integer above `Int.max`, rounded to binary64.
  case float(Double)
  /// A boolean as h5py stores it.
  case boolean(Bool)
  /// An array, in row-major order whatever its rank.
  case list([AttributeValue])
  /// A value of any other kind, described.
  case other(String)
}

extension AttributeValue {
  /// The string, or that of a list of one.
  public var string: String? {
    if case .string(let string) = scalar { string } else { nil }
  }

  /// The number, or that of a list of one; integers beyond 2^53 are rounded.
  public var double: Double? {
    switch scalar {
    case .float(let value): value
    case .integer(let value): Double(value)
    default: nil
    }
  }

  /// The integer, or that of a list of one; a float counts when it is one.
  public var int: Int? {
    switch scalar {
    case .float(let value): Int(exactly: value)
    case .integer(let value): value
    default: nil
    }
  }

  /// The boolean, or that of a list of one; the integers 0 and 1 count as such.
  public var bool: Bool? {
    switch scalar {
    case .boolean(let value): value
    case .integer(0): false
    case .integer(1): true
    default: nil
    }
  }

  private var scalar: AttributeValue {
    if case .list(let values) = self, values.count == 1 { values[0] } else { self }
  }
}

extension AttributeValue: CustomStringConvertible {
  /// The value for a person: a string as it is, a list in brackets.
  public var description: String {
    switch self {
    case .string(let value): value
    case .integer(let value): String(value)
    case .float(let value): String(value)
    case .boolean(let value): String(value)
    case .list(let values): "[" + values.map(\.description).joined(separator: ", ") + "]"
    case .other(let description): description
    }
  }
}

extension Attribute {
  /// Every attribute of an object, by the bytes of their names; one that cannot be read becomes a description.
  static func all(
    of object: borrowing Handle, path: String, limits: ReadLimits
  ) throws(HDF5Error) -> [Attribute] {
    let id = object.id
    let names = try NameCollector.names(
      "H5Aiterate2", path, what: "attributes of an object", limit: limits.attributesPerObject,
      nameBytes: limits.nameBytes
    ) { visitor, collector in chdf5_iterate_attributes(id, visitor, collector) }
    return names.map { bytes in
      let name = String(decoding: bytes, as: UTF8.self)
      do throws(HDF5Error) {
        return Attribute(name: name, value: try value(named: bytes, of: id, path: path, limits: limits))
      } catch {
        return Attribute(name: name, value: .other("unreadable: \(error.reason)"))
      }
    }
  }

  /// One attribute of an object, or nil if it has none of that name.
  static func value(
    named name: String, of object: borrowing Handle, path: String, limits: ReadLimits
  ) throws(HDF5Error) -> AttributeValue? {
    let id = object.id
    guard try call("H5Aexists", path, { H5Aexists(id, name) }) > 0 else { return nil }
    return try value(named: Array(name.utf8), of: id, path: path, limits: limits)
  }

  private static func value(
    named name: [UInt8], of objectID: hid_t, path: String, limits: ReadLimits
  ) throws(HDF5Error) -> AttributeValue {
    let cName = name.map { CChar(bitPattern: $0) } + [0]
    let attribute = try Handle(.attribute, "H5Aopen", path) { H5Aopen(objectID, cName, hid_t(H5P_DEFAULT)) }
    let id = attribute.id
    let type = try Datatype("H5Aget_type", path) { H5Aget_type(id) }
    let space = try Handle(.dataspace, "H5Aget_space", path) { H5Aget_space(id) }
    guard let shape = try Dataspace.shape(of: space, path: path) else {
      return .other("empty (null dataspace)")
    }
    let width = try type.byteCount()
    let (bytes, overflow) = shape.count.multipliedReportingOverflow(by: max(width, 8))
    guard !overflow, bytes <= limits.attributeBytes else {
      return .other("\(try type.name()) of shape \(shape), above the limit of \(limits.attributeBytes) bytes")
    }
    let reader = AttributeReader(
      id: id, path: path, count: shape.count, storedBytes: shape.count * width, limits: limits)
    guard let values = try reader.values(of: type, space: space) else {
      return .other("\(try type.name()) of shape \(shape)")
    }
    return shape.rank == 0 ? values[0] : .list(values)
  }
}

/// Reads the elements of one open attribute.
private struct AttributeReader {
  let id: hid_t
  let path: String
  let count: Int
  let storedBytes: Int
  let limits: ReadLimits

  /// The elements, or nil when their type is not one that an ``AttributeValue`` can hold.
  func values(of type: borrowing Datatype, space: borrowing Handle) throws(HDF5Error) -> [AttributeValue]? {
    switch try type.typeClass() {
    case H5T_INTEGER:
      return try integers(type)
    case H5T_FLOAT:
      guard try type.hasSeparateFloatFields() else { return nil }
      return try read(as: chdf5_H5T_NATIVE_DOUBLE(), Double.self).map { .float($0) }
    case H5T_ENUM:
      guard try type.isBoolean() else { return nil }
      return try bytes(as: type).map { .boolean($0 != 0) }
    case H5T_STRING:
      return try type.isVariableString() ? try variableStrings(type, space: space) : try fixedStrings(type)
    default:
      return nil
    }
  }

  private func integers(_ type: borrowing Datatype) throws(HDF5Error) -> [AttributeValue]? {
    guard try type.isIntegerWithinItsBytes() else { return nil }
    guard try type.isSigned() else {
      return try read(as: chdf5_H5T_NATIVE_UINT64(), UInt64.self).map { value in
        Int(exactly: value).map { .integer($0) } ?? .float(Double(value))
      }
    }
    return try read(as: chdf5_H5T_NATIVE_INT64(), Int64.self).map { .integer(Int($0)) }
  }

  private func fixedStrings(_ type: borrowing Datatype) throws(HDF5Error) -> [AttributeValue] {
    let width = count == 0 ? 0 : storedBytes / count
    let bytes = try bytes(as: type)
    let padding = try type.stringPadding()
    return (0..<count).map { position in
      var text = bytes[(position * width)..<((position + 1) * width)]
      switch padding {
      case H5T_STR_NULLTERM: text = text.prefix { $0 != 0 }
      case H5T_STR_SPACEPAD: while text.last == UInt8(ascii: " ") { text.removeLast() }
      default: while text.last == 0 { text.removeLast() }
      }
      return .string(String(decoding: text, as: UTF8.self))
    }
  }

  private func variableStrings(
    _ type: borrowing Datatype, space: borrowing Handle
  ) throws(HDF5Error) -> [AttributeValue] {
    guard count <= limits.variableStringsPerAttribute else {
      return [
        .other("\(count) variable-length strings, above the limit of \(limits.variableStringsPerAttribute)")
      ]
    }
    guard count > 0 else { return [] }
    let memoryType = try Datatype("H5Tcopy", path) { H5Tcopy(chdf5_H5T_C_S1()) }
    let (memoryID, spaceID, attributeID) = (memoryType.id, space.id, id)
    let characters = try type.characterSet()
    try call("H5Tset_size", path) { H5Tset_size(memoryID, chdf5_H5T_VARIABLE()) }
    try call("H5Tset_cset", path) { H5Tset_cset(memoryID, characters) }
    var pointers = [UnsafeMutablePointer<CChar>?](repeating: nil, count: count)
    try call("H5Aread", path) { H5Aread(attributeID, memoryID, &pointers) }
    let values = pointers.map { AttributeValue.string($0.map { String(cString: $0) } ?? "") }
    try call("H5Dvlen_reclaim", path) { H5Dvlen_reclaim(memoryID, spaceID, hid_t(H5P_DEFAULT), &pointers) }
    return values
  }

  private func bytes(as type: borrowing Datatype) throws(HDF5Error) -> [UInt8] {
    let (attributeID, typeID) = (id, type.id)
    var bytes = [UInt8](repeating: 0, count: storedBytes)
    guard storedBytes > 0 else { return bytes }
    try call("H5Aread", path) { H5Aread(attributeID, typeID, &bytes) }
    return bytes
  }

  private func read<Value: Numeric & BitwiseCopyable>(as memoryType: hid_t, _: Value.Type) throws(HDF5Error)
    -> [Value]
  {
    let attributeID = id
    var values = [Value](repeating: 0, count: count)
    guard count > 0 else { return values }
    try call("H5Aread", path) { H5Aread(attributeID, memoryType, &values) }
    return values
  }
}
