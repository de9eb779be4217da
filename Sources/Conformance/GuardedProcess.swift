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

  /// Runs it to its end. When the task is cancelled it is asked to end, and has half a minute to say what it knows.
  ///
  /// - Parameter deadline: how many seconds it may take, or nil.
  public func run(deadline: Int?) async throws -> Ending {
    try await withThrowingTaskGroup(of: Ending.self) { group in
      group.addTask { try await run(endedBy: [.gracefulShutDown(allowedDurationToNextStep: .seconds(30))]) }
      if let deadline {
        group.addTask {
          try await Task.sleep(for: .seconds(deadline))
          return .failed("took more than \(deadline) s and was ended")
        }
      }
      defer { group.cancelAll() }
      return try await group.next() ?? .failed("was not run")
    }
  }

  private func run(endedBy teardown: [TeardownStep]) async throws -> Ending {
    var options = PlatformOptions()
    options.teardownSequence = teardown
    let result = try await Subprocess.run(
      .path(.init(program)),
      arguments: Arguments(executablePathOverride: "focalcheck", remainingValues: arguments),
      environment: .inherit.updating(["SWIFT_BACKTRACE": "enable=no"]), platformOptions: options,
      input: .fileDescriptor(.standardInput, closeAfterSpawningProcess: false),
      output: .fileDescriptor(.standardOutput, closeAfterSpawningProcess: false),
      error: .fileDescriptor(.standardError, closeAfterSpawningProcess: false))
    switch result.terminationStatus {
    case .exited(let status): return .exited(status)
    case .signaled(let number): return .failed(WorkerEnding.reason(number, processorTime: 0))
    }
  }
}
