import ArgumentParser
import FixtureAuthoring

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Measures `focalcheck compare` beside `h5diff -d`; it judges neither.
@main
struct CompareBenchmark: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "compare-benchmark",
    abstract: "Measure focalcheck compare beside h5diff -d: wall time and peak memory.",
    discussion: """
      Two files of normally distributed float32 elements are made for each size, which differ in 1 % of the places by 1
      to 8192 ULP. Both programs look for differences above 1e-6, in turn, after one run each that is not counted.
      Exits with 1 when a program cannot be run, or exits with anything but 1: differences found.
      """)

  @Argument(help: "The focalcheck program.", completion: .file())
  var program: String

  @Option(help: "How many elements each file holds; repeatable.")
  var size: [Int] = [10_000_000, 100_000_000]

  @Option(help: "How many runs of each program are counted.")
  var repetitions = 5

  @Option(help: "What the elements are drawn from.")
  var seed: UInt64 = 1

  func validate() throws {
    guard size.allSatisfy({ $0 > 0 }), repetitions > 0 else {
      throw ValidationError("Sizes and repetitions are at least 1.")
    }
  }

  func run() throws {
    // An interrupt ends the program that is being measured, which is an error here, and errors remove the folder.
    signal(SIGINT) { _ in }
    let folder = try TemporaryFolder()
    defer { withExtendedLifetime(folder) {} }
    let (expected, actual) = (folder.file("expected.h5"), folder.file("actual.h5"))
    let programs = [
      Program(name: "h5diff", arguments: ["h5diff", "-d", "1e-6", expected, actual]),
      Program(
        name: "focalcheck", arguments: [program, "compare", expected, actual, "--policy", "rtol=0,atol=1e-6"]),
    ]
    print(Table.header)
    for count in size {
      try FilePair(count: count, seed: seed).write(expected: expected, actual: actual)
      for program in programs { try program.run() }
      var runs = programs.map { _ in [Run]() }
      for _ in 0..<repetitions {
        for (index, program) in programs.enumerated() { runs[index].append(try program.run()) }
      }
      let summaries = runs.map(Summary.init)
      for (program, summary) in zip(programs, summaries) {
        print(Table.row("\(count)", program.name, summary))
      }
      print(Table.ratio("\(count)", of: summaries[1], to: summaries[0]))
    }
    print("The memory of a program below \(Table.megabytes(Program.measurableBytes)) MB does not show here.")
  }
}
