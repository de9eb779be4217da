internal import Arithmetic
internal import Comparison
internal import FocalLoss
internal import Tensors

/// Plants changes in what frameworks gave, and demands of the judge that it finds the faults among them and no others.
///
/// The changes are made in memory, between the fixture and the judge. Whether one is a fault is decided apart from the
/// judge, by the definition of the derived verdict: by the elements' enclosures and exact values, types and shapes.
/// Only tensors that are conformant by that definition are taken.
public struct SelfTest: Sendable {
  /// The most elements that a tensor may be computed from, since each is judged some fifty times.
  public static let maximumCount = 1 << 16

  private let policy: Policy
  private let filter: CaseFilter

  /// A self-test of the judge.
  ///
  /// - Parameters:
  ///   - policy: by what the judge judges; with another than derived the table shows what that lets pass.
  ///   - filter: in which cases changes are planted.
  public init(policy: Policy = .derived, filter: CaseFilter = CaseFilter()) {
    (self.policy, self.filter) = (policy, filter)
  }

  /// Plants every kind of change in each tensor of a fixture, in this process; ``WorkerPool`` does it in another one.
  public func run(_ location: FixtureLocation) -> SelfTestReport { run(location) { _ in } }

  /// Plants every kind of change in each tensor of a fixture, and tells before each case how far it is.
  ///
  /// - Throws: what `tell` throws, which ends the self-test.
  func run<Stop: Error>(
    _ location: FixtureLocation, tell: (FixturePlace) throws(Stop) -> Void
  ) throws(Stop) -> SelfTestReport {
    var report = SelfTestReport(policy)
    let fixture: FixtureReader
    do throws(FixtureError) { fixture = try location.open() } catch {
      report.errors.append(error)
      return report
    }
    report.fixtures = 1
    let test = FixtureSelfTest(fixture, policy)
    let names = fixture.caseNames.filter { filter.selects($0, of: fixture) }
    for (index, name) in names.enumerated() {
      try tell(FixturePlace(name: name, index: index, caseCount: names.count))
      test.plant(PlantedChange.all, in: name, &report)
    }
    do throws(FixtureError) { try fixture.checkUnchanged() } catch { report.errors.append(error) }
    return report
  }
}

private struct FixtureSelfTest {
  let fixture: FixtureReader
  let policy: Policy
  let judge: Judge
  let exact = ExactEvaluator()
  /// Not the judge's, so that what is demanded is found apart from it.
  let memory = ExactMemory()

  init(_ fixture: FixtureReader, _ policy: Policy) {
    (self.fixture, self.policy) = (fixture, policy)
    judge = Judge(policy: policy, namesCauses: false, memory: ExactMemory())
  }

  /// Plants every kind of change in the tensors of a case that are as they may be.
  func plant(_ changes: [PlantedChange], in name: String, _ report: inout SelfTestReport) {
    let stored: ConformanceCase
    do throws(FixtureError) { stored = try fixture.conformanceCase(name) } catch {
      report.errors.append(error)
      return
    }
    for tensor in stored.judgedTensors {
      report.candidates += 1
      guard stored.elementCount <= SelfTest.maximumCount else {
        report.oversized += 1
        continue
      }
      do throws(JudgingError) {
        try plant(changes, in: tensor.name, of: stored, &report)
      } catch {
        // Where the documentation rejects the input there is nothing that the tensor may be.
        if case .rejected = error { continue }
        report.errors.append(error.located(in: fixture.fileName, case: name))
      }
    }
  }

  private func plant(
    _ changes: [PlantedChange], in tensor: String, of stored: ConformanceCase, _ report: inout SelfTestReport
  ) throws(JudgingError) {
    guard let specimen = try Specimen(tensor, of: stored, fixture.provenance, by: exact, memory) else {
      return
    }
    report.tensors += 1
    var plantedCount = 0
    for (index, change) in changes.enumerated() {
      let outcome = try outcome(of: change, in: specimen)
      report.add(outcome, at: index, specimen)
      if outcome != nil { plantedCount += 1 }
    }
    report.fewestKinds = min(report.fewestKinds ?? plantedCount, plantedCount)
  }

  /// What must be said of a change, and what is; nil where there is nothing to change.
  private func outcome(
    of change: PlantedChange, in specimen: Specimen
  ) throws(JudgingError) -> (demanded: Verdict, judged: Verdict?)? {
    switch change.planting {
    case .fault(let plant):
      guard let changed = plant(specimen) else { return nil }
      return (try demand(changed, specimen.name), verdict(of: specimen.name, in: changed))
    case .allowed(let plant):
      guard let changed = plant(specimen) else { return nil }
      return (.conformant, verdict(of: specimen.name, in: changed))
    case .refused(let plant):
      guard let changed = plant(specimen) else { return nil }
      return (.error, verdict(of: specimen.name, in: changed))
    case .worsening(let worsening):
      guard let reports = try reports(of: worsening, of: specimen) else { return nil }
      if worsening == .moreWrongThanKnown { return (.nonconformant, known(specimen.name, reports)) }
      return (.nonconformant, gate(reports))
    }
  }

