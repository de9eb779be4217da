internal import Arithmetic
internal import Comparison
internal import FocalLoss
public import Tensors

/// Where two builds, of one framework or of two, agree on the cases that both computed, and who is right where not.
public struct Agreement: Sendable {
  /// Where one element stands.
  public enum Standing: String, Hashable, Sendable, CaseIterable {
    /// The same bits, or both NaN.
    case identical
    /// Both are within one ULP of the exact value.
    case bothAccurate = "both accurate"
    /// Only the second is.
    case firstWorse = "A worse"
    /// Only the first is.
    case secondWorse = "B worse"
    /// Neither is.
    case bothWrong = "both wrong"
    /// They differ, and there is no exact value to hold them against.
    case unknown = "no exact value"
  }

  /// What was found in one tensor.
  public struct Finding: Sendable {
    /// The case.
    public let name: String
    /// Its variant.
    public let variant: String
    /// The tensor.
    public let tensor: String
    /// The element type.
    public let type: ElementType
    /// How many elements stand where.
    public internal(set) var counts: [Standing: Int] = [:]
    /// The element that is farthest apart.
    public internal(set) var worst: PairedElement?
    /// The worse of the verdicts on the two builds' tensors.
    public let verdict: Verdict
    /// Whether either build's tensor is nonconformant.
    public var isNonconformant: Bool { verdict == .nonconformant }
    /// Why it cannot be told whether the builds agree; nil where it can.
    public internal(set) var unjudgedReason: String?
  }

  /// A case, or a tensor of it, that cannot be held against the other build's.
  public struct Difference: Hashable, Sendable {
    /// The case.
    public let name: String
    /// What is different.
    public let reason: String
  }

  /// The first build, A.
  public let first: Upgrade.Side
  /// The second build, B.
  public let second: Upgrade.Side
  /// What was found in each tensor that both gave, in the order of cases and tensors.
  public internal(set) var findings: [Finding] = []
  /// Cases that only one of them raised on, or gave in another type or shape.
  public internal(set) var differences: [Difference] = []
  /// Cases that were not asked the same, and what could not be judged.
  public internal(set) var unjudged: [Difference] = []
  /// How many cases only one of them has.
  public internal(set) var unpairedCount = 0
  /// Whether the run was ended before both were judged; nothing was compared then.
  public private(set) var isIncomplete = false

  /// The signal that ended the run, or nil.
  public var signal: Int32?

  /// Conformant when every difference is one that both documentations allow: each tensor of both builds was judged
  /// and is conformant, and each element that differs has an exact value.
  public var verdict: Verdict {
    if isIncomplete || findings.isEmpty && differences.isEmpty { return .error }
    let isUnjudged = !unjudged.isEmpty || findings.contains { $0.unjudgedReason != nil }
    if isUnjudged { return .unjudged }
    let worst = findings.map(\.verdict).max() ?? .conformant
    return differences.isEmpty ? worst : max(worst, .nonconformant)
  }

  /// The cases and tensors that could not be judged, with the reasons.
  public var unjudgedResults: [Difference] {
    unjudged
      + findings.compactMap { finding in
        finding.unjudgedReason.map { Difference(name: "\(finding.name)  \(finding.tensor)", reason: $0) }
      }
  }

  /// Whether the builds agree, and the exit code that says so.
  public var gate: Gate {
    var reasons: [String] = []
    if isIncomplete {
      reasons.append("the run was ended before both builds were judged")
    } else if findings.isEmpty, differences.isEmpty, unjudged.isEmpty {
      reasons.append("there is nothing to compare")
    }
    let unknown = unjudgedResults.count
    if unknown > 0 { reasons.append("\(counted(unknown, "result")) could not be judged") }
    let wrong = findings.count { $0.isNonconformant }
    if wrong > 0 { reasons.append("\(counted(wrong, "tensor")) nonconformant in one of the builds") }
    if !differences.isEmpty { reasons.append("\(counted(differences.count, "result")) different altogether") }
    let exitCode: Int32 =
      switch verdict {
      case .conformant, .known: 0
      case .nonconformant: 1
      case .unjudged, .error: 2
      }
    return Gate(reasons: reasons, exitCode: signal.map { 128 + $0 } ?? exitCode)
  }

