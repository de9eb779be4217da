/// How a loss is reduced to a scalar.
public enum Reduction: String, Hashable, Sendable, CaseIterable, Codable {
  case none, sum, mean
}

/// The parameters of a case, as its author passed them.
///
/// What there is to a parameter is said by its ``ParameterSpec``. One that is not set has its default, so that two values
/// are equal exactly when each parameter is.
public struct Parameters: Hashable, Sendable {
  /// Those that do not have their default, by name.
  private(set) var values: [String: ParameterValue] = [:]

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

  /// The value of a parameter.
  public subscript(spec: ParameterSpec) -> ParameterValue {
    get { values[spec.name] ?? spec.defaultValue }
    set {
      precondition(spec.accepts(newValue), "\(spec.name) cannot be \(newValue)")
      values[spec.name] = newValue == spec.defaultValue ? nil : newValue
    }
  }

  /// The names of those that do not have their default.
  var changedNames: [String] { values.keys.sorted() }
}

extension Parameters {
  /// The weight of the positive class. NaN stands for no weighting, Python's None, in the variants that offer it.
  public var alpha: Double {
    get { number(.alpha) }
    set { self[.alpha] = .number(newValue) }
  }

  /// The focusing exponent.
  public var gamma: Double {
    get { number(.gamma) }
    set { self[.gamma] = .number(newValue) }
  }

  /// The reduction.
  public var reduction: Reduction {
    get {
      guard case .choice(let word) = self[.reduction] else { return .none }
      return Reduction(rawValue: word) ?? .none
    }
    set { self[.reduction] = .choice(newValue.rawValue) }
  }

  /// The factor that PaddleDetection's wrappers multiply the loss by.
  public var lossWeight: Double {
    get { number(.lossWeight) }
    set { self[.lossWeight] = .number(newValue) }
  }

  /// How far Keras's losses squeeze labels towards 1/2.
  public var labelSmoothing: Double {
    get { number(.labelSmoothing) }
    set { self[.labelSmoothing] = .number(newValue) }
  }

  /// α, or nil for None.
  var optionalAlpha: Double? { alpha.isNaN ? nil : alpha }

  /// A parameter that is a number.
  func number(_ spec: ParameterSpec) -> Double {
    if case .number(let value) = self[spec] { value } else { .nan }
  }
}
