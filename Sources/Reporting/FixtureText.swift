public import Conformance
import HDF5
import Tensors

/// A fixture at a glance: provenance, then each case with its parameters, tensors and what the format does not name.
public enum FixtureText {
  /// The text, and whether every case could be opened.
  public static func render(_ fixture: FixtureReader) -> (text: String, isComplete: Bool) {
    var isComplete = true
    var text = head(fixture)
    for name in fixture.caseNames {
      do throws(FixtureError) {
        let conformanceCase = try fixture.conformanceCase(name)
        text += "\n" + render(conformanceCase)
        if let fault = conformanceCase.fault(in: fixture.fileName) {
          isComplete = false
          text += "  error: \(fault)\n"
        }
      } catch {
        isComplete = false
        text += "\n\(visibleText(name))\n  error: \(error)\n"
      }
    }
    return (text, isComplete)
  }

  private static func head(_ fixture: FixtureReader) -> String {
    let provenance = fixture.provenance
    var rows: [(String, String?)] = [
      ("fixture", "\(fixture.fileName), \(fixture.byteCount) bytes"),
      ("sha256", fixture.digest.sha256),
      ("framework", "\(provenance.framework) \(provenance.frameworkVersion) on \(provenance.device)"),
    ]
    rows += provenance.environment
    rows += provenance.attributes.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
    rows += fixture.otherObjects.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    rows.append(("cases", "\(fixture.caseNames.count)"))
    return lines(rows, indent: "")
  }

  private static func render(_ conformanceCase: ConformanceCase) -> String {
    let parameters = conformanceCase.parameters
    let tensors = [
      conformanceCase.inputs, conformanceCase.outputs, conformanceCase.grads, conformanceCase.gradOutputs,
      conformanceCase.stages,
    ].flatMap { $0.values.sorted { $0.name < $1.name } }
    var rows: [(String, String?)] = [
      (conformanceCase.variant, parameters.text)
    ]
    if conformanceCase.outcome == .raised { rows.append(("raised", conformanceCase.error ?? "")) }
    rows += tensors.map { ($0.name, "\($0.elementType) \($0.shape)") }
    rows.append(("source", conformanceCase.source))
    rows.append(("tags", conformanceCase.tags.isEmpty ? nil : conformanceCase.tags.joined(separator: " ")))
    rows += conformanceCase.attributes.sorted { $0.key < $1.key }.map { ($0.key, "\($0.value)") }
    rows += conformanceCase.otherObjects.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    return visibleText(conformanceCase.name) + "\n" + lines(rows, indent: "  ")
  }

  private static func lines(_ rows: [(String, String?)], indent: String) -> String {
    rows.compactMap { name, value in
      value.map { "\(indent)\(visibleText(name).padded(16)) \(visibleText($0))\n" }
    }.joined()
  }
}

extension Provenance {
  /// What computed the fixture beside the framework, by the names of the fixture's attributes; nil where it is not said.
  var environment: [(String, String?)] {
    [
      ("exporter", exporter),
      ("python", python),
      ("numpy", numpy),
      ("h5py", h5py),
      ("platform", platform),
      ("cpu_capability", cpuCapability),
      ("num_threads", threadCount.map(String.init)),
      ("deterministic", isDeterministic.map(String.init)),
      ("flags", flags),
    ]
  }
}
