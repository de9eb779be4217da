import ArgumentParser
import Dispatch
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Runs work that SIGINT, SIGTERM and SIGHUP cancel, and says as well which of them came first. One that was ignored
/// when the program was started, as nohup does, stays so. One that comes after the work costs no report: what is left is
/// to write it.
func interruptible<Success: Sendable>(
  _ work: @escaping @Sendable () async throws -> Success
) async -> (result: Result<Success, any Error>, signal: Int32?) {
  guard signalPipe.reading >= 0 else { return (await Task { try await work() }.result, nil) }
  let state = Mutex<(received: Int32?, task: Task<Success, any Error>?)>((nil, nil))
  let source = DispatchSource.makeReadSource(fileDescriptor: signalPipe.reading, queue: .global())
  source.setEventHandler {
    var number: UInt8 = 0
    guard read(signalPipe.reading, &number, 1) == 1 else { return }
    state.withLock {
      $0.received = $0.received ?? Int32(number)
      $0.task?.cancel()
    }
  }
  await withCheckedContinuation { isListening in
    source.setRegistrationHandler { isListening.resume() }
    source.resume()
  }
  for number in [SIGINT, SIGTERM, SIGHUP] where !isIgnored(number) { signal(number, tell) }
  let task = Task { try await work() }
  let hasReceived = state.withLock {
    $0.task = task
    return $0.received != nil
  }
  if hasReceived { task.cancel() }
  let result = await task.result
  source.cancel()
  return (result, state.withLock(\.received))
}

/// Through which a signal's handler, which may do next to nothing, tells of it; −1 when the system gives none.
private let signalPipe: (reading: Int32, writing: Int32) = {
  var ends: [Int32] = [-1, -1]
  guard pipe(&ends) == 0 else { return (-1, -1) }
  for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
  return (ends[0], ends[1])
}()

private func tell(_ number: Int32) {
  let before = errno
  var byte = UInt8(truncatingIfNeeded: number)
  _ = write(signalPipe.writing, &byte, 1)
  errno = before
}

/// Whether a signal is ignored.
func isIgnored(_ number: Int32) -> Bool {
  var action = sigaction()
  guard sigaction(number, nil, &action) == 0 else { return false }
  // The handler comes first; Swift cannot compare functions, and SIG_IGN is the address 1.
  return withUnsafeBytes(of: &action) { $0.load(as: Int.self) } == 1
}

/// Lets signals come that whoever started the program may have blocked for itself.
func admitSignals() {
  var none = sigset_t()
  sigemptyset(&none)
  pthread_sigmask(SIG_SETMASK, &none, nil)
}

/// Leaves the signals that a terminal sends to all of its processes to the process that started this one.
func leaveTerminalSignals() {
  for number in [SIGINT, SIGHUP] { signal(number, SIG_IGN) }
}

/// Says that a signal ended the program, and gives its exit code.
func ended(by signal: Int32) -> ExitCode {
  Console.message("ended by signal \(signal)")
  return ExitCode(128 + signal)
}
