#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Why an output file could not be written.
public struct OutputError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file.
  public let path: String
  /// What failed, in the system's words.
  public let reason: String

  /// One line for a person.
  public var description: String { "\(path): cannot be written: \(reason)" }
}

/// Writes a file whole or not at all: to a temporary file in the same folder, flushed to the disk, then renamed.
public enum OutputFile {
  /// Writes text.
  ///
  /// - Throws: ``OutputError``; the file is then as it was before.
  public static func write(_ text: String, to path: String) throws(OutputError) {
    var template = Array("\(path).XXXXXX".utf8CString)
    let descriptor = mkstemp(&template)
    guard descriptor >= 0 else { throw OutputError(path: path, reason: String(cString: strerror(errno))) }
    var isOpen = true
    defer {
      if isOpen { close(descriptor) }
      unlink(template)
    }
    func check(_ succeeded: Bool) throws(OutputError) {
      guard succeeded else { throw OutputError(path: path, reason: String(cString: strerror(errno))) }
    }
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let written = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      if written < 0, errno == EINTR { continue }
      try check(written > 0)
      bytes = bytes.dropFirst(written)
    }
    // mkstemp makes a private file; an output has the permissions that a plain open would give it.
    let mask = umask(0)
    umask(mask)
    try check(fchmod(descriptor, 0o666 & ~mask) == 0)
    try check(fsync(descriptor) == 0)
    isOpen = false
    try check(close(descriptor) == 0)
    try check(rename(template, path) == 0)
  }
}
