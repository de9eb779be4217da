import CHDF5

/// The bytes of an open file as they are stored.
///
/// libhdf5 ignores some damage in the oldest format, which has no checksums: a message of an unknown type, a count that
/// is too low. What is lost by that shows in the bytes only.
struct StoredBytes {
  /// The size of the file.
  let byteCount: UInt64
  /// The bytes of an address, and of a length.
  let addressWidth: Int
  let lengthWidth: Int
  /// The entries of a full node of a symbol table.
  let symbolsPerNode: Int

  private let descriptor: Int32
  /// What is added to every address: the size of the user block.
  private let base: UInt64

  init(of file: borrowing Handle, byteCount: UInt64) throws(HDF5Error) {
    let fileID = file.id
    let creation = try Handle(.propertyList, "H5Fget_create_plist", "/") { H5Fget_create_plist(fileID) }
    let creationID = creation.id
    var userBlock: hsize_t = 0
    try call("H5Pget_userblock", "/") { H5Pget_userblock(creationID, &userBlock) }
    var (addressWidth, lengthWidth) = (0, 0)
    try call("H5Pget_sizes", "/") { H5Pget_sizes(creationID, &addressWidth, &lengthWidth) }
    var (treeRank, leafRank): (UInt32, UInt32) = (0, 0)
    try call("H5Pget_sym_k", "/") { H5Pget_sym_k(creationID, &treeRank, &leafRank) }
    self.descriptor = try call("H5Fget_vfd_handle", "/") { chdf5_descriptor(fileID) }
    self.base = UInt64(userBlock)
    self.byteCount = byteCount
    self.addressWidth = addressWidth
    self.lengthWidth = lengthWidth
    self.symbolsPerNode = 2 * Int(leafRank)
  }

  /// Reads bytes at an address; nil when the file does not have them.
  func bytes(at address: UInt64, count: Int) -> [UInt8]? {
    let (position, overflow) = address.addingReportingOverflow(base)
    guard !overflow, count >= 0, position <= byteCount, UInt64(count) <= byteCount - position else {
      return nil
    }
    var bytes = [UInt8](repeating: 0, count: count)
    return chdf5_read_stored(descriptor, position, &bytes, count) == Int64(count) ? bytes : nil
  }
}

/// Reads numbers from bytes, one after the other; the bytes must be there.
struct StoredFields {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: some Sequence<UInt8>) { rest = Array(bytes)[...] }

  /// An unsigned number in little-endian order.
  mutating func number(_ width: Int) -> UInt64 {
    let field = rest.prefix(width)
    rest = rest.dropFirst(width)
    return field.reversed().reduce(0) { $0 << 8 | UInt64($1) }
  }

  mutating func skip(_ count: Int) { rest = rest.dropFirst(count) }
}
