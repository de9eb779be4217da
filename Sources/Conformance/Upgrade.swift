public import Comparison

/// What changes between two builds that were asked the same: case by case and tensor by tensor.
public struct Upgrade: Sendable {
  /// One side: the fixtures of one build, judged.
  public struct Side: Sendable {
    /// The last component of the path that was named.
    public let name: String
    /// The fixtures, in the order of their names.
    public let fixtures: [FixtureReport]
    let locations: [FixtureLocation]
    /// That cases were lost; nil when none was.
    let fault: FixtureError?

    /// The last component of a path.
    static func name(of path: String) -> String { path.split(separator: "/").last.map(String.init) ?? path }

    /// The framework and version of the fixtures, each once.
    public var builds: [String] {
      var builds: [String] = []
      for build in fixtures.compactMap(\.provenance).map({ "\($0.framework) \($0.frameworkVersion)" })
      where !builds.contains(build) { builds.append(build) }
      return builds
    }
  }

  /// What became of one tensor, or of one case.
  public struct Finding: Sendable {
    /// The fixture's file name; the old one for what is gone.
    public let fixture: String
    /// The case.
    public let name: String
    /// Its variant, where it could be read.
    public let variant: String?
    /// The tensor; nil for the whole case.
    public let tensor: String?
    /// What became of it.
    public let change: UpgradeChange
    /// How many elements it has.
    public internal(set) var count = 0
    /// How many of them moved.
    public internal(set) var moved = 0
    /// The errors of the old elements against the exact values.
    public internal(set) var oldErrors = ExactErrors()
    /// The errors of the new ones.
    public internal(set) var newErrors = ExactErrors()
    /// The element that moved the most.
    public internal(set) var worst: PairedElement?
    /// Whether the new build is nonconformant here.
    public internal(set) var isNonconformant = false
    /// How wrong the old build is here; nil where nothing is outside.
    public internal(set) var oldDiscrepancy: Discrepancy?
    /// How wrong the new build is here; nil where nothing is outside.
    public internal(set) var newDiscrepancy: Discrepancy?
    /// Why, where the change alone does not tell.
    public internal(set) var reason: String?
  }

  /// That a build runs another documented program than the one before.
  ///
  /// It is known only where programs explain every element of the losses and gradients of either build, and none of
  /// them explains both.
  public struct OrderChange: Hashable, Sendable {
    /// The variant that the cases name.
    public let variant: String
    /// The programs that explain every element of the old build; never empty.
    public let old: [DocumentedProgram]
    /// The programs that explain every element of the new one; never empty.
    public let new: [DocumentedProgram]

    /// The change between two identifications of one variant's cases; nil where either is not sure, or one program
    /// explains both builds.
    init?(from old: Identification.Group, to new: Identification.Group) {
      let (oldRanks, newRanks) = (old.computed, new.computed)
      guard old.variant == new.variant, !oldRanks.isEmpty, !newRanks.isEmpty else { return nil }
      let shared = Set(oldRanks.map(\.program)).intersection(newRanks.map(\.program))
      variant = old.variant
      if shared.isEmpty {
        self.old = oldRanks.map(\.program)
        self.new = newRanks.map(\.program)
        return
      }
      // The losses do not tell them apart. The backward passes do only where each side has gradients.
      for rank in oldRanks where shared.contains(rank.program) {
        guard let partner = newRanks.first(where: { $0.program == rank.program }), !rank.rules.isEmpty,
          !partner.rules.isEmpty, Set(rank.rules).isDisjoint(with: partner.rules)
        else { return nil }
      }
      self.old = oldRanks.flatMap(\.programs)
      self.new = newRanks.flatMap(\.programs)
    }
  }

  /// The build that is there.
  public let old: Side
  /// The build that shall replace it.
  public let new: Side
  /// What became of each case and tensor, in the order of fixtures, cases and tensors.
  public let findings: [Finding]
  /// The variants of which the new build runs another program.
  public let orders: [OrderChange]
  /// Fixtures that could not be read.
  public let errors: [FixtureError]

