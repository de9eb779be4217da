import ArgumentParser
import Conformance

extension ExitCode {
  /// Something is nonconformant.
  static let nonconformant = ExitCode(1)
  /// Something could not be judged, or nothing was selected.
  static let unjudged = ExitCode(2)

  /// The exit code of a verdict; nil for conformant and known.
  init?(_ verdict: Verdict) {
    switch verdict {
    case .conformant, .known: return nil
    case .nonconformant: self = .nonconformant
    case .unjudged, .error: self = .unjudged
    }
  }

  /// The exit code of a gate; nil where the run passes.
  init?(_ gate: Gate) {
    if gate.passed { return nil }
    self.init(gate.exitCode)
  }
}
