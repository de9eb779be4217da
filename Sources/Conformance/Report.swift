public import Comparison
public import FocalLoss
public import Tensors

/// Everything that a run found, as a value; see the module `Reporting` for its forms.
public struct Report: Sendable {
  /// By what it was decided whether an element is within.
  public let policy: Policy
  /// The fixtures, in the order in which they were judged.
  public internal(set) var fixtures: [FixtureReport]
  /// What ledgers of known differences had to do with it; nil when there was none.
  public internal(set) var ledger: LedgerFindings?
  /// What became of the documents' claims; empty when none were checked.
  public var claims: [ClaimFinding] = []
  /// How it differs from a baseline; nil when it was held against none.
  public var baseline: BaselineComparison?
  /// Why the run fails beside its findings, such as a journal that could not be written; empty when nothing went wrong.
  public var failures: [String] = []
  /// Whether an unjudged result fails the gate.
  public var requiresJudged = false
  /// The signal that ended the run, or nil.
  public var signal: Int32?

  /// The file names of the fixtures that were not judged because the run was ended.
  public let notJudged: [String]
  /// What was to be judged; nil where only the findings are known.
  private let plan: RunPlan?

  /// A report of some fixtures.
  public init(policy: Policy, fixtures: [FixtureReport]) {
    self.policy = policy
    self.fixtures = fixtures
    (notJudged, plan) = ([], nil)
  }

  /// A report of a run that was ended before anything was judged.
  public init(policy: Policy, notJudged: [String]) {
    self.init(policy: policy, outcomes: [], notJudged: notJudged)
  }

  /// A report of all that became of the fixtures of a run.
  init(policy: Policy, outcomes: [FixtureOutcome], notJudged: [String] = []) {
    self.policy = policy
    self.notJudged = notJudged
    fixtures = outcomes.compactMap(\.report)
    plan = RunPlan(
      planned: outcomes.map(\.plannedCount).reduce(0, +), skipped: outcomes.map(\.skippedCount).reduce(0, +))
  }

  /// Whether the run was ended before all fixtures were judged.
  public var isIncomplete: Bool { !notJudged.isEmpty }

  /// How many cases were to be judged, and what became of them; nil where only the findings are known. A fixture that
  /// could not be read counts as one.
  public var accounting: Accounting? {
    plan.map { plan in
      let verdicts = fixtures.flatMap { $0.error == nil ? $0.cases.map(\.verdict) : [.error] }
      let errors = verdicts.count { $0 == .error }
      return Accounting(
        planned: plan.planned, judged: verdicts.count - errors, errors: errors, skipped: plan.skipped)
    }
  }

  /// All cases, fixture by fixture, in the order of their names.
  public var cases: [CaseReport] { fixtures.flatMap(\.cases) }

  /// The worst of the fixtures' verdicts, with conformant for known; error when there is no case, or when nothing was
  /// compared: no element of any tensor, and no case that raised, or when the run is incomplete or lost a case. A stale
  /// known difference is nonconformant.
  public var verdict: Verdict {
    if isIncomplete || accounting?.isBalanced == false { return .error }
    let worst = comparesNothing ? .error : fixtures.map(\.verdict).max() ?? .error
    let isStale = ledger?.stale.isEmpty == false
    return max(worst == .known ? .conformant : worst, isStale ? .nonconformant : .conformant)
  }

  /// Whether no element was compared, no result had a wrong type or shape, and no case raised.
  public var comparesNothing: Bool {
    !cases.contains { conformanceCase in
      conformanceCase.outcome == .raised
        || conformanceCase.tensors.contains { ($0.comparison?.count ?? 0) > 0 || $0.isDifferent }
    }
  }
}

/// How many cases a run was to judge, and how many were not selected.
private struct RunPlan: Sendable {
  let planned: Int
  let skipped: Int
}

/// What became of the cases that a run was to judge.
public struct Accounting: Hashable, Sendable {
  /// How many the fixtures have.
  public let planned: Int
  /// How many have a verdict other than error.
  public let judged: Int
  /// How many could not be judged.
  public let errors: Int
  /// How many were not selected.
  public let skipped: Int

  /// Whether no case was lost, and none came to it.
  public var isBalanced: Bool { planned == judged + errors + skipped }

