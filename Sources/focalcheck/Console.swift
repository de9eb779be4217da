import ArgumentParser
import Reporting

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Results, on standard output; messages and progress, on standard error.
enum Console {
  /// Prints a result.
  ///
  /// - Throws: `ExitCode.unjudged`, after a message, when it could not be written: a lost report is no success.
  static func result(_ text: String) throws {
    do throws(OutputError) {
      try OutputStream.write(text, to: STDOUT_FILENO, named: "standard output")
    } catch {
      message(error.description)
      throw ExitCode.unjudged
    }
  }

  /// One line for the person who runs the program.
  static func message(_ text: String) { write("focalcheck: \(text)\n") }

  /// Writes to standard error, as far as that is possible.
  static func write(_ text: String) {
    try? OutputStream.write(text, to: STDERR_FILENO, named: "standard error")
  }
}

/// A line of progress for runs that last: nothing in the first two seconds, then at most twice a second on a
/// terminal, every ten seconds elsewhere.
struct ProgressLine {
  private let clock = ContinuousClock()
  private let isTerminal = isatty(STDERR_FILENO) == 1
  private var due: ContinuousClock.Instant
  private var isShown = false

  init() { due = clock.now + .seconds(2) }

  mutating func show(_ text: @autoclosure () -> String) {
    let now = clock.now
    guard now >= due else { return }
    due = now + (isTerminal ? .milliseconds(500) : .seconds(10))
    Console.write(isTerminal ? "\r\u{1B}[K\(text())" : "\(text())\n")
    isShown = true
  }

  /// Takes the line away again.
  func finish() {
    if isShown, isTerminal { Console.write("\r\u{1B}[K") }
  }
}
