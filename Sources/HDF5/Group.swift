import CHDF5

/// A group of an open file.
public final class Group {
  /// The path by which the group was reached, from the root.
  public let path: String
  let context: FileContext
  let handle: Handle
  let identity: ObjectIdentity

  init(rootOf context: FileContext) throws(HDF5Error) {
    let fileID = context.handle.id
    self.handle = try Handle(.group, "H5Gopen2", "/") { H5Gopen2(fileID, "/", hid_t(H5P_DEFAULT)) }
    self.path = "/"
    self.context = context
    self.identity = try Self.objectInfo(".", in: handle, path: "/").identity
  }

  /// Opens the group that a hard link leads to.
  private init(
    _ name: String, in parent: Group, path: String, identity: ObjectIdentity
  ) throws(HDF5Error) {
    let parentID = parent.handle.id
    self.handle = try Handle(.group, "H5Gopen2", path) { H5Gopen2(parentID, name, hid_t(H5P_DEFAULT)) }
    self.path = path
    self.context = parent.context
    self.identity = identity
  }

  /// The group's attributes, by name.
  public func attributes() throws(HDF5Error) -> [Attribute] {
    try Attribute.all(of: handle, path: path, limits: context.limits)
  }

  /// The group's links, by the bytes of their names, one level only.
  ///
  /// - Throws: ``HDF5Error`` when there are more links than ``ReadLimits/linksPerGroup`` or two names are equal to
  ///   `String`, which compares them as Unicode does.
  public func links() throws(HDF5Error) -> [Link] {
    let id = handle.id
    let names = try NameCollector.names(
      "H5Literate", path, what: "links in a group", limit: context.limits.linksPerGroup,
      nameBytes: context.limits.nameBytes
    ) { visitor, collector in chdf5_iterate_links(id, visitor, collector) }
    try checkStored(linkCount: names.count)
    var seen: Set<String> = []
    var links: [Link] = []
    for bytes in names {
      let name = String(decoding: bytes, as: UTF8.self)
      guard seen.insert(name).inserted else {
        throw .refused("H5Literate", path, "two links are both named \"\(name)\"")
      }
      if let reason = Self.reasonAgainst(name: bytes) {
        links.append(Link(name: name, destination: .unusable(reason: reason)))
        continue
      }
      do throws(HDF5Error) {
        links.append(try link(named: name))
      } catch {
        guard error.kind != .missing else {
          throw .refused(
            "H5Lget_info", self.path, "damaged: it lists \"\(name)\" and does not find it by that name")
        }
        links.append(Link(name: name, destination: .unusable(reason: error.reason)))
      }
    }
    return links
  }

  /// Refuses a group that does not hold as many links as it lists, or that shows in its bytes that some were lost.
  private func checkStored(linkCount: Int) throws(HDF5Error) {
    let id = handle.id
    var info = H5G_info_t()
    try call("H5Gget_info", path) { H5Gget_info(id, &info) }
    func check(_ stated: UInt64) throws(HDF5Error) {
      guard stated == UInt64(linkCount) else {
        throw .refused(
          "H5Gget_info", path, "damaged: the group states \(stated) links and lists \(linkCount)")
      }
    }
    try check(info.nlinks)
    let stored = context.stored
    guard let header = try StoredHeader(at: identity.low, in: stored, path: path) else { return }
    try header.check(.group, in: stored, path: path)
    guard let table = header.messages.first(where: { $0.type == StoredHeader.MessageType.symbolTable })
    else { return }
    try check(UInt64(SymbolTable(table, in: stored, path: path, limits: context.limits).count))
  }

  /// Looks at one link of this group without following it.
  ///
  /// - Throws: an ``HDF5Error`` of the kind `missing` when there is none.
  public func link(named name: String) throws(HDF5Error) -> Link {
    let path = childPath(name)
    if let reason = Self.reasonAgainst(name: Array(name.utf8)) { throw .refused("H5Lget_info", path, reason) }
    return try Link(named: name, in: handle, path: path, limits: context.limits)
  }

