internal import Arithmetic
internal import FocalLoss
internal import Tensors

/// `other-operations`, `cross-entropy-of-probability`: a part of the formula by other operations that many codes use for the
/// same real number.
enum OtherOperations: DiagnosisKind {
  /// A part of a formula, and another way to compute it.
  private struct Replacement {
    let cause: String
    let text: String
    let formula: (Program) -> Program?

    init(_ cause: String = "other-operations", _ text: String, _ formula: @escaping (Program) -> Program?) {
      self.cause = cause
      self.text = text
      self.formula = formula
    }
  }

  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    for replacement in replacements(suspect) {
      guard try suspect.holds(isSameFunction: true, replacement.formula) else { continue }
      return [
        Diagnosis(
          replacement.cause, "Every element is that in which \(replacement.text).", explains: suspect.outside,
          ["operations": .text(replacement.text)])
      ]
    }
    return []
  }

  private static func replacements(_ suspect: Suspect) -> [Replacement] {
    let gamma = suspect.conformanceCase.parameters.gamma
    return crossEntropies + modulators(gamma) + sigmoids + logarithms
  }

  // MARK: The cross entropy

  private static var crossEntropies: [Replacement] {
    let softplus = { (x: Expression) in kernel("softplus", x) { max($0, 0) + log1p(exp(-abs($0))) } }
    return [
      entropy("the cross entropy is max(x, 0) − x·y + log1p(e^−|x|), operation by operation") { x, y, _ in
        max(x, 0) - x * y + log1p(exp(-abs(x)))
      },
      entropy("the cross entropy is softplus(x) − x·y") { x, y, _ in softplus(x) - x * y },
      entropy("the cross entropy is log(1 + e^x) − x·y") { x, y, _ in
        kernel("softplus", x) { log1p(exp($0)) } - x * y
      },
      entropy(
        "the cross entropy is −y·log(σ) − (1 − y)·log(1 − σ), that of the probability",
        cause: "cross-entropy-of-probability"
      ) { _, y, p in -y * log(p) - (1 - y) * log(1 - p) },
      entropy(
        "the cross entropy is binary_cross_entropy of the probability, with logarithms of −100 or above",
        cause: "cross-entropy-of-probability"
      ) { _, y, p in clampedCrossEntropy(p, y) },
    ]
  }

  /// The formula with another cross entropy, given logit, label and probability.
  private static func entropy(
    _ text: String, cause: String = "other-operations",
    _ entropy: @escaping (Expression, Expression, Expression) -> Expression
  ) -> Replacement {
    Replacement(cause, text) { formula in
      let values = formula.values
      guard let x = values.first(where: { $0.label == "logit" }),
        let y = values.first(where: { $0.label == "label" && $0.type == x.type }),
        let bce = values.first(where: { $0.label == "bce" && $0.type == x.type })
      else { return nil }
      let p = values.first { $0.label == "sigmoid" && $0.step < bce.step }
      return formula.replacing([bce.step]) { _, value in
        entropy(value(x.step), value(y.step), p.map { value($0.step) } ?? recordedSigmoid(value(x.step)))
      }
    }
  }

  /// PyTorch's `binary_cross_entropy` (aten/src/ATen/native/Loss.cpp): its backward pass divides by at least 1e-12.
  private static func clampedCrossEntropy(_ p: Expression, _ y: Expression) -> Expression {
    kernel("binary_cross_entropy", p, y) { p, y in
      (y - 1) * max(log1p(-p), -100) - y * max(log(p), -100)
    } adjoint: { dz, p, y, _, _ in
      let dp = kernel("binary_cross_entropy_grad", dz, p, y) { dz, p, y in
        dz * (p - y) / max((1 - p) * p, 1e-12)
      }
      return (dp, nil)
    }
  }

  // MARK: The modulator

  private static func modulators(_ gamma: Double) -> [Replacement] {
    var replacements = [
      power("the power is exp(gamma·log(1 − p_t))") { exp(gamma * log($0)) },
      power("the power is one kernel, exp(gamma·log(1 − p_t))") { u in
        kernel("modulator", u) { exp(gamma * log($0)) }
      },
      Replacement("other-operations", "the power is exp(gamma·log1p(−p_t))") { formula in
        guard let power = formula.values.first(where: { $0.kernel == "pow" }),
          let p = formula.values.first(where: { $0.label == "clamped" && $0.type == power.type })
            ?? formula.values.first(where: { $0.label == "p_t" && $0.type == power.type })
        else { return nil }
        return formula.replacing([power.step]) { _, value in exp(gamma * log1p(-value(p.step))) }
      },
    ]
    if gamma == 2 {
      replacements.append(power("the power is (1 − p_t)·(1 − p_t)") { $0 * $0 })
      replacements.append(
        Replacement("other-operations", "the power is 1 − 2·p_t + p_t·p_t") { formula in
          guard let power = formula.values.first(where: { $0.kernel == "pow" }),
            let p = formula.values.first(where: { $0.label == "p_t" && $0.type == power.type })
          else { return nil }
          return formula.replacing([power.step]) { _, value in
            let p = value(p.step)
            return 1 - 2 * p + p * p
          }
        })
    }
    return replacements
  }

  private static func power(_ text: String, _ power: @escaping (Expression) -> Expression) -> Replacement {
    Replacement("other-operations", text) { formula in
      let powers = formula.values.filter { $0.kernel == "pow" && $0.operands.count == 1 }
      let operands = Dictionary(powers.map { ($0.step, $0.operands[0]) }) { first, _ in first }
      guard !powers.isEmpty else { return nil }
      var next = powers.map(\.step).makeIterator()
      return formula.replacing(Set(operands.keys)) { old, value in
        guard let step = next.next(), let operand = operands[step] else { return old }
        return power(value(operand))
      }
    }
  }

  // MARK: The sigmoid and its logarithms

  private static var sigmoids: [Replacement] {
    [
      sigmoid("the sigmoid of a negative logit is e^x / (1 + e^x)") { x in
        let e = exp(-abs(x))
        return select(0 .> x, e, 1) / (1 + e)
      },
      sigmoid("the sigmoid is 1 / (1 + e^−x), operation by operation") { 1 / (1 + exp(-$0)) },
      sigmoid("the sigmoid is e^x / (1 + e^x)") { x in
        let e = exp(x)
        return e / (1 + e)
      },
      Replacement("other-operations", "1 − σ(x) is computed as σ(−x)") { formula in
        complements(formula) { recordedSigmoid(-$0) }
      },
    ]
  }

  private static func sigmoid(_ text: String, _ sigmoid: @escaping (Expression) -> Expression) -> Replacement
  {
    Replacement("other-operations", text) { formula in
      let sigmoids = formula.values.filter { $0.kernel == "sigmoid" && $0.operands.count == 1 }
      guard let first = sigmoids.first, sigmoids.allSatisfy({ $0.operands == first.operands }) else {
        return nil
      }
      return formula.replacing(Set(sigmoids.map(\.step))) { _, value in sigmoid(value(first.operands[0])) }
    }
  }

  /// The formula with something else for each `1 − σ(x)`, given x.
  private static func complements(_ formula: Program, _ other: (Expression) -> Expression) -> Program? {
    let values = formula.values
    let sigmoids = values.filter { $0.kernel == "sigmoid" && $0.operands.count == 1 }
    guard let x = sigmoids.first?.operands.first, sigmoids.allSatisfy({ $0.operands == [x] }) else {
      return nil
    }
    let steps = Set(sigmoids.map(\.step))
    let targets = values.filter {
      $0.kernel == "subtract" && $0.operands.count == 1 && steps.contains($0.operands[0])
    }
    guard !targets.isEmpty else { return nil }
    return formula.replacing(Set(targets.map(\.step))) { _, value in other(value(x)) }
  }

  private static var logarithms: [Replacement] {
    [
      complementLogarithm("log(1 − σ(x)) is computed as log1p(−σ(x))") { p, _ in log1p(-p) },
      complementLogarithm("log(1 − σ(x)) is computed as log(σ(−x))") { _, x in log(recordedSigmoid(-x)) },
      Replacement("other-operations", "the logarithm is the binary one times ln 2") { formula in
        let logarithms = formula.values.filter { $0.kernel == "log" }
        guard !logarithms.isEmpty else { return nil }
        return formula.replacing(Set(logarithms.map(\.step))) { value, _ in
          value * 1.4426950408889634 * 0.6931471805599453
        }
      },
    ]
  }

  /// The formula with something else for each `log(1 − σ(x))`, given σ(x) and x.
  private static func complementLogarithm(
    _ text: String, _ other: @escaping (Expression, Expression) -> Expression
  ) -> Replacement {
    Replacement("other-operations", text) { formula in
      let values = formula.values
      let byStep = Dictionary(values.map { ($0.step, $0) }) { first, _ in first }
      var sources: [Int: (p: Int, x: Int)] = [:]
      for logarithm in values where logarithm.kernel == "log" && logarithm.operands.count == 1 {
        guard let complement = byStep[logarithm.operands[0]], complement.kernel == "subtract",
          complement.operands.count == 1, let p = byStep[complement.operands[0]], p.kernel == "sigmoid",
          p.operands.count == 1
        else { continue }
        sources[logarithm.step] = (p.step, p.operands[0])
      }
      guard !sources.isEmpty else { return nil }
      var next = sources.keys.sorted().makeIterator()
      return formula.replacing(Set(sources.keys)) { old, value in
        guard let step = next.next(), let source = sources[step] else { return old }
        return other(value(source.p), value(source.x))
      }
    }
  }
}
