internal import Arithmetic
internal import Comparison
internal import FocalLoss
internal import Tensors

/// Judges builds of a framework, and what changes from one to another.
public struct UpgradeJudge {
  private let filter: CaseFilter
  let exact = ExactEvaluator()

  /// A judge of the selected cases.
  public init(filter: CaseFilter = CaseFilter()) { self.filter = filter }

  /// Judges the fixtures that a path names, in this process.
  public func side(_ path: String) -> Upgrade.Side {
    let locations = FixtureLocation.find([path])
    return Upgrade.Side(
      path, locations, Runner(policy: .derived, filter: filter, namesCauses: false).run(locations))
  }

  /// Finds what changes from one build to another.
  ///
  /// Fixtures of one file on either side belong together; else those of one file name do, and of the others those of
  /// one framework where either side has a single one. Cases and tensors belong together by name.
  public func upgrade(from old: Upgrade.Side, to new: Upgrade.Side) -> Upgrade {
    var findings: [Upgrade.Finding] = []
    var orders: [Upgrade.OrderChange] = []
    var errors = [old.fault, new.fault].compactMap { $0 }
    for pair in Self.pairs(old, new) {
      do throws(FixtureError) {
        switch pair {
        case (let old?, let new?):
          let (oldFixture, newFixture) = try (OpenedFixture(old), OpenedFixture(new))
          let compared = compare(oldFixture, newFixture)
          findings += compared
          orders += try Self.orders(oldFixture, newFixture, compared)
          try oldFixture.reader.checkUnchanged()
          try newFixture.reader.checkUnchanged()
        case (let old?, nil):
          let fixture = try OpenedFixture(old)
          findings += fixture.cases.keys.sorted().map { fixture.finding($0, .caseGone) }
        case (nil, let new?):
          let fixture = try OpenedFixture(new)
          findings += fixture.cases.keys.sorted().map(fixture.added)
        case (nil, nil): break
        }
      } catch {
        errors.append(error)
      }
    }
    return Upgrade(old: old, new: new, findings: findings, orders: orders, errors: errors)
  }
}

/// A judged fixture on one side.
typealias JudgedFixture = (location: FixtureLocation, report: FixtureReport)

extension UpgradeJudge {
  /// The framework and the device of a fixture, each in one spelling for all of its names.
  private static func family(of fixture: JudgedFixture) -> [String]? {
    fixture.report.provenance.map { provenance in
      [
        Framework.canonicalName(of: provenance.framework),
        Device(named: provenance.device)?.rawValue ?? provenance.device.lowercased(),
      ]
    }
  }

  private static func pairs(
    _ old: Upgrade.Side, _ new: Upgrade.Side
  ) -> [(JudgedFixture?, JudgedFixture?)] {
    var (olds, news) = (old.judged, new.judged)
    if olds.count == 1, news.count == 1 { return [(olds[0], news[0])] }
    var pairs: [(JudgedFixture?, JudgedFixture?)] = []
    func pair(_ isPair: (JudgedFixture, JudgedFixture) -> Bool) {
      for old in olds {
        let partners = news.filter { isPair(old, $0) }
        guard partners.count == 1, olds.count(where: { isPair($0, partners[0]) }) == 1 else { continue }
        pairs.append((old, partners[0]))
        olds.removeAll { $0.location == old.location }
        news.removeAll { $0.location == partners[0].location }
      }
    }
    pair { $0.location.fileName == $1.location.fileName }
    pair { family(of: $0) == family(of: $1) }
    return pairs + olds.map { ($0, nil) } + news.map { (nil, $0) }
  }

  /// Where the new build runs another program, in the cases that both have; only a variant of which a result moved can
  /// tell.
  private static func orders(
    _ old: OpenedFixture, _ new: OpenedFixture, _ findings: [Upgrade.Finding]
  ) throws(FixtureError) -> [Upgrade.OrderChange] {
    let variants = Set(findings.lazy.filter { $0.moved > 0 }.compactMap(\.variant))
    if variants.isEmpty { return [] }
    let names = old.cases.keys.filter { old.cases[$0]?.error == nil && new.cases[$0]?.error == nil }
      .filter { new.cases[$0] != nil }.sorted()
    let oldGroups = try Identification(of: old.reader, cases: names, where: variants.contains).groups
    let newGroups = try Identification(of: new.reader, cases: names, where: variants.contains).groups
    return oldGroups.compactMap { oldGroup in
      newGroups.first { $0.variant == oldGroup.variant }.flatMap {
        Upgrade.OrderChange(from: oldGroup, to: $0)
      }
    }
  }

