import ArgumentParser
import Conformance
import FaultSuite

/// Prints how many faults the derived verdict and some tolerances catch, and how many genuine cases they reject.
@main
struct PowerTable: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "power",
    abstract:
      "Count planted faults caught and genuine cases rejected, by the derived verdict and by tolerances.",
    discussion: """
      A case is caught or rejected when its verdict is anything but conformant. Genuine are the float32 and float64
      results that the frameworks returned, but for the known faults of the frameworks, which are counted by themselves.
      Exits with 1 when a fixture cannot be opened, when a caught fault is diagnosed wrongly, or when less than 85 % of \
      them are diagnosed.
      """)

  @Option(help: "The folder, or a fixture, with the planted faults.", completion: .file())
  var planted: String

  @Option(help: "The folder, or a fixture, with the real exports.", completion: .file())
  var genuine: String

  @Flag(help: "List what the diagnoses say of each fault.")
  var diagnoses = false

  func run() throws {
    let (planted, exported) = (FixtureLocation.find([planted]), FixtureLocation.find([genuine]))
    let power = Power(
      try NamedPolicy.compared.map { try $0.verdicts(planted: planted, exported: exported) },
      ledgers: try Ledgers(.besideFixtures, for: exported))
    print(power.text, terminator: "")
    if diagnoses { print("\n" + power.diagnosesText, terminator: "") }
    if !power.diagnosesSuffice { throw ExitCode.failure }
  }
}
