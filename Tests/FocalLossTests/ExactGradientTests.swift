import Tensors
import Testing

@testable import Arithmetic
@testable import FocalLoss

/// Parameters under which a variant's gradient is held against differences.
struct GradientParameters: CustomStringConvertible, Sendable {
  let gamma: Double
  let alpha: Double

  var description: String { "γ \(gamma), α \(alpha)" }

  static let all = [(0, 0.25), (0.5, 0.9), (1, 0.5), (2, 0.25), (2.5, 0.1), (3.7, 0.75)].map {
    GradientParameters(gamma: $0, alpha: $1)
  }
}

/// The tape in real numbers, where no rounding hides a wrong rule and every framework's rules are one function.
@Suite("Gradient in real numbers")
struct ExactGradientTests {
  private let evaluator = ExactEvaluator()

  @Test(
    "is that of finite differences, to eight digits", arguments: Variants.all.map { $0.name },
    GradientParameters.all)
  func finiteDifferences(name: String, parameters: GradientParameters) throws {
    let variant = try #require(Variants.named(name))
    let formula = try formula(variant, parameters)
    let isProb = formula.inputs[0].name == "prob"
    let gradients = AdjointRules.allCases.map { formula.gradient(of: formula.inputs[0].name, rules: $0) }
    for input in isProb ? Self.probs : Self.logits {
      for label in isProb ? [0, 1] : [0, 1, 0.3, 0.85] {
        let difference = try derivative(of: formula, at: [input, label])
        for (rules, gradient) in zip(AdjointRules.allCases, gradients) {
          let actual = try number(gradient, [input, label, 1]).rounded
          #expect(
            abs(actual - difference.slope) <= 1e-8 * abs(difference.slope) + difference.slack,
            "\(name), \(parameters), at \(input) with label \(label): the \(rules) rules give \(actual), differences \(difference.slope)"
          )
        }
      }
    }
  }

  @Test("is proportional to what is fed in", arguments: Variants.all.map { $0.name })
  func upstream(name: String) throws {
    let formula = try formula(
      try #require(Variants.named(name)), GradientParameters(gamma: 2.5, alpha: 0.25))
    let gradient = formula.gradient(of: formula.inputs[0].name, rules: .torch)
    let one = try number(gradient, [0.375, 1, 1]).rounded
    #expect(try number(gradient, [0.375, 1, -4]).rounded == -4 * one)
    #expect(try number(gradient, [0.375, 1, 0]).rounded == 0)
  }

  /// From −30 to 30 in steps that are no multiples of anything, as numbers of 10 fraction bits. None is near 0, where the
  /// cross entropy's terms have kinks.
  private static let logits = stride(from: -30.0, through: 30, by: 3.61).map { ($0 * 1024).rounded() / 1024 }

  /// Inside the clamp, whose ends are kinks.
  private static let probs = stride(from: 0.02, to: 1, by: 0.083).map { ($0 * 1024).rounded() / 1024 }

  private func formula(_ variant: any FocalLossVariant.Type, _ parameters: GradientParameters) throws
    -> Program
  {
    let shape = try Shape([1, 1])
    let (float, ids) = (Signature.Input(.float64, shape), Signature.Input(.int64, .vector(1)))
    let inputs = [
      "logit": float, "label": float, "prob": float, "target": variant.firstInput == "prob" ? float : ids,
      "anchor_label": ids, "match": ids, "gt_class": ids,
    ]
    // Two variants have no reduction none; their element's formula is the same.
    let isReduced = [PaddleDetectionRetinaHeadLoss.name, TorchPerLabelLoop.name].contains(variant.name)
    return try variant.uncheckedPlan(
      Signature(
        Parameters(
          alpha: parameters.alpha, gamma: parameters.gamma, reduction: isReduced ? .sum : .none,
          lossWeight: 1.5), inputs)
    ).formula
  }

  private func number(_ program: Program, _ inputs: [Double]) throws -> ExactNumber {
    guard case .value(let number) = evaluator.value(of: program, at: inputs, in: .float64) else {
      throw NoValue(inputs: inputs)
    }
    return number
  }

  private struct NoValue: Error {
    let inputs: [Double]
  }

  /// The derivative for the first input, by central differences with steps h and h/2, extrapolated; and how far from it
  /// the derivative may be beside eight digits, since it may be 0: some h⁴ of the value.
  private func derivative(
    of formula: Program, at inputs: [Double]
  ) throws -> (slope: Double, slack: Double) {
    func slope(_ step: Double) throws -> Double {
      let (above, below) = (
        try number(formula, [inputs[0] + step] + inputs.dropFirst()),
        try number(formula, [inputs[0] - step] + inputs.dropFirst())
      )
      return try #require(above.minus(below)) / (2 * step)
    }
    let step = 0x1p-16
    let slope = (4 * (try slope(step / 2)) - (try slope(step))) / 3
    return (slope, try number(formula, inputs).rounded.magnitude * 1e-14)
  }
}

extension ExactNumber {
  /// The difference to a number close by, exact to a `Double`'s digits although the leading ones cancel.
  fileprivate func minus(_ other: ExactNumber) -> Double? {
    guard let x = magnitude, let y = other.magnitude else { return nil }
    let exponent = max(x.exponent, y.exponent)
    func scaled(_ value: Double, _ own: Int) -> Double {
      Double(sign: .plus, exponent: own - exponent, significand: value)
    }
    let high = scaled(x.high, x.exponent) - scaled(y.high, y.exponent)
    let low = scaled(x.low, x.exponent) - scaled(y.low, y.exponent)
    return Double(sign: .plus, exponent: exponent, significand: high + low)
  }
}
