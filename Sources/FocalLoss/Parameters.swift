/// How a loss is reduced to a scalar.
public enum Reduction: String, Hashable, Sendable, CaseIterable, Codable {
  case none, sum, mean
}

/// The hyper-parameters of a case, as its author passed them.
public struct Parameters: Hashable, Sendable, Codable {
  /// The weight of the positive class. NaN stands for no weighting, Python's None, in the variants that offer it.
  public var alpha: Double
  /// The focusing exponent.
  public var gamma: Double
  /// The reduction.
  public var reduction: Reduction
  /// The factor that PaddleDetection's wrappers multiply the loss by.
  public var lossWeight: Double
  /// How far Keras's losses squeeze labels towards 1/2.
  public var labelSmoothing: Double

  /// Parameters of a case.
  public init(
    alpha: Double = 0.25, gamma: Double = 2, reduction: Reduction = .none, lossWeight: Double = 1,
    labelSmoothing: Double = 0
  ) {
    self.alpha = alpha
    self.gamma = gamma
    self.reduction = reduction
    self.lossWeight = lossWeight
    self.labelSmoothing = labelSmoothing
  }

  /// α, or nil for None.
  var optionalAlpha: Double? { alpha.isNaN ? nil : alpha }
}