  private func compare(_ old: OpenedFixture, _ new: OpenedFixture) -> [Upgrade.Finding] {
    let names = Set(old.cases.keys).union(new.cases.keys).sorted()
    return names.flatMap { name -> [Upgrade.Finding] in
      guard let oldCase = old.cases[name] else { return [new.added(name)] }
      guard let newCase = new.cases[name] else { return [old.finding(name, .caseGone)] }
      do throws(JudgingError) {
        return try compare(oldCase, newCase, old, new)
      } catch {
        return [new.finding(name, .unjudged, error.located(in: new.reader.fileName, case: name).text)]
      }
    }
  }

  private func compare(
    _ oldReport: CaseReport, _ newReport: CaseReport, _ old: OpenedFixture, _ new: OpenedFixture
  ) throws(JudgingError) -> [Upgrade.Finding] {
    let name = newReport.name
    if let error = oldReport.error ?? newReport.error { return [new.finding(name, .unjudged, error.text)] }
    let oldCase = try old.reader.opened(name)
    let newCase = try new.reader.opened(name)
    if let difference = try difference(oldCase, newCase) {
      return [new.finding(name, .unjudged, "the builds were not asked the same: \(difference)")]
    }
    switch (oldCase.outcome, newCase.outcome) {
    case (.raised, .raised):
      let isWorse = newReport.verdict > oldReport.verdict
      return [
        new.finding(name, isWorse ? .newlyNonconformant : .stillRaises, isWorse ? newReport.reason : nil)
      ]
    case (.value, .raised): return [new.finding(name, .newlyRaises, newCase.error)]
    case (.raised, .value): return [new.givesValue(newReport)]
    case (.value, .value): break
    }
    let outside = OutsidePair((oldCase, old.reader), (newCase, new.reader))
    let tensors = Set(oldCase.results.keys).union(newCase.results.keys)
    // The outputs before the gradients.
    return try tensors.sorted(by: >).map {
      tensor throws(JudgingError) in
      let reports = (oldReport.tensor(tensor), newReport.tensor(tensor))
      var finding = new.finding(name, .unjudged, tensor: tensor)
      finding.count = (newCase.results[tensor] ?? oldCase.results[tensor])?.shape.count ?? 0
      finding.oldDiscrepancy = reports.0?.discrepancy
      finding.newDiscrepancy = reports.1?.discrepancy
      finding.isNonconformant = reports.1?.verdict == .nonconformant
      guard let oldTensor = oldCase.results[tensor] else {
        return finding.changed(
          to: UpgradeChange(from: .missing, to: ResultState(of: reports.1), ResultMove()),
          reports.1?.unjudgedReason)
      }
      guard let newTensor = newCase.results[tensor] else { return finding.changed(to: .tensorGone) }
      guard oldTensor.elementType == newTensor.elementType, oldTensor.shape == newTensor.shape else {
        return finding.changed(
          to: .typeChanged,
          "was \(oldTensor.elementType) \(oldTensor.shape), is \(newTensor.elementType) \(newTensor.shape)")
      }
      return try compare(
        (oldTensor, reports.0), (newTensor, reports.1), finding, outside, newCase, new.reader.provenance)
    }
  }

  /// What of the two cases' inputs and parameters is not the same, or nil.
  func difference(_ old: ConformanceCase, _ new: ConformanceCase) throws(JudgingError) -> String? {
    if old.variant != new.variant { return "variant \(old.variant) and \(new.variant)" }
    if let difference = old.parameters.differences(from: new.parameters).first { return difference }
    let (olds, news) = (old.given, new.given)
    for name in Set(olds.keys).union(news.keys).sorted() {
      guard let x = olds[name], let y = news[name] else { return "only one of them was given \(name)" }
      guard x.elementType == y.elementType, x.shape == y.shape else {
        return "\(name) is \(x.elementType) \(x.shape) and \(y.elementType) \(y.shape)"
      }
      for block in x.shape.regions(maximumCount: ElementBlocks.maximumCount) {
        let (xBlock, yBlock) = (try x.block(block), try y.block(block))
        for position in 0..<xBlock.count where xBlock.bits(at: position) != yBlock.bits(at: position) {
          let index = x.shape.coordinates(of: block.offset + position).map(String.init).joined(
            separator: ", ")
          return "\(name)[\(index)] is \(xBlock.value(at: position)) and \(yBlock.value(at: position))"
        }
      }
    }
    return nil
  }

