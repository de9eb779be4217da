import Conformance
import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// This program again, in a process that has the streams and the environment of this one.
///
/// It is waited for with nothing but a system call, so that whatever becomes of the process, this one tells of it.
struct GuardedProcess {
  /// What became of it.
  enum Ending: Hashable {
    /// It exited with a status.
    case exited(Int32)
    /// It was ended, or could not be started, for this reason.
    case failed(String)
    /// A signal to this process ended it.
    case interrupted(Int32)
  }

  let arguments: [String]
  /// How many seconds it may take.
  let deadline: Int

  /// How many seconds it has to say what it knows when a signal ends it.
  private static let farewell: UInt32 = 30

  /// Runs it to its end.
  func run() -> Ending {
    // A handler may not be the first to touch them.
    child.store(0, ordering: .sequentiallyConsistent)
    received.store(0, ordering: .sequentiallyConsistent)
    isLate.store(false, ordering: .sequentiallyConsistent)
    let dispositions = [SIGINT, SIGTERM, SIGHUP].filter { !isIgnored($0) }
      .map { (number: $0, before: signal($0, passOn)) }
    signal(SIGALRM, endChild)
    defer {
      alarm(0)
      for (number, before) in dispositions { signal(number, before) }
    }
    let number: pid_t
    switch spawn() {
    case .success(let started): number = started
    case .failure(let error): return .failed("cannot be started: \(error)")
    }
    child.store(number, ordering: .sequentiallyConsistent)
    alarm(UInt32(deadline))
    // One that came before there was a child.
    let earlier = received.load(ordering: .sequentiallyConsistent)
    if earlier != 0 { Self.interrupt(earlier) }
    var status: Int32 = 0
    while waitpid(number, &status, 0) < 0 {
      guard errno == EINTR else {
        return .failed("cannot be waited for: \(String(cString: strerror(errno)))")
      }
    }
    child.store(0, ordering: .sequentiallyConsistent)
    // As the macros of wait(2) read it.
    let (ended, exitStatus) = (status & 0x7F, status >> 8 & 0xFF)
    if ended == 0, exitStatus == 0 { return .exited(0) }
    let interruption = received.load(ordering: .sequentiallyConsistent)
    if interruption != 0 { return .interrupted(interruption) }
    if ended == SIGKILL, isLate.load(ordering: .sequentiallyConsistent) {
      return .failed("took more than \(deadline) s and was ended")
    }
    return ended == 0 ? .exited(exitStatus) : .failed(WorkerEnding.reason(ended))
  }

  private func spawn() -> Result<pid_t, SpawnError> {
    let environment = ProcessInfo.processInfo.environment.merging(["SWIFT_BACKTRACE": "enable=no"]) { $1 }
    let strings = ["focalcheck"] + arguments
    var (argv, envp) = (
      strings.map { strdup($0) } + [nil], environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
    )
    defer { for string in argv + envp { free(string) } }
    var number = pid_t()
    let error = posix_spawn(&number, WorkerOptions.program, nil, nil, &argv, &envp)
    return error == 0 ? .success(number) : .failure(SpawnError(number: error))
  }

  private struct SpawnError: Error, CustomStringConvertible {
    let number: Int32
    var description: String { String(cString: strerror(number)) }
  }

  private static func end(_ number: Int32) {
    let process = child.load(ordering: .sequentiallyConsistent)
    if process != 0 { kill(process, number) }
  }

  /// The handler of the signals that end this process.
  fileprivate static func interrupt(_ number: Int32) {
    _ = received.compareExchange(expected: 0, desired: number, ordering: .sequentiallyConsistent)
    end(SIGTERM)
    alarm(farewell)
  }

  /// The handler of the clock.
  fileprivate static func timeIsUp() {
    isLate.store(true, ordering: .sequentiallyConsistent)
    end(SIGKILL)
  }
}

// What a handler may touch: whom to end, by which signal this process was to end, and whether the time was up.
private let child = Atomic<Int32>(0)
private let received = Atomic<Int32>(0)
private let isLate = Atomic<Bool>(false)

private func passOn(_ number: Int32) {
  let before = errno
  GuardedProcess.interrupt(number)
  errno = before
}

private func endChild(_: Int32) {
  let before = errno
  GuardedProcess.timeIsUp()
  errno = before
}
