#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Gives the path of a fresh folder, that only this user can enter, to some work, and removes the folder with all that
/// is in it when the work ends or throws.
///
/// - Throws: ``LiveExportError`` when the folder cannot be made, else what the work throws.
public func withTemporaryFolder<Success>(_ work: (String) async throws -> Success) async throws -> Success {
  let template = FileManager.default.temporaryDirectory.appending(path: "focalcheck-XXXXXX").path
  var path = Array(template.utf8CString)
  guard mkdtemp(&path) != nil else {
    throw LiveExportError.noFolder(template, reason: String(cString: strerror(errno)))
  }
  let folder = String(decoding: path.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
  defer { try? FileManager.default.removeItem(atPath: folder) }
  return try await work(folder)
}
