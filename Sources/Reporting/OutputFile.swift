internal import Conformance

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Why an output could not be written.
public struct OutputError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file, or what stands for it.
  public let path: String
  /// What failed, in the system's words.
  public let reason: String

  /// One line for a person.
  public var description: String { "\(path): cannot be written: \(reason)" }
}

/// Text to an open file descriptor.
public enum OutputStream {
  /// Writes all of a text.
  ///
  /// - Throws: ``OutputError`` with the name that stands for the descriptor; a part may have been written.
  public static func write(_ text: String, to descriptor: Int32, named name: String) throws(OutputError) {
    if let reason = writeAll(Array(text.utf8), to: descriptor) {
      throw OutputError(path: name, reason: reason)
    }
  }
}

/// Writes a file whole or not at all: to a temporary file in the same folder, flushed to the disk, then renamed.
///
/// A symbolic link stays, and the file that it leads to is replaced. What is there and is no regular file, such as a
/// pipe or a device, is written to and never replaced.
public enum OutputFile {
  /// Writes text.
  ///
  /// - Throws: ``OutputError``; a regular file is then as it was before.
  public static func write(_ text: String, to path: String) throws(OutputError) {
    let target = resolved(path)
    var status = stat()
    if stat(target, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
      let descriptor = open(target, O_WRONLY)
      guard descriptor >= 0 else { throw OutputError(path: path, reason: String(cString: strerror(errno))) }
      defer { close(descriptor) }
      return try OutputStream.write(text, to: descriptor, named: path)
    }
    try replace(target, with: text, named: path)
  }

  private static func replace(_ target: [CChar], with text: String, named path: String) throws(OutputError) {
    var template = Array(target.dropLast()) + Array(".XXXXXX".utf8CString)
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
    try OutputStream.write(text, to: descriptor, named: path)
    // mkstemp makes a private file; an output has the permissions that a plain open would give it.
    let mask = umask(0)
    umask(mask)
    try check(fchmod(descriptor, 0o666 & ~mask) == 0)
    try check(fsync(descriptor) == 0)
    isOpen = false
    try check(close(descriptor) == 0)
    try check(rename(template, target) == 0)
  }

  /// The file that a path leads to through symbolic links, ended by a zero; the path itself where there is none yet. Its
  /// bytes need not be UTF-8, which a `String` would replace by others.
  private static func resolved(_ path: String) -> [CChar] {
    guard let target = realpath(path, nil) else { return Array(path.utf8CString) }
    defer { free(target) }
    return Array(UnsafeBufferPointer(start: target, count: strlen(target) + 1))
  }
}
