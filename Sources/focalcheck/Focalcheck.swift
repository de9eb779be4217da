import ArgumentParser

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The program: it parses, delegates and chooses the exit code; everything else is in the modules below it.
@main
struct Focalcheck: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "focalcheck",
    abstract: "Judges whether a framework build computes the focal loss that it documents.",
    discussion: """
      Fixtures are HDF5 files with what a real framework was given and what it returned. focalcheck recomputes the \
      documented formula and reports every difference.

      Exit codes: 0 judged, and conformant or known; 1 judged, and something is not, or the ledger of known differences \
      is stale, or something is worse than in the baseline; 2 something could not be judged, or no case was selected; 64 wrong usage.

      EXAMPLE
        focalcheck run fixtures --filter 'paddle*' --output json=report.json
      """,
    version: "focalcheck \(programVersion)",
    subcommands: [
      Run.self, Live.self, List.self, Inspect.self, Explain.self, Identify.self, Upgrade.self, Agree.self,
      Compare.self, Accept.self, Known.self, SelfTestCommand.self, Work.self, Guarded.self,
    ],
    defaultSubcommand: nil)
}

extension Focalcheck {
  /// Starts the program; a closed pipe and a file that may not grow are errors of writing, not signals.
  @MainActor static func main() async {
    signal(SIGPIPE, SIG_IGN)
    signal(SIGXFSZ, SIG_IGN)
    // Whoever ignores it for itself has no word about the processes that are started here.
    signal(SIGCHLD, SIG_DFL)
    admitSignals()
    do {
      let arguments = try ProgramArguments.all()
      let command = try parseAsRoot(arguments)
      guard !(command is Focalcheck) else {
        throw ValidationError("Missing subcommand: name what to do, such as run or compare.")
      }
      // Before any other thread is started: those of Dispatch crash where there is no /proc.
      if !(command is Accept) { try WorkerOptions.checkProgram() }
      if let command = command as? any Guardable {
        try guarded(arguments, deadline: command.deadline)
      } else {
        try await run(arguments)
      }
    } catch {
      exit(withError: error)
    }
  }
}

/// The version of this program; the CHANGELOG tells what is in it.
let programVersion = "0.1.0"
