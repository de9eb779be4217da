internal import Comparison
internal import FocalLoss
internal import Tensors

/// Checks what documents say on cases that have been judged.
struct ClaimJudge {
  /// The most elements of a tensor that a claim is checked on: it is read whole, in a worker.
  static let maximumCount = 1 << 20

  private let claims: [(check: ClaimCheck, cases: ShellPatterns)]

  /// A judge of a run's claims.
  init(_ claims: [ClaimQuestion]) {
    self.claims = claims.map { ($0.check, ShellPatterns(patterns: $0.cases)) }
  }

  /// What a case of an open fixture says of each claim that is about it; nothing when it could not be judged.
  func evidence(of report: CaseReport, in fixture: FixtureReader) -> [ClaimEvidence] {
    guard report.verdict != .error else { return [] }
    return claims.enumerated().compactMap { index, claim in
      guard claim.cases.match(anyOf: [report.name]) else { return nil }
      do throws(FixtureError) {
        let found = try ClaimSubject(report, fixture).check(claim.check)
        return found.map { ClaimEvidence(claim: index, kind: $0) }
      } catch {
        return ClaimEvidence(claim: index, kind: .unreadable(error))
      }
    }
  }
}

/// A case that a claim is checked on.
private struct ClaimSubject {
  let report: CaseReport
  let fixture: FixtureReader
  let conformanceCase: ConformanceCase

  init(_ report: CaseReport, _ fixture: FixtureReader) throws(FixtureError) {
    (self.report, self.fixture) = (report, fixture)
    conformanceCase = try fixture.conformanceCase(report.name)
  }

  /// What the case says, or nil when it says nothing.
  func check(_ check: ClaimCheck) throws(FixtureError) -> ClaimEvidence.Kind? {
    if case .refused = check {
      return ClaimEvidence.Kind(report.outcome == .raised ? nil : "is taken, and \(report.verdict.rawValue)")
    }
    guard report.outcome == .value else {
      return .against("is refused: \(conformanceCase.error ?? "no message")")
    }
    switch check {
    case .refused: return nil
    case .printed: return printed()
    case .computed: return ClaimEvidence.Kind(report.verdict == .conformant ? nil : nonconformance())
    case .agrees(let of, let with, let decimals):
      return try compared(of, with) { x, y, _ in
        DecimalText.fixed(x, decimals: decimals) == DecimalText.fixed(y, decimals: decimals)
      }
    case .divided(let of, let with):
      return try compared(of, with) { x, y, divisor in
        guard let divisor else { return false }
        let type = conformanceCase.outputs["loss"]?.elementType ?? .float32
        return x == type.arithmeticFormat.round(y / divisor)
      }
    case .meanOfSum(let ulps): return try meanOfSum(ulps)
    case .greatest(let number): return try greatest(number)
    case .flatBelow(let bound): return try flat(below: bound)
    case .stage(let name, let from, let through): return try stage(name, from...through)
    }
  }

  /// All of a tensor, which is not large.
  private func whole(_ tensor: StoredTensor?) throws(FixtureError) -> Tensor? {
    guard let tensor else { return nil }
    guard tensor.shape.count <= ClaimJudge.maximumCount else {
      throw FixtureError(
        file: fixture.fileName, object: "/cases/\(conformanceCase.name)/\(tensor.name)",
        reason:
          "has \(tensor.shape.count) elements, and claims are checked on at most \(ClaimJudge.maximumCount)")
    }
    return try tensor.readAll()
  }

  private func loss() throws(FixtureError) -> Tensor? { try whole(conformanceCase.outputs["loss"]) }

  private func printed() -> ClaimEvidence.Kind? {
    guard let numbers = report.printed else { return nil }
    guard !numbers.reproduces(numbers.actual) else { return .bears }
    let pairs = zip(numbers.documented, numbers.actual).first { $0 != $1 }
    return .against("gives \(pairs?.1 ?? "nothing") where \(pairs?.0 ?? "a number") is printed")
  }

  private func nonconformance() -> String {
    let tensor = report.tensors.first { $0.verdict == .nonconformant || $0.verdict == .error }
    let outside = tensor?.comparison.map { ": \($0.outside) of \($0.count) elements outside" } ?? ""
    return tensor.map { "\($0.name) is \($0.verdict?.rawValue ?? "")\(outside)" } ?? report.reason
      ?? "is not conformant"
  }

