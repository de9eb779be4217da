/// The messages of an object's header in the oldest format, version 1.
///
/// libhdf5 skips a message of a type that it does not know or that the object has no use for, so one flipped bit makes
/// an attribute or a list of links vanish. Headers of version 2 have a checksum.
struct StoredHeader {
  struct Message {
    let type: UInt16
    /// Where its content begins.
    let address: UInt64
    let byteCount: Int
  }

  /// The kinds of objects that have a header.
  enum ObjectKind {
    case group, dataset, datatype
  }

  private(set) var messages: [Message] = []
  private let statedCount: Int

  /// The types of messages, as the specification of the format numbers them.
  enum MessageType {
    static let oldFillValue: UInt16 = 0x04
    static let comment: UInt16 = 0x0D
    static let oldModificationTime: UInt16 = 0x0E
    static let continuation: UInt16 = 0x10
    static let symbolTable: UInt16 = 0x11
    static let modificationTime: UInt16 = 0x12
    static let referenceCount: UInt16 = 0x16

    /// What any object may have: nothing, attributes and where they are, comment, times, references, and more messages.
    private static let common: Set<UInt16> = [0x00, 0x0C, 0x0D, 0x0E, 0x10, 0x12, 0x15, 0x16]
    /// Besides, for a group whose links are in a symbol table.
    static let ofOldGroup = common.union([0x11])
    /// Besides, for a group whose links are messages: where links are, links, what the group is.
    static let ofGroup = common.union([0x02, 0x06, 0x0A])
    /// Besides, for a dataset: dataspace, type, fill values, external files, layout, filters.
    static let ofDataset = common.union([0x01, 0x03, 0x04, 0x05, 0x07, 0x08, 0x0B])
    /// Besides, for a committed datatype: the type.
    static let ofDatatype = common.union([0x03])
    /// What may be there more than once.
    static let repeatable: Set<UInt16> = [0x00, 0x06, 0x0C, 0x10]
  }

  /// Reads the messages of the header at an address; nil when it is not of version 1.
  ///
  /// - Throws: ``HDF5Error`` when the header does not hold as many messages as it states.
  init?(at address: UInt64, in stored: StoredBytes, path: String) throws(HDF5Error) {
    guard let prefix = stored.bytes(at: address, count: 16), prefix[0] == 1, prefix[1] == 0 else {
      return nil
    }
    var fields = StoredFields(prefix)
    fields.skip(2)
    statedCount = Int(fields.number(2))
    fields.skip(4)
    var pieces = [(address: address + 16, byteCount: fields.number(4))]
    while let piece = pieces.popLast() {
      try read(piece, in: stored, path: path, more: &pieces)
    }
    guard messages.count == statedCount else {
      throw Self.damaged(path, "states \(statedCount) messages and holds \(messages.count)")
    }
  }

  private mutating func read(
    _ piece: (address: UInt64, byteCount: UInt64), in stored: StoredBytes, path: String,
    more pieces: inout [(address: UInt64, byteCount: UInt64)]
  ) throws(HDF5Error) {
    var address = piece.address
    var rest = piece.byteCount
    // Each message begins with its type and size; 8 bytes with flags and what is reserved.
    while rest >= 8 {
      guard messages.count < statedCount else {
        throw Self.damaged(path, "holds more messages than the \(statedCount) that it states")
      }
      guard let start = stored.bytes(at: address, count: 8) else {
        throw Self.damaged(path, "goes beyond the end of the file")
      }
      var fields = StoredFields(start)
      let message = Message(
        type: UInt16(fields.number(2)), address: address + 8, byteCount: Int(fields.number(2)))
      guard rest - 8 >= UInt64(message.byteCount) else {
        throw Self.damaged(path, "holds a message that goes beyond it")
      }
      messages.append(message)
      address += 8 + UInt64(message.byteCount)
      rest -= 8 + UInt64(message.byteCount)
      guard message.type == MessageType.continuation else { continue }
      let width = stored.addressWidth + stored.lengthWidth
      guard message.byteCount >= width, let content = stored.bytes(at: message.address, count: width) else {
        throw Self.damaged(path, "does not say where it goes on")
      }
      var target = StoredFields(content)
      pieces.append((target.number(stored.addressWidth), target.number(stored.lengthWidth)))
    }
  }

  /// Refuses messages that an object of its kind does not have, and a second one of what there is once.
  func check(_ kind: ObjectKind, in stored: StoredBytes, path: String) throws(HDF5Error) {
    let types = messages.map(\.type)
    let allowed =
      switch kind {
      case .dataset: MessageType.ofDataset
      case .datatype: MessageType.ofDatatype
      case .group: types.contains(MessageType.symbolTable) ? MessageType.ofOldGroup : MessageType.ofGroup
      }
    var seen: Set<UInt16> = []
    for message in messages {
      guard allowed.contains(message.type) else {
        throw Self.damaged(path, "holds a message of type \(message.type), which a \(kind) does not have")
      }
      guard seen.insert(message.type).inserted || MessageType.repeatable.contains(message.type) else {
        throw Self.damaged(path, "holds two messages of type \(message.type)")
      }
      guard hasContent(message, in: stored) else {
        throw Self.damaged(path, "holds a message of type \(message.type) with the content of another")
      }
    }
  }

  /// Whether the content is one of the message's type, for those types that libhdf5 does not look at here.
  private func hasContent(_ message: Message, in stored: StoredBytes) -> Bool {
    switch message.type {
    case MessageType.modificationTime, MessageType.referenceCount: return message.byteCount == 8
    case MessageType.comment, MessageType.oldModificationTime:
      // Text, and zeros up to a multiple of 8 bytes.
      guard let content = stored.bytes(at: message.address, count: message.byteCount) else { return false }
      let text = content.prefix { $0 != 0 }
      return content.dropFirst(text.count).allSatisfy { $0 == 0 }
        && text.allSatisfy { $0 >= 0x20 || $0 == 0x0A }
    case MessageType.oldFillValue:
      // The size of the value in 4 bytes, then the value.
      guard let content = stored.bytes(at: message.address, count: min(4, message.byteCount)) else {
        return false
      }
      var fields = StoredFields(content)
      return 4 + fields.number(4) <= UInt64(message.byteCount)
    default: return true
    }
  }

  private static func damaged(_ path: String, _ fault: String) -> HDF5Error {
    .refused("object header", path, "damaged: its header \(fault)")
  }
}
