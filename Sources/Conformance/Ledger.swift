internal import Arithmetic
internal import Comparison

/// A difference that is known: which results may differ, how much, and why.
public struct KnownDifference: Hashable, Sendable {
  /// The last component of the ledger's path.
  public let file: String
  /// The line of its entry in the ledger.
  public let line: Int
  /// A shell pattern on the case's id or name.
  public let cases: String
  /// A shell pattern on the tensor's name, such as `outputs/loss`; nil for all tensors.
  public let tensor: String?
  /// Whether it speaks of cases that raised or of values.
  public let outcome: CaseOutcome
  /// The framework; nil for all.
  public let framework: String?
  /// The framework's versions; nil for all.
  public let versions: VersionRange?
  /// How large the difference may be; nil for cases that raised, and in a ledger that is read to get its bounds.
  public let bounds: DifferenceBounds?
  /// A shell pattern on the message of a case that raised; nil for all messages, and for values.
  public let message: String?
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
/// framework = "paddle"                             # by any of its names; all frameworks when it is left out
/// versions = ">=3.0, <3.4"                         # see VersionRange; all versions when it is left out
/// max_outside = { finite = 2, sign = 2 }           # required: how many elements of each class, in each tensor
/// max_ulp = 1.259e7                                # how far from the exact value, in ULPs of that
/// max_absolute = 0.375                             # the same as a number
/// where = { logit = [0.0, 0.0] }                   # inputs of all elements outside; anywhere when it is left out
/// reason = "bce' at ±0 is -0.5 - y"                # required
/// link = "https://…"
/// expires = 2027-01-31                             # the last day on which it counts
///
/// [[difference]]
/// case = "paddle.shape-1d.*"
/// outcome = "raised"                               # cases that the framework refused; "value" when it is left out
/// message = "ValueError: *"                        # a shell pattern on what it said; all messages when it is left out
/// reason = "a logit of one dimension is refused"
/// ```
///
/// A nonconformant tensor is *known* where an entry selects it and its elements outside keep all of the entry's bounds:
///
/// - `max_outside` lists the classes that may occur (`MismatchClass`), each with the most elements that a tensor may
///   have: `finite`, `sign` (of the wrong sign), `nan`, `infinity`, and `finite_for_nonfinite`. A class that is not listed
///   must not occur.
/// - `max_ulp` and `max_absolute` bound the error of each finite element against the exact value, or against the
///   expected value where there is no exact one. Where finite elements may be outside, one of them is required.
/// - `where` bounds inputs of the formula, both ends included.
///
/// What exceeds a bound is nonconformant, and so is a tensor of the wrong type or shape. An entry with
/// `outcome = "raised"` has no bounds, and makes nothing known but that a case raised. What could not be judged is never
/// known. Each pattern of an entry is a ``KnownDifference`` of its own, and must be needed: see ``Ledgers``. The command
/// `focalcheck known` writes entries and bounds from a report.
public struct Ledger: Hashable, Sendable {
  /// The name of the ledger in the folder of the fixtures that it speaks of.
  public static let fileName = "known-differences.toml"

  /// The last component of its path.
  public let file: String
  /// What it lists, in its order.
  public let differences: [KnownDifference]
}

/// A known difference that is known no longer, or never was.
public struct StaleDifference: Hashable, Sendable {
  /// The difference.
  public let difference: KnownDifference
  /// Why it is stale, in plain words.
  public let cause: String
}

/// A known difference that selects something, and of which the bounds do not hold there.
public struct ExceededDifference: Hashable, Sendable {
  /// The difference.
  public let difference: KnownDifference
  /// Each bound that is exceeded, such as `allows 4 elements of class finite, 9 are outside`.
  public let excesses: [String]
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
  func concerns(_ file: String, framework: String?, version: String?) -> Bool {
    if let named = self.framework {
      guard let framework, Framework.canonicalName(of: named) == Framework.canonicalName(of: framework) else {
        return false
      }
    }
    if let versions {
      guard let version, versions.contains(version) else { return false }
    }
    guard let number = cases.firstIndex(of: "#") else { return true }
    return ShellPatterns(patterns: [String(cases[..<number])]).match(anyOf: [file])
  }

  /// Whether it selects a case of a fixture that it concerns.
  func selects(caseNamed name: String, id: String) -> Bool {
    ShellPatterns(patterns: [cases]).match(anyOf: [id, name])
  }

  /// Whether it selects the outcome of the cases that it selects, rather than their tensors.
  package var selectsRaises: Bool { outcome == .raised }

  /// Whether it selects a tensor of the cases that it selects.
  func selects(tensorNamed name: String) -> Bool {
    guard outcome == .value else { return false }
    return tensor.map { ShellPatterns(patterns: [$0]).match(anyOf: [name]) } ?? true
  }

  /// Which of its bounds the elements outside of a tensor exceed that it selects; none when all hold.
  ///
  /// - Parameter outside: nil for a tensor that is not known by its elements, such as one of the wrong type.
  func excesses(of outside: OutsideSummary?) -> [String] {
    guard let bounds else { return ["has no bounds"] }
    guard let outside else { return ["is about elements, and the tensor is of another type or shape"] }
    return bounds.excesses(of: outside)
  }

  /// Which of its bounds a case exceeds that raised, and that it selects; none when all hold.
  func excesses(ofMessage text: String?) -> [String] {
    guard let message, !ShellPatterns(patterns: [message]).match(anyOf: [text ?? ""]) else { return [] }
    return ["is about another message, one that matches \"\(message)\""]
  }

  /// Whether it has ceased to count.
  func hasExpired(on today: CalendarDate) -> Bool { expires.map { $0 < today } ?? false }
}
