#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A program to be measured.
struct Program {
  /// The name that the table shows.
  let name: String
  /// What it is started with, its path or name first.
  let arguments: [String]

  /// Runs the program once without its output.
  @discardableResult
  func run() throws -> Run {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in [STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_WRONLY, 0)
    }
    var words = arguments.map { strdup($0) } + [nil]
    defer { for word in words { free(word) } }

    let clock = ContinuousClock()
    let start = clock.now
    var process = pid_t()
    let failure = posix_spawnp(&process, arguments[0], &actions, nil, &words, environ)
    guard failure == 0 else { throw ProgramError.notStarted(name, failure) }
    var (status, usage) = (Int32(), rusage())
    while wait4(process, &status, 0, &usage) < 0 {
      guard errno == EINTR else { throw ProgramError.notStarted(name, errno) }
    }
    let seconds = (clock.now - start) / .seconds(1)
    // The low seven bits are the signal that ended the process, the next eight its exit status.
    guard status == 1 << 8 else { throw ProgramError.unexpectedStatus(name, status) }
    return Run(seconds: seconds, peakBytes: usage.ru_maxrss * 1024)
  }

  /// The least peak memory that ``run()`` can report: the kernel counts what the starting process held as the new one's.
  static var measurableBytes: Int {
    var usage = rusage()
    getrusage(RUSAGE_SELF.rawValue, &usage)
    return usage.ru_maxrss * 1024
  }
}

/// What one run took.
struct Run {
  /// Wall time.
  let seconds: Double
  /// The most memory that was resident at a time.
  let peakBytes: Int
}

/// Why there is no measurement.
enum ProgramError: Error, CustomStringConvertible {
  case notStarted(String, Int32)
  case unexpectedStatus(String, Int32)

  var description: String {
    switch self {
    case .notStarted("h5diff", ENOENT): "h5diff is not installed; it is in the package hdf5-tools"
    case .notStarted(let name, let code): "\(name) cannot be run: \(String(cString: strerror(code)))"
    case .unexpectedStatus(let name, let status) where status & 0x7F != 0:
      "\(name) was ended by signal \(status & 0x7F)"
    case .unexpectedStatus(let name, let status):
      "\(name) exited with \(status >> 8), and the files differ: 1 was expected"
    }
  }
}
