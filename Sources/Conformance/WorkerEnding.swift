#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What ended a worker, in words that follow "the process that judged it" or "read it".
package enum WorkerEnding {
  /// What a signal means.
  package static func reason(_ signal: Int32) -> String {
    signal == SIGXCPU
      ? "used more processor time than it may"
      : "was ended by signal \(signal), \(String(cString: strsignal(signal)))"
  }
}
