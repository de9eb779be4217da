import ArgumentParser
import Foundation

/// Damages fixtures by seeded mutations, and demands of `focalcheck run` that no input ends it, hangs it, or passes where
/// the manifest's digest must reject it.
@main
struct Fuzz: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz",
    abstract: "Run focalcheck on damaged fixtures.",
    discussion: """
      Half of the inputs stand beside a manifest that pins other bytes of the same size: each of them must be refused. Of the \
      others a run must come to its end and report every file. Exits with 1 where one of these demands does not hold; \
      the seed and the number of the batch reproduce it.
      """)

  @Argument(help: "The program.")
  var program: String

  @Option(help: "The folder of fixtures to damage.")
  var fixtures = "fixtures"

  @Option(help: "How many inputs.")
  var count = 5000

  @Option(help: "The seed of the mutations.")
  var seed: UInt64 = 1

  /// How many files are judged by one run.
  private static let batchCount = 100
  /// Of each fixture these cases are judged, so that one input takes milliseconds.
  private static let filters = ["*.blog.none.f32", "*.gamma-edge.*", "*.probs.none.f32"]

  func run() throws {
    let originals = try FileManager.default.contentsOfDirectory(atPath: fixtures).filter {
      $0.hasSuffix(".h5")
    }.sorted()
      .map { Original(name: $0, bytes: try Data(contentsOf: URL(fileURLWithPath: "\(fixtures)/\($0)"))) }
    guard !originals.isEmpty else { throw ValidationError("\(fixtures) holds no .h5 file") }
    var outcomes: [Mutation: [String: Int]] = [:]
    var failures: [String] = []
    for batch in 0..<((count + Self.batchCount - 1) / Self.batchCount) {
      var generator = SplitMix(state: seed &+ UInt64(batch) &* 0x1_0000)
      let isPinned = batch % 2 == 1
      let folder = try BatchFolder()
      var mutations: [String: Mutation] = [:]
      for index in 0..<Self.batchCount {
        let original = originals[(batch * Self.batchCount + index) % originals.count]
        let mutation = Mutation.allCases[index % Mutation.allCases.count]
        var bytes = [UInt8](original.bytes)
        mutation.apply(to: &bytes, headers: original.headers, &generator)
        // A mutation that changed nothing is none.
        if bytes.elementsEqual(original.bytes) { bytes[bytes.count / 2] ^= 1 }
        let name = "input-\(index).h5"
        try Data(bytes).write(to: URL(fileURLWithPath: "\(folder.path)/\(name)"))
        mutations[name] = mutation
      }
      if isPinned { try folder.pin(mutations.keys.sorted()) }
      let place = "seed \(seed), batch \(batch)"
      let report: [String: String]
      do {
        report = try folder.judged(by: program, Self.filters)
      } catch {
        failures.append("\(place): \(error)")
        continue
      }
      for (name, mutation) in mutations {
        let outcome = report[name] ?? "no case"
        outcomes[mutation, default: [:]][outcome, default: 0] += 1
        if isPinned, outcome != "error" {
          failures.append("\(place), \(name): \(outcome) where the digest is another")
        }
      }
    }
    print(table(outcomes), terminator: "")
    for failure in failures { print(failure) }
    if !failures.isEmpty { throw ExitCode(1) }
  }

  private func table(_ outcomes: [Mutation: [String: Int]]) -> String {
    let names = ["error", "nonconformant", "known", "conformant", "no case"]
    var text = "mutation".padding(toLength: 26, withPad: " ", startingAt: 0) + "inputs  "
    text += names.joined(separator: "  ") + "\n"
    for mutation in Mutation.allCases {
      let counts = outcomes[mutation] ?? [:]
      text += mutation.rawValue.padding(toLength: 26, withPad: " ", startingAt: 0)
      text += right("\(counts.values.reduce(0, +))", 6)
      text += names.map { "  " + right("\(counts[$0] ?? 0)", $0.count) }.joined() + "\n"
    }
    return text
  }

  private func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}

/// A fixture to damage.
struct Original {
  let name: String
  let bytes: Data
  /// Where the structures of the file format begin.
  let headers: [Int]

  init(name: String, bytes: Data) {
    (self.name, self.bytes) = (name, bytes)
    var headers: Set<Int> = [0]
    for signature in Mutation.signatures {
      let pattern = Data(signature.unicodeScalars.map { UInt8($0.value) })
      var from = bytes.startIndex
      while let range = bytes.range(of: pattern, in: from..<bytes.endIndex) {
        headers.insert(range.lowerBound)
        from = range.upperBound
      }
    }
    self.headers = headers.sorted()
  }
}

/// A folder of inputs, removed at the end.
final class BatchFolder {
  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory.appendingPathComponent("focalcheck-fuzz-\(UUID().uuidString)")
      .path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  /// Writes a manifest that pins for each input the size that it has and a digest that it has not.
  func pin(_ names: [String]) throws {
    let entries = names.map { name -> String in
      let size = (try? FileManager.default.attributesOfItem(atPath: "\(path)/\(name)")[.size] as? Int) ?? 0
      return "{\"file\":\"\(name)\",\"bytes\":\(size),\"sha256\":\"\(String(repeating: "0", count: 64))\"}"
    }
    let text = "{\"schema\":\"focalcheck-manifest/1\",\"fixtures\":[\(entries.joined(separator: ","))]}"
    try text.write(toFile: "\(path)/manifest.json", atomically: true, encoding: .utf8)
  }

  /// The verdict of each file.
  func judged(by program: String, _ filters: [String]) throws -> [String: String] {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments =
      ["run", path, "--deadline", "60", "--output", "json=\(path)/report.json"]
      + filters.flatMap { ["--filter", $0] }
    process.standardInput = FileHandle.nullDevice
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    guard process.terminationReason == .exit else {
      throw Failure(description: "the run was ended by signal \(process.terminationStatus)")
    }
    guard [0, 1, 2].contains(process.terminationStatus) else {
      throw Failure(description: "the run ended with \(process.terminationStatus)")
    }
    let report = try JSONSerialization.jsonObject(
      with: Data(contentsOf: URL(fileURLWithPath: "\(path)/report.json")))
    guard let fixtures = (report as? [String: Any])?["fixtures"] as? [[String: Any]] else {
      throw Failure(description: "the report has no fixtures")
    }
    var verdicts: [String: String] = [:]
    for fixture in fixtures {
      if let file = fixture["file"] as? String { verdicts[file] = fixture["verdict"] as? String }
    }
    return verdicts
  }
}
