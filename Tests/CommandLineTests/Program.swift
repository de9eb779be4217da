import Foundation

/// The built program, run as a user runs it.
enum Program {
  /// What became of one call.
  struct Result {
    /// The exit status; negative for the signal that ended it.
    let status: Int32
    let output: String
    let messages: String

    var text: String { "exit \(status)\n\(output)\n\(messages)" }

    /// Waits for the end of a process.
    fileprivate init(endOf process: Process, _ output: Pipe, _ messages: Pipe) {
      // Messages are few, so reading one pipe after the other cannot fill the other.
      self.output = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      self.messages = String(decoding: messages.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      status = process.terminationStatus * (process.terminationReason == .exit ? 1 : -1)
    }
  }

  /// The program beside the test bundle.
  static let path: String = {
    let bundle = CommandLine.arguments.first { $0.hasSuffix(".xctest") } ?? Bundle.main.bundlePath
    return URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("focalcheck").path
  }()

  /// Runs the program to its end.
  ///
  /// - Parameters:
  ///   - arguments: what follows the program's name.
  ///   - folder: the working folder.
  ///   - environment: variables beside those of the tests.
  ///   - redirection: what the shell does with the output, such as `> /dev/full`.
  ///   - preparation: a command of the shell that comes before.
  ///   - limit: an option of the shell's `ulimit` for the program and all that it starts, such as `-t 1`; or none.
  static func run(
    _ arguments: [String], in folder: String, limit: String? = nil, environment: [String: String] = [:],
    redirection: String = "", before preparation: String? = nil
  ) throws -> Result {
    let process = Process()
    let (output, messages) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    let limit = limit.map { "ulimit \($0) && " } ?? ""
    let preparation = preparation.map { "\($0) && " } ?? ""
    // Only where nothing comes after it the program can take the shell's place.
    let start = redirection.contains(";") ? "" : "exec "
    process.arguments =
      ["-c", "\(preparation)\(limit)\(start)\"$0\" \"$@\" \(redirection)", path] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = messages
    try process.run()
    return Result(endOf: process, output, messages)
  }

  /// Runs a line as a shell takes it, with the program found as `focalcheck` and as `.build/release/focalcheck`.
  static func paste(
    _ line: String, in folder: String, environment: [String: String] = [:]
  ) throws -> Result {
    for place in ["bin", ".build/release"]
    where !FileManager.default.fileExists(atPath: "\(folder)/\(place)/focalcheck") {
      try FileManager.default.createDirectory(atPath: "\(folder)/\(place)", withIntermediateDirectories: true)
      try FileManager.default.createSymbolicLink(
        atPath: "\(folder)/\(place)/focalcheck", withDestinationPath: path)
    }
    let process = Process()
    let (output, messages) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    process.arguments = ["-c", line]
    let variables = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.environment = variables.merging(["PATH": "\(folder)/bin:\(variables["PATH"] ?? "/usr/bin:/bin")"])
    { $1 }
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = messages
    try process.run()
    return Result(endOf: process, output, messages)
  }

  /// A program that was started and is at work.
  final class Running {
    private let process = Process()
    private let (output, messages) = (Pipe(), Pipe())

    fileprivate init(
      _ arguments: [String], in folder: String, environment: [String: String], ignoring signal: String?
    ) throws {
      let ignoring = signal.map { "trap '' \($0) && " } ?? ""
      process.executableURL = URL(fileURLWithPath: "/bin/sh")
      process.arguments = ["-c", "\(ignoring)exec \"$0\" \"$@\"", Program.path] + arguments
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      process.currentDirectoryURL = URL(fileURLWithPath: folder)
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = output
      process.standardError = messages
      try process.run()
    }

    /// The workers that it, or a process that it started, has at work, once one is at work on a file; empty after its
    /// end.
    func workers(on file: String? = nil) throws -> [Int32] {
      while process.isRunning {
        let workers = try presentWorkers()
        if workers.contains(where: { worker in file.map(worker.command.hasSuffix) ?? true }) {
          return workers.map(\.number)
        }
        usleep(10_000)
      }
      return []
    }

    /// The process in which a command reads that reads in one; nil after its end.
    func guarded() throws -> Int32? {
      while process.isRunning {
        let children = try Program.processes().filter { $0.parent == process.processIdentifier }
        if let child = children.first(where: { $0.command.hasPrefix("focalcheck guarded ") }) {
          return child.number
        }
        usleep(10_000)
      }
      return nil
    }

    /// The workers that are at work now.
    func presentWorkers() throws -> [(number: Int32, command: String)] {
      let processes = try Program.processes()
      var family: Set = [process.processIdentifier]
      // A process may have a lower number than its parent.
      for _ in 0..<3 {
        for candidate in processes where family.contains(candidate.parent) { family.insert(candidate.number) }
      }
      return processes.filter {
        family.contains($0.number) && $0.command.hasPrefix("focalcheck worker ")
      }.map { ($0.number, $0.command) }
    }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Sends a signal to the program and to all that it started, as a terminal does.
    ///
    /// - Throws: `GroupError` when it has ended, or has no group of its own.
    func sendToGroup(_ signal: Int32) throws {
      let number = process.processIdentifier
      guard getpgid(number) == number, kill(-number, signal) == 0 else { throw GroupError() }
    }

    struct GroupError: Error {}

    /// Waits for its end.
    func result() -> Result { Result(endOf: process, output, messages) }
  }

  /// Starts the program.
  ///
  /// - Parameter signal: the name of a signal that is ignored then, such as HUP, or nil.
  static func start(
    _ arguments: [String], in folder: String, environment: [String: String] = [:],
    ignoring signal: String? = nil
  ) throws -> Running {
    try Running(arguments, in: folder, environment: environment, ignoring: signal)
  }

  /// Waits until a process has had some tenths of a second of a processor, or has ended: then it is through with its start,
  /// however busy the machine is, and an optimised one not yet with its work.
  static func waitForWork(of process: Int32) throws {
    #if os(Linux)
      // The ticks of a hundredth of a second in user mode are the twelfth field behind the name.
      while let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
        let fields = text.split(separator: ")").last?.split(separator: " "), fields.count > 12,
        fields[0] != "Z", let ticks = Int(fields[11]), ticks < 30
      { usleep(2000) }
    #else
      usleep(1_500_000)
    #endif
  }

  /// All processes that are at work; one that only waits to be reaped is not.
  static func processes() throws -> [(number: Int32, parent: Int32, command: String)] {
    let ps = Process()
    let output = Pipe()
    ps.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    ps.arguments = ["ps", "-A", "-w", "-w", "-o", "pid=,ppid=,stat=,args="]
    ps.standardOutput = output
    try ps.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    ps.waitUntilExit()
    return text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ", maxSplits: 3)
      guard fields.count == 4, !fields[2].hasPrefix("Z"), let number = Int32(fields[0]) else { return nil }
      return Int32(fields[1]).map { (number, $0, fields[3].trimmingCharacters(in: .whitespaces)) }
    }
  }
}
