internal import Comparison

/// How a run differs from a baseline, an earlier report that was accepted.
///
/// Cases belong together by framework, device and name, so that the next version of a framework is compared with the
/// one before; the type `BaselinePairing` has the rule.
///
/// *Worse* is what a release must not do unnoticed:
/// - a verdict that is worse (conformant, known, unjudged, nonconformant, error), or a tensor that is judged no longer;
/// - a tensor that was nonconformant or known, still is, and is more wrong: see `Discrepancy.worsenings(since:)`;
/// - more elements that are NaN or infinite where the expected value is not, though the verdict is the same;
/// - another element type or shape, unless the earlier one was not the documented one;
/// - a case that raises now;
/// - a fixture, a case or a tensor that is gone;
/// - a new case or tensor that is nonconformant or cannot be judged, since nobody has accepted it.
///
/// *Better* is the reverse. A new case that is conformant or known is neither.
///
/// A tensor whose elements only have other bits inside of what is allowed has *moved*, even when it is farther from the
/// exact values than before: an enclosure holds every result that the documentation admits, and none of them is worse.
public struct BaselineComparison: Hashable, Sendable {
  /// A build of the baseline and the build of the run that it was compared with.
  public struct BuildPair: Hashable, Sendable {
    /// The framework, as the run's fixtures name it.
    public let framework: String
    /// The device.
    public let device: String
    /// The version in the baseline.
    public let baselineVersion: String
    /// The version that was judged.
    public let version: String
  }

  /// One case, tensor or fixture that is better or worse.
  public struct Change: Hashable, Sendable {
    /// The case's id, or the name of a fixture's file.
    public let id: String
    /// The tensor; nil for a case or a fixture.
    public let tensor: String?
    /// In what it is better or worse, in plain words.
    public let causes: [String]
  }

  /// The name of the baseline's file.
  public let file: String
  /// Which builds were compared, in the order of the baseline.
  public private(set) var builds: [BuildPair] = []
  /// What is worse.
  public private(set) var worse: [Change] = []
  /// What is better.
  public private(set) var better: [Change] = []
  /// The ids of the new cases that are conformant or known.
  public private(set) var new: [String] = []
  /// How many tensors have moved inside of what is allowed.
  public private(set) var moved = 0
  /// Fixtures of the baseline that the run was not asked to judge.
  public private(set) var notJudged: [String] = []

  /// Compares a report with a baseline.
  ///
  /// - Parameters:
  ///   - report: what a run found.
  ///   - baseline: what it is held against.
  ///   - filter: the filter of the run, which then selects from the baseline as well.
  ///   - isWhole: whether the run was asked to judge all of the baseline's fixtures, so that one without a partner
  ///     is gone; otherwise it is not looked at.
  /// - Throws: ``BaselineError`` when the policies differ, the two have no case in common, or it cannot be told which
  ///   cases belong together.
  public init(
    _ report: RecordedReport, against baseline: RecordedReport, filter: CaseFilter = CaseFilter(),
    isWhole: Bool = true
  ) throws(BaselineError) {
    file = baseline.file
    try baseline.check(policy: report.policy)
    let pairing = try BaselinePairing(baseline, report, filter)
    guard !pairing.pairs.isEmpty else {
      let builds = { (report: RecordedReport) in
        let names = Set(report.fixtures.compactMap(\.build).map(\.description)).sorted()
        return names.isEmpty ? "no fixture that can be read" : names.joined(separator: ", ")
      }
      throw BaselineError(
        file: baseline.file,
        reason: "the run has no case in common with the baseline, which has \(builds(baseline)); "
          + "the run has \(builds(report))")
    }
    builds = pairing.builds.map {
      BuildPair(
        framework: $1.framework, device: $1.device, baselineVersion: $0.version, version: $1.version)
    }
    let judged = Dictionary(report.fixtures.map { ($0.file, $0) }) { first, _ in first }
    let hasPartner = { (file: String) in pairing.pairedFiles.contains(file) || judged[file] != nil }
    notJudged = isWhole ? [] : baseline.fixtures.map(\.file).filter { !hasPartner($0) }
    let selected = Set((pairing.pairs.map(\.old) + pairing.gone).map(\.fixture))
    for fixture in baseline.fixtures {
      switch judged[fixture.file] {
      case let new? where fixture.isReadable && !new.isReadable:
        worse.append(Change(fixture.file, "can be read no longer"))
      case let new? where !fixture.isReadable && new.isReadable:
        better.append(Change(fixture.file, "can be read now"))
      case nil where isWhole && !hasPartner(fixture.file) && selected.contains(fixture.file):
        worse.append(Change(fixture.file, "is gone with all of its cases"))
      default: break
      }
    }
    let files = Set(baseline.fixtures.map(\.file))
    worse += report.fixtures.filter { !$0.isReadable && !files.contains($0.file) }.map {
      Change($0.file, "is new, and cannot be read")
    }
    addCases(pairing, judged)
  }

  private mutating func addCases(_ pairing: BaselinePairing, _ judged: [String: RecordedReport.Fixture]) {
    for pair in pairing.pairs { add(pair.old, pair.new) }
    for old in pairing.gone where judged[old.fixture]?.isReadable ?? pairing.pairedFiles.contains(old.fixture)
    {
      worse.append(Change(old.id, "is gone"))
    }
    for added in pairing.added {
      if added.verdict <= .known {
        new.append(added.id)
      } else {
        worse.append(Change(added.id, "is new: \(added.verdict.rawValue)"))
      }
    }
  }