  init(first: Upgrade.Side, second: Upgrade.Side) { (self.first, self.second) = (first, second) }

  /// What is known of the builds that two paths name when they are not judged.
  public init(notJudged first: String, _ second: String) {
    let side = { Upgrade.Side(name: Upgrade.Side.name(of: $0), fixtures: [], locations: [], fault: nil) }
    self.init(first: side(first), second: side(second))
    isIncomplete = true
  }
}

extension UpgradeJudge {
  /// Judges the builds that two paths name, each fixture in a process of its own, and holds them against each other.
  public func agreement(
    of first: String, and second: String, judgedBy pool: WorkerPool,
    progress: @escaping @Sendable (Runner.Progress) -> Void = { _ in }
  ) async -> Agreement {
    guard let firstSide = await Upgrade.Side(first, by: pool, progress: progress),
      let secondSide = await Upgrade.Side(second, by: pool, progress: progress)
    else { return Agreement(notJudged: first, second) }
    return agreement(of: firstSide, and: secondSide)
  }

  /// Holds two builds' tensors against the exact values, case by case by name.
  public func agreement(of first: Upgrade.Side, and second: Upgrade.Side) -> Agreement {
    var agreement = Agreement(first: first, second: second)
    if let error = first.fault ?? second.fault {
      agreement.unjudged.append(.init(name: error.file, reason: error.text))
    }
    var opened: [FixtureReader] = []
    let firsts = cases(of: first, &agreement, &opened)
    let seconds = cases(of: second, &agreement, &opened)
    agreement.unpairedCount = Set(firsts.keys).symmetricDifference(seconds.keys).count
    for (name, first) in firsts.sorted(by: { $0.key < $1.key }) {
      guard let second = seconds[name] else { continue }
      do throws(JudgingError) {
        try compare(first, second, &agreement)
      } catch {
        agreement.unjudged.append(
          .init(name: name, reason: error.located(in: second.fixture.fileName, case: name).text))
      }
    }
    for fixture in opened {
      do throws(FixtureError) { try fixture.checkUnchanged() } catch {
        agreement.unjudged.append(.init(name: fixture.fileName, reason: error.text))
      }
    }
    return agreement
  }

  private typealias SideCase = (fixture: FixtureReader, report: CaseReport)

  /// The cases of a side by name, and what was opened for them.
  private func cases(
    of side: Upgrade.Side, _ agreement: inout Agreement, _ opened: inout [FixtureReader]
  ) -> [String: SideCase] {
    var cases: [String: SideCase] = [:]
    for (location, report) in side.judged {
      do throws(FixtureError) {
        if let error = report.error { throw error }
        let fixture = try location.open(judged: report.digest)
        opened.append(fixture)
        for report in report.cases {
          if let other = cases.updateValue((fixture, report), forKey: report.name) {
            agreement.unjudged.append(
              .init(
                name: report.name, reason: "\(other.fixture.fileName) and \(fixture.fileName) both have it"))
          }
        }
      } catch {
        agreement.unjudged.append(.init(name: location.fileName, reason: error.text))
      }
    }
    return cases
  }

