/// How a run differs from a baseline, an earlier report that was accepted.
///
/// *Worse* is what a release must not do unnoticed:
/// - a verdict that is worse (conformant, known, nonconformant, error), or a tensor that is judged no longer;
/// - more elements outside, or more that are NaN or infinite where they should not be, though the verdict is the same;
/// - another element type or shape;
/// - a case that raises now;
/// - a fixture, a case or a tensor that is gone;
/// - a new case or tensor that is nonconformant or cannot be judged, since nobody has accepted it.
///
/// *Better* is the reverse. A new case that is conformant or known is neither.
///
/// A tensor whose elements only have other bits inside of what is allowed has *moved*, even when it is farther from the
/// exact values than before: an enclosure holds every result that the documentation admits, and none of them is worse.
public struct BaselineComparison: Hashable, Sendable {
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
  ///   - isWhole: whether the run was asked to judge all of the baseline's fixtures, so that one that it has not judged
  ///     is gone; otherwise it is not looked at.
  /// - Throws: ``BaselineError`` when the policies differ, or the two have no case in common.
  public init(
    _ report: RecordedReport, against baseline: RecordedReport, filter: CaseFilter = CaseFilter(),
    isWhole: Bool = true
  ) throws(BaselineError) {
    file = baseline.file
    try baseline.check(policy: report.policy)
    let before = baseline.cases.filter(filter.selects)
    let judged = Dictionary(report.fixtures.map { ($0.file, $0) }) { first, _ in first }
    notJudged = isWhole ? [] : baseline.fixtures.map(\.file).filter { judged[$0] == nil }
    addFixtures(
      baseline.fixtures.filter { fixture in
        !notJudged.contains(fixture.file)
          && (judged[fixture.file] != nil || before.contains { $0.fixture == fixture.file })
      }, report.fixtures)
    let pairs = addCases(before.filter { judged[$0.fixture]?.isReadable == true }, report.cases)
    guard pairs > 0 else {
      throw BaselineError(file: baseline.file, reason: "the run has no case in common with the baseline")
    }
  }

  private mutating func addFixtures(_ before: [RecordedReport.Fixture], _ after: [RecordedReport.Fixture]) {
    for old in before {
      switch after.first(where: { $0.file == old.file })?.isReadable {
      case nil: worse.append(Change(old.file, "is gone with all of its cases"))
      case false? where old.isReadable: worse.append(Change(old.file, "can be read no longer"))
      case true? where !old.isReadable: better.append(Change(old.file, "can be read now"))
      default: break
      }
    }
    let files = Set(before.map(\.file))
    worse += after.filter { !$0.isReadable && !files.contains($0.file) }.map {
      Change($0.file, "is new, and cannot be read")
    }
  }

  /// Adds how cases differ, and tells how many are in both.
  private mutating func addCases(_ before: [RecordedReport.Case], _ after: [RecordedReport.Case]) -> Int {
    let found = Dictionary(after.map { ($0.id, $0) }) { first, _ in first }
    var pairs = 0
    for old in before {
      if let new = found[old.id] {
        pairs += 1
        add(old, new)
      } else {
        worse.append(Change(old.id, "is gone"))
      }
    }
    let ids = Set(before.map(\.id))
    for added in after where !ids.contains(added.id) {
      if added.verdict <= .known {
        new.append(added.id)
      } else {
        worse.append(Change(added.id, "is new: \(added.verdict.rawValue)"))
      }
    }
    return pairs
  }

  private mutating func add(_ old: RecordedReport.Case, _ new: RecordedReport.Case) {
    let verdicts = old.verdict == new.verdict ? [] : ["\(old.verdict.rawValue) → \(new.verdict.rawValue)"]
    switch (old.outcome, new.outcome) {
    case (.value, .raised): worse.append(Change(old.id, ["raises now"] + verdicts))
    case (.raised, .value) where new.verdict <= old.verdict:
      better.append(Change(old.id, ["raises no longer"] + verdicts))
    case (.raised, .value): worse.append(Change(old.id, ["raises no longer"] + verdicts))
    default:
      let count = worse.count + better.count
      // A case that could not be judged may have lost tensors for that.
      if new.verdict != .error || new.tensors.count >= old.tensors.count { addTensors(old, new) }
      if worse.count + better.count == count, !verdicts.isEmpty {
        let change = Change(old.id, verdicts)
        if new.verdict > old.verdict { worse.append(change) } else { better.append(change) }
      }
    }
  }

  private mutating func addTensors(_ old: RecordedReport.Case, _ new: RecordedReport.Case) {
    for tensor in old.tensors {
      guard let found = new.tensors.first(where: { $0.name == tensor.name }) else {
        worse.append(Change(old.id, tensor.name, ["is gone"]))
        continue
      }
      let (losses, gains) = tensor.changes(to: found)
      if !losses.isEmpty {
        worse.append(Change(old.id, tensor.name, losses))
      } else if !gains.isEmpty {
        better.append(Change(old.id, tensor.name, gains))
      } else if tensor != found {
        moved += 1
      }
    }
    let names = Set(old.tensors.map(\.name))
    for tensor in new.tensors where !names.contains(tensor.name) {
      guard let verdict = tensor.verdict, verdict > .known else { continue }
      worse.append(Change(old.id, tensor.name, ["is new: \(verdict.rawValue)"]))
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

extension RecordedReport.Tensor {
  /// In what a later tensor of the same name is worse, and in what it is better.
  fileprivate func changes(to new: Self) -> (losses: [String], gains: [String]) {
    var (losses, gains): ([String], [String]) = ([], [])
    func add(_ isLoss: Bool, _ cause: String) {
      if isLoss { losses.append(cause) } else { gains.append(cause) }
    }
    if (type, shape) != (new.type, new.shape) { losses.append("\(signature) → \(new.signature)") }
    switch (verdict, new.verdict) {
    case (let old?, let new?) where old != new: add(new > old, "\(old.rawValue) → \(new.rawValue)")
    case (_?, nil): losses.append("is judged no longer")
    case (nil, let new?): add(new > .known, "is judged now: \(new.rawValue)")
    default: break
    }
    for (before, after, words) in [
      (outside, new.outside, "outside"),
      (nonfiniteMismatches, new.nonfiniteMismatches, "NaN or infinite on one side"),
    ] where before != after { add(after > before, "\(before) → \(after) \(words)") }
    return (losses, gains)
  }

  private var signature: String {
    "\(type ?? "unreadable") (\((shape ?? []).map(String.init).joined(separator: ", ")))"
  }
}
