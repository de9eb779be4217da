internal import Subprocess

#if canImport(System)
  internal import System
#else
  internal import SystemPackage
#endif

/// A process that has the streams and the environment of this one.
public struct GuardedProcess: Sendable {
  /// What became of it.
  public enum Ending: Hashable, Sendable {
    /// It exited with a status.
    case exited(Int32)
    /// It was ended, or could not be started, for this reason.
    case failed(String)
  }

  private let program: String
  private let arguments: [String]

  /// A process that is to run a program.
  public init(program: String, arguments: [String]) { (self.program, self.arguments) = (program, arguments) }

  /// Runs it to its end; a cancelled task ends it.
  public func run() async throws -> Ending {
    let result = try await Subprocess.run(
      .path(.init(program)),
      arguments: Arguments(executablePathOverride: "focalcheck", remainingValues: arguments),
      environment: .inherit.updating(["SWIFT_BACKTRACE": "enable=no"]),
      input: .fileDescriptor(.standardInput, closeAfterSpawningProcess: false),
      output: .fileDescriptor(.standardOutput, closeAfterSpawningProcess: false),
      error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false))
    switch result.terminationStatus {
    case .exited(let status): return .exited(status)
    case .signaled(let number): return .failed(WorkerEnding.reason(number, processorTime: 0))
    }
  }
}