  private func compare(
    _ first: SideCase, _ second: SideCase, _ agreement: inout Agreement
  ) throws(JudgingError) {
    let name = first.report.name
    if let error = first.report.error ?? second.report.error {
      return agreement.unjudged.append(.init(name: name, reason: error.text))
    }
    let firstCase = try first.fixture.opened(name)
    let secondCase = try second.fixture.opened(name)
    if let difference = try difference(firstCase, secondCase) {
      return agreement.unjudged.append(
        .init(name: name, reason: "the builds were not asked the same: \(difference)"))
    }
    guard firstCase.outcome == secondCase.outcome else {
      let raised = firstCase.outcome == .raised ? (0, firstCase) : (1, secondCase)
      return agreement.differences.append(
        .init(
          name: name,
          reason: "only \("AB".dropFirst(raised.0).prefix(1)) raises: \(raised.1.error ?? "no message")"))
    }
    for (letter, report) in [("A", first.report), ("B", second.report)] where report.raisedUnduly {
      agreement.differences.append(.init(name: name, reason: "\(letter): \(report.reason ?? "raises")"))
    }
    for tensor in Set(firstCase.results.keys).union(secondCase.results.keys).sorted(by: >) {
      guard let x = firstCase.results[tensor], let y = secondCase.results[tensor] else {
        agreement.differences.append(.init(name: name, reason: "only one of them has \(tensor)"))
        continue
      }
      guard x.elementType == y.elementType, x.shape == y.shape else {
        agreement.differences.append(
          .init(
            name: name,
            reason: "\(tensor) is \(x.elementType) \(x.shape) and \(y.elementType) \(y.shape)"))
        continue
      }
      let reports = [first.report.tensor(tensor), second.report.tensor(tensor)]
      var finding = Agreement.Finding(
        name: name, variant: firstCase.variant, tensor: tensor, type: x.elementType,
        verdict: reports.map { $0?.verdict ?? .unjudged }.max() ?? .unjudged)
      for (letter, report) in zip(["A", "B"], reports)
      where report == nil || report?.verdict == .unjudged || report?.verdict == .error {
        finding.unjudgedReason = "\(letter): \(report?.unjudgedReason ?? "it is not a result that is judged")"
        break
      }
      try compare(x, y, firstCase, first.fixture.provenance, &finding)
      let unknown = finding.counts[.unknown] ?? 0
      if unknown > 0, finding.unjudgedReason == nil {
        finding.unjudgedReason = "\(counted(unknown, "element")) that differ have no exact value"
      }
      agreement.findings.append(finding)
    }
  }

  private func compare(
    _ x: StoredTensor, _ y: StoredTensor, _ conformanceCase: ConformanceCase, _ provenance: Provenance,
    _ finding: inout Agreement.Finding
  ) throws(JudgingError) {
    let computation = try TensorComputation(x.name, conformanceCase, provenance)
    var comparator = Comparator(x.elementType, tolerance: .ulps(0))
    for block in x.shape.regions(maximumCount: ElementBlocks.maximumCount) {
      let (xBlock, yBlock) = (try x.block(block), try y.block(block))
      xBlock.bytes.withUnsafeBytes { xBytes in
        yBlock.bytes.withUnsafeBytes { comparator.add(expected: xBytes, actual: $0, offset: block.offset) }
      }
      for position in 0..<block.count {
        let standing: Agreement.Standing
        let (xValue, yValue) = (xBlock.value(at: position), yBlock.value(at: position))
        if xBlock.bits(at: position) == yBlock.bits(at: position) || xValue.isNaN && yValue.isNaN {
          standing = .identical
        } else {
          let exact = try computation?.exactValue(at: block.offset + position, by: exact)
          standing = Agreement.Standing(xValue, yValue, exact ?? .undefined)
        }
        finding.counts[standing, default: 0] += 1
      }
    }
    if let worst = comparator.comparison.worst.first {
      finding.worst = try PairedElement(worst, of: x, conformanceCase, provenance, by: exact)
    }
  }
}

extension Agreement.Standing {
  fileprivate init(_ x: Double, _ y: Double, _ exact: ExactValue) {
    guard let rounded = exact.rounded else {
      self = .unknown
      return
    }
    let isAccurate = { (value: Double) in
      value == rounded || (exact.error(of: value).map { $0.magnitude <= 1 } ?? false)
    }
    switch (isAccurate(x), isAccurate(y)) {
    case (true, true): self = .bothAccurate
    case (false, true): self = .firstWorse
    case (true, false): self = .secondWorse
    case (false, false): self = .bothWrong
    }
  }
}
