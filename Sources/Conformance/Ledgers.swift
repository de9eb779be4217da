/// The ledgers that speak of the fixtures of a run, and what they make of its report.
///
/// Each ledger is two-sided. It makes differences known, and a difference that it lists is *stale*
/// - when it has expired: it then makes nothing known;
/// - when in one of the fixtures that it concerns it selects something that was judged, and none of that is
///   nonconformant: the build conforms, and its range of versions, or its patterns, must end before it;
/// - when it selects nothing that was judged, in any fixture.
///
/// An entry of which the bounds do not hold is not stale: what exceeds them is nonconformant.
///
/// The last two are told only where all cases of a fixture were looked at, so not of a run with a filter. That nothing
/// is selected is told of a ledger beside its fixtures when every fixture of that folder was judged; of a ledger that
/// was named, when it concerns one of the fixtures that were judged.
public struct Ledgers: Sendable {
  /// Where the ledgers of a run are.
  public enum Place: Hashable, Sendable {
    /// `known-differences.toml` in the folder of each fixture, where there is one.
    case besideFixtures
    /// One file for all fixtures.
    case file(String)
    /// There are none.
    case none
  }

  private struct Scope {
    let ledger: Ledger
    let path: String
    /// The paths of the fixtures that it speaks of.
    let paths: Set<String>
    let extent: LedgerExtent
  }

  private let scopes: [Scope]

  /// The files that were read.
  public var paths: [String] { scopes.map(\.path) }

  /// Reads the ledgers of some fixtures.
  ///
  /// - Throws: ``TOMLFileError`` of the first that cannot be used.
  public init(_ place: Place, for fixtures: [FixtureLocation]) throws(TOMLFileError) {
    switch place {
    case .none: scopes = []
    case .file(let path):
      scopes = [
        Scope(
          ledger: try Ledger(path: path), path: path, paths: Set(fixtures.map(\.path)), extent: .run)
      ]
    case .besideFixtures:
      let nodes = Set(fixtures.compactMap { FileNode(path: $0.path) })
      var folders: [(node: FileNode, path: String, fixtures: Set<String>)] = []
      for fixture in fixtures {
        guard let node = FileNode(path: fixture.folder) else { continue }
        if let index = folders.firstIndex(where: { $0.node == node }) {
          folders[index].fixtures.insert(fixture.path)
        } else {
          folders.append((node, fixture.folder, [fixture.path]))
        }
      }
      var scopes: [Scope] = []
      for folder in folders {
        let path = FixtureLocation.join(folder.path, Ledger.fileName)
        guard FileNode(path: path) != nil else { continue }
        let isWhole = FixtureLocation.find([folder.path]).allSatisfy {
          FileNode(path: $0.path).map(nodes.contains) ?? false
        }
        scopes.append(
          Scope(
            ledger: try Ledger(path: path), path: path, paths: folder.fixtures,
            extent: isWhole ? .wholeFolder : .partOfFolder))
      }
      self.scopes = scopes
    }
  }

  /// A report with what is known marked in it, and with what is stale.
  ///
  /// - Parameters:
  ///   - report: what a run found; no ledger was applied to it.
  ///   - isFiltered: whether only some cases of the fixtures were looked at.
  ///   - today: the day of the run, by which entries expire.
  public func applied(
    to report: Report, isFiltered: Bool = false, today: CalendarDate = .today
  ) -> Report {
    guard !scopes.isEmpty else { return report }
    var result = report
    var stale: [StaleDifference] = []
    for scope in scopes {
      let fixtures = report.fixtures.filter { scope.paths.contains($0.path) }
      for difference in scope.ledger.differences {
        guard
          let cause = difference.staleness(
            in: fixtures, isFiltered: isFiltered, extent: scope.extent, today: today)
        else { continue }
        stale.append(StaleDifference(difference: difference, cause: cause))
      }
      let valid = scope.ledger.differences.filter { !$0.hasExpired(on: today) }
      for index in result.fixtures.indices where scope.paths.contains(result.fixtures[index].path) {
        result.fixtures[index].mark(valid)
      }
    }
    let files = scopes.map(\.ledger.file)
    result.ledger = LedgerFindings(
      files: files.enumerated().filter { files.firstIndex(of: $0.element) == $0.offset }.map(\.element),
      differenceCount: scopes.map(\.ledger.differences.count).reduce(0, +), stale: stale)
    return result
  }
}

