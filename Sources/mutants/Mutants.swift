import ArgumentParser
import Foundation

/// Builds the package once with every mutant of a list inside, and runs the tests against each of them.
@main
struct Mutants: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "mutants",
    abstract: "Run the tests against faults in the code that decides.",
    discussion: """
      A mutant is an expression or a statement of the sources with a fault in it. A copy of the package under .build/mutants \
      holds both texts, and an environment variable says which mutant a process runs; the sources themselves stay as \
      they are. Exits with 1 where less than 95 % are killed, where a survivor has no explanation, and where an \
      explained one is killed; with 2 where the list does not fit the sources, or the tests fail without a mutant.
      """)

  @Argument(help: "Parts of the names of the mutants to run; all when none is given.")
  var names: [String] = []

  @Option(help: "The list of mutants.", completion: .file(extensions: ["toml"]))
  var list: String

  @Option(help: "The root of the package.", completion: .directory)
  var package = "."

  @Option(help: "How many mutants run at once.")
  var jobs = ProcessInfo.processInfo.activeProcessorCount

  @Flag(help: "Only the mutants that take out a guard.")
  var guards = false

  @Flag(help: "Check that the list fits the sources, and do nothing else.")
  var check = false

  func validate() throws {
    guard jobs >= 1 else { throw ValidationError("at least one mutant runs at once") }
  }

  func run() async throws {
    do {
      try await runMutants()
    } catch let error as any CustomStringConvertible & Error where Self.isUnjudged(error) {
      FileHandle.standardError.write(Data("mutants: \(error.description)\n".utf8))
      throw ExitCode(2)
    }
  }

  private static func isUnjudged(_ error: any Error) -> Bool {
    error is MutantListError || error is MutatedPackage.BuildError || error is SuiteFailure
  }

  private func runMutants() async throws {
    let list = try MutantList(path: list)
    let package = try MutatedPackage(of: package, list)
    if check { return Self.print("\(list.mutants.count) mutants fit the sources") }
    let chosen = list.mutants.filter { mutant in
      (!guards || mutant.guardTakenOut != nil)
        && (names.isEmpty || names.contains(where: mutant.name.contains))
    }
    guard !chosen.isEmpty else { throw ValidationError("no mutant has such a name") }
    try package.write()
    Self.print("Building \(list.mutants.count) mutants at once")
    let tests = try await package.build()
    let outcomes = try await inParallel(chosen) { mutant in
      let outcome = try await tests.outcome(of: mutant)
      Self.print(outcome.row)
      return outcome
    }
    let table = MutantTable(outcomes: outcomes)
    Self.print(table.text)
    if !table.passes { throw ExitCode.failure }
  }

  /// The results of some work on each element, so many at once as there are jobs, in the order of the elements.
  private func inParallel<Element: Sendable, Result: Sendable>(
    _ elements: [Element], _ work: @escaping @Sendable (Element) async throws -> Result
  ) async throws -> [Result] {
    try await withThrowingTaskGroup(of: (Int, Result).self) { group in
      var results: [(Int, Result)] = []
      for (index, element) in elements.enumerated() {
        if index >= jobs, let result = try await group.next() { results.append(result) }
        group.addTask { (index, try await work(element)) }
      }
      for try await result in group { results.append(result) }
      return results.sorted { $0.0 < $1.0 }.map(\.1)
    }
  }

  /// Writes a line at once, whatever standard output is.
  private static func print(_ line: String) { FileHandle.standardOutput.write(Data("\(line)\n".utf8)) }
}
