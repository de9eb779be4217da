import CHDF5

/// One entry of a group: a name and where it leads.
public struct Link: Hashable, Sendable {
  /// Where a link leads.
  public enum Destination: Hashable, Sendable {
    /// An object of the same file.
    case hard
    /// A path in the same file, absolute or from the group that holds the link.
    case soft(target: String)
    /// An object of another file; never followed.
    case external(file: String, target: String)
    /// A link class of some program, by its number; never followed.
    case userDefined(Int)
    /// The link cannot be used, and why.
    case unusable(reason: String)
  }

  /// The name in its group, with ill-formed UTF-8 repaired by U+FFFD; such a link is unusable.
  public let name: String
  /// Where it leads.
  public let destination: Destination

  /// Why the link is never followed, or nil if it may be.
  public var refusal: String? {
    switch destination {
    case .hard, .soft: nil
    case .external(let file, let target): "external link to \"\(target)\" in \"\(file)\" is refused"
    case .userDefined(let number): "user-defined link of class \(number) is refused"
    case .unusable(let reason): reason
    }
  }
}

extension Link {
  /// Looks at one link of a group without following it.
  init(
    named name: String, in group: borrowing Handle, path: String, limits: ReadLimits
  ) throws(HDF5Error) {
    self.name = name
    let id = group.id
    var type: Int32 = 0
    var size = 0
    do throws(HDF5Error) {
      try call("H5Lget_info", path) { chdf5_link_info(id, name, &type, &size) }
    } catch {
      let exists = try? call("H5Lexists", path) { H5Lexists(id, name, hid_t(H5P_DEFAULT)) }
      guard exists == 0 else { throw error }
      throw .missing("H5Lget_info", path, "not found")
    }
    switch H5L_type_t(type) {
    case H5L_TYPE_HARD:
      destination = .hard
    case H5L_TYPE_SOFT:
      let value = try Self.value(name, in: group, size: size, path: path, limits: limits)
      guard let target = String(validating: value.prefix { $0 != 0 }, as: UTF8.self) else {
        destination = .unusable(reason: "soft link whose target is not valid UTF-8 is refused")
        return
      }
      destination = .soft(target: target)
    case H5L_TYPE_EXTERNAL:
      // A version-and-flags byte, the file name and the object path, each ended by a zero.
      let value = try Self.value(name, in: group, size: size, path: path, limits: limits)
      let parts = value.dropFirst().split(separator: 0, maxSplits: 2, omittingEmptySubsequences: false)
      destination = .external(
        file: String(decoding: parts.first ?? [], as: UTF8.self),
        target: String(decoding: parts.dropFirst().first ?? [], as: UTF8.self))
    default:
      destination = .userDefined(Int(type))
    }
  }

  private static func value(
    _ name: String, in group: borrowing Handle, size: Int, path: String, limits: ReadLimits
  ) throws(HDF5Error) -> [UInt8] {
    guard size <= 2 * limits.nameBytes else {
      throw .refused(
        "H5Lget_val", path, "link value of \(size) bytes is above the limit of \(2 * limits.nameBytes)")
    }
    let id = group.id
    var value = [UInt8](repeating: 0, count: size)
    try call("H5Lget_val", path) { H5Lget_val(id, name, &value, size, hid_t(H5P_DEFAULT)) }
    return value
  }
}

/// Names as the library gives them, byte for byte, up to a number of them.
struct NameCollector {
  var names: [[UInt8]] = []
  let limit: Int
  let nameBytes: Int

  /// Collects what an iteration gives; throws when there are more names than the limit.
  static func names(
    _ operation: StaticString, _ path: String, what: String, limit: Int, nameBytes: Int,
    _ iterate: (chdf5_name_visitor, UnsafeMutableRawPointer) -> herr_t
  ) throws(HDF5Error) -> [[UInt8]] {
    var collector = NameCollector(limit: limit, nameBytes: nameBytes)
    let status = try withUnsafeMutablePointer(to: &collector) { (pointer) throws(HDF5Error) in
      try call(operation, path) { iterate(visitName, UnsafeMutableRawPointer(pointer)) }
    }
    guard status == 0 else {
      throw .refused(operation, path, "more than \(limit) \(what), or a name above \(nameBytes) bytes")
    }
    return collector.names.sorted { $0.lexicographicallyPrecedes($1) }
  }
}

private let visitName: chdf5_name_visitor = { name, context in
  guard let name, let context else { return 0 }
  let collector = context.assumingMemoryBound(to: NameCollector.self)
  var bytes: [UInt8] = []
  var position = 0
  while name[position] != 0 {
    guard position < collector.pointee.nameBytes else { return 1 }
    bytes.append(UInt8(bitPattern: name[position]))
    position += 1
  }
  guard collector.pointee.names.count < collector.pointee.limit else { return 1 }
  collector.pointee.names.append(bytes)
  return 0
}
