/// The bytes of a fixture file, named by their SHA-256.
public struct FixtureDigest: Hashable, Sendable, Codable {
  /// The SHA-256 as 64 lowercase hexadecimal digits.
  public let sha256: String
  /// The number of bytes.
  public let byteCount: Int

  /// A digest from its parts; the hexadecimal digits may be of either case.
  public init(sha256: String, byteCount: Int) {
    self.sha256 = sha256.lowercased()
    self.byteCount = byteCount
  }
}
