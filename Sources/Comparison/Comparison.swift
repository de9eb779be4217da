public import Tensors

/// What became of comparing two tensors element by element.
public struct Comparison: Hashable, Sendable, Codable {
  /// The element type.
  public let type: ElementType
  /// The number of elements compared.
  public var count: Int { identical + within + accurate + outside }
  /// Elements with the same bits, or both NaN.
  public internal(set) var identical = 0
  /// Elements that differ by no more than is allowed.
  public internal(set) var within = 0
  /// Elements that differ by more, but lie within one ULP of the exact value.
  public internal(set) var accurate = 0
  /// The elements that differ by more than is allowed, and how wrong they are.
  public internal(set) var discrepancy = Discrepancy()
  /// Elements that differ by more than is allowed.
  public var outside: Int { discrepancy.outside }
  /// Elements of which exactly one value is NaN.
  public internal(set) var nanMismatches = 0
  /// Elements with an infinity that the other value does not share.
  public internal(set) var infinityMismatches = 0
  /// Zeros of different sign; they are within.
  public internal(set) var signedZeroMismatches = 0
  /// The ULP distances of the elements whose values are both finite or identical.
  public internal(set) var ulps = ULPDistribution()
  /// The largest absolute difference of finite values.
  public internal(set) var maximumAbsolute = 0.0
  /// The largest difference relative to the expected value, of finite values; infinite where that is 0.
  public internal(set) var maximumRelative = 0.0
  /// The errors of the actual values against the exact ones, where those are known and both are finite.
  public internal(set) var actualErrors = ExactErrors()
  /// The errors of the expected values, likewise.
  public internal(set) var expectedErrors = ExactErrors()
  /// The inputs of the elements outside; empty for a reduced result, and where the inputs are not known.
  package internal(set) var outsideInputs: [OutsideInput] = []
  /// The worst elements that differ, worst first.
  public internal(set) var worst: [ElementDifference] = []

  /// Elements that are NaN or infinite on one side only, or infinities of different sign.
  public var nonfiniteMismatches: Int { nanMismatches + infinityMismatches }

  /// More elements than any tensor can have; so many counts can be added as there are tensors.
  public static let countLimit = 1 << 41

  /// All elements outside together.
  package var outsideSummary: OutsideSummary { OutsideSummary(discrepancy, inputs: outsideInputs) }

  /// Whether its counts are such as a tensor can have.
  public var isPossible: Bool {
    [identical, within, accurate, nanMismatches, infinityMismatches, signedZeroMismatches]
      .allSatisfy((0...Self.countLimit).contains) && outsideSummary.isPossible
  }

  /// A comparison of nothing yet.
  public init(of type: ElementType) { self.type = type }
}
