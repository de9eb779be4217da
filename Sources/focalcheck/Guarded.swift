import ArgumentParser
import Conformance

/// `focalcheck guarded`: what the program starts for a ``Guardable`` command. It is no command for a person.
struct Guarded: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "guarded", abstract: "Run another command with limits.", shouldDisplay: false)

  @Argument(parsing: .captureForPassthrough) var arguments: [String]

  func run() async throws {
    leaveTerminalSignals()
    guard let command = try Focalcheck.parseAsRoot(arguments) as? any Guardable else {
      throw ValidationError("no guarded command")
    }
    let deadline = command.deadline
    do throws(WorkerError) {
      try WorkerLimits.reading(deadline: deadline).apply()
    } catch {
      Console.message(error.description)
      throw ExitCode.unjudged
    }
    try await Focalcheck.run(arguments)
  }
}

extension Focalcheck {
  /// Runs the command of some arguments in this process.
  ///
  /// The commands that wait for nothing run on the main thread, and start no other.
  @MainActor static func run(_ arguments: [String]) async throws {
    var command = try parseAsRoot(arguments)
    if var waiting = command as? any AsyncParsableCommand {
      try await waiting.run()
    } else {
      try command.run()
    }
  }

  /// Runs the command of some arguments in a process of its own.
  ///
  /// - Throws: `ExitCode`, that of the command, or of 128 and the number of the signal that ended it.
  static func guarded(_ arguments: [String], deadline: Int) throws {
    switch GuardedProcess(arguments: ["guarded"] + arguments, deadline: deadline).run() {
    case .exited(0): break
    case .exited(let status): throw ExitCode(status)
    case .interrupted(let signal):
      throw ended(by: signal)
    case .failed(let reason):
      Console.message("the process that read the files \(reason)")
      throw ExitCode.unjudged
    }
  }
}
