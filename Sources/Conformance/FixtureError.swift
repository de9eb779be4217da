internal import HDF5

/// Why a fixture, or one case of it, cannot be judged.
public struct FixtureError: Error, Hashable, Sendable, Codable {
  /// The file's name, or its path when it could not be opened.
  public let file: String
  /// The path of the object inside the file, or nil when it is the file itself.
  public let object: String?
  /// The reason in plain words.
  public let reason: String

  /// An error about a file, or about an object in it.
  public init(file: String, object: String? = nil, reason: String) {
    self.file = file
    self.object = object
    self.reason = reason
  }

  init(file: String, _ error: HDF5Error) {
    self.init(file: file, object: error.path == "/" ? nil : error.path, reason: error.reason)
  }
}

extension FixtureError {
  /// One line with file, object and reason, as they are; for a program to read, not for a terminal.
  public var text: String { [file, object, reason].compactMap { $0 }.joined(separator: ": ") }
}

extension FixtureError: CustomStringConvertible {
  /// One line with file, object and reason, such as
  /// `paddle-3.3.1.h5: /cases/demo/inputs/logit: external link to "/x" in "other.h5" is refused`; unprintable
  /// characters are escaped by ``visibleText(_:)``.
  public var description: String {
    [file, object, reason].compactMap { $0.map(visibleText) }.joined(separator: ": ")
  }
}
