#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Why a framework could not be exported from.
public enum LiveExportError: Error, Hashable, Sendable {
  /// There is no exporter in the folder.
  case noExporter(folder: String)
  /// There is no temporary folder to export to.
  case noFolder(String, reason: String)
  /// The Python could not be started.
  case notStarted(python: String, reason: String)
  /// Python does not have a module; `package` is what to install.
  case missingModule(String, python: String, package: String)
  /// The exporter does not know the framework; `refusal` is its own word.
  case unknownFramework(refusal: String)
  /// The exporter refused to work, and said why.
  case refused(String)
  /// The exporter did not say what its suite has for the framework, or not in a form that can be used.
  case noPlan(reason: String)
  /// The exporter wrote a case that is not in its plan.
  case unplanned(String)
  /// A pattern of what may be missing matches no planned case.
  case unmatchedAllowance(String)
  /// The exporter ended without a fixture.
  case failed(Ending, after: LiveExport.Progress?, lines: [String])

  /// How the exporter ended.
  public enum Ending: Hashable, Sendable {
    /// It exited with a status.
    case exited(Int32)
    /// A signal ended it.
    case signaled(Int32)
    /// It took too long and was ended.
    case timedOut(Duration)
  }
}

extension LiveExportError: CustomStringConvertible {
  /// What happened, where known in which case, and what the exporter said last; unprintable characters are escaped by
  /// ``visibleText(_:)``.
  public var description: String {
    switch self {
    case .noExporter(let folder):
      "\(visibleText(folder)): there is no exporter here; --exporter names the folder that has it, fixtures/exporter "
        + "of focalcheck's sources"
    case .noFolder(let path, let reason): "\(visibleText(path)): the folder cannot be made: \(reason)"
    case .notStarted(let python, let reason):
      "\(visibleText(python)): cannot be started: \(visibleText(reason))"
    case .missingModule(let module, let python, let package):
      visibleText(
        "\(python): there is no module \(module); to install it: \(python) -m pip install \(package)")
    case .unknownFramework(let refusal), .refused(let refusal): "the exporter: \(visibleText(refusal))"
    case .noPlan(let reason):
      "the exporter did not say which cases it should export: \(visibleText(reason)); use the exporter that belongs "
        + "to this version of focalcheck"
    case .unplanned(let name):
      "the exporter wrote the case \(visibleText(name)), which is not in its plan, so the plan cannot be trusted"
    case .unmatchedAllowance(let pattern):
      "--allow-missing \(visibleText(pattern)): no planned case has such a name or variant"
    case .failed(let ending, let progress, let lines):
      (["the exporter \(ending)\(progress.map { ", in \(visibleText("\($0)"))" } ?? "")"]
        + (lines.isEmpty ? ["  it said nothing"] : lines.map { "  \(visibleText($0))" }))
        .joined(separator: "\n")
    }
  }
}

extension LiveExportError.Ending: CustomStringConvertible {
  /// What became of the exporter, such as `was ended by signal 11, Segmentation fault`.
  public var description: String {
    switch self {
    case .exited(0): "ended without writing a fixture"
    case .exited(let status): "failed with exit status \(status)"
    case .signaled(let number): "was ended by signal \(number), \(String(cString: strsignal(number)))"
    case .timedOut(let limit): "took more than \(limit.formatted) and was ended"
    }
  }
}

extension Duration {
  /// In seconds, such as `900 s`.
  fileprivate var formatted: String {
    let (seconds, attoseconds) = components
    return attoseconds == 0 ? "\(seconds) s" : "\(Double(seconds) + Double(attoseconds) / 1e18) s"
  }
}
