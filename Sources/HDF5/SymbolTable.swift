/// The links of a group in the oldest format: a B-tree of nodes that hold up to eight of them, and a heap of their names.
///
/// libhdf5 takes counts and the places of names as they are. A count with one bit less loses links without an error, and
/// a place with one more or less gives the rest of a name. Both leave traces: bytes behind the stated entries, which
/// libhdf5 writes as zeros, and names out of order.
struct SymbolTable {
  private let stored: StoredBytes
  private let path: String
  private let names: [UInt8]
  private var nodes: Set<UInt64> = []
  private var last: ArraySlice<UInt8>?
  /// How many links there are.
  private(set) var count = 0

  private static let nameAlignment: UInt64 = 8

  /// Checks the symbol table of a group.
  ///
  /// - Parameters:
  ///   - message: the message of the group's header that says where it is.
  ///   - stored: the file's bytes.
  ///   - path: the group's path.
  ///   - limits: the budgets.
  /// - Throws: ``HDF5Error`` when it is damaged.
  init(
    _ message: StoredHeader.Message, in stored: StoredBytes, path: String, limits: ReadLimits
  ) throws(HDF5Error) {
    self.stored = stored
    self.path = path
    guard message.byteCount >= 2 * stored.addressWidth,
      let content = stored.bytes(at: message.address, count: 2 * stored.addressWidth)
    else { throw Self.damaged(path, "its message is too short") }
    var fields = StoredFields(content)
    let tree = fields.number(stored.addressWidth)
    let heap = fields.number(stored.addressWidth)
    names = try Self.names(at: heap, in: stored, path: path, limits: limits)
    try visitTree(at: tree, level: nil, limits: limits)
  }

  /// The heap of names.
  private static func names(
    at address: UInt64, in stored: StoredBytes, path: String, limits: ReadLimits
  ) throws(HDF5Error) -> [UInt8] {
    let width = 8 + 2 * stored.lengthWidth + stored.addressWidth
    guard let header = stored.bytes(at: address, count: width), header.starts(with: "HEAP".utf8) else {
      throw damaged(path, "it has no heap of names")
    }
    var fields = StoredFields(header.dropFirst(8))
    let byteCount = fields.number(stored.lengthWidth)
    fields.skip(stored.lengthWidth)
    guard byteCount <= UInt64(limits.nameHeapBytes) else {
      throw .refused(
        "symbol table", path, "\(byteCount) bytes of names are above the limit of \(limits.nameHeapBytes)")
    }
    guard let names = stored.bytes(at: fields.number(stored.addressWidth), count: Int(byteCount)) else {
      throw damaged(path, "its names lie beyond the end of the file")
    }
    return names
  }

  /// The name at a place in the heap; nil when there is none.
  private func name(at place: UInt64) -> ArraySlice<UInt8>? {
    guard let start = Int(exactly: place), start < names.count, let end = names[start...].firstIndex(of: 0)
    else {
      return nil
    }
    return names[start..<end]
  }

  /// A node of the B-tree: its keys are names, each the greatest of the child before it.
  private struct TreeNode {
    let level: UInt64
    let keys: [UInt64]
    let children: [UInt64]
    /// What stands in the place of the child after the last.
    let next: UInt64
  }

  private func treeNode(at address: UInt64) throws(HDF5Error) -> TreeNode {
    let headWidth = 8 + 2 * stored.addressWidth
    guard let head = stored.bytes(at: address, count: headWidth), head.starts(with: "TREE".utf8), head[4] == 0
    else {
      throw Self.damaged(path, "a node of its tree is none")
    }
    var fields = StoredFields(head.dropFirst(5))
    let level = fields.number(1)
    let used = Int(fields.number(2))
    let pair = stored.lengthWidth + stored.addressWidth
    // There is one key more than there are children, and the place of one more child behind it.
    guard let content = stored.bytes(at: address + UInt64(headWidth), count: used * pair + stored.lengthWidth)
    else { throw Self.damaged(path, "a node of its tree goes beyond the end of the file") }
    var entries = StoredFields(content)
    var keys: [UInt64] = []
    var children: [UInt64] = []
    for _ in 0..<used {
      keys.append(entries.number(stored.lengthWidth))
      children.append(entries.number(stored.addressWidth))
    }
    keys.append(entries.number(stored.lengthWidth))
    let end = address + UInt64(headWidth + content.count)
    let next = stored.bytes(at: end, count: stored.addressWidth).map {
      var fields = StoredFields($0)
      return fields.number(stored.addressWidth)
    }
    return TreeNode(level: level, keys: keys, children: children, next: next ?? 0)
  }