  /// Compares the loss with that of the case whose name has `with` in the place of `of`, and the divisor.
  private func compared(
    _ of: String, _ with: String, _ agree: (Double, Double, Double?) -> Bool
  ) throws(FixtureError) -> ClaimEvidence.Kind? {
    guard let range = report.name.firstRange(of: of) else { return nil }
    let other = report.name.replacingCharacters(in: range, with: with)
    guard fixture.caseNames.contains(other) else { return nil }
    guard let x = try loss(), let y = try whole(fixture.conformanceCase(other).outputs["loss"]),
      x.count == y.count
    else { return .against("\(other) has not as many elements") }
    let normalizer = try whole(conformanceCase.inputs["normalizer"])?.values
    guard normalizer?.isEmpty != true else { return nil }
    var differing: [Int] = []
    for position in 0..<x.count {
      let divisor = normalizer.map { $0[$0.count == 1 ? 0 : position % $0.count] }
      if !agree(x.value(at: position), y.value(at: position), divisor) { differing.append(position) }
    }
    guard let first = differing.first else { return .bears }
    let logit = try whole(conformanceCase.inputs["logit"])
    let input = logit.flatMap { first < $0.count ? $0.value(at: first) : nil }
    return .against(
      "\(differing.count) of \(x.count) elements differ from \(other), the first\(input.map { " at logit \($0)" } ?? ""): "
        + "\(x.text(at: first)) and \(y.text(at: first))")
  }

  private func meanOfSum(_ limit: UInt64) throws(FixtureError) -> ClaimEvidence.Kind? {
    guard let range = report.name.firstRange(of: ".mean.") else { return nil }
    let other = report.name.replacingCharacters(in: range, with: ".sum.")
    guard fixture.caseNames.contains(other) else { return nil }
    let sum = try fixture.conformanceCase(other)
    var worst: (ulps: UInt64, name: String) = (0, "")
    let count = conformanceCase.inputs.values.map(\.shape.count).max() ?? 1
    for (name, tensor) in [(conformanceCase.outputs["loss"], sum.outputs["loss"])]
      + conformanceCase.grads.keys.sorted().map({ (conformanceCase.grads[$0], sum.grads[$0]) })
    {
      guard let x = try whole(name), let y = try whole(tensor), x.count == y.count else { continue }
      for position in 0..<x.count {
        let scaled = x.elementType.arithmeticFormat.round(y.value(at: position) / Double(count))
        guard x.value(at: position).isFinite, scaled.isFinite else { continue }
        let ulps = ULPs.distance(
          x.bits(at: position), x.elementType.arithmeticFormat.bits(of: scaled),
          in: x.elementType.arithmeticFormat)
        if ulps > worst.ulps { worst = (ulps, name?.name ?? "") }
      }
    }
    return ClaimEvidence.Kind(
      worst.ulps <= limit
        ? nil : "\(worst.name) is up to \(worst.ulps) ULP from that of \(other) over \(count)")
  }

  private func greatest(_ number: String) throws(FixtureError) -> ClaimEvidence.Kind? {
    guard let loss = try loss(), let greatest = loss.values.filter({ !$0.isNaN }).max() else { return nil }
    let decimals = number.split(separator: ".").dropFirst().first?.count ?? 0
    let text = DecimalText.fixed(greatest, decimals: decimals)
    return ClaimEvidence.Kind(text == number ? nil : "the greatest loss is \(text)")
  }

  private func flat(below bound: Double) throws(FixtureError) -> ClaimEvidence.Kind? {
    guard let probs = try whole(conformanceCase.inputs["prob"]),
      let targets = try whole(conformanceCase.inputs["target"]),
      let gradient = try whole(conformanceCase.grads["prob"]),
      Set([probs.count, targets.count, gradient.count]).count == 1
    else { return nil }
    let format = probs.elementType.arithmeticFormat
    for position in 0..<probs.count {
      let (prob, target) = (probs.value(at: position), targets.value(at: position).rounded(.towardZero))
      let gathered = target == 1 ? prob : format.round(1 - prob)
      // At 1 the base of the power is 0, and so is its derivative.
      guard gathered != 1 else { continue }
      let isFlat = gathered < format.round(bound) || gathered > 1
      guard isFlat == (gradient.value(at: position) == 0) else {
        return .against("at prob \(prob), target \(target) the gradient is \(gradient.text(at: position))")
      }
    }
    return .bears
  }

  private func stage(_ name: String, _ range: ClosedRange<Double>) throws(FixtureError) -> ClaimEvidence.Kind?
  {
    guard let values = try whole(conformanceCase.stages[name])?.values else { return nil }
    return ClaimEvidence.Kind(values.first { !range.contains($0) }.map { "\(name) has \($0)" })
  }
}

extension ClaimEvidence.Kind {
  /// A case that bears a claim out, or the reason why it does not.
  fileprivate init(_ reason: String?) { self = reason.map(Self.against) ?? .bears }
}

extension String {
  fileprivate func replacingCharacters(in range: Range<String.Index>, with text: String) -> String {
    String(self[..<range.lowerBound]) + text + String(self[range.upperBound...])
  }

  fileprivate func firstRange(of text: String) -> Range<String.Index>? {
    indices.lazy.compactMap { start in
      self[start...].hasPrefix(text) ? start..<self.index(start, offsetBy: text.count) : nil
    }.first
  }
}

extension Tensor {
  /// One element for a message.
  fileprivate func text(at position: Int) -> String {
    let value = value(at: position)
    if value.isNaN { return "NaN" }
    return elementType == .float64 ? "\(value)" : "\(Float(value))"
  }
}