  /// Opens the object at a path, from the root if it begins with `/`, otherwise from this group.
  ///
  /// Every link on the way is looked at before it is followed: external and user-defined links are refused, and at
  /// most ``ReadLimits/softLinks`` soft links are followed.
  public func object(at path: String) throws(HDF5Error) -> Object {
    let limits = context.limits
    var current = path.hasPrefix("/") ? try Group(rootOf: context) : self
    let fullPath = path.hasPrefix("/") ? path : childPath(path)
    var pending = Self.components(path)
    pending.reverse()
    var softLinks = 0
    while let name = pending.popLast() {
      guard pending.count < limits.nestingDepth else {
        throw .refused("open", fullPath, "the path has more than \(limits.nestingDepth) components")
      }
      let link = try current.link(named: name)
      switch link.destination {
      case .hard:
        let object = try current.hardLinked(name, path: pending.isEmpty ? fullPath : nil)
        if pending.isEmpty { return object }
        guard case .group(let group) = object else {
          throw .refused("open", current.childPath(name), "\(object.kindName), where a group is needed")
        }
        current = group
      case .soft(let target):
        softLinks += 1
        guard softLinks <= limits.softLinks else {
          throw .refused(
            "open", fullPath, "more than \(limits.softLinks) soft links on the way, or a loop of them")
        }
        if target.hasPrefix("/") { current = try Group(rootOf: context) }
        pending.append(contentsOf: Self.components(target).reversed())
      case .external, .userDefined, .unusable:
        throw .refused("open", current.childPath(name), link.refusal ?? "refused")
      }
    }
    return .group(current)
  }

  /// Opens the group at a path; see ``object(at:)``.
  public func group(at path: String) throws(HDF5Error) -> Group {
    let object = try object(at: path)
    guard case .group(let group) = object else {
      throw .refused("open", childPath(path), "\(object.kindName), where a group is needed")
    }
    return group
  }

  /// Opens the dataset at a path; see ``object(at:)``.
  public func dataset(at path: String) throws(HDF5Error) -> Dataset {
    let object = try object(at: path)
    guard case .dataset(let dataset) = object else {
      throw .refused("open", childPath(path), "\(object.kindName), where a dataset is needed")
    }
    return dataset
  }

  /// Opens what a hard link of this group leads to.
  func hardLinked(_ name: String, path givenPath: String? = nil) throws(HDF5Error) -> Object {
    let path = givenPath ?? childPath(name)
    let info = try Self.objectInfo(name, in: handle, path: path)
    let stored = context.stored
    func checkHeader(_ kind: StoredHeader.ObjectKind) throws(HDF5Error) {
      try StoredHeader(at: info.identity.low, in: stored, path: path)?.check(kind, in: stored, path: path)
    }
    switch info.type {
    case H5O_TYPE_GROUP:
      return .group(try Group(name, in: self, path: path, identity: info.identity))
    case H5O_TYPE_DATASET:
      try checkHeader(.dataset)
      return .dataset(try Dataset(name, in: self, path: path))
    case H5O_TYPE_NAMED_DATATYPE:
      try checkHeader(.datatype)
      return .datatype(path: path)
    default: throw .refused("H5Oget_info", path, "an object of an unknown kind is refused")
    }
  }

  /// The path of something below this group.
  func childPath(_ name: String) -> String {
    if name.hasPrefix("/") { return name }
    return path == "/" || path.isEmpty ? "/\(name)" : "\(path)/\(name)"
  }

  private static func objectInfo(
    _ name: String, in group: borrowing Handle, path: String
  ) throws(HDF5Error) -> (type: H5O_type_t, identity: ObjectIdentity) {
    let id = group.id
    var type: Int32 = -1
    var words: [UInt64] = [0, 0]
    try call("H5Oget_info", path) { chdf5_object_info(id, name, &type, &words) }
    return (H5O_type_t(type), ObjectIdentity(low: words[0], high: words[1]))
  }

  private static func components(_ path: String) -> [String] {
    path.split(separator: "/").filter { $0 != "." }.map(String.init)
  }

  /// Why a name from the file cannot be used as a path component.
  private static func reasonAgainst(name: [UInt8]) -> String? {
    if String(validating: name, as: UTF8.self) == nil { return "a name that is not valid UTF-8 is refused" }
    if name.isEmpty || name == [UInt8(ascii: ".")] || name.contains(UInt8(ascii: "/")) || name.contains(0) {
      return "a name that is empty, \".\" or holds a slash is refused"
    }
    return nil
  }
}

extension Object {
  /// The kind of object, with its article.
  var kindName: String {
    switch self {
    case .group: "a group"
    case .dataset: "a dataset"
    case .datatype: "a committed datatype"
    }
  }
}
