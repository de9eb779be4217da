import FixtureAuthoring
import Foundation
import Tensors
import Testing

/// A committed fixture that takes some seconds.
private let longFixture = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
  .deletingLastPathComponent().deletingLastPathComponent().appendingPathComponent("fixtures/torch-1.13.h5")
  .path

/// Whether a program is installed.
private func isInstalled(_ program: String) -> Bool {
  (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":").contains {
    FileManager.default.isExecutableFile(atPath: "\($0)/\(program)")
  }
}

/// Why a crash cannot be seen as it is.
private let sanitizedCrash: Comment =
  "a sanitizer tells of a crash itself, and ends the process with a status of its own"

@Suite("Workers")
struct WorkerTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func focalcheck(_ arguments: String...) throws -> Program.Result {
    try Program.run(arguments, in: folder.path)
  }

  private func contents(_ name: String) throws -> String {
    try String(contentsOfFile: folder.file(name), encoding: .utf8)
  }

  /// Writes a fixture on which libhdf5 1.10 crashes.
  private func writeCrashing(_ name: String) throws {
    try DemoFixture.write(to: folder.file(name))
    try Damage.misplaceVariableString(folder.file(name))
  }

  private func isRunning(_ process: Int32) throws -> Bool {
    try Program.processes().contains { $0.number == process }
  }

  @Test(
    "a fixture on which libhdf5 crashes is a fixture that cannot be judged, and the others are",
    .unlessSanitized(sanitizedCrash),
    arguments: ["run", "upgrade", "agree"])
  func crash(command: String) throws {
    try writeCrashing("bad.h5")
    try DemoFixture.write(to: folder.file("good.h5"))
    let policy = command == "run" ? ["--policy", "atol=10"] : []
    let result = try Program.run([command, "bad.h5", "good.h5"] + policy, in: folder.path)
    #expect(result.status == 2, "\(result.text)")
    #expect(result.output.contains("bad.h5: "), "\(result.text)")
    // A later libhdf5 may refuse the file in words.
    if !result.output.contains("bad.h5: /: ") {
      #expect(
        result.output.contains("bad.h5: the process that judged it was ended by signal 11, "),
        "\(result.text)")
    }
    if command == "run" {
      #expect(result.output.contains("1 case: 1 conformant"), "\(result.text)")
      #expect(result.output.contains("1 fixture could not be read"), "\(result.text)")
    }
  }

  @Test(
    "a command that reads a fixture on which libhdf5 crashes says so, and ends with 2",
    .unlessSanitized(sanitizedCrash),
    arguments: [
      ["list", "bad.h5"], ["inspect", "bad.h5"], ["identify", "bad.h5"], ["explain", "bad.h5", "demo"],
    ])
  func guarded(arguments: [String]) throws {
    try writeCrashing("bad.h5")
    let result = try Program.run(arguments, in: folder.path)
    #expect(result.status == 2, "\(result.text)")
    if !result.messages.contains("bad.h5: /: ") {
      #expect(
        result.messages.contains(
          /^focalcheck: (bad\.h5: the process that read it|the process that read the files) was ended by signal 11,/
        ),
        "\(result.text)")
    }
  }

  @Test("a worker that is killed from outside is its fixture's error, with the signal and the case")
  func killed() throws {
    try DemoFixture.write(to: folder.file("good.h5"))
    let program = try Program.start(
      ["run", longFixture, "good.h5", "--policy", "ulp:18446744073709551615", "--jobs", "1"], in: folder.path)
    let workers = try program.workers()
    #expect(workers.count == 1)
    // By then it has begun with a case.
    for worker in workers { try Program.waitForWork(of: worker) }
    for worker in workers { kill(worker, SIGKILL) }
    let result = program.result()
    #expect(result.status == 2, "\(result.text)")
    #expect(
      result.output.contains(
        /torch-1\.13\.h5: (\/cases\/\S+: )?the process that judged it was ended by signal 9, Killed\n/),
      "\(result.text)")
    #expect(
      result.output.contains(
        "1 case: 1 conformant, 0 unjudged, 0 nonconformant, 0 could not be judged, 1 fixture"),
      "\(result.text)")
  }

  @Test("a fixture on which libhdf5 hangs is ended when its time is up, and the others are judged")
  func hanging() throws {
    try DemoFixture.write(to: folder.file("bad.h5"))
    try Damage.resizeVariableString(folder.file("bad.h5"))
    try DemoFixture.write(to: folder.file("good.h5"))
    // Under a sanitizer the good fixture may need more than two seconds as well.
    let seconds = Sanitizer.isActive ? "20" : "2"
    let result = try focalcheck("run", "bad.h5", "good.h5", "--policy", "atol=10", "--deadline", seconds)
    #expect(result.status == 2, "\(result.text)")
    // A later libhdf5 may refuse the file in words.
    #expect(
      result.output.contains("bad.h5: the process that judged it took more than \(seconds) s and was ended\n")
        || result.output.contains("bad.h5: /: "), "\(result.text)")
    #expect(result.output.contains("1 case: 1 conformant"), "\(result.text)")
  }

  @Test("a command that reads a fixture on which libhdf5 hangs is ended when its time is up")
  func hangingCommand() throws {
    try DemoFixture.write(to: folder.file("bad.h5"))
    try Damage.resizeVariableString(folder.file("bad.h5"))
    let result = try focalcheck("inspect", "bad.h5", "--deadline", "2")
    #expect(result.status == 2, "\(result.text)")
    // A later libhdf5 may refuse the file in words.
    #expect(
      result.messages
        == "focalcheck: the process that read the files took more than 2 s and was ended\n"
        || result.messages.contains("bad.h5: /: "), "\(result.text)")
  }

  @Test("processor time, memory and core size of a command that reads in one process are limited")
  func guardedLimits() throws {
    #if os(Linux)
      try DemoFixture.write(to: folder.file("bad.h5"))
      try Damage.resizeVariableString(folder.file("bad.h5"))
      let program = try Program.start(["inspect", "bad.h5", "--deadline", "3"], in: folder.path)
      let number = try #require(try program.guarded())
      usleep(1_000_000)
      // A later libhdf5 may refuse the file in words.
      if let text = try? String(contentsOfFile: "/proc/\(number)/limits", encoding: .utf8), !text.isEmpty {
        #expect(soft("Max cpu time", text) == 6)
        #expect(soft("Max core file size", text) == 0)
        if !Sanitizer.isActive {
          #expect(try #require(soft("Max address space", text)) < 8 << 30)
        }
      }
      #expect(program.result().status == 2)
    #endif
  }

  @Test("a worker that stands still is ended when its time is up")
  func stopped() throws {
    let program = try Program.start(["run", longFixture, "--deadline", "2"], in: folder.path)
    let workers = try program.workers()
    for worker in workers { kill(worker, SIGSTOP) }
    let result = program.result()
    #expect(result.status == 2, "\(result.text)")
    #expect(
      result.output.contains("the process that judged it took more than 2 s and was ended"), "\(result.text)")
    for worker in workers { #expect(try !isRunning(worker)) }
  }

  @Test(
    "a fixture into which is written while it is judged is an error",
    .unlessSanitized("libhdf5 1.10 leaks where it refuses what is damaged"),
    arguments: [["run"], ["selftest", "--filter", "*grid*.f64"]])
  func writtenMeanwhile(command: [String]) throws {
    let path = folder.file("fixture.h5")
    try FileManager.default.copyItem(atPath: longFixture, toPath: path)
    let program = try Program.start(command + ["fixture.h5"], in: folder.path)
    let worker = try #require(try program.workers().first)
    // By then it has hashed the file.
    try Program.waitForWork(of: worker)
    kill(worker, SIGSTOP)
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    let size = try file.seekToEnd()
    try file.seek(toOffset: size / 2)
    let byte = try #require(try Data(contentsOf: URL(fileURLWithPath: path)).dropFirst(Int(size / 2)).first)
    try file.write(contentsOf: Data([byte ^ 1]))
    try file.close()
    kill(worker, SIGCONT)
    let result = program.result()
    #expect(result.status == 2, "\(result.text)")
    #expect(result.output.contains("fixture.h5: changed while it was being read\n"), "\(result.text)")
  }

  @Test("a lower limit that a worker inherits is kept, and what it cannot do then is its fixture's error")
  func inheritedLimit() throws {
    let result = try Program.run(["selftest", longFixture], in: folder.path, limit: "-t 1")
    #expect(result.status == 2, "\(result.text)")
    #expect(
      result.output.contains(
        /torch-1\.13\.h5: (\/cases\/\S+: )?the process that read it was ended by signal \d+,/),
      "\(result.text)"
    )
  }

  /// A limit of a process in the text that the system has of them.
  private func soft(_ name: String, _ text: String) -> Int? {
    text.split(separator: "\n").first { $0.hasPrefix(name) }?
      .dropFirst(name.count).split(separator: " ").first.flatMap { Int($0) }
  }

  @Test("processor time, open files, memory and core size of a worker are limited")
  func limits() throws {
    let busy = try focalcheck(
      "worker", "--task", "selftest", "--policy", "derived", "--processor-time", "1", longFixture)
    #expect(busy.status == -SIGXCPU, "\(busy.status)")
    #expect(busy.output.contains("{\"began\":"))
    #expect(!busy.output.contains("\"ended\":"))
    #if os(Linux)
      // Where no core file may be left anyway, the worker's own limit would not be seen.
      var cores = rlimit()
      let resource = Int32(RLIMIT_CORE.rawValue)
      getrlimit(resource, &cores)
      var raised = rlimit(rlim_cur: cores.rlim_max, rlim_max: cores.rlim_max)
      setrlimit(resource, &raised)
      let program = try Program.start(["run", longFixture], in: folder.path)
      setrlimit(resource, &cores)
      let worker = try #require(try program.workers().first)
      try Program.waitForWork(of: worker)
      let text = try String(contentsOfFile: "/proc/\(worker)/limits", encoding: .utf8)
      let environment = try Data(contentsOf: URL(fileURLWithPath: "/proc/\(worker)/environ"))
      kill(worker, SIGKILL)
      _ = program.result()
      #expect(soft("Max cpu time", text) == 900)
      #expect(soft("Max core file size", text) == 0)
      #expect(soft("Max open files", text) == 16)
      // A sanitizer has mapped terabytes before the limit is set above them.
      if !Sanitizer.isActive { #expect(try #require(soft("Max address space", text)) < 1 << 30) }
      let names = environment.split(separator: 0).compactMap {
        String(decoding: $0, as: UTF8.self).split(separator: "=").first
      }
      #expect(Set(names).isSubset(of: ["LD_LIBRARY_PATH", "SWIFT_BACKTRACE"]), "\(names)")
    #endif
  }

  @Test("a fixture that takes too much memory is an error, and the others are judged")
  func memory() throws {
    try DemoFixture.write(to: folder.file("large.h5"), cases: []) { author in
      try DemoFixture.demoCase(
        author, changing: ["variant": .variableScalar(String(repeating: "a", count: 160 << 20))])
    }
    try DemoFixture.write(to: folder.file("small.h5"))
    let result = try focalcheck("run", "large.h5", "small.h5", "--policy", "atol=10")
    #expect(result.status == 2, "\(result.output.prefix(2000)) \(result.messages.prefix(2000))")
    #expect(result.output.contains("\nlarge.h5: "), "\(result.output.prefix(2000))")
    #expect(result.output.contains("1 conformant"), "\(result.output.prefix(2000))")
  }

  @Test("the report does not depend on how many workers there are", .unlessSanitized(sanitizedCrash))
  func jobs() throws {
    var names: [String] = []
    for number in 0..<6 {
      names.append("\(number).h5")
      try DemoFixture.write(to: folder.file("\(number).h5"), cases: (0...number).map { "case\($0)" })
    }
    try writeCrashing("3.h5")
    names.append("missing.h5")
    for format in ["text", "json"] {
      let results = try ["1", "3", "8"].map { jobs in
        try Program.run(
          ["run", "--jobs", jobs, "--output", "\(format)=-", "--filter", "*case[0-4]"] + names,
          in: folder.path)
      }
      #expect(results[0].status == 2)
      #expect(results[0].output.contains("5.h5"))
      // On a slow machine the messages tell how far the run is.
      for result in results { #expect(result.output == results[0].output) }
    }
  }

  @Test(
    "a worker opens no file but the fixture, and the program that started it does not open that",
    .enabled(if: isInstalled("strace")),
    .unlessSanitized("a sanitizer opens files of its own, and looks for no leaks under strace"),
    arguments: ["run", "list", "selftest"])
  func openedFiles(command: String) throws {
    for name in ["other.data", "secret"] { try DemoFixture.write(to: folder.file(name)) }
    try FileManager.default.createDirectory(
      atPath: folder.file("plugins"), withIntermediateDirectories: true)
    try Damage.write(folder.file("plugins/libsecret.so"), [1])
    try DemoFixture.write(to: folder.file("bad.h5"), cases: ["good"]) { author in
      let lures: [(String, (String) throws -> Void)] = [
        ("external", { try author.externalLink($0, file: "other.data", target: "/cases/demo/inputs/logit") }),
        (
          "virtual",
          {
            try author.virtualDataset(
              $0, shape: .vector(4), sourceFile: "other.data", source: "/cases/demo/inputs/logit")
          }
        ),
        ("storage", { try author.externalStorage($0, shape: .vector(4), file: "secret") }),
        ("plugin", { try author.filtered($0, DemoFixture.logit, filter: 32001) }),
      ]
      for (name, lure) in lures {
        try DemoFixture.demoCase(author, name, without: ["inputs/logit"])
        try lure("/cases/\(name)/inputs/logit")
      }
    }
    let claim = """
      [[claim]]
      id = "greatest"
      quote = "q"
      source = "s"
      statement = "t"
      check = "greatest"
      greatest = "2.06"
      cases = "*"
      """
    try Damage.write(folder.file("claims.toml"), Array(claim.utf8))
    let strace = Process()
    strace.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    strace.arguments = [
      "strace", "-ff", "-o", folder.file("trace"), "-e", "trace=open,openat,creat,execve", Program.path,
      command, ".",
    ]
    strace.environment = ProcessInfo.processInfo.environment.merging(
      ["HDF5_PLUGIN_PATH": folder.file("plugins"), "SECRET": "1"]
    ) { $1 }
    strace.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    strace.standardOutput = FileHandle.nullDevice
    strace.standardError = FileHandle.nullDevice
    try strace.run()
    strace.waitUntilExit()
    #expect(strace.terminationStatus == (command == "list" ? 0 : 2))
    let traces = try FileManager.default.contentsOfDirectory(atPath: folder.path).filter {
      $0.hasPrefix("trace.")
    }
    let workers = try traces.map(contents).filter { $0.contains(/execve\([^\n]*"focalcheck", "worker"/) }
    try #require(workers.count == 1)
    let others = try traces.map(contents).filter { !$0.contains(/execve\([^\n]*"focalcheck", "worker"/) }
    for trace in others { #expect(!trace.contains("bad.h5\", O_RDONLY"), "\(trace)") }
    // What opens before the process becomes the worker is the pool's.
    let trace = workers[0].split(separator: "\n").drop { !$0.contains("\"worker\"") }
    var opened: Set<String> = []
    for line in trace {
      guard let match = line.firstMatch(of: /^(?:open|openat|creat)\(.*?"([^"]*)"(.*)$/) else { continue }
      let (path, rest) = (String(match.1), match.2)
      #expect(!rest.contains("O_CREAT") && !rest.contains("O_WRONLY"), "\(line)")
      let isSystem =
        path.contains(".so") && !path.contains("secret") || path == "/etc/ld.so.cache"
        || path == "/proc/self/statm"
      if !isSystem { opened.insert(path) }
    }
    // The runtime reads about the machine; it is told by nothing that is in the file.
    opened = opened.filter { !$0.hasPrefix("/proc/self/") && !$0.hasPrefix("/sys/") }
    #expect(opened == ["./bad.h5"])
  }

  @Test(
    "a signal ends the workers, and the report of what was judged is marked",
    arguments: [SIGINT, SIGTERM, SIGHUP])
  func interrupted(signal: Int32) throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let program = try Program.start(
      ["run", "demo.h5", longFixture, "--jobs", "1", "--output", "json=report.json"], in: folder.path)
    // By then the first fixture is judged, and the second is not.
    let workers = try program.workers(on: longFixture)
    program.send(signal)
    let result = program.result()
    #expect(result.status == 128 + signal, "\(result.text)")
    #expect(
      result.output.hasPrefix(
        "INCOMPLETE: the run was ended before 1 fixture could be judged: torch-1.13.h5\n"), "\(result.text)")
    #expect(result.output.contains("1 case: "), "\(result.text)")
    let json = try contents("report.json")
    #expect(json.contains("\"incomplete\":true,\n\"not_judged\":[\"torch-1.13.h5\"],\n\"verdict\":\"error\""))
    #expect(json.contains("\"demo.h5#demo\""))
    for worker in workers { #expect(try !isRunning(worker)) }
    for (arguments, status) in [
      (["accept", "report.json", "--baseline", "baseline.json", "--reason", "why"], Int32(2)),
      (["run", "demo.h5", "--baseline", "report.json"], 2),
    ] {
      let refused = try Program.run(arguments, in: folder.path)
      #expect(refused.status == status)
      #expect(
        refused.messages
          == "focalcheck: report.json: is INCOMPLETE: its run was ended before all fixtures were judged\n",
        "\(refused.text)")
    }
    #expect(!FileManager.default.fileExists(atPath: folder.file("baseline.json")))
  }

  @Test("a run that is killed at any instant leaves the old output or the new one, whole")
  func killedRun() throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let arguments = ["run", "demo.h5", "--output", "json=report.json"]
    let clock = ContinuousClock()
    let duration = try clock.measure { _ = try Program.run(arguments, in: folder.path) }
    let new = try contents("report.json")
    let old = String(repeating: "the old one\n", count: 10_000)
    var generator = SystemRandomNumberGenerator()
    var seen: Set<String> = []
    for step in 0...24 {
      try Damage.write(folder.file("report.json"), Array(old.utf8))
      let program = try Program.start(arguments, in: folder.path)
      // From the first instant to well after the end; between them at random.
      let share = Double(step) / 24 * 1.5 + (step == 0 ? 0 : Double.random(in: 0..<0.05, using: &generator))
      if step < 24 {
        Thread.sleep(forTimeInterval: share * (duration / .seconds(1)))
        program.send(SIGKILL)
      }
      _ = program.result()
      let found = try contents("report.json")
      #expect(found == old || found == new, "after \(share) of a run: \(found.prefix(200))")
      seen.insert(found)
    }
    #expect(seen == [old, new])
  }

  @Test("a full disk and a closed pipe end with 2")
  func lostOutput() throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let full = try focalcheck("run", "demo.h5", "--policy", "atol=10", "--output", "json=/dev/full")
    #expect(full.status == 2)
    #expect(full.messages == "focalcheck: /dev/full: cannot be written: No space left on device\n")
    let process = Process()
    let (output, messages) = (Pipe(), Pipe())
    process.executableURL = URL(fileURLWithPath: Program.path)
    process.arguments = ["run", "demo.h5", "--policy", "atol=10"]
    process.currentDirectoryURL = URL(fileURLWithPath: folder.path)
    process.standardOutput = output
    process.standardError = messages
    try output.fileHandleForReading.close()
    try process.run()
    let text = String(decoding: messages.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 2)
    #expect(text == "focalcheck: standard output: cannot be written: Broken pipe\n")
  }

  @Test(
    "an output that can be written in part only leaves the old one, and nothing else",
    .unlessSanitized("ThreadSanitizer writes files of its own, whose size is limited here as well"))
  func partialOutput() throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    try Damage.write(folder.file("report.json"), Array("the old one".utf8))
    // A block has 512 or 1,024 bytes.
    let result = try Program.run(
      ["run", "demo.h5", "--policy", "atol=10", "--output", "json=report.json"], in: folder.path,
      limit: "-f 2")
    #expect(result.status == 2, "\(result.text)")
    #expect(result.messages == "focalcheck: report.json: cannot be written: File too large\n")
    #expect(try contents("report.json") == "the old one")
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted() == ["demo.h5", "report.json"])
  }

  @Test(
    "libhdf5 says nothing of its own, whatever reads",
    arguments: [
      ["run", "bad.h5"], ["list", "bad.h5"], ["inspect", "bad.h5"], ["compare", "bad.h5", "other.h5"],
    ])
  func silentLibrary(arguments: [String]) throws {
    for name in ["bad.h5", "other.h5"] {
      try DemoFixture.write(to: folder.file(name))
      try Damage.truncate(folder.file(name), to: 4000)
    }
    let result = try Program.run(arguments, in: folder.path)
    #expect(result.status == 2, "\(result.text)")
    #expect(result.text.contains("the file is truncated"), "\(result.text)")
    #expect(!result.text.contains("HDF5-DIAG"), "\(result.text)")
  }

  @Test("a manifest beside a fixture is honoured where the fixture is named, and where its folder is")
  func manifests() throws {
    try DemoFixture.write(to: folder.file("demo.h5"))
    let bytes = try Data(contentsOf: URL(fileURLWithPath: folder.file("demo.h5"))).count
    let entry =
      "{\"file\":\"demo.h5\",\"bytes\":\(bytes),\"sha256\":\"\(String(repeating: "ab", count: 32))\"}"
    try Damage.write(
      folder.file("manifest.json"),
      Array("{\"schema\":\"focalcheck-manifest/1\",\"fixtures\":[\(entry)]}".utf8))
    for path in ["demo.h5", "."] {
      let result = try focalcheck("run", path, "--policy", "atol=10")
      #expect(result.status == 2, "\(result.text)")
      #expect(result.output.contains("demo.h5: is not the file that the manifest pins"), "\(result.text)")
    }
  }

  @Test(
    "wrong numbers of workers or seconds are wrong usage",
    arguments: [["--jobs", "0"], ["--jobs", "x"], ["--deadline", "0"], ["--deadline", "1000001"]])
  func usage(options: [String]) throws {
    #expect(try Program.run(["run"] + options, in: folder.path).status == 64)
  }

  @Test("the subcommands that the program starts are no commands for a person")
  func hidden() throws {
    let help = try focalcheck("--help").output
    #expect(!help.contains("worker") && !help.contains("guarded"))
  }
}
