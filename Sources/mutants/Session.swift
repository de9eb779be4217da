import Foundation
import Subprocess
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// The processes that tests start, and those that these start: a mutant may leave one at work for ever.
final class Session: Sendable {
  private let leader = Mutex<pid_t?>(nil)

  /// How the tests are run, so that they begin a session.
  static var options: PlatformOptions {
    var options = PlatformOptions()
    options.createSession = true
    return options
  }

  /// Notes the process that began it.
  func begin(_ process: pid_t) { leader.withLock { $0 = process } }

  /// Kills what is left of it, where the system lists its processes as files.
  func end() {
    guard let leader = leader.withLock({ $0 }) else { return }
    for name in (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? [] {
      guard let process = pid_t(name), getsid(process) == leader else { continue }
      kill(process, SIGKILL)
    }
  }
}
