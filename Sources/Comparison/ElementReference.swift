/// What an element is held against beside its expected value.
public struct ElementReference: Hashable, Sendable {
  /// What it may be; nil where a tolerance says it.
  public let allowed: Allowance?
  /// The exact value, rounded to the element's type; nil where there is none or it is not known.
  public let exact: Double?
  /// How far the actual value lies from the exact one, in ULPs of the exact value; nil where that has no number.
  public let actualError: Double?
  /// How far the expected value lies from the exact one, likewise.
  public let expectedError: Double?

  /// A reference for one element.
  public init(
    _ allowed: Allowance?, exact: Double? = nil, actualError: Double? = nil, expectedError: Double? = nil
  ) {
    (self.allowed, self.exact) = (allowed, exact)
    (self.actualError, self.expectedError) = (actualError, expectedError)
  }

  /// Whether the actual value is within one ULP of the exact one.
  package var isAccurate: Bool { actualError.map { $0.magnitude <= 1 } ?? false }
}

/// Errors against the exact values, in ULPs of those.
public struct ExactErrors: Hashable, Sendable, Codable {
  /// The largest magnitude; 0 when there is none.
  public private(set) var maximum = 0.0
  /// How many errors there are.
  public private(set) var count = 0
  private var sum = 0.0

  /// No errors yet.
  public init() {}

  /// The mean magnitude; 0 when there is none.
  public var mean: Double { count == 0 ? 0 : sum / Double(count) }

  mutating func add(_ error: Double?) {
    guard let error else { return }
    maximum = max(maximum, error.magnitude)
    sum += error.magnitude
    count += 1
  }
}
