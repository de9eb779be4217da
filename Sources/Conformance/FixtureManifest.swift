#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// The pinned digests of a folder of fixtures: a JSON file with the schema `focalcheck-manifest/1`.
///
/// ```json
/// {"schema": "focalcheck-manifest/1", "fixtures": [{"file": "a.h5", "sha256": "…", "bytes": 4096}]}
/// ```
/// Names that it does not know are ignored.
public struct FixtureManifest: Hashable, Sendable {
  /// The schema that a manifest states.
  public static let schema = "focalcheck-manifest/1"

  /// The digest of each fixture, by file name.
  public let digests: [String: FixtureDigest]

  /// Reads a manifest.
  ///
  /// - Throws: ``FixtureError`` when it cannot be read, is not JSON of the schema, names a file twice, or holds
  ///   something that is no SHA-256.
  public init(path: String) throws(FixtureError) {
    let contents: Data
    do {
      contents = try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      throw FixtureError(file: path, reason: "manifest cannot be read")
    }
    try self.init(json: contents.map { $0 }, file: path)
  }

  /// Decodes a manifest; `file` is what errors call it.
  public init(json: [UInt8], file: String) throws(FixtureError) {
    let document: Document
    do {
      document = try JSONDecoder().decode(Document.self, from: Data(json))
    } catch {
      throw FixtureError(
        file: file, reason: "manifest is not JSON of the schema \(Self.schema): \(decodingReason(error))")
    }
    guard document.schema == Self.schema else {
      throw FixtureError(
        file: file, reason: "manifest schema is \"\(document.schema)\", not \"\(Self.schema)\"")
    }
    var digests: [String: FixtureDigest] = [:]
    for entry in document.fixtures {
      guard entry.sha256.utf8.count == 64, entry.sha256.allSatisfy({ $0.isASCII && $0.isHexDigit }),
        entry.bytes >= 0
      else {
        throw FixtureError(
          file: file, object: entry.file, reason: "manifest entry has no valid SHA-256 and size")
      }
      let digest = FixtureDigest(sha256: entry.sha256, byteCount: entry.bytes)
      guard digests.updateValue(digest, forKey: entry.file) == nil else {
        throw FixtureError(file: file, object: entry.file, reason: "manifest lists the file twice")
      }
    }
    self.digests = digests
  }
}

private struct Document: Decodable {
  struct Entry: Decodable {
    let file: String
    let sha256: String
    let bytes: Int
  }
  let schema: String
  let fixtures: [Entry]
}
