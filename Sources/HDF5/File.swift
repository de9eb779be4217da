import CHDF5

/// An HDF5 file open for reading.
///
/// Nothing in this module is `Sendable`: libhdf5 serves one thread, and a file stays on the thread that opened it.
/// The file is closed when the last object from it is gone.
public final class File {
  /// The path that was opened.
  public let path: String
  /// The limits that hold for everything read from the file.
  public let limits: ReadLimits
  /// The root group.
  public let root: Group

  /// Opens a file read-only, and never in single-writer-multiple-reader mode.
  ///
  /// A file that another process is writing, or whose write flag is stale, is reported and not repaired. Whether the
  /// path is a regular file of a sensible size is for the caller to check first.
  public init(path: String, limits: ReadLimits = ReadLimits()) throws(HDF5Error) {
    let access = try Handle(.propertyList, "H5Pcreate", "/") { H5Pcreate(chdf5_H5P_FILE_ACCESS()) }
    let accessID = access.id
    // The plain file driver, whatever HDF5_DRIVER says.
    try call("H5Pset_fapl_sec2", "/") { H5Pset_fapl_sec2(accessID) }
    // Locks show that somebody writes; file systems without locks must still be readable.
    try call("H5Pset_file_locking", "/") { H5Pset_file_locking(accessID, true, true) }
    let handle = try Handle(.file, "H5Fopen", "/") { H5Fopen(path, chdf5_H5F_ACC_RDONLY(), accessID) }
    let fileID = handle.id
    var size: hsize_t = 0
    try call("H5Fget_filesize", "/") { H5Fget_filesize(fileID, &size) }
    let stored = try StoredBytes(of: handle, byteCount: UInt64(size))
    let context = FileContext(handle, limits: limits, stored: stored)
    self.path = path
    self.limits = limits
    self.root = try Group(rootOf: context)
  }

  /// Opens the object at a path from the root; see ``Group/object(at:)``.
  public func object(at path: String) throws(HDF5Error) -> Object { try root.object(at: path) }
  /// Opens the group at a path from the root.
  public func group(at path: String) throws(HDF5Error) -> Group { try root.group(at: path) }
  /// Opens the dataset at a path from the root.
  public func dataset(at path: String) throws(HDF5Error) -> Dataset { try root.dataset(at: path) }
  /// Walks over everything in the file; see ``ObjectWalk``.
  public func objects() -> ObjectWalk { ObjectWalk(root) }
}

/// What every object of one open file shares.
final class FileContext {
  let handle: Handle
  let limits: ReadLimits
  /// The bytes of the file; they can be read while it is open.
  let stored: StoredBytes

  var byteCount: UInt64 { stored.byteCount }

  init(_ handle: consuming Handle, limits: ReadLimits, stored: StoredBytes) {
    self.handle = handle
    self.limits = limits
    self.stored = stored
  }
}

/// An opened object.
public enum Object {
  case group(Group)
  case dataset(Dataset)
  /// A committed datatype, which has no elements to read.
  case datatype(path: String)
}

/// Tells one object of a file from another, whatever paths lead to it.
struct ObjectIdentity: Hashable {
  let low: UInt64
  let high: UInt64
}