  /// Compares two tensors of one type and shape.
  private func compare(
    _ old: (tensor: StoredTensor, report: TensorReport?),
    _ new: (tensor: StoredTensor, report: TensorReport?),
    _ finding: Upgrade.Finding, _ outside: OutsidePair, _ newCase: ConformanceCase, _ provenance: Provenance
  ) throws(JudgingError) -> Upgrade.Finding {
    var finding = finding
    var move = ResultMove()
    var comparator = Comparator(new.tensor.elementType, tolerance: .ulps(0))
    for block in new.tensor.shape.regions(maximumCount: ElementBlocks.maximumCount) {
      let (oldBlock, newBlock) = (try old.tensor.block(block), try new.tensor.block(block))
      oldBlock.bytes.withUnsafeBytes { oldBytes in
        newBlock.bytes.withUnsafeBytes {
          comparator.add(expected: oldBytes, actual: $0, offset: block.offset)
        }
      }
      move.isNewlyNonFinite =
        move.isNewlyNonFinite
        || zip(oldBlock.values, newBlock.values).contains { $0.isFinite && !$1.isFinite }
    }
    let comparison = comparator.comparison
    finding.moved = comparison.count - comparison.identical
    finding.oldErrors = old.report?.comparison?.actualErrors ?? ExactErrors()
    finding.newErrors = new.report?.comparison?.actualErrors ?? ExactErrors()
    move.hasMoved = finding.moved > 0
    move.oldErrors = finding.oldErrors
    move.newErrors = finding.newErrors
    if let worst = comparison.worst.first {
      finding.worst = try PairedElement(worst, of: new.tensor, newCase, provenance, by: exact)
    }
    var worsenings: [String] = []
    if let before = finding.oldDiscrepancy, let after = finding.newDiscrepancy {
      worsenings = after.worsenings(since: before).map(\.description)
      let newlyOutside = move.hasMoved ? outside.newlyOutside(new.tensor.name) : 0
      if newlyOutside > 0 {
        worsenings.append("\(newlyOutside) outside that \(newlyOutside == 1 ? "was" : "were") inside")
      }
    }
    move.isWorse = !worsenings.isEmpty
    let change = UpgradeChange(
      from: ResultState(of: old.report), to: ResultState(of: new.report), move)
    switch change {
    case .worse, .newlyNonFinite:
      return finding.changed(to: change, worsenings.isEmpty ? nil : worsenings.joined(separator: "; "))
    case .unjudged:
      return finding.changed(
        to: change,
        new.report?.unjudgedReason ?? old.report?.unjudgedReason ?? "it is not a result that is judged")
    case .newlyNonconformant:
      return finding.changed(to: change, new.report?.unjudgedReason)
    default: return finding.changed(to: change)
    }
  }
}

/// Which elements of a case are outside in either build. The case is judged again for that, once and only where it is
/// asked for.
private final class OutsidePair {
  typealias Side = (case: ConformanceCase, fixture: FixtureReader)

  private let old: Side
  private let new: Side
  private lazy var positions = (Self.positions(old), Self.positions(new))

  init(_ old: Side, _ new: Side) {
    self.old = old
    self.new = new
  }

  /// How many elements of a tensor were inside and are outside.
  func newlyOutside(_ tensor: String) -> Int {
    let before = positions.0[tensor] ?? PositionSet()
    let after = positions.1[tensor] ?? PositionSet()
    return after.count(notIn: before)
  }

  private static func positions(_ side: Side) -> [String: PositionSet] {
    let outside = OutsidePositions()
    let judge = Judge(policy: .derived, namesCauses: false, memory: nil, outside: outside)
    _ = judge.judge(side.case, of: side.fixture)
    return outside.positions
  }
}

/// A fixture on one side, open.
private struct OpenedFixture {
  let reader: FixtureReader
  let cases: [String: CaseReport]