  /// How many of the findings are of one kind.
  public func count(of change: UpgradeChange) -> Int { findings.count { $0.change == change } }

  /// The worst of what was found.
  public var verdict: UpgradeVerdict {
    if !errors.isEmpty || findings.isEmpty { return .unjudged }
    return findings.map { finding in
      if finding.change == .unjudged { return .unjudged }
      if finding.change.isUnsafe { return .unsafe }
      return finding.change.isMove ? .moves : .safe
    }.max() ?? .unjudged
  }

  /// What is nonconformant in both builds and no worse, though its bits may have moved.
  public var stillNonconformant: [Finding] {
    findings.filter { $0.isNonconformant && ($0.change == .identical || $0.change == .stillNonconformant) }
  }
}

/// Several builds, each against each later one.
public struct UpgradeMatrix: Sendable {
  /// The builds, in the order in which they were named.
  public private(set) var sides: [Upgrade.Side] = []
  /// Every upgrade from one of them to a later one, by the first and then by the second.
  public private(set) var upgrades: [[Upgrade]] = []
  /// The names of the builds that were not judged because the run was ended.
  public private(set) var notJudged: [String] = []
  /// Whether a result with other bits fails, though it is safe.
  public var isStrict = false
  /// The signal that ended the run, or nil.
  public var signal: Int32?

  /// The upgrades from each build to the next.
  public var steps: [Upgrade] { upgrades.compactMap(\.first) }

  /// The worst of the upgrades; unjudged when a build was not judged.
  public var verdict: UpgradeVerdict {
    notJudged.isEmpty ? upgrades.joined().map(\.verdict).max() ?? .unjudged : .unjudged
  }

  /// Whether the upgrade may be made, and the exit code that says so.
  public var gate: Gate {
    let pairs = upgrades.joined()
    var reasons: [String] = []
    if !notJudged.isEmpty {
      reasons.append("the run was ended before \(counted(notJudged.count, "build")) could be judged")
    }
    for upgrade in pairs where upgrade.verdict > .moves || isStrict && upgrade.verdict == .moves {
      reasons.append("\(upgrade.old.name) → \(upgrade.new.name): \(upgrade.verdict.rawValue)")
    }
    if verdict == .unjudged, reasons.isEmpty { reasons.append("there is nothing to compare") }
    let exitCode: Int32 =
      switch verdict {
      case .safe: 0
      case .moves: isStrict ? 1 : 0
      case .unsafe: 1
      case .unjudged: 2
      }
    return Gate(reasons: reasons, exitCode: signal.map { 128 + $0 } ?? exitCode)
  }

  /// No builds.
  public init() {}

  /// Compares each of some judged builds with each later one.
  public init(_ sides: [Upgrade.Side], by judge: UpgradeJudge) {
    self.sides = sides
    compare(by: judge)
  }

  /// Judges the builds that some paths name, each fixture in a process of its own, and compares each build with each
  /// later one. When the task is cancelled, the builds that are not judged by then are left out and named.
  public init(
    _ paths: [String], judgedBy pool: WorkerPool, by judge: UpgradeJudge,
    progress: @escaping @Sendable (Runner.Progress) -> Void = { _ in }
  ) async {
    for path in paths {
      if let side = await Upgrade.Side(path, by: pool, progress: progress) {
        sides.append(side)
      } else {
        notJudged.append(Upgrade.Side.name(of: path))
      }
    }
    compare(by: judge)
  }

  /// Compares each build with each later one, all on one thread: it opens the fixtures, and libhdf5 knows threads apart.
  private mutating func compare(by judge: UpgradeJudge) {
    upgrades = sides.indices.dropLast().map { index in
      sides[(index + 1)...].map { judge.upgrade(from: sides[index], to: $0) }
    }
  }
}
