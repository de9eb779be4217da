import Conformance
import Testing

@Suite("Fixture manifests")
struct FixtureManifestTests {
  private static let digest = String(repeating: "0123456789abcdef", count: 4)

  private func manifest(_ json: String) throws(FixtureError) -> FixtureManifest {
    try FixtureManifest(json: Array(json.utf8), file: "manifest.json")
  }

  @Test("digests are found by file name, in lowercase, and unknown names are ignored")
  func decodes() throws {
    let manifest = try manifest(
      """
      {"schema": "focalcheck-manifest/1", "made_by": "x", "fixtures": [
        {"file": "a.h5", "sha256": "\(Self.digest.uppercased())", "bytes": 7, "cases": 3}]}
      """)
    #expect(manifest.digests == ["a.h5": FixtureDigest(sha256: Self.digest, byteCount: 7)])
  }

  @Test(
    "a manifest that cannot be trusted says why",
    arguments: [
      ("{", "manifest is not JSON of the schema focalcheck-manifest/1: it is not well-formed"),
      (#"{"schema": "focalcheck-manifest/1"}"#, #""fixtures" is missing"#),
      (
        #"{"schema": "other/2", "fixtures": []}"#,
        #"manifest schema is "other/2", not "focalcheck-manifest/1""#
      ),
      (
        #"{"schema": "focalcheck-manifest/1", "fixtures": [{"file": "a.h5", "sha256": "12", "bytes": 7}]}"#,
        "a.h5: manifest entry has no valid SHA-256 and size"
      ),
      (
        #"{"schema": "focalcheck-manifest/1", "fixtures": [{"file": "a.h5", "sha256": "\#(digest)", "bytes": 7}, "#
          + #"{"file": "a.h5", "sha256": "\#(digest)", "bytes": 7}]}"#, "a.h5: manifest lists the file twice"
      ),
    ])
  func refuses(json: String, reason: String) {
    #expect { try manifest(json) } throws: { error in
      #expect("\(error)".contains(reason), "\(error)")
      return "\(error)".hasPrefix("manifest.json: ")
    }
  }

  @Test("a manifest that is not there says so")
  func reportsMissing() {
    #expect { try FixtureManifest(path: "/nowhere/manifest.json") } throws: {
      "\($0)" == "/nowhere/manifest.json: manifest cannot be read"
    }
  }
}
