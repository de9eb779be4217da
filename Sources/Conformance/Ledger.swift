/// A difference that is known: which results may differ, and why.
public struct KnownDifference: Hashable, Sendable {
  /// The last component of the ledger's path.
  public let file: String
  /// The line of its entry in the ledger.
  public let line: Int
  /// A shell pattern on the case's id or name.
  public let cases: String
  /// A shell pattern on the tensor's name, such as `outputs/loss`; nil for all tensors.
  public let tensor: String?
  /// Whether it speaks of cases that raised or of values only; nil for both.
  public let outcome: CaseOutcome?
  /// The framework; nil for all.
  public let framework: String?
  /// The framework's versions; nil for all.
  public let versions: VersionRange?
  /// Why the difference may be there.
  public let reason: String
  /// Where more is said.
  public let link: String?
  /// The last day on which it counts; nil for ever.
  public let expires: CalendarDate?
}

/// The differences that are known, as a file `known-differences.toml` lists them.
///
/// ```toml
/// [[difference]]
/// case = ["paddle.grid-0.*", "paddle.specials*"]   # shell patterns on a case's id or name; or one string
/// tensor = "grads/logit"                           # a shell pattern; all tensors when it is left out
/// framework = "paddle"                             # all frameworks when it is left out
/// versions = ">=3.0, <3.4"                         # see VersionRange; all versions when it is left out
/// reason = "bce' at ±0 is -0.5 - y"                # required
/// link = "https://…"
/// expires = 2027-01-31                             # the last day on which it counts
/// ```
/// `outcome = "raised"` in the place of `tensor` speaks of cases that the framework refused, `"value"` of tensors only.
///
/// A nonconformant tensor, or a case that raised unduly, is *known* where an entry selects it. What could not be judged
/// is never known. Each pattern of an entry is a ``KnownDifference`` of its own, and must be needed: see ``Ledgers``.
public struct Ledger: Hashable, Sendable {
  /// The name of the ledger in the folder of the fixtures that it speaks of.
  public static let fileName = "known-differences.toml"

  /// The last component of its path.
  public let file: String
  /// What it lists, in its order.
  public let differences: [KnownDifference]
}

/// Why a ledger cannot be used.
public struct LedgerError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The path of the ledger.
  public let path: String
  /// The line, from 1; nil when it is the file itself.
  public let line: Int?
  /// The reason in plain words.
  public let reason: String

  /// One line such as `fixtures/known-differences.toml:12: unknown key "tensors"`.
  public var description: String {
    visibleText(path) + (line.map { ":\($0)" } ?? "") + ": " + visibleText(reason)
  }
}

/// A known difference that is known no longer, or never was.
public struct StaleDifference: Hashable, Sendable {
  /// The difference.
  public let difference: KnownDifference
  /// Why it is stale, in plain words.
  public let cause: String
}

/// What ledgers had to do with a run.
public struct LedgerFindings: Hashable, Sendable {
  /// The ledgers' names, each once.
  public let files: [String]
  /// How many differences they list.
  public let differenceCount: Int
  /// Those that are stale; any of them makes a run nonconformant.
  public let stale: [StaleDifference]
}

extension KnownDifference {
  /// Whether it speaks of the build that computed a fixture, and of that file, if it names one before a `#`.
  func concerns(_ fixture: FixtureReport) -> Bool {
    if let framework, framework != fixture.provenance?.framework { return false }
    if let versions {
      guard let provenance = fixture.provenance, versions.contains(provenance.frameworkVersion) else {
        return false
      }
    }
    guard let number = cases.firstIndex(of: "#") else { return true }
    return ShellPatterns(patterns: [String(cases[..<number])]).match(anyOf: [fixture.file])
  }

  /// Whether it selects a case of a fixture that it concerns.
  func selects(_ conformanceCase: CaseReport) -> Bool {
    ShellPatterns(patterns: [cases]).match(anyOf: [conformanceCase.id, conformanceCase.name])
  }

  /// Whether it selects the outcome of the cases that it selects.
  var selectsRaises: Bool { tensor == nil && outcome != .value }

  /// Whether it selects a tensor of the cases that it selects.
  func selects(_ tensor: TensorReport) -> Bool {
    guard outcome != .raised else { return false }
    return self.tensor.map { ShellPatterns(patterns: [$0]).match(anyOf: [tensor.name]) } ?? true
  }

  /// Whether it has ceased to count.
  func hasExpired(on today: CalendarDate) -> Bool { expires.map { $0 < today } ?? false }
}