  /// What is wrong, in plain words; nil when it is balanced.
  public var fault: String? {
    isBalanced
      ? nil
      : "of \(planned) planned cases \(judged) were judged, \(errors) could not be judged and \(skipped) were not "
        + "selected: this is a fault of focalcheck"
  }
}

/// What became of one fixture of a run.
struct FixtureOutcome: Sendable {
  /// What was found; nil when no case was selected.
  let report: FixtureReport?
  /// How many cases it has; 1 for a fixture of which that is not known.
  let plannedCount: Int
  /// How many of them were not selected.
  let skippedCount: Int
}

extension FixtureOutcome {
  /// A fixture of which nothing can be judged.
  init(_ error: FixtureError, at location: FixtureLocation) {
    self.init(
      report: FixtureReport(
        file: location.fileName, digest: nil, provenance: nil, error: error, cases: [], path: location.path),
      plannedCount: 1, skippedCount: 0)
  }
}

/// What was found in one fixture.
public struct FixtureReport: Sendable {
  /// The file's name.
  public let file: String
  /// The size and SHA-256 of the file, when it could be read.
  public let digest: FixtureDigest?
  /// Who computed it, when the file could be opened.
  public let provenance: Provenance?
  /// Why nothing of the file could be judged, or nil.
  public let error: FixtureError?
  /// The cases that were selected.
  public internal(set) var cases: [CaseReport]
  /// Where it was read, which no report tells.
  let path: String

  /// How the exact values of its elements were found.
  public var exactCounts: ExactCounts { cases.map(\.exactCounts).reduce(ExactCounts(), +) }

  /// The worst of the cases' verdicts; a case that may be missing has none.
  public var verdict: Verdict {
    error == nil ? cases.filter { !$0.mayBeUnjudged }.map(\.verdict).max() ?? .conformant : .error
  }
}

/// How many exact values were found in which way.
public struct ExactCounts: Hashable, Sendable, Codable {
  /// By intervals of `Double`.
  public var fast = 0
  /// By MPFR.
  public var slow = 0

  /// None so far.
  public init() {}

  /// Whether a case can have so many.
  var isPossible: Bool { [fast, slow].allSatisfy((0...Comparison.countLimit).contains) }

  static func + (first: ExactCounts, second: ExactCounts) -> ExactCounts {
    var sum = first
    sum.fast += second.fast
    sum.slow += second.slow
    return sum
  }

  static func - (all: ExactCounts, earlier: ExactCounts) -> ExactCounts {
    var later = all
    later.fast -= earlier.fast
    later.slow -= earlier.slow
    return later
  }
}

/// What was found in one case.
public struct CaseReport: Sendable, Codable {
  /// `<fixture file name>#<case>`.
  public let id: String
  /// The case's name in the fixture.
  public let name: String
  /// The variant that it names; nil when the case could not be opened.
  public internal(set) var variant: String?
  /// Its hyper-parameters; nil when the case could not be opened.
  public internal(set) var parameters: Parameters?
  /// Why the case exists, in its author's words: its attribute `reason`.
  public internal(set) var purpose: String?
  /// What the framework did; nil when the case could not be opened.
  public internal(set) var outcome: CaseOutcome?
  /// Why the case could not be judged, or nil.
  public internal(set) var error: FixtureError?
  /// Why a case that raised has its verdict.
  public internal(set) var reason: String?
  /// Whether a framework raised on input that its documentation allows.
  public internal(set) var raisedUnduly = false
  /// Whether the command line allows that nothing of the case was judged.
  public internal(set) var mayBeUnjudged = false
  /// What the framework said when it raised unduly; nil for others.
  public internal(set) var message: String?
  /// What lists that the framework raised unduly, or nil.
  public internal(set) var knownRaise: KnownDifference?
  /// Which known differences speak of its raising, and do not allow it.
  public internal(set) var exceeded: [ExceededDifference] = []
  /// Its tensors.
  public internal(set) var tensors: [TensorReport] = []
  /// The numbers that its documentation prints, when the fixture states them.
  public internal(set) var printed: PrintedNumbers?
  /// How the exact values of its elements were found.
  public internal(set) var exactCounts = ExactCounts()
  /// What it says of the run's claims.
  public internal(set) var evidence: [ClaimEvidence] = []

  init(id: String, name: String) {
    self.id = id
    self.name = name
  }

