#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Messages and progress, on standard error; results go to standard output and never through here.
enum Console {
  /// One line for the person who runs the program.
  static func message(_ text: String) { write("focalcheck: \(text)\n") }

  static func write(_ text: String) {
    var bytes = Array(text.utf8)[...]
    while !bytes.isEmpty {
      let count = bytes.withUnsafeBytes { Glibc.write(STDERR_FILENO, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      bytes = bytes.dropFirst(count)
    }
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
