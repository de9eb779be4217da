internal import FocalLoss

/// `sum-for-mean`, `mean-for-sum`, `other-count`, `loss-weight-missing`, `loss-weight-twice`, `normalizer-missing`,
/// `normalizer-twice`, `normalizer-multiplied`, `upstream-ignored`, `decimal-logarithm`, `binary-logarithm`,
/// `wrong-sign`, `constant-factor`, `one-ratio`: every element is the documented value times one number that the case
/// names.
enum NamedRatio: DiagnosisKind {
  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    guard let range = try range(of: suspect), range.isNarrow, range.isOff(in: suspect.format) else {
      return []
    }
    let fitting = try factors(suspect).filter { range.contains($0.ratio, roundedIn: suspect.format) }
    guard let best = fitting.map(\.rank).min() else { return [] }
    let found = fitting.filter { $0.rank == best }
    guard let first = found.first else { return [] }
    let subject = subject(of: suspect)
    let causes = found.reduce(into: [String]()) { if !$0.contains($1.cause) { $0.append($1.cause) } }
    let meanings = found.reduce(into: [String]()) { if !$0.contains($1.meaning) { $0.append($1.meaning) } }
    guard meanings.count <= Diagnoses.most else { return [] }
    return [
      Diagnosis(
        causes.count == 1 ? first.cause : "one-ratio",
        "\(subject) \(numberText(first.ratio)) times the documented value: \(meanings.joined(separator: ", or ")).",
        explains: suspect.outside,
        [
          "ratio": .number(first.ratio), "lowest_ratio": .number(range.lower),
          "highest_ratio": .number(range.upper),
          "elements": DiagnosisEvidence(range.count), "meaning": .text(meanings.joined(separator: ", or ")),
        ])
    ]
  }

  static func subject(of suspect: Suspect) -> String {
    suspect.comparison.count == 1 ? "The result is" : "Every element is"
  }

  /// The numbers that may be the ratio of all elements; nil where there is none.
  static func range(of suspect: Suspect) throws(JudgingError) -> RatioRange? {
    var range = RatioRange()
    try scan(suspect, &range)
    return range.isPossible ? range : nil
  }

  private static func scan(_ suspect: Suspect, _ range: inout RatioRange) throws(JudgingError) {
    var found = range
    try suspect.scan { block in
      for index in block.actual.indices {
        found.add(block.actual[index], block.allowed[index], in: suspect.format)
      }
    }
    range = found
  }

  /// The named factors of a case, those of the reduction first.
  private static func factors(_ suspect: Suspect) throws(JudgingError) -> [NamedFactor] {
    let numbers = try CaseNumbers(suspect)
    let parameters = suspect.conformanceCase.parameters
    let count = numbers.elements
    let counts =
      numbers.counts.map { ($0, NamedFactor.Rank.counted) }
      + numbers.miscounts.map { ($0, NamedFactor.Rank.remote) }
    var factors: [NamedFactor] = []
    switch parameters.reduction {
    case .mean:
      factors.append(
        NamedFactor(
          count, "sum-for-mean", "the sum is where the mean of \(numberText(count)) elements is documented"))
      for (other, rank) in counts where other.value > 0 && other.value != count {
        factors.append(
          NamedFactor(
            count / other.value, "other-count",
            "the sum is divided by \(other.name), where the \(numberText(count)) elements are documented",
            rank))
      }
    case .sum where numbers.positives == nil:
      factors.append(
        NamedFactor(
          1 / count, "mean-for-sum",
          "the mean is where the sum of \(numberText(count)) elements is documented"))
      fallthrough
    case .none where numbers.positives == nil:
      for (other, rank) in counts where other.value > 1 && other.value != count {
        factors.append(
          NamedFactor(
            1 / other.value, "other-count",
            "it is divided by \(other.name)", rank))
        factors.append(
          NamedFactor(
            other.value, "other-count", "it is multiplied by \(other.name)", max(rank, .remote)))
      }
    case .sum, .none: break
    }
    if let positives = numbers.positives {
      if positives > 1 {
        factors.append(
          NamedFactor(
            positives, "normalizer-missing",
            "the sum is not divided by the \(numberText(positives)) positive anchors"))
      }
      for (other, rank) in counts where other.value > 0 && other.value != positives {
        factors.append(
          NamedFactor(
            positives / other.value, "other-count",
            "the sum is divided by \(other.name), where the \(numberText(positives)) positive anchors are documented",
            rank))
        factors.append(
          NamedFactor(
            1 / other.value, "mean-for-sum",
            "it is divided by \(other.name), as a mean, where the sum is documented", rank))
      }
    }
    return factors.filter { $0.ratio != 1 } + constants(parameters, numbers)
  }

  private static func constants(_ parameters: Parameters, _ numbers: CaseNumbers) -> [NamedFactor] {
    var factors: [NamedFactor] = []
    let weight = parameters.lossWeight
    if weight != 1, weight != 0 {
      factors.append(
        NamedFactor(
          1 / weight, "loss-weight-missing", "it is not multiplied by loss_weight, \(numberText(weight))"))
      factors.append(
        NamedFactor(
          weight, "loss-weight-twice", "it is multiplied by loss_weight, \(numberText(weight)), twice"))
    }
    if let normalizer = numbers.normalizer {
      let text = numberText(normalizer)
      factors.append(
        NamedFactor(normalizer, "normalizer-missing", "it is not divided by the normalizer, \(text)"))
      factors.append(
        NamedFactor(1 / normalizer, "normalizer-twice", "it is divided by the normalizer, \(text), twice"))
      factors.append(
        NamedFactor(
          normalizer * normalizer, "normalizer-multiplied",
          "it is multiplied by the normalizer, \(text), instead of divided"))
    }
    if let upstream = numbers.upstream {
      factors.append(
        NamedFactor(
          1 / upstream, "upstream-ignored",
          "the gradient that was fed in, \(numberText(upstream)), is ignored"))
    }
    for (name, value) in [
      ("gamma", parameters.gamma), ("alpha", parameters.alpha), ("1 − alpha", 1 - parameters.alpha),
    ]
    where value.isFinite && value != 0 && value != 1 {
      factors.append(
        NamedFactor(
          value, "constant-factor", "it has a factor \(name), \(numberText(value)), too many", .remote))
      factors.append(
        NamedFactor(1 / value, "constant-factor", "it lacks a factor \(name), \(numberText(value))", .remote))
    }
    factors.append(
      NamedFactor(0.4342944819032518, "decimal-logarithm", "the logarithm is the decimal one", .counted))
    factors.append(
      NamedFactor(1.4426950408889634, "binary-logarithm", "the logarithm is the binary one", .counted))
    factors.append(NamedFactor(-1, "wrong-sign", "it has the wrong sign", .counted))
    for plain in [2, 0.5] {
      factors.append(
        NamedFactor(
          plain, "constant-factor",
          plain == 2 ? "it is taken twice, as in an addition to itself" : "it is halved",
          .plain))
    }
    return factors
  }
}

/// A number for a sentence: whole ones without a point.
func numberText(_ value: Double) -> String {
  value.magnitude < 1e15 && value.rounded() == value ? "\(Int(value))" : "\(value)"
}