  private mutating func visitTree(at address: UInt64, level: UInt64?, limits: ReadLimits) throws(HDF5Error) {
    guard nodes.insert(address).inserted, nodes.count <= limits.linksPerGroup else {
      throw Self.damaged(path, "its tree holds a node twice, or too many")
    }
    let node = try treeNode(at: address)
    guard node.level == level ?? node.level, node.level < 32 else {
      throw Self.damaged(path, "the levels of its tree do not fit each other")
    }
    for (index, child) in node.children.enumerated() {
      if node.level > 0 {
        try visitTree(at: child, level: node.level - 1, limits: limits)
      } else {
        try visitSymbols(at: child, limits: limits)
      }
      guard let last, let greatest = name(at: node.keys[index + 1]), !greatest.lexicographicallyPrecedes(last)
      else { throw Self.damaged(path, "its tree has no place for a name that it holds") }
    }
    if isLost(node.next, level: node.level) {
      throw Self.damaged(path, "its tree states \(node.children.count) children where there are more")
    }
  }

  /// Whether behind the last child of a node there is another, whose names go on where those before end.
  private func isLost(_ address: UInt64, level: UInt64) -> Bool {
    guard address != 0, !nodes.contains(address) else { return false }
    if level > 0 {
      guard let node = try? treeNode(at: address), node.level == level - 1, let first = node.children.first
      else {
        return false
      }
      return isLost(first, level: level - 1)
    }
    guard let places = try? symbols(at: address).places, !places.isEmpty else { return false }
    var before = last
    for place in places {
      guard place % Self.nameAlignment == 0, let name = name(at: place), (name.first ?? 0) >= 0x20,
        before.map({ $0.lexicographicallyPrecedes(name) }) ?? true
      else { return false }
      before = name
    }
    return true
  }

  /// Where the names of a node's links are, and whether it holds zeros behind its links.
  private func symbols(at address: UInt64) throws(HDF5Error) -> (places: [UInt64], isClear: Bool) {
    // The place of the name, the object's address, and 24 bytes that repeat what the object's header says.
    let width = 2 * stored.addressWidth + 24
    let full = stored.symbolsPerNode
    guard let bytes = stored.bytes(at: address, count: 8 + full * width), bytes.starts(with: "SNOD".utf8),
      bytes[4] == 1
    else { throw Self.damaged(path, "a node of its links is none") }
    var fields = StoredFields(bytes.dropFirst(6).prefix(2))
    let used = Int(fields.number(2))
    guard used <= full else { throw Self.damaged(path, "a node for \(full) links states \(used)") }
    let places = (0..<used).map { index in
      var entry = StoredFields(bytes.dropFirst(8 + index * width).prefix(width))
      return entry.number(stored.addressWidth)
    }
    return (places, bytes.dropFirst(8 + used * width).allSatisfy { $0 == 0 })
  }

  private mutating func visitSymbols(at address: UInt64, limits: ReadLimits) throws(HDF5Error) {
    guard nodes.insert(address).inserted, nodes.count <= limits.linksPerGroup else {
      throw Self.damaged(path, "its tree holds a node twice, or too many")
    }
    let (places, isClear) = try symbols(at: address)
    guard isClear else {
      throw Self.damaged(path, "a node states \(places.count) links and holds more")
    }
    for place in places {
      guard place % Self.nameAlignment == 0, let name = name(at: place) else {
        throw Self.damaged(path, "a name begins inside of another, or is none")
      }
      if let last, !last.lexicographicallyPrecedes(name) {
        throw Self.damaged(path, "its names are not in order")
      }
      last = name
      count += 1
    }
  }

  private static func damaged(_ path: String, _ fault: String) -> HDF5Error {
    .refused("symbol table", path, "damaged: \(fault)")
  }
}
