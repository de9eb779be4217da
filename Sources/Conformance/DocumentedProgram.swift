public import Arithmetic
public import FocalLoss
internal import Tensors

/// A program that a build may run: a variant, the order of its cross entropy, and for a gradient whose backward pass.
public struct DocumentedProgram: Hashable, Sendable, Codable {
  /// The variant.
  public let variant: String
  /// The order of the cross entropy, for a variant that has one.
  public let crossEntropy: CrossEntropyOrder?
  /// Whose adjoint rules a gradient follows; nil for a loss.
  public internal(set) var rules: AdjointRules?

  /// Every variant with every order that it can have, as losses.
  static let losses: [DocumentedProgram] = Variants.all.flatMap { variant in
    variant.hasCrossEntropy
      ? CrossEntropyOrder.allCases.map { DocumentedProgram(variant: variant.name, crossEntropy: $0) }
      : [DocumentedProgram(variant: variant.name, crossEntropy: nil)]
  }

  /// Every loss with every backward pass.
  static let gradients: [DocumentedProgram] = losses.flatMap { loss in
    AdjointRules.allCases.map {
      DocumentedProgram(variant: loss.variant, crossEntropy: loss.crossEntropy, rules: $0)
    }
  }
}

extension DocumentedProgram: CustomStringConvertible {
  /// The variant, and in words how it is computed.
  public var description: String {
    variant + (crossEntropy.map { ", cross entropy of \($0.rawValue)" } ?? "")
      + (rules.map { ", backward pass of \($0.rawValue)" } ?? "")
  }
}

extension ConformanceCase {
  /// How the program computes a tensor of this case, or nil when it does not take the case's inputs or has not the
  /// result's type.
  ///
  /// - Parameters:
  ///   - program: the program.
  ///   - provenance: who computed the case.
  ///   - type: the result's type.
  ///   - input: the input that a gradient is taken of; nil for the program's first.
  func plan(
    _ program: DocumentedProgram, _ provenance: Provenance, of type: ElementType,
    withRespectTo input: String? = nil
  ) throws(JudgingError) -> Plan? {
    try validate()
    guard let variant = Variants.named(program.variant), let loss = lossPlan(program, provenance)
    else { return nil }
    do throws(JudgingError) {
      var plan: Plan? = loss
      if let rules = program.rules {
        let plans = try gradients(of: loss, withRespectTo: input ?? variant.firstInput, [rules])
        plan = try? plans.get().first
      }
      return plan?.type == type ? plan : nil
    } catch {
      if case .unreadable = error { throw error }
      return nil
    }
  }

  /// How the program computes the loss, in the default type that gives the loss's own type where the fixture does not
  /// state one; nil when it does not take the case's inputs.
  private func lossPlan(_ program: DocumentedProgram, _ provenance: Provenance) -> Plan? {
    guard let variant = Variants.named(program.variant),
      attributes.keys.allSatisfy({ variant.problem(withAttribute: $0) == nil })
    else { return nil }
    func plan(_ defaultType: ElementType?) -> Plan? {
      var signature = signature(provenance, defaultType: defaultType)
      signature.crossEntropy = program.crossEntropy
      return try? variant.plan(signature)
    }
    let loss = plan(nil)
    guard provenance.defaultType == nil, let type = outputs["loss"]?.elementType, loss?.type != type else {
      return loss
    }
    return plan(type) ?? loss
  }
}
