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
  private static let path: String = {
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
}