  private mutating func add(_ old: RecordedReport.Case, _ new: RecordedReport.Case) {
    let verdicts = old.verdict == new.verdict ? [] : ["\(old.verdict.rawValue) → \(new.verdict.rawValue)"]
    switch (old.outcome, new.outcome) {
    case (.value, .raised): worse.append(Change(new.id, ["raises now"] + verdicts))
    case (.raised, .value) where new.verdict <= old.verdict && new.isJudgedAndAccepted:
      better.append(Change(new.id, ["raises no longer"] + verdicts))
    case (.raised, .value): worse.append(Change(new.id, ["raises no longer"] + verdicts))
    default:
      let count = worse.count + better.count
      // A case that could not be judged may have lost tensors for that.
      if new.verdict != .error || new.tensors.count >= old.tensors.count { addTensors(old, new) }
      if worse.count + better.count == count, !verdicts.isEmpty {
        let change = Change(new.id, verdicts)
        if new.verdict > old.verdict || new.verdict == .unjudged && old.verdict != .error {
          worse.append(change)
        } else {
          better.append(change)
        }
      }
    }
  }

  private mutating func addTensors(_ old: RecordedReport.Case, _ new: RecordedReport.Case) {
    for tensor in old.tensors {
      guard let found = new.tensors.first(where: { $0.name == tensor.name }) else {
        worse.append(Change(new.id, tensor.name, ["is gone"]))
        continue
      }
      let (losses, gains) = tensor.changes(to: found)
      if !losses.isEmpty {
        worse.append(Change(new.id, tensor.name, losses))
      } else if !gains.isEmpty {
        better.append(Change(new.id, tensor.name, gains))
      } else if tensor != found {
        moved += 1
      }
    }
    let names = Set(old.tensors.map(\.name))
    for tensor in new.tensors where !names.contains(tensor.name) {
      guard let verdict = tensor.verdict, verdict > .known else { continue }
      worse.append(Change(new.id, tensor.name, ["is new: \(verdict.rawValue)"]))
    }
  }
}

extension BaselineComparison.Change {
  fileprivate init(_ id: String, _ tensor: String?, _ causes: [String]) {
    (self.id, self.tensor, self.causes) = (id, tensor, causes)
  }

  fileprivate init(_ id: String, _ causes: [String]) { self.init(id, nil, causes) }

  fileprivate init(_ id: String, _ cause: String) { self.init(id, nil, [cause]) }
}

extension RecordedReport {
  /// Checks that the report can be compared with one that was judged by a policy.
  ///
  /// - Throws: ``BaselineError`` when it was judged by another one, or is incomplete.
  public func check(policy: String) throws(BaselineError) {
    try checkComplete()
    guard policy == self.policy else {
      throw BaselineError(file: file, reason: "was judged by the policy \(self.policy), not by \(policy)")
    }
  }
}

extension RecordedReport.Case {
  /// Whether all of it is conformant or known: a wrong or unjudged value is no gain where there was an error.
  fileprivate var isJudgedAndAccepted: Bool {
    verdict <= .known && tensors.allSatisfy { $0.verdict.map { $0 <= .known } ?? true }
  }
}

extension RecordedReport.Tensor {
  /// In what a later tensor of the same name is worse, and in what it is better.
  fileprivate func changes(to new: Self) -> (losses: [String], gains: [String]) {
    var losses: [String] = []
    var gains: [String] = []
    func add(_ isLoss: Bool, _ cause: String) {
      if isLoss { losses.append(cause) } else { gains.append(cause) }
    }
    if (type, shape) != (new.type, new.shape) {
      add(!(isDifferent && new.verdict == .conformant), "\(signature) → \(new.signature)")
    }
    switch (verdict, new.verdict) {
    case (let old?, .unjudged?) where old != .unjudged && old != .error:
      losses.append("\(old.rawValue) → unjudged")
    case (let old?, let new?) where old != new: add(new > old, "\(old.rawValue) → \(new.rawValue)")
    case (_?, nil): losses.append("is judged no longer")
    case (nil, let new?): add(new > .known, "is judged now: \(new.rawValue)")
    default: break
    }
    if isDifferent != new.isDifferent, verdict == new.verdict {
      add(new.isDifferent, "\(isDifferent ? "has" : "has no longer") the documented type and shape")
    }
    guard isCompared, new.isCompared else { return (losses, gains) }
    let before = discrepancy ?? Discrepancy()
    let after = new.discrepancy ?? Discrepancy()
    losses += after.worsenings(since: before).map(\.description)
    gains += before.worsenings(since: after).map(\.reversed)
    // NaN and infinities that are inside are told apart: those outside are in the causes already.
    let nonfinite = (nonfiniteMismatches, new.nonfiniteMismatches)
    if nonfinite.0 != nonfinite.1, before.nonfinite + before.unmeasured == after.nonfinite + after.unmeasured
    {
      add(nonfinite.1 > nonfinite.0, "\(nonfinite.0) → \(nonfinite.1) NaN or infinite on one side")
    }
    return (losses, gains)
  }

  /// Whether it has not the documented type or shape, so that its elements were not compared.
  private var isDifferent: Bool { verdict == .nonconformant && outside == 0 }

  /// Whether its elements were compared.
  private var isCompared: Bool {
    switch verdict {
    case .conformant, .known, .nonconformant: !isDifferent
    case .unjudged, .error, nil: false
    }
  }

  private var signature: String {
    "\(type ?? "unreadable") (\((shape ?? []).map(String.init).joined(separator: ", ")))"
  }
}