/// Which of the fixtures that a ledger may speak of a run judged.
private enum LedgerExtent {
  /// All of the folder in which the ledger is.
  case wholeFolder
  /// Some of them.
  case partOfFolder
  /// Those of a run for which the ledger was named; there may be others.
  case run
}

extension FixtureReport {
  /// Marks what some differences select and allow; the first that does is taken. Where none does, those that select it
  /// are kept with the bounds that it exceeds.
  fileprivate mutating func mark(_ differences: [KnownDifference]) {
    let differences = differences.filter { $0.concerns(self) }
    guard !differences.isEmpty else { return }
    for index in cases.indices where cases[index].verdict != .conformant {
      let selecting = differences.filter { $0.selects(cases[index]) }
      if cases[index].raisedUnduly {
        let message = cases[index].message
        let found = KnownFinding(selecting.filter(\.selectsRaises)) { $0.excesses(ofMessage: message) }
        cases[index].knownRaise = found.known
        cases[index].exceeded = found.exceeded
      }
      for (position, tensor) in cases[index].tensors.enumerated() where tensor.verdict == .nonconformant {
        let found = KnownFinding(selecting.filter { $0.selects(tensorNamed: tensor.name) }) {
          $0.excesses(of: tensor.comparison?.outsideSummary)
        }
        cases[index].tensors[position].known = found.known
        cases[index].tensors[position].exceeded = found.exceeded
      }
    }
  }
}

/// What differences say of something that they all select.
private struct KnownFinding {
  /// The first of which all bounds hold.
  var known: KnownDifference?
  /// All, where there is none.
  var exceeded: [ExceededDifference] = []

  init(_ selecting: [KnownDifference], excesses: (KnownDifference) -> [String]) {
    for difference in selecting {
      let excesses = excesses(difference)
      guard !excesses.isEmpty else {
        known = difference
        exceeded = []
        return
      }
      exceeded.append(ExceededDifference(difference: difference, excesses: excesses))
    }
  }
}

extension KnownDifference {
  /// Why it is stale, or nil.
  ///
  /// - Parameters:
  ///   - fixtures: what was found in the fixtures that its ledger speaks of.
  ///   - isFiltered: whether only some of their cases were looked at.
  ///   - extent: which fixtures these are.
  ///   - today: the day of the run.
  fileprivate func staleness(
    in fixtures: [FixtureReport], isFiltered: Bool, extent: LedgerExtent, today: CalendarDate
  ) -> String? {
    if let expires, hasExpired(on: today) { return "expired after \(expires)" }
    let isReadable = fixtures.allSatisfy { $0.error == nil }
    guard !isFiltered else { return nil }
    let concerned = fixtures.filter(concerns)
    let verdicts = concerned.map(verdicts)
    let conforming = zip(concerned, verdicts).filter { $0.1.max() == .conformant }.map(\.0)
    if !conforming.isEmpty {
      return "all that it selects conforms in \(conforming.map(\.file).joined(separator: ", "))"
    }
    let isAnswered =
      switch extent {
      case .wholeFolder: true
      case .partOfFolder: false
      case .run: !concerned.isEmpty
      }
    guard isAnswered, isReadable, verdicts.allSatisfy(\.isEmpty) else { return nil }
    return "it selects nothing that was judged"
  }

  /// The verdicts of what it selects in a fixture that it concerns, before anything is known.
  private func verdicts(in fixture: FixtureReport) -> [Verdict] {
    fixture.cases.filter(selects).flatMap { conformanceCase -> [Verdict] in
      if conformanceCase.error != nil { return [.error] }
      let raise: Verdict = conformanceCase.raisedUnduly ? .nonconformant : .conformant
      return (selectsRaises ? [raise] : [])
        + conformanceCase.tensors.filter { selects(tensorNamed: $0.name) }.compactMap(
          \.verdict)
    }
  }
}

extension KnownDifference {
  /// Whether it speaks of the build that computed a fixture, and of that file, if it names one before a `#`.
  func concerns(_ fixture: FixtureReport) -> Bool {
    concerns(
      fixture.file, framework: fixture.provenance?.framework, version: fixture.provenance?.frameworkVersion)
  }

  /// Whether it selects a case of a fixture that it concerns.
  func selects(_ conformanceCase: CaseReport) -> Bool {
    selects(caseNamed: conformanceCase.name, id: conformanceCase.id)
  }
}
