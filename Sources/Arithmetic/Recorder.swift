public import Tensors

/// Collects the steps of one formula while its text runs.
final class Recorder {
  var steps: [Program.Step] = []
  private(set) var kernels: [Program.Kernel] = []
  private var isInsideKernel = false

  func append(_ operation: Program.Operation, _ type: ElementType) -> Int {
    guard let format = type.floatFormat else { preconditionFailure("\(type) takes part in no arithmetic") }
    steps.append(
      Program.Step(
        operation: operation, format: format, kernel: isInsideKernel ? kernels.count : nil, label: nil))
    return steps.count - 1
  }

  func constant(_ value: Double, _ type: ElementType) -> Int { append(.constant(value), type) }

  func kernel(_ name: String, _ inputs: [Expression], body: ([Expression]) -> Expression) -> Expression {
    let type = inputs.map(\.type).reduce(inputs[0].type, ElementType.promoted)
    if isInsideKernel { return body(inputs) }
    isInsideKernel = true
    let first = steps.count
    // Widening is exact, so it is a matter of the type alone and no step.
    let operands = inputs.map { Expression(recorder: self, step: $0.step, type: type.computeType) }
    var result = body(operands)
    if result.type != type {
      result = Expression(recorder: self, step: append(.unary(.round, result.step), type), type: type)
    }
    isInsideKernel = false
    kernels.append(
      Program.Kernel(
        name: name, inputs: inputs.map(\.step), steps: first..<steps.count, output: result.step))
    return result
  }
}

extension ElementType {
  /// The type in which a kernel on this type computes and accumulates: float32 for the 16-bit types, else the type
  /// itself.
  public var computeType: ElementType {
    switch self {
    case .float16, .bfloat16: .float32
    default: self
    }
  }

  /// The type of the result of two floating-point operands: the wider, and float32 for float16 with bfloat16.
  static func promoted(_ x: ElementType, _ y: ElementType) -> ElementType {
    if x == y { return x }
    if x.byteCount == y.byteCount { return .float32 }
    return x.byteCount > y.byteCount ? x : y
  }
}
