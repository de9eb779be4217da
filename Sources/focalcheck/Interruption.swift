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

/// Runs work that SIGINT, SIGTERM and SIGHUP cancel, so that it can end what it started and remove what it made.
///
/// - Throws: `ExitCode` of 128 and the signal's number after such a signal, else what the work throws.
func untilInterrupted<Success: Sendable>(
  _ work: @escaping @Sendable () async throws -> Success
) async throws -> Success {
  let (result, signal) = await interruptible(work)
  if let signal { throw ExitCode(128 + signal) }
  return try result.get()
}

/// Runs work that SIGINT, SIGTERM and SIGHUP cancel, and says as well which of them came first.
func interruptible<Success: Sendable>(
  _ work: @escaping @Sendable () async throws -> Success
) async -> (result: Result<Success, any Error>, signal: Int32?) {
  let state = Mutex<(received: Int32?, task: Task<Success, any Error>?)>((nil, nil))
  let numbers = [SIGINT, SIGTERM, SIGHUP]
  // The program's own disposition would end it before a source hears of the signal.
  let dispositions = numbers.map { signal($0, SIG_IGN) }
  var sources: [any DispatchSourceSignal] = []
  for number in numbers {
    let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
    source.setEventHandler {
      state.withLock {
        $0.received = $0.received ?? number
        $0.task?.cancel()
      }
    }
    await withCheckedContinuation { isListening in
      source.setRegistrationHandler { isListening.resume() }
      source.resume()
    }
    sources.append(source)
  }
  let task = Task { try await work() }
  let hasReceived = state.withLock {
    $0.task = task
    return $0.received != nil
  }
  if hasReceived { task.cancel() }
  let result = await task.result
  for source in sources { source.cancel() }
  for (number, disposition) in zip(numbers, dispositions) { signal(number, disposition) }
  return (result, state.withLock(\.received))
}
