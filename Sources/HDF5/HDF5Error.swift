/// Why an HDF5 file, or one object in it, could not be read.
///
/// Names and messages come from the file as they are: whoever prints them escapes them first.
public struct HDF5Error: Error, Hashable, Sendable {
  /// What kind of failure it is.
  public enum Kind: Hashable, Sendable {
    /// The object, link or attribute is not there.
    case missing
    /// It is there, and a guard or a limit forbids reading it.
    case refused
    /// libhdf5 failed, as it does on damaged files.
    case failed
  }

  /// One entry of libhdf5's error stack.
  public struct Frame: Hashable, Sendable {
    /// The library function that failed, such as `H5F__super_read`.
    public let function: String
    /// What it says.
    public let description: String
  }

  /// What kind of failure it is.
  public let kind: Kind
  /// The library function that was called, such as `H5Dread`, or what was being done.
  public let operation: String
  /// The path of the object inside the file; `/` for the file itself.
  public let path: String
  /// The reason in plain words.
  public let reason: String
  /// The library's error stack, the called function first; empty when no library call failed.
  public let frames: [Frame]

  init(_ kind: Kind, _ operation: StaticString, _ path: String, _ reason: String, frames: [Frame] = []) {
    self.kind = kind
    self.operation = "\(operation)"
    self.path = path
    self.reason = reason
    self.frames = frames
  }

  static func refused(_ operation: StaticString, _ path: String, _ reason: String) -> HDF5Error {
    HDF5Error(.refused, operation, path, reason)
  }

  static func missing(_ operation: StaticString, _ path: String, _ reason: String) -> HDF5Error {
    HDF5Error(.missing, operation, path, reason)
  }
}

extension HDF5Error: CustomStringConvertible {
  /// The path and the reason, with the library function if one failed.
  public var description: String {
    frames.isEmpty ? "\(path): \(reason)" : "\(path): \(reason) (\(operation))"
  }
}

extension HDF5Error {
  /// What a stack means: known messages in plain words, otherwise the innermost message.
  static func reason(of frames: [Frame]) -> String {
    for (fragment, reason) in plainWords {
      for frame in frames.reversed() where frame.description.contains(fragment) {
        return "\(reason) (\(frame.description))"
      }
    }
    return frames.last?.description ?? "the HDF5 library failed and gave no reason"
  }

  private static let plainWords: [(fragment: String, reason: String)] = [
    ("file signature not found", "not an HDF5 file"),
    ("not an HDF5 file", "not an HDF5 file"),
    ("truncated file", "the file is truncated"),
    ("already open for write", "the file is open for writing, or a writer that died left its write flag set"),
    ("already open for SWMR", "the file is open for writing, or a writer that died left its write flag set"),
    ("SWMR", "the file's single-writer flag is set"),
    ("unable to lock file", "another process has the file open for writing"),
    ("inflate() failed", "compressed data is damaged"),
    ("Fletcher32 checksum", "stored data does not match its checksum"),
    // The library calls an unknown version a wrong checksum as well.
    ("bad version number", "damaged, or in a newer format than this HDF5 library reads"),
    ("bad superblock version", "damaged, or in a newer format than this HDF5 library reads"),
    ("bad object header version", "damaged, or of an unknown version"),
    ("incorrect metadata checksum", "the file is damaged: a checksum does not match"),
    ("checksum", "the file is damaged: a checksum does not match"),
    ("addr overflow", "the file is truncated or damaged: an address lies beyond its end"),
    ("wrong B-tree signature", "the file is damaged"),
    ("bad local heap signature", "the file is damaged"),
    ("bad symbol table node signature", "the file is damaged"),
  ]
}