  init(_ fixture: JudgedFixture) throws(FixtureError) {
    if let error = fixture.report.error { throw error }
    reader = try fixture.location.open(judged: fixture.report.digest)
    cases = Dictionary(fixture.report.cases.map { ($0.name, $0) }) { first, _ in first }
  }

  func finding(
    _ name: String, _ change: UpgradeChange, _ reason: String? = nil, tensor: String? = nil
  ) -> Upgrade.Finding {
    var finding = Upgrade.Finding(
      fixture: reader.fileName, name: name, variant: cases[name]?.variant, tensor: tensor, change: change)
    finding.reason = reason
    finding.isNonconformant = tensor == nil && cases[name]?.verdict == .nonconformant
    return finding
  }

  /// What it means that only the new build has a case.
  func added(_ name: String) -> Upgrade.Finding {
    guard let report = cases[name] else { return finding(name, .unjudged) }
    switch report.verdict {
    case .conformant: return finding(name, .caseAdded)
    case .known, .nonconformant: return finding(name, .addedNonconformant, report.reason)
    case .unjudged, .error: return finding(name, .unjudged, report.unjudgedReason)
    }
  }

  /// What it means that the new build gives a value where the old one raised.
  func givesValue(_ report: CaseReport) -> Upgrade.Finding {
    if report.tensors.contains(where: { $0.verdict == .nonconformant }) {
      return finding(report.name, .newlyNonconformant)
    }
    let isJudged = report.verdict == .conformant && !report.tensors.contains { $0.verdict == .unjudged }
    return isJudged
      ? finding(report.name, .noLongerRaises) : finding(report.name, .unjudged, report.unjudgedReason)
  }
}

extension Upgrade.Side {
  /// Judges the fixtures that a path names, each in a process of its own; nil when the task is cancelled before all are
  /// judged.
  init?(_ path: String, by pool: WorkerPool, progress: @escaping @Sendable (Runner.Progress) -> Void) async {
    let locations = FixtureLocation.find([path])
    let report = await pool.run(locations, progress: progress)
    if report.isIncomplete { return nil }
    self.init(path, locations, report)
  }

  fileprivate init(_ path: String, _ locations: [FixtureLocation], _ report: Report) {
    let name = Self.name(of: path)
    self.init(
      name: name, fixtures: report.fixtures, locations: locations,
      fault: report.accounting?.fault.map { FixtureError(file: name, reason: $0) })
  }

  /// The fixtures with their files; a fixture of which no case was selected is left out.
  var judged: [JudgedFixture] {
    fixtures.compactMap { report in
      locations.first { $0.fileName == report.file }.map { ($0, report) }
    }
  }
}

extension Upgrade.Finding {
  fileprivate func changed(to change: UpgradeChange, _ reason: String? = nil) -> Upgrade.Finding {
    var finding = Upgrade.Finding(
      fixture: fixture, name: name, variant: variant, tensor: tensor, change: change)
    (finding.count, finding.moved, finding.worst) = (count, moved, worst)
    (finding.oldErrors, finding.newErrors) = (oldErrors, newErrors)
    (finding.oldDiscrepancy, finding.newDiscrepancy) = (oldDiscrepancy, newDiscrepancy)
    (finding.isNonconformant, finding.reason) = (isNonconformant, reason)
    return finding
  }
}

extension ConformanceCase {
  /// What a framework computed, by name.
  var results: [String: StoredTensor] {
    Dictionary(uniqueKeysWithValues: (outputs.values + Array(grads.values)).map { ($0.name, $0) })
  }

  /// What it was given.
  fileprivate var given: [String: StoredTensor] {
    Dictionary(uniqueKeysWithValues: (inputs.values + Array(gradOutputs.values)).map { ($0.name, $0) })
  }
}

extension CaseReport {
  func tensor(_ name: String) -> TensorReport? { tensors.first { $0.name == name } }

  /// Why something of the case was not judged.
  fileprivate var unjudgedReason: String {
    error?.text
      ?? tensors.first { $0.verdict == .unjudged || $0.verdict == .error }.flatMap { tensor in
        tensor.unjudgedReason.map { "\(tensor.name): \($0)" }
      } ?? reason ?? "nothing of the case was judged"
  }
}

extension TensorReport {
  /// Why its elements were not compared; nil where they were.
  var unjudgedReason: String? {
    switch finding {
    case .different(let reason), .error(let reason), .unjudged(let reason): reason
    case .compared, .given: nil
    }
  }
}
