internal import Arithmetic
public import FocalLoss

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

extension Provenance {
  /// The framework, and the library whose kernels compute for it as far as the fixture tells.
  ///
  /// ``flags`` name it as `backend`, and give its version under the library's own name, such as `torch`, or as
  /// `backend_version`; attributes of the root of the same names count where the flags do not say it.
  public var build: Build {
    let texts = flagTexts
    func text(_ name: String) -> String? { texts[name] ?? attributes[name]?.string }
    var versions: [KernelLibrary: String] = [:]
    for library in KernelLibrary.allCases { versions[library] = text(library.rawValue) }
    if let library = text("backend").flatMap(Framework.init(named:))?.libraries.first {
      versions[library] = versions[library] ?? text("backend_version")
    }
    return Build(framework, frameworkVersion, on: Build.Backend(name: text("backend"), versions: versions))
  }

  /// The flags that are texts.
  private var flagTexts: [String: String] {
    struct Flag: Decodable {
      let text: String?

      init(from decoder: any Decoder) throws {
        text = try? decoder.singleValueContainer().decode(String.self)
      }
    }
    let decoded = flags.flatMap { try? JSONDecoder().decode([String: Flag].self, from: Data($0.utf8)) }
    return (decoded ?? [:]).compactMapValues(\.text)
  }
}

extension Accuracy {
  /// The bounds of the library that a fixture was computed with, on its device.
  init(_ provenance: Provenance) {
    self.init(provenance.build.library, on: Device(named: provenance.device))
  }
}
