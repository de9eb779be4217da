import FixtureAuthoring
import Foundation
import Testing

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// Whether the tests may start a program that does not see /proc.
private let canHideProc: Bool = {
  #if os(Linux)
    return (try? hidingProc("true"))?.status == 0
  #else
    return false
  #endif
}()

/// Runs a command of the shell where /proc is empty.
private func hidingProc(_ command: String, in folder: String = "/") throws -> (
  status: Int32, output: String, messages: String
) {
  let process = Process()
  let (output, messages) = (Pipe(), Pipe())
  process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
  process.arguments = [
    "unshare", "--mount", "sh", "-c",
    "mount --make-rprivate / && mount -t tmpfs none /proc && cd \"$0\" && \(command)", folder,
  ]
  process.standardInput = FileHandle.nullDevice
  process.standardOutput = output
  process.standardError = messages
  try process.run()
  let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  let errors = String(decoding: messages.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
  process.waitUntilExit()
  return (process.terminationStatus, text, errors)
}

@Suite("Starting the program")
struct StartTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
    try DemoFixture.write(to: folder.file("demo.h5"))
  }

  private static let subcommands = [
    "run", "live", "list", "inspect", "explain", "identify", "upgrade", "agree", "compare", "accept",
    "selftest",
  ]

  @Test(
    "without a subcommand it is wrong usage", arguments: [[], ["--"], ["guarded"], ["worker"], ["nothing"]])
  func noSubcommand(arguments: [String]) throws {
    let result = try Program.run(arguments, in: folder.path)
    #expect(result.status == 64, "\(result.text)")
    #expect(result.output == "")
    #expect(result.messages.contains("focalcheck"), "\(result.text)")
  }

  @Test("help and version are asked for, and are success")
  func help() throws {
    for arguments in [["--help"], ["help"], ["--version"], ["run", "--help"]] {
      let result = try Program.run(arguments, in: folder.path)
      #expect(result.status == 0, "\(result.text)")
      #expect(!result.output.isEmpty)
    }
  }

  @Test("no subcommand is success without anything to look at", arguments: subcommands)
  func nothingToDo(subcommand: String) throws {
    #expect(try Program.run([subcommand], in: folder.path).status != 0)
  }

  /// Command lines with one argument, printed by the shell, that is not UTF-8.
  private static let illFormed = [
    "run demo.h5 --output \"json=$(printf 'r\\377.json')\"",
    "run demo.h5 --output=\"json=$(printf 'r\\377.json')\"",
    "run demo.h5 --journal \"$(printf 'j\\303')\"", "run demo.h5 --baseline \"$(printf '\\200.json')\"",
    "run demo.h5 --ledger \"$(printf '\\200.toml')\"", "run \"$(printf 'f\\355\\240\\200.h5')\"",
    "run demo.h5 --filter \"$(printf '\\377*')\"", "list \"$(printf '\\377.h5')\"",
    "inspect \"$(printf '\\377.h5')\"",
    "compare demo.h5 \"$(printf '\\377.h5')\"", "compare demo.h5 demo.h5 --output \"json=$(printf '\\377')\"",
    "upgrade demo.h5 demo.h5 --output \"json=$(printf '\\377')\"",
    "agree demo.h5 demo.h5 --output \"json=$(printf '\\377')\"",
    "explain demo.h5 \"$(printf '\\377')\"", "identify demo.h5 \"$(printf '\\377')\"",
    "selftest demo.h5 --output \"json=$(printf '\\377')\"",
    "accept demo.h5 --baseline \"$(printf '\\377')\" --reason x",
    "live --python \"$(printf '\\377')\" --framework torch",
    "live --python python3 --framework torch --exporter \"$(printf '\\377')\"",
    "\"$(printf '\\377')\"",
  ]

  @Test(
    "an argument that is not UTF-8 is wrong usage, and writes nothing under another name",
    arguments: illFormed)
  func illFormedArguments(line: String) throws {
    let before = try FileManager.default.contentsOfDirectory(atPath: folder.path)
    let result = try Program.run([], in: folder.path, redirection: line)
    #expect(result.status == 64, "\(result.text)")
    #expect(result.messages.contains("is not valid UTF-8: "), "\(result.text)")
    #expect(result.messages.contains("\\x"), "\(result.text)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == before)
  }

  @Test("an output through a link to a name that is not UTF-8 is written to that very file")
  func outputThroughLink() throws {
    let result = try Program.run(
      [], in: folder.path,
      redirection:
        "run demo.h5 --policy atol=10 --output json=link.json; status=$?; cat link.json; exit $status",
      before: "printf old > \"$(printf 'r\\377.json')\" && ln -s \"$(printf 'r\\377.json')\" link.json")
    #expect(result.status == 0, "\(result.text)")
    #expect(result.output.contains("\"schema\""), "\(result.text)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 3)
  }

  @Test(
    "where /proc is missing nothing hangs, and what cannot be judged is said",
    .enabled(if: canHideProc, "only root on Linux can hide /proc from a program"))
  func withoutProc() throws {
    let program = "'\(Program.path)'"
    for (arguments, status, message) in [
      ("", Int32(64), "Missing subcommand"), ("nothing", 64, "nothing"), ("run", 2, "/proc must be mounted"),
      ("run demo.h5", 2, "/proc must be mounted"), ("list demo.h5", 2, "/proc must be mounted"),
      ("inspect demo.h5", 2, "/proc must be mounted"),
      ("compare demo.h5 demo.h5", 2, "/proc must be mounted"),
      ("run demo.h5 --output \"json=$(printf 'r\\377')\"", 64, "is not valid UTF-8: json=r\\xFF"),
    ] {
      let result = try hidingProc("\(program) \(arguments)", in: folder.path)
      #expect(result.status == status, "\(arguments): \(result)")
      #expect(result.messages.contains(message), "\(arguments): \(result)")
    }
    #expect(try hidingProc("\(program) --version").status == 0)
  }
}
