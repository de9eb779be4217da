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
}