  /// What is known of differences is not encoded: a ledger is applied to what was decoded.
  private enum CodingKeys: CodingKey {
    case id, name, variant, parameters, purpose, outcome, error, reason, raisedUnduly, mayBeUnjudged, message,
      tensors, printed, exactCounts, evidence
  }

  /// Whether its counts are such as a case can have; nothing overflows where they are added.
  var isPossible: Bool {
    exactCounts.isPossible
      && tensors.allSatisfy { tensor in tensor.comparison.map(\.isPossible) ?? true }
  }

  /// The worst of the case's own and its judged tensors' verdicts; unjudged where nothing of it was judged.
  public var verdict: Verdict {
    if error != nil { return .error }
    if outcome == .raised { return raisedUnduly ? knownRaise == nil ? .nonconformant : .known : .conformant }
    return tensors.compactMap(\.verdict).filter { $0 != .unjudged }.max() ?? .unjudged
  }
}

/// What was found in one tensor.
public struct TensorReport: Sendable, Codable {
  /// The name in the case, such as `outputs/loss`; in a comparison of two files the dataset's path.
  public let name: String
  /// The element type of the actual tensor; nil when it could not be opened.
  public let type: ElementType?
  /// The shape of the actual tensor; nil when it could not be opened.
  public let shape: Shape?
  /// The findings.
  public let finding: Finding
  /// Where the documented formula itself does not give the loss.
  public let hazards: Hazards
  /// What a nonconformant tensor is known to be; nil for others, and in a comparison of two files.
  public let nonconformance: Nonconformance?
  /// Why a nonconformant tensor is so: the first is the primary diagnosis, the others explain all elements as well; none
  /// where its elements prove no cause.
  public let diagnoses: [Diagnosis]
  /// What lists the difference of a nonconformant tensor, or nil.
  public internal(set) var known: KnownDifference?
  /// Which known differences select a nonconformant tensor, and do not allow what it is.
  public internal(set) var exceeded: [ExceededDifference] = []

  /// What is known of a tensor.
  init(
    name: String, type: ElementType?, shape: Shape?, finding: Finding, hazards: Hazards = Hazards(),
    nonconformance: Nonconformance? = nil, diagnoses: [Diagnosis] = []
  ) {
    (self.name, self.type, self.shape, self.finding) = (name, type, shape, finding)
    (self.hazards, self.nonconformance) = (hazards, nonconformance)
    self.diagnoses = diagnoses
  }

  private enum CodingKeys: CodingKey {
    case name, type, shape, finding, hazards, nonconformance, diagnoses
  }

  /// What is known of a tensor.
  public enum Finding: Sendable, Codable {
    /// It was compared with the expected values.
    case compared(Comparison, Rule, worstInputs: [Int: [NamedValue]])
    /// Its type or shape, or its presence, is not what it must be, whatever its elements.
    case different(String)
    /// It could not be compared, for this reason.
    case error(String)
    /// It is a result that cannot be judged, for this reason.
    case unjudged(String)
    /// It was given to the framework, as the gradient fed into the backward pass: its type and shape are right.
    case given
  }

  /// What decides whether an element is within.
  public enum Rule: Sendable, Codable {
    /// A tolerance.
    case tolerance(Tolerance)
    /// Each element's own enclosure; their widths in ULPs, of those with finite ends.
    case enclosure(widths: ULPDistribution)
  }

  /// The verdict, or nil for a tensor that is no result.
  public var verdict: Verdict? {
    let nonconformant: Verdict = known == nil ? .nonconformant : .known
    return switch finding {
    case .compared(let comparison, _, _): comparison.outside > 0 ? nonconformant : .conformant
    case .different: nonconformant
    case .error: .error
    case .unjudged: .unjudged
    case .given: nil
    }
  }

  /// Whether its type, shape or presence is wrong.
  public var isDifferent: Bool {
    if case .different = finding { true } else { false }
  }

  /// The comparison, when there is one.
  public var comparison: Comparison? {
    if case .compared(let comparison, _, _) = finding { comparison } else { nil }
  }

  /// How wrong it is; nil where nothing is outside, or nothing was compared.
  public var discrepancy: Discrepancy? { comparison.flatMap { $0.outside > 0 ? $0.discrepancy : nil } }
}

/// A value with the name of the input that it is an element of.
public struct NamedValue: Hashable, Sendable, Codable {
  /// The input's name.
  public let name: String
  /// Its element type in the formula.
  public let type: ElementType
  /// The element.
  public let value: Double
}
