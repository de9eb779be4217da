public import Tensors

/// What a variant is told before it sees an element: the parameters, and each input's type and shape.
public struct Signature: Hashable, Sendable {
  /// The type and shape of one tensor.
  public struct Input: Hashable, Sendable {
    /// The element type.
    public let type: ElementType
    /// The dimensions.
    public let shape: Shape

    /// A tensor's signature.
    public init(_ type: ElementType, _ shape: Shape) {
      self.type = type
      self.shape = shape
    }
  }

  /// The hyper-parameters.
  public let parameters: Parameters
  /// The inputs by name.
  public let inputs: [String: Input]
  /// The framework's default floating-point type, which constructors such as `torch.zeros` use.
  public let defaultType: ElementType
  /// The build whose order of operations is meant, where versions differ; nil for the present one.
  public let build: Build?
  /// The order of operations of the cross entropy; nil for the one that the variant's documentation has.
  public var crossEntropy: CrossEntropyOrder?

  /// The signature of a case.
  public init(
    _ parameters: Parameters, _ inputs: [String: Input], defaultType: ElementType = .float32,
    build: Build? = nil
  ) {
    self.parameters = parameters
    self.inputs = inputs
    self.defaultType = defaultType
    self.build = build
  }
}

/// Why a documented variant does not accept its input: the documentation, or the formula itself, rules it out.
///
/// A case whose framework raised agrees with its documentation when the reference rejects it too. A case with a
/// value that the reference rejects cannot be judged.
public struct Rejection: Error, Hashable, Sendable, CustomStringConvertible {
  /// The input at fault, or nil for a parameter.
  public let input: String?
  /// What is wrong, and what the variant asks for.
  public let description: String

  /// A rejection of an input, or of a parameter when `input` is nil.
  public init(_ input: String?, _ description: String) {
    self.input = input
    self.description = description
  }
}

extension Signature {
  /// The named input.
  ///
  /// - Throws: ``Rejection`` when the case has none of that name.
  func input(_ name: String) throws(Rejection) -> Input {
    guard let input = inputs[name] else { throw Rejection(name, "the variant needs an input named \(name)") }
    return input
  }

  /// A rejection when the named input is there and of another type than float32 and float64, the two that are
  /// promised everywhere.
  func undocumentedType(_ name: String) -> Rejection? {
    guard let type = inputs[name]?.type, type != .float32, type != .float64 else { return nil }
    return Rejection(name, "\(name) is \(type); only float32 and float64 are promised everywhere")
  }

  /// The named input, which must be of a floating-point type.
  func floatInput(_ name: String) throws(Rejection) -> Input {
    let input = try input(name)
    guard input.type.floatFormat != nil else {
      throw Rejection(name, "\(name) is \(input.type), the variant needs a floating-point tensor")
    }
    return input
  }

  /// The named input, which must hold integers and have the given shape.
  func integerInput(_ name: String, _ shape: Shape) throws(Rejection) -> Input {
    let input = try input(name)
    guard input.type.floatFormat == nil, input.type != .bool else {
      throw Rejection(name, "\(name) is \(input.type), the variant needs integers")
    }
    try require(name, input.shape, equals: shape)
    return input
  }

  /// Demands a shape; nothing is broadcast.
  func require(_ name: String, _ shape: Shape, equals documented: Shape) throws(Rejection) {
    guard shape == documented else {
      throw Rejection(name, "\(name) has shape \(shape), the variant needs \(documented)")
    }
  }
}