  /// What must be said of a tensor, by the definition of the verdict.
  private func demand(_ changed: ConformanceCase, _ name: String) throws(JudgingError) -> Verdict {
    if changed.outcome == .raised {
      let signature = changed.signature(fixture.provenance)
      return Variants.named(changed.variant)?.undocumented(signature) == nil ? .nonconformant : .conformant
    }
    do throws(JudgingError) {
      guard let tensor = changed.result(name) else { return .error }
      guard let allowances = try Allowances(name, of: changed, fixture.provenance, by: exact, memory) else {
        // A result of a wrong type or shape is the framework's fault; a wrong gradient fed in makes the result unknown.
        guard let input = changed.inputs[tensor.memberName], name != "outputs/loss" else {
          return .nonconformant
        }
        let isOfInput = tensor.elementType == input.elementType && tensor.shape == input.shape
        return isOfInput ? .error : .nonconformant
      }
      let actual = try tensor.block(tensor.shape.whole)
      guard try allowances.admit(actual) else { return .nonconformant }
      return try allowances.decide(actual) ? .conformant : .unjudged
    } catch {
      if case .rejected = error { return .error }
      throw error
    }
  }

  /// What the judge says of a tensor, or of the whole case where it raised.
  private func verdict(of name: String, in changed: ConformanceCase) -> Verdict? {
    let report = judge.judge(changed, of: fixture)
    if report.error != nil || report.outcome == .raised { return report.verdict }
    return report.tensors.first { $0.name == name }?.verdict
  }

  /// What an earlier and a later run find in a case; nil for the later one where the case is gone.
  private typealias Reports = (earlier: CaseReport, later: CaseReport?)

  /// The reports of an earlier run and of a later one that is worse; nil where the tensor cannot become more wrong.
  private func reports(
    of worsening: PlantedChange.Worsening, of specimen: Specimen
  ) throws(JudgingError) -> Reports? {
    let report = judge.judge(specimen.conformanceCase, of: fixture)
    var later = report
    switch worsening {
    case .caseGone: return (report, nil)
    case .tensorGone: later.tensors.removeAll { $0.name == specimen.name }
    case .unjudged:
      later.tensors = report.tensors.map { tensor in
        guard tensor.name == specimen.name else { return tensor }
        return TensorReport(
          name: tensor.name, type: tensor.type, shape: tensor.shape, finding: .unjudged("planted"))
      }
    case .moreWrong, .moreWrongThanKnown:
      guard let wrong = specimen.changing({ $1 == 0 || !$1.isFinite ? nil : 2 * $1 }),
        let moreWrong = specimen.mapping({ _ in .nan }),
        try demand(wrong, specimen.name) == .nonconformant,
        try demand(moreWrong, specimen.name) == .nonconformant
      else { return nil }
      return (judge.judge(wrong, of: fixture), judge.judge(moreWrong, of: fixture))
    }
    return (report, later)
  }

  /// What the gate says of a later run beside an earlier one, which both have another case as well.
  private func gate(_ reports: Reports) -> Verdict? {
    var companion = CaseReport(id: reports.earlier.id + "'", name: reports.earlier.name)
    companion.copy(reports.earlier)
    func run(_ cases: [CaseReport]) -> Report {
      Report(
        policy: policy,
        fixtures: [
          FixtureReport(
            file: fixture.fileName, digest: fixture.digest, provenance: fixture.provenance, error: nil,
            cases: cases, path: fixture.path)
        ])
    }
    do throws(BaselineError) {
      var judged = run([companion] + [reports.later].compactMap { $0 })
      judged.baseline = try BaselineComparison(
        RecordedReport(judged), against: try RecordedReport(run([companion, reports.earlier])))
      return judged.gate.passed ? .conformant : .nonconformant
    } catch {
      return nil
    }
  }

  /// What a known difference with the bounds of the earlier report makes of the later one.
  private func known(_ tensor: String, _ reports: Reports) -> Verdict? {
    guard let earlier = reports.earlier.tensor(tensor)?.comparison?.outsideSummary,
      let later = reports.later?.tensor(tensor)?.comparison?.outsideSummary
    else { return nil }
    let bounds = DifferenceBounds(covering: [earlier])
    guard bounds.excesses(of: earlier).isEmpty else { return nil }
    return bounds.excesses(of: later).isEmpty ? .known : .nonconformant
  }
}

extension CaseReport {
  /// Takes over what was found in another case.
  fileprivate mutating func copy(_ other: CaseReport) {
    (variant, parameters, outcome, tensors) = (other.variant, other.parameters, other.outcome, other.tensors)
  }
}

extension ConformanceCase {
  /// How many elements a result is computed from.
  fileprivate var elementCount: Int {
    Variants.named(variant).flatMap { inputs[$0.firstInput]?.shape.count } ?? 0
  }

  /// The loss, and the gradients.
  fileprivate var judgedTensors: [StoredTensor] {
    [outputs["loss"]].compactMap { $0 } + grads.values.sorted { $0.name < $1.name }
  }
}

extension SelfTestReport {
  /// Adds what became of one change.
  fileprivate mutating func add(
    _ outcome: (demanded: Verdict, judged: Verdict?)?, at index: Int, _ specimen: Specimen
  ) {
    guard let (demanded, judged) = outcome else {
      kinds[index].inapplicable += 1
      return
    }
    if demanded == .conformant { kinds[index].harmless += 1 } else { kinds[index].faults += 1 }
    guard judged != demanded else { return }
    kinds[index].mistaken += 1
    mistakes.append(
      Mistake(
        kind: kinds[index].name, id: specimen.conformanceCase.id, tensor: specimen.name, demanded: demanded,
        judged: judged))
  }
}
