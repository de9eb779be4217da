/// The registry of documented variants.
public enum Variants {
  /// Every variant, in the order of the documentation: one line each.
  public static let all: [any FocalLossVariant.Type] = [
    PaddleFormula.self,
    PaddleSigmoidFocalLoss.self,
    PaddleDetectionFocalLoss.self,
    PaddleDetectionRetinaHeadLoss.self,
    TorchClampedBinary.self,
    TorchPerLabelLoop.self,
    TorchvisionSigmoidFocalLoss.self,
    OptaxSigmoidFocalLoss.self,
    KorniaBinaryFocalLossWithLogits.self,
    KerasBinaryFocalCrossentropy.self,
    KerasBinaryFocalCrossentropyFromLogits.self,
  ]

  /// The variant of that name, or nil.
  public static func named(_ name: String) -> (any FocalLossVariant.Type)? {
    all.first { $0.name == name }
  }

  /// Every parameter of any variant, once, in the order in which reports show them.
  public static let parameters: [ParameterSpec] = all.reduce(into: []) { known, variant in
    known += variant.parameters.filter { spec in !known.contains { $0.name == spec.name } }
  }

  /// What a case of an unknown variant may state: required is what every variant requires.
  public static let anyParameters: [ParameterSpec] = parameters.filter { spec in
    !spec.isRequired || all.allSatisfy { variant in variant.parameters.contains { $0.name == spec.name } }
  }

  /// The inputs that some variant has and may do without.
  static let optionalInputs: [String] = all.flatMap { $0.inputs }.filter(\.isOptional).map(\.name)
}
