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
  /// The most elements of a case that is taken, since each is judged some forty times.
  public static let maximumCount = 1 << 16

  private let policy: Policy
  private let isComplete: Bool
  private let filter: CaseFilter

  /// A self-test of the judge.
  ///
  /// - Parameters:
  ///   - policy: by what the judge judges; with another than derived the table shows what that lets pass.
  ///   - isComplete: whether to take every tensor; otherwise one of each variant, reduction, element type, set of
  ///     inputs, tensor and finiteness in each fixture.
  ///   - filter: which cases are looked at.
  public init(policy: Policy = .derived, isComplete: Bool = false, filter: CaseFilter = CaseFilter()) {
    (self.policy, self.isComplete, self.filter) = (policy, isComplete, filter)
  }

  /// Plants every kind of change in tensors of a fixture, in this process; ``WorkerPool`` does it in another one.
  public func run(_ location: FixtureLocation) -> SelfTestReport { run(location) { _ in } }

  /// Plants every kind of change in tensors of a fixture, and tells before each how far it is.
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
    let test = FixtureSelfTest(fixture, Judge(policy: policy, namesReorderings: false), policy)
    let strata = test.strata(where: { filter.selects($0, of: fixture) }, isComplete, &report)
    for (index, candidates) in strata.enumerated() {
      guard let first = candidates.first else { continue }
      try tell(FixturePlace(name: first.caseName, index: index, caseCount: strata.count))
      test.plant(PlantedChange.all, inFirstOf: candidates, &report)
    }
    do throws(FixtureError) { try fixture.checkUnchanged() } catch { report.errors.append(error) }
    return report
  }
}

/// A tensor that may be taken.
private struct Candidate {
  let caseName: String
  let tensor: String
  let count: Int

  /// Small tensors of several elements come first.
  var rank: Int { (6...64).contains(count) ? 0 : 1 }
}

/// What tensors have in common of which one is taken.
private struct Stratum: Hashable {
  let variant: String
  let reduction: Reduction
  let tensor: String
  let type: ElementType
  let inputs: [String]
  let hasNonfinite: Bool
}

private struct FixtureSelfTest {
  let fixture: FixtureReader
  let judge: Judge
  let policy: Policy
  let exact = ExactEvaluator()

  init(_ fixture: FixtureReader, _ judge: Judge, _ policy: Policy) {
    (self.fixture, self.judge, self.policy) = (fixture, judge, policy)
  }

  /// The tensors that may be taken, in groups of which one each is taken, in the order of the first cases' names.
  func strata(
    where isSelected: (String) -> Bool, _ isComplete: Bool, _ report: inout SelfTestReport
  ) -> [[Candidate]] {
    var order: [Stratum] = []
    var strata: [Stratum: [Candidate]] = [:]
    var singles: [[Candidate]] = []
    for name in fixture.caseNames where isSelected(name) {
      do throws(FixtureError) {
        let conformanceCase = try fixture.conformanceCase(name)
        for tensor in conformanceCase.judgedTensors
        where conformanceCase.elementCount <= SelfTest.maximumCount {
          report.candidates += 1
          let candidate = Candidate(caseName: name, tensor: tensor.name, count: conformanceCase.elementCount)
          guard !isComplete else {
            singles.append([candidate])
            continue
          }
          let stratum = Stratum(
            variant: conformanceCase.variant, reduction: conformanceCase.parameters.reduction,
            tensor: tensor.name, type: tensor.elementType, inputs: conformanceCase.inputs.keys.sorted(),
            hasNonfinite: !(try tensor.readAll().values.allSatisfy(\.isFinite)))
          if strata[stratum] == nil { order.append(stratum) }
          strata[stratum, default: []].append(candidate)
        }
      } catch {
        report.errors.append(error)
      }
    }
    return singles
      + order.compactMap { strata[$0] }.map { candidates in
        candidates.filter { $0.rank == 0 } + candidates.filter { $0.rank > 0 }
      }
  }

  /// Plants every kind of change in the first candidate that is as it may be.
  func plant(
    _ changes: [PlantedChange], inFirstOf candidates: [Candidate], _ report: inout SelfTestReport
  ) {
    for candidate in candidates {
      do throws(JudgingError) {
        let stored = try fixture.opened(candidate.caseName)
        guard let specimen = try Specimen(candidate.tensor, of: stored, fixture.provenance, by: exact) else {
          continue
        }
        report.tensors += 1
        for (index, change) in changes.enumerated() {
          report.add(try outcome(of: change, in: specimen), at: index, specimen)
        }
        return
      } catch {
        guard case .unreadable(let error) = error else { continue }
        report.errors.append(error)
      }
    }
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
    case .loss(let lost):
      return (.nonconformant, gate(specimen, without: lost))
    }
  }

  /// What must be said of a tensor, by the definition of the verdict.
  private func demand(_ changed: ConformanceCase, _ name: String) throws(JudgingError) -> Verdict {
    if changed.outcome == .raised {
      let signature = changed.signature(fixture.provenance)
      return Variants.named(changed.variant)?.undocumented(signature) == nil ? .nonconformant : .conformant
    }
    do throws(JudgingError) {
      guard let tensor = changed.result(name),
        let allowances = try Allowances(name, of: changed, fixture.provenance, by: exact)
      else { return .error }
      return try allowances.admit(try tensor.block(tensor.shape.whole)) ? .conformant : .nonconformant
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

  /// What the gate says of a run that has lost something since the baseline: the same case twice, and then once.
  private func gate(_ specimen: Specimen, without lost: PlantedChange.Lost) -> Verdict? {
    let report = judge.judge(specimen.conformanceCase, of: fixture)
    var companion = CaseReport(id: report.id + "'", name: report.name)
    companion.copy(report)
    var rest = report
    rest.tensors.removeAll { $0.name == specimen.name }
    func run(_ cases: [CaseReport]) -> Report {
      Report(
        policy: policy,
        fixtures: [
          FixtureReport(
            file: fixture.fileName, digest: fixture.digest, provenance: fixture.provenance, error: nil,
            cases: cases, path: fixture.path)
        ])
    }
    let later =
      switch lost {
      case .ofCase: [companion]
      case .ofTensor: [companion, rest]
      }
    do throws(BaselineError) {
      var judged = run(later)
      judged.baseline = try BaselineComparison(
        RecordedReport(judged), against: try RecordedReport(run([companion, report])))
      return judged.gate
    } catch {
      return nil
    }
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
    Variants.named(variant).flatMap { inputs[$0.inputs[0]]?.shape.count } ?? 0
  }

  /// The loss, and the gradient that is judged.
  fileprivate var judgedTensors: [StoredTensor] {
    let first = Variants.named(variant)?.inputs[0]
    return [outputs["loss"], first.flatMap { grads[$0] }].compactMap { $0 }
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
