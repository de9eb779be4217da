#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What a process that judges one fixture may use.
public struct WorkerLimits: Hashable, Sendable {
  /// Bytes that it may map beyond what the program has mapped before it opens the fixture.
  ///
  /// Tensors are read in blocks, of which libhdf5 decompresses and keeps chunks of at most 32 MiB each
  /// (`ReadLimits`); the rest is for the reports of the cases and for what allocators reserve ahead.
  public var memory = 256 << 20
  /// Seconds of processor time. The pool ends a worker by the clock; this ends one whose pool is no longer there.
  public var processorTime: Int
  /// Files that may be open: three streams, the fixture for its digest and for libhdf5, and what the system's
  /// libraries open for a moment.
  public var openFiles: Int? = 16
  /// Bytes that it may say: the records of a case are some 10 KB, and a fixture holds at most 65,536 cases.
  public static let transcriptBytes = 1 << 30
  /// Bytes of one record.
  public static let recordBytes = 64 << 20

  /// Limits of a process that reads fixtures for a command and may start workers: its threads reserve address space.
  ///
  /// - Parameter deadline: how many seconds the command may take.
  public static func reading(deadline: Int) -> WorkerLimits {
    var limits = WorkerLimits(processorTime: deadline * 2)
    (limits.memory, limits.openFiles) = (4 << 30, nil)
    return limits
  }

  /// Limits for one fixture that may take some seconds.
  public init(processorTime: Int) { self.processorTime = processorTime }

  /// Sets the limits of this process, for good. It leaves no core file either.
  ///
  /// - Throws: ``WorkerError`` when the system refuses one.
  public func apply() throws(WorkerError) {
    // Whoever started the program may have blocked or ignored the signal that tells of the limit.
    var none = sigset_t()
    sigemptyset(&none)
    sigprocmask(SIG_SETMASK, &none, nil)
    signal(SIGXCPU, SIG_DFL)
    try limit(RLIMIT_CORE, to: 0, "core size")
    if let openFiles { try limit(RLIMIT_NOFILE, to: openFiles, "open files") }
    // A second later the system kills a process that goes on.
    try limit(RLIMIT_CPU, to: processorTime, hard: processorTime + 1, "processor time")
    // Elsewhere the address space is not known, or not limited by this.
    #if os(Linux)
      guard let mapped = Self.mappedBytes else { throw WorkerError(reason: "its own memory is not known") }
      try limit(RLIMIT_AS, to: mapped + memory, "address space")
    #endif
  }

  #if os(Linux)
    /// The bytes that this process has mapped.
    private static var mappedBytes: Int? {
      guard let file = fopen("/proc/self/statm", "re") else { return nil }
      defer { fclose(file) }
      var line = [CChar](repeating: 0, count: 256)
      guard fgets(&line, Int32(line.count), file) != nil else { return nil }
      let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      return text.split(separator: " ").first.flatMap { Int($0) }.map {
        $0 * Int(sysconf(Int32(_SC_PAGESIZE)))
      }
    }
  #endif

  #if canImport(Glibc)
    private typealias Resource = __rlimit_resource

    private static func number(_ resource: Resource) -> Int32 { Int32(resource.rawValue) }
  #else
    private typealias Resource = Int32

    private static func number(_ resource: Resource) -> Int32 { resource }
  #endif

  /// Lowers a limit; one that is lower already stays.
  private func limit(
    _ resource: Resource, to value: Int, hard: Int? = nil, _ name: String
  ) throws(WorkerError) {
    var limits = rlimit()
    guard getrlimit(Self.number(resource), &limits) == 0 else {
      throw WorkerError(failed: "limit of \(name)")
    }
    limits.rlim_max = min(limits.rlim_max, rlim_t(hard ?? value))
    limits.rlim_cur = min(limits.rlim_cur, limits.rlim_max, rlim_t(value))
    guard setrlimit(Self.number(resource), &limits) == 0 else {
      throw WorkerError(failed: "limit of \(name)")
    }
  }
}

/// Why a process that is to judge one fixture cannot.
public struct WorkerError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The reason in plain words.
  public let reason: String

  init(reason: String) { self.reason = reason }

  /// What the system refused, with its reason.
  init(failed what: String) { self.reason = "\(what): \(String(cString: strerror(errno)))" }

  /// The reason.
  public var description: String { reason }
}
