/// Whether a judge said what it must of planted changes.
public struct SelfTestReport: Sendable, Codable {
  /// One change of which a judge did not say what it must.
  public struct Mistake: Hashable, Sendable, Codable {
    /// The kind of change.
    public let kind: String
    /// The case's id.
    public let id: String
    /// The tensor.
    public let tensor: String
    /// What must be said.
    public let demanded: Verdict
    /// What was said; nil when the tensor was not judged.
    public let judged: Verdict?
  }

  /// What became of one kind of change.
  public struct Kind: Hashable, Sendable, Codable {
    /// What it is, in plain words.
    public let name: String
    /// Whether it must be let pass everywhere.
    public let isAllowed: Bool
    /// How many were planted that are faults.
    public internal(set) var faults = 0
    /// How many were planted that are none, since every element is still what it may be.
    public internal(set) var harmless = 0
    /// Of how many tensors there was nothing to change.
    public internal(set) var inapplicable = 0
    /// Of how many the judge did not say what it must.
    public internal(set) var mistaken = 0

    /// How many were planted.
    public var planted: Int { faults + harmless }
  }

  /// The name of the policy of the judge.
  public let policy: String
  /// The kinds, in the order in which they are planted.
  public internal(set) var kinds: [Kind]
  /// What was judged wrongly.
  public internal(set) var mistakes: [Mistake] = []
  /// In how many tensors changes were planted.
  public internal(set) var tensors = 0
  /// How many kinds were planted in the tensor in which the fewest were, since there was nothing of the others to
  /// change; nil when no tensor is known.
  public internal(set) var fewestKinds: Int?
  /// How many losses and gradients there are.
  public internal(set) var candidates = 0
  /// How many of them nothing was planted in since they are computed from more than ``SelfTest/maximumCount`` elements;
  /// the others that are left out are not conformant, or have no reference.
  public internal(set) var oversized = 0
  /// In how many fixtures they are.
  public internal(set) var fixtures = 0
  /// What could not be read.
  public internal(set) var errors: [FixtureError] = []

  /// Of nothing so far.
  init(_ policy: Policy) {
    self.policy = policy.name
    kinds = PlantedChange.all.map { change in
      if case .allowed = change.planting { return Kind(name: change.name, isAllowed: true) }
      return Kind(name: change.name, isAllowed: false)
    }
  }

  /// Conformant when all was judged as demanded; error when something could not be read, or nothing was planted.
  public var verdict: Verdict {
    if !errors.isEmpty || tensors == 0 { return .error }
    return mistakes.isEmpty ? .conformant : .nonconformant
  }

  /// The kinds of fault that were faults nowhere, so that nothing was shown of them.
  public var unplanted: [String] { kinds.filter { !$0.isAllowed && $0.faults == 0 }.map(\.name) }
}

extension SelfTestReport {
  /// Adds what was found in one more fixture.
  mutating func add(_ finding: Result<SelfTestReport, FixtureError>) {
    switch finding {
    case .success(let report):
      for (index, kind) in zip(kinds.indices, report.kinds) {
        kinds[index].faults += kind.faults
        kinds[index].harmless += kind.harmless
        kinds[index].inapplicable += kind.inapplicable
        kinds[index].mistaken += kind.mistaken
      }
      mistakes += report.mistakes
      tensors += report.tensors
      fewestKinds = [fewestKinds, report.fewestKinds].compactMap { $0 }.min()
      candidates += report.candidates
      oversized += report.oversized
      fixtures += report.fixtures
      errors += report.errors
    case .failure(let error): errors.append(error)
    }
  }
}

extension SelfTestReport: WorkerFinding {
  var isPossible: Bool {
    let names = kinds.map(\.name)
    let counts =
      kinds.flatMap { [$0.faults, $0.harmless, $0.inapplicable, $0.mistaken] }
      + [tensors, candidates, oversized]
    return names == PlantedChange.all.map(\.name) && counts.allSatisfy((0...1 << 32).contains)
      && (0...1).contains(fixtures) && tensors + oversized <= candidates
      && kinds.allSatisfy { $0.mistaken <= $0.planted }
      && mistakes.allSatisfy { names.contains($0.kind) }
      && (fewestKinds == nil) == (tensors == 0) && (0...kinds.count).contains(fewestKinds ?? 0)
      && mistakes.count == kinds.map(\.mistaken).reduce(0, +)
  }
}
