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
  ///   - addressSpace: the most bytes that the process may map, or nil; beyond it an allocation fails.
  static func run(
    _ arguments: [String], in folder: String, addressSpace: Int? = nil, environment: [String: String] = [:],
    redirection: String = ""
  ) throws -> Result {
    let process = Process()
    let (output, messages) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: "/bin/sh")
    let limit = addressSpace.map { "ulimit -v \($0 / 1024) && " } ?? ""
    process.arguments = ["-c", "\(limit)exec \"$0\" \"$@\" \(redirection)", path] + arguments
    process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
    process.currentDirectoryURL = URL(fileURLWithPath: folder)
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = output
    process.standardError = messages
    // Messages are few, so reading one pipe after the other cannot fill the other.
    try process.run()
    let outputText = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    let messagesText = String(decoding: messages.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    let status = process.terminationStatus
    return Result(
      status: process.terminationReason == .exit ? status : -status, output: outputText,
      messages: messagesText)
  }

  /// A program that was started and is at work.
  final class Running {
    private let process = Process()
    private let (output, messages) = (Pipe(), Pipe())

    fileprivate init(_ arguments: [String], in folder: String, environment: [String: String]) throws {
      process.executableURL = URL(fileURLWithPath: Program.path)
      process.arguments = arguments
      process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
      process.currentDirectoryURL = URL(fileURLWithPath: folder)
      process.standardInput = FileHandle.nullDevice
      process.standardOutput = output
      process.standardError = messages
      try process.run()
    }

    /// The processes that it has started and that are at work, once there is one; empty after its end.
    func workers() throws -> [Int32] {
      while process.isRunning {
        let workers = try Program.processes().filter { $0.parent == process.processIdentifier }.map(\.number)
        if !workers.isEmpty { return workers }
        usleep(10_000)
      }
      return []
    }

    func send(_ signal: Int32) { kill(process.processIdentifier, signal) }

    /// Waits for its end.
    func result() -> Result {
      let outputText = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      let messagesText = String(decoding: messages.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
      process.waitUntilExit()
      let status = process.terminationStatus
      return Result(
        status: process.terminationReason == .exit ? status : -status, output: outputText,
        messages: messagesText)
    }
  }

  /// Starts the program.
  static func start(
    _ arguments: [String], in folder: String, environment: [String: String] = [:]
  ) throws -> Running {
    try Running(arguments, in: folder, environment: environment)
  }

  /// All processes that are at work; one that only waits to be reaped is not.
  static func processes() throws -> [(number: Int32, parent: Int32)] {
    let ps = Process()
    let output = Pipe()
    ps.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    ps.arguments = ["ps", "-A", "-o", "pid=,ppid=,stat="]
    ps.standardOutput = output
    try ps.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    ps.waitUntilExit()
    return text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ")
      guard fields.count == 3, !fields[2].hasPrefix("Z"), let number = Int32(fields[0]) else { return nil }
      return Int32(fields[1]).map { (number, $0) }
    }
  }
}
