import ArgumentParser
import Conformance

/// Which ledger of known differences a command goes by.
struct LedgerOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The ledger of known differences.",
      discussion: """
        Without it that is known-differences.toml in the folder of each fixture, where there is one and the policy is \
        derived. What it lists is known and no failure, as long as the bounds of its entry hold. An entry that covers \
        nothing, or has expired, is a failure. See focalcheck known.
        """, valueName: "path"), completion: .file(extensions: ["toml"]))
  var ledger: String?

  @Flag(help: "Go by no ledger.")
  var noLedger = false

  func validate() throws {
    if noLedger, ledger != nil { throw ValidationError("--ledger and --no-ledger exclude each other") }
  }

  /// Reads the ledgers of some fixtures. Those beside fixtures speak of the policy derived only.
  ///
  /// - Throws: `ExitCode.unjudged`, after a message, when one cannot be used.
  func read(for fixtures: [FixtureLocation], policy: Policy) throws -> Ledgers {
    let place: Ledgers.Place =
      noLedger ? .none : ledger.map(Ledgers.Place.file) ?? (policy == .derived ? .besideFixtures : .none)
    do throws(TOMLFileError) {
      return try Ledgers(place, for: fixtures)
    } catch {
      Console.message(error.description)
      throw ExitCode.unjudged
    }
  }
}
