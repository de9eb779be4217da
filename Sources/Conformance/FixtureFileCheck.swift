internal import Crypto

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// A file that was hashed before libhdf5 sees it, held open so that a change shows.
final class FixtureFileCheck: Sendable {
  let digest: FixtureDigest
  private let descriptor: Descriptor
  private let path: String
  private let identity: FileIdentity

  /// Checks that the path is a regular file of a possible size, and hashes it block by block.
  init(path: String, name: String, maximumByteCount: Int) throws(FixtureError) {
    let descriptor = try Descriptor(path: path, name: name)
    let identity = try Self.checkedIdentity(descriptor, name: name, maximumByteCount: maximumByteCount)
    let digest = try Self.hash(descriptor.number, name: name)
    guard digest.byteCount == identity.byteCount else {
      throw FixtureError(file: name, reason: "changed while it was being read")
    }
    self.identity = identity
    self.digest = digest
    self.descriptor = descriptor
    self.path = path
  }

  /// Makes the checks alone, for a file that need not be a fixture and is not hashed.
  static func checkRegularFile(path: String, name: String, maximumByteCount: Int) throws(FixtureError) {
    let descriptor = try Descriptor(path: path, name: name)
    let identity = try checkedIdentity(descriptor, name: name, maximumByteCount: maximumByteCount)
    if let format = format(of: descriptor.number, byteCount: identity.byteCount) {
      throw format.error(name, advice: ForeignFormat.fileAdvice)
    }
  }

  /// Throws for a file that is not HDF5, with what it is and how to come by a fixture.
  func checkFormat(name: String) throws(FixtureError) {
    if let format = Self.format(of: descriptor.number, byteCount: identity.byteCount) {
      throw format.error(name, advice: ForeignFormat.fixtureAdvice)
    }
  }

  private static func format(of descriptor: Int32, byteCount: Int) -> ForeignFormat? {
    ForeignFormat(byteCount: byteCount) { place, count in
      var bytes = [UInt8](repeating: 0, count: count)
      let read = pread(descriptor, &bytes, count, off_t(place))
      return Array(bytes.prefix(max(0, read)))
    }
  }

  private static func checkedIdentity(
    _ descriptor: borrowing Descriptor, name: String, maximumByteCount: Int
  ) throws(FixtureError) -> FileIdentity {
    let identity = try FileIdentity(descriptor.number, name: name)
    guard identity.isRegular else {
      throw FixtureError(
        file: name, reason: identity.isDirectory ? "is a directory" : "is not a regular file")
    }
    guard identity.byteCount > 0 else { throw FixtureError(file: name, reason: "is empty") }
    guard identity.byteCount >= minimumByteCount else {
      if let format = format(of: descriptor.number, byteCount: identity.byteCount), format.isRecognized {
        throw format.error(name, advice: ForeignFormat.fixtureAdvice)
      }
      throw FixtureError(
        file: name,
        reason: "has \(identity.byteCount) bytes: no HDF5 file is shorter than \(minimumByteCount)")
    }
    guard identity.byteCount <= maximumByteCount else {
      throw FixtureError(
        file: name, reason: "has \(identity.byteCount) bytes, above the limit of \(maximumByteCount)")
    }
    return identity
  }

  /// Throws when the path no longer leads to the bytes that were hashed, as far as the file system tells.
  func checkUnchanged(name: String) throws(FixtureError) {
    let opened = try FileIdentity(descriptor.number, name: name)
    let named = try FileIdentity(path: path, name: name)
    guard opened == identity, named == identity else {
      throw FixtureError(file: name, reason: "changed while it was being read")
    }
  }

  /// Throws when the file, which may have another name by now, no longer has the bytes that were hashed.
  func checkBytes(name: String) throws(FixtureError) {
    guard lseek(descriptor.number, 0, SEEK_SET) == 0, try Self.hash(descriptor.number, name: name) == digest
    else { throw FixtureError(file: name, reason: "changed while it was being read") }
  }

  private static let minimumByteCount = 64

  private static func hash(_ descriptor: Int32, name: String) throws(FixtureError) -> FixtureDigest {
    var hash = SHA256()
    var total = 0
    var block = [UInt8](repeating: 0, count: 1 << 20)
    while true {
      let count = read(descriptor, &block, block.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else {
        throw FixtureError(file: name, reason: "cannot be read: \(String(cString: strerror(errno)))")
      }
      guard count > 0 else { break }
      block.withUnsafeBytes { hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
      total += count
    }
    return FixtureDigest(sha256: hash.finalize().map { hexadecimal($0) }.joined(), byteCount: total)
  }

  private static func hexadecimal(_ byte: UInt8) -> String {
    (byte < 16 ? "0" : "") + String(byte, radix: 16)
  }
}

extension ForeignFormat {
  /// What is said of a file, with what to do next.
  fileprivate func error(_ name: String, advice: String) -> FixtureError {
    FixtureError(file: name, reason: "\(description); \(remedy ?? advice)")
  }
}

/// A file descriptor with exactly one close.
private struct Descriptor: ~Copyable, Sendable {
  let number: Int32

  init(path: String, name: String) throws(FixtureError) {
    // Without O_NONBLOCK a named pipe would wait for a writer.
    let number = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC)
    guard number >= 0 else {
      throw FixtureError(file: name, reason: "cannot be opened: \(String(cString: strerror(errno)))")
    }
    self.number = number
  }

  deinit { close(number) }
}

/// What the file system says of a file.
private struct FileIdentity: Hashable {
  let mode: UInt32
  let byteCount: Int
  let device: UInt64
  let inode: UInt64
  let modified: [Int]

  var isRegular: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFREG) }
  var isDirectory: Bool { mode & UInt32(S_IFMT) == UInt32(S_IFDIR) }

  init(_ descriptor: Int32, name: String) throws(FixtureError) {
    var status = stat()
    try self.init(fstat(descriptor, &status), status, name: name)
  }

  init(path: String, name: String) throws(FixtureError) {
    var status = stat()
    try self.init(stat(path, &status), status, name: name)
  }

  private init(_ result: Int32, _ status: stat, name: String) throws(FixtureError) {
    guard result == 0 else {
      throw FixtureError(file: name, reason: "cannot be examined: \(String(cString: strerror(errno)))")
    }
    self.mode = UInt32(status.st_mode)
    self.byteCount = Int(status.st_size)
    self.device = UInt64(truncatingIfNeeded: status.st_dev)
    self.inode = UInt64(status.st_ino)
    #if os(Linux)
      self.modified = [Int(status.st_mtim.tv_sec), Int(status.st_mtim.tv_nsec)]
    #else
      self.modified = [Int(status.st_mtimespec.tv_sec), Int(status.st_mtimespec.tv_nsec)]
    #endif
  }
}
