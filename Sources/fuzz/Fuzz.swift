import ArgumentParser
import Foundation
import SeededNumbers

/// Makes hostile inputs from the committed fixtures, and demands of `focalcheck run` that none of them ends it, hangs it,
/// takes its memory, writes into its reports, or passes where it must be refused.
@main
struct Fuzz: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "fuzz",
    abstract: "Run focalcheck on hostile fixtures.",
    discussion: """
      Every run judges 100 inputs. One batch of ten stands beside a manifest that pins other bytes of the same size: each \
      input must be refused. One of ten holds committed fixtures with damaged bytes. The others hold excerpts of them: \
      truncated at each header in order, damaged in their bytes, or written by libhdf5 with other contents. Where a \
      changed value, type, shape or parameter is known to be wrong, its case must not be conformant; where nothing \
      was changed, it must be. Damage to bytes may miss everything that is judged, and may then be conformant.

      Exits with 1 where a demand does not hold; the seed and the number of the batch reproduce it, and the input is kept.
      """)

  @Argument(help: "The program.")
  var program: String

  @Option(help: "The folder of the committed fixtures.")
  var fixtures = "fixtures"

  @Option(help: "How many inputs; whole batches of 100.")
  var count = 5000

  @Option(help: "The seed of the inputs.")
  var seed: UInt64 = 1

  @Option(help: "Only the batch of this number.")
  var batch: Int?

  @Option(help: "Seconds that one input may take, and after which its process is ended.")
  var deadline = 10

  @Option(help: "Seconds that a run of 100 inputs may take.")
  var runDeadline = 300

  @Option(help: "Only write the unharmed excerpts into this folder, as a start for another fuzzer.")
  var seeds: String?

  @Option(help: "The folder for inputs of which a demand does not hold.")
  var failures = ".build/fuzz"

  /// How many files are judged by one run.
  static let batchCount = 100
  /// Bytes that a run and each of its workers may take, the program itself and the small tensors included.
  private static let memory = 256 << 20
  /// Of each whole fixture these cases are judged, so that one input takes milliseconds.
  private static let filters = ["*.blog.none.f32", "*.probs.none.f32"]

  func validate() throws {
    guard count > 0, deadline > 0, runDeadline > 0 else { throw ValidationError("numbers are above zero") }
  }

  func run() throws {
    var sources = try Sources(folder: fixtures)
    guard !sources.excerpts.isEmpty else {
      throw ValidationError("\(fixtures) holds no fixture with the cases needed")
    }
    if let seeds {
      for (index, written) in sources.written.enumerated() {
        try Data(written.specimen.bytes).write(to: URL(fileURLWithPath: "\(seeds)/\(index).h5"))
      }
      return
    }
    var tally = Tally(seed: seed, boundaryCount: sources.boundaries.count)
    try calibrate(&sources, &tally)
    let batches = (count + Self.batchCount - 1) / Self.batchCount
    for batch in batch.map({ $0...$0 }) ?? 0...(batches - 1) { try run(batch, sources, &tally) }
    if tally.peakBytes > Self.memory { tally.breaches.append("a process took \(tally.peakBytes >> 20) MiB") }
    print(tally.table, terminator: "")
    for breach in tally.breaches { print(breach) }
    if !tally.breaches.isEmpty { throw ExitCode(1) }
  }

  /// Judges the excerpts as they are: what memory that takes, and that all of them are conformant.
  private func calibrate(_ sources: inout Sources, _ tally: inout Tally) throws {
    let folder = try Batch()
    for (index, written) in sources.written.enumerated() {
      try Data(written.specimen.bytes).write(to: URL(fileURLWithPath: folder.file("input-\(index).h5")))
    }
    try Data(sources.flipped.right.bytes).write(to: URL(fileURLWithPath: folder.file("right.h5")))
    try Data(sources.flipped.wrong.bytes).write(to: URL(fileURLWithPath: folder.file("wrong.h5")))
    let result = try folder.judged(by: program, [], deadline: (deadline, runDeadline))
    sources.judgedTensors = result.judgements["right.h5"]?.tensors ?? []
    if result.judgements["right.h5"]?.verdict != "conformant" || sources.judgedTensors.count < 2
      || result.judgements["wrong.h5"]?.verdict != "nonconformant"
    {
      tally.breaches.append("the files for flips of one bit are not judged conformant and nonconformant")
    }
    (tally.ownBytes, tally.peakBytes) = (result.peakBytes, result.peakBytes)
    for (index, written) in sources.written.enumerated() {
      let breach = result.judgements["input-\(index).h5"]?.breach(
        of: .conformant(written.excerpt.cases.map(\.name)))
      guard let breach else { continue }
      tally.breaches.append("unharmed excerpt of \(written.specimen.name): \(breach)")
    }
  }

  private func run(_ batch: Int, _ sources: Sources, _ tally: inout Tally) throws {
    var generator = SplitMix(seed: seed &+ UInt64(batch) &* 0x1_0000)
    let (isPinned, isWhole) = (batch % 10 == 8, batch % 10 == 9)
    let kinds = isWhole ? Kind.wholeBatch : Kind.batch
    // Batches of the same make before this one.
    let earlier = isPinned || isWhole ? batch / 10 : batch / 10 * 8 + batch % 10
    let folder = try Batch()
    var demands: [(name: String, kind: Kind, demand: Demand)] = []
    var made: [Kind: Int] = [:]
    for (index, kind) in kinds.enumerated() {
      let name = "input-\(index).h5"
      let ordinal = earlier * kinds.count { $0 == kind } + made[kind, default: 0]
      made[kind, default: 0] += 1
      let demand = try kind.write(to: folder.file(name), from: sources, ordinal: ordinal, &generator)
      demands.append((name, kind, isPinned ? .refused : demand))
      if case .truncation = kind, !isPinned { tally.truncations += 1 }
    }
    if isPinned { try folder.pin(demands.map(\.name)) }
    let place = "seed \(seed), batch \(batch)"
    do {
      let result = try folder.judged(
        by: program, isWhole ? Self.filters : [], deadline: (deadline, runDeadline))
      tally.peakBytes = max(tally.peakBytes, result.peakBytes)
      for (name, kind, demand) in demands {
        let judgement = result.judgements[name]
        tally.add(judgement, of: kind, isPinned: isPinned, demand, at: "\(place), \(name)")
        let breach = judgement.map { $0.breach(of: demand) } ?? "is not in the report"
        if let breach {
          tally.breaches.append(
            "\(place), \(name): \(kind.name): \(breach); \(try keep(name, of: folder, batch))")
        }
      }
      for fault in result.faults {
        tally.breaches.append("\(place): \(fault); \(try keep(nil, of: folder, batch))")
      }
    } catch let failure as Batch.Failure {
      tally.breaches.append("\(place): \(failure); \(try keep(nil, of: folder, batch))")
    }
  }

  /// Keeps an input, or the whole batch, and says where.
  private func keep(_ name: String?, of folder: Batch, _ batch: Int) throws -> String {
    let place = "\(failures)/seed-\(seed)-batch-\(batch)"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    for file in try FileManager.default.contentsOfDirectory(atPath: folder.path)
    where name == nil || name == file {
      try? FileManager.default.removeItem(atPath: "\(place)/\(file)")
      try FileManager.default.copyItem(atPath: folder.file(file), toPath: "\(place)/\(file)")
    }
    return "kept in \(place)"
  }
}
