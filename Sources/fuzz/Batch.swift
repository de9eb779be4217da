import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// A folder of inputs that one run judges, removed at the end.
final class Batch {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  /// What one run said and took.
  struct Result {
    /// By file.
    var judgements: [String: Judgement] = [:]
    /// The most memory that the run or one of its workers had.
    let peakBytes: Int
    /// What is wrong with the texts of the reports.
    var faults: [String] = []
  }

  let path: String

  init() throws {
    let folder = FileManager.default.temporaryDirectory.appendingPathComponent(
      "focalcheck-fuzz-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    path = folder.path
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func file(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a manifest that pins for each input the size that it has and a digest that it has not.
  func pin(_ names: [String]) throws {
    let entries = try names.map { name -> String in
      let size = try FileManager.default.attributesOfItem(atPath: file(name))[.size] as? Int ?? 0
      return "{\"file\":\"\(name)\",\"bytes\":\(size),\"sha256\":\"\(String(repeating: "0", count: 64))\"}"
    }
    let text = "{\"schema\":\"focalcheck-manifest/1\",\"fixtures\":[\(entries.joined(separator: ","))]}"
    try text.write(toFile: file("manifest.json"), atomically: true, encoding: .utf8)
  }

  /// Judges the inputs.
  ///
  /// - Parameters:
  ///   - program: focalcheck.
  ///   - filters: which cases are judged; all where there is none.
  ///   - deadline: seconds for one input, and how many for the run.
  func judged(by program: String, _ filters: [String], deadline: (input: Int, run: Int)) throws -> Result {
    let texts = ["junit", "github", "markdown"]
    let arguments =
      [
        "run", path, "--no-ledger", "--deadline", "\(deadline.input)", "--output",
        "text=\(file("report.text"))",
      ]
      + (texts + ["json"]).flatMap { ["--output", "\($0)=\(file("report.\($0)"))"] }
      + filters.flatMap { ["--filter", $0] }
    let (status, peakBytes) = try run([program] + arguments, deadline: deadline.run)
    // The low seven bits are the signal that ended the process, the next eight its exit status.
    guard status & 0x7f == 0 else {
      throw Failure(description: "the run was ended by signal \(status & 0x7f)")
    }
    guard [0, 1, 2].contains(status >> 8) else {
      throw Failure(description: "the run ended with \(status >> 8)")
    }
    var result = Result(peakBytes: peakBytes)
    for text in ["text"] + texts + ["json"] {
      let bytes = try Data(contentsOf: URL(fileURLWithPath: file("report.\(text)")))
      if let fault = Self.fault(of: bytes, isPlain: text != "github") {
        result.faults.append("the report as \(text) holds \(fault)")
      }
    }
    let report = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: file("report.json"))))
    guard let report = report as? [String: Any], let fixtures = report["fixtures"] as? [[String: Any]],
      let cases = report["cases"] as? [[String: Any]]
    else { throw Failure(description: "the report has no fixtures") }
    for fixture in fixtures {
      guard let name = fixture["file"] as? String, let verdict = fixture["verdict"] as? String else {
        continue
      }
      result.judgements[name] = Judgement(verdict: verdict, error: fixture["error"] as? String)
    }
    for one in cases {
      guard let fixture = one["fixture"] as? String, let id = one["id"] as? String else { continue }
      result.judgements[fixture]?.cases[String(id.dropFirst(fixture.count + 1))] = one["verdict"] as? String
      for tensor in one["tensors"] as? [[String: Any]] ?? [] {
        result.judgements[fixture]?.tensors.append(
          JudgedTensor(
            name: tensor["name"] as? String ?? "", type: tensor["dtype"] as? String ?? "",
            verdict: tensor["verdict"] as? String ?? "", count: tensor["count"] as? Int ?? 0))
      }
    }
    return result
  }

  /// What a report must not hold, whatever the names in a file are.
  static func fault(of bytes: Data, isPlain: Bool) -> String? {
    guard let text = String(data: bytes, encoding: .utf8) else { return "ill-formed UTF-8" }
    let hidden = text.unicodeScalars.first {
      switch $0.properties.generalCategory {
      case .control: $0 != "\n"
      case .format, .lineSeparator, .paragraphSeparator: true
      default: false
      }
    }
    if let hidden { return "the character U+\(String(hidden.value, radix: 16, uppercase: true))" }
    if text.contains("##[") { return "\"##[\"" }
    let isCommanding =
      isPlain
      && text.split(separator: "\n").contains { line in line.drop(while: \.isWhitespace).hasPrefix("::") }
    return isCommanding ? "a line that begins with \"::\"" : nil
  }

  /// Runs a program without its output, and ends it when its time is up.
  private func run(_ words: [String], deadline: Int) throws -> (status: Int32, peakBytes: Int) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for descriptor in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
      posix_spawn_file_actions_addopen(&actions, descriptor, "/dev/null", O_RDWR, 0)
    }
    var arguments = words.map { strdup($0) } + [nil]
    defer { for argument in arguments { free(argument) } }
    var process = pid_t()
    let failure = posix_spawn(&process, words[0], &actions, nil, &arguments, environ)
    guard failure == 0 else {
      throw Failure(description: "\(words[0]): \(String(cString: strerror(failure)))")
    }
    var (status, usage) = (Int32(), rusage())
    let clock = ContinuousClock()
    let end = clock.now + .seconds(deadline)
    while true {
      let ended = wait4(process, &status, WNOHANG, &usage)
      if ended == process { break }
      guard ended == 0 || errno == EINTR else { throw Failure(description: String(cString: strerror(errno))) }
      if clock.now > end {
        // It ends its workers on the first signal.
        kill(process, SIGTERM)
        usleep(2_000_000)
        kill(process, SIGKILL)
        while wait4(process, &status, 0, &usage) < 0 && errno == EINTR {}
        throw Failure(description: "the run took more than \(deadline) s")
      }
      usleep(5000)
    }
    return (status, Int(usage.ru_maxrss) * Self.residentUnit)
  }

  #if canImport(Darwin)
    private static let residentUnit = 1
  #else
    private static let residentUnit = 1024
  #endif
}
