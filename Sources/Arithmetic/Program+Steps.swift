public import Tensors

/// A program taken apart, for a reader who asks how a value came about.
extension Program {
  /// The program whose result is one of this program's steps.
  public func ending(at step: Int) -> Program {
    let kernels = kernels.filter { $0.output <= step }
    let steps = steps[...step].map { step in
      // A kernel that has not ended yet is no kernel of the part.
      Step(
        operation: step.operation, format: step.format,
        kernel: step.kernel.flatMap { $0 < kernels.count ? $0 : nil },
        label: step.label)
    }
    return Program(
      inputs: inputs, steps: steps, kernels: kernels, output: step, type: steps[step].format.type, nodes: [])
  }

  /// The kernels and the choices by which an enclosure holds every order of adding adjoints.
  static let anyOrder = "accumulate in any order"

  /// Whether a step is there only so that an enclosure holds another order of additions than the documented one.
  public func isOtherOrder(_ step: Int) -> Bool {
    let (kernel, label) = (steps[step].kernel.map { kernels[$0].name }, steps[step].label)
    if kernel == Self.anyOrder || label == Self.anyOrder { return true }
    guard case .select(let condition, _, _) = steps[step].operation, label == nil else { return false }
    return steps[condition].label == Self.anyOrder
  }

  /// The steps that a step reads.
  public func operands(of step: Int) -> [Int] {
    switch steps[step].operation {
    case .input, .constant: []
    case .unary(_, let x): [x]
    case .binary(_, let x, let y): [x, y]
    case .select(let condition, let x, let y): [condition, x, y]
    }
  }

  /// What a step computes, in words: operands are called by their names, or by `#` and their number.
  public func text(of step: Int) -> String {
    let names = operands(of: step).map { steps[$0].label ?? constant($0) ?? "#\($0)" }
    switch steps[step].operation {
    case .input(let index): return inputs[index].name
    case .constant(let value): return "\(value)"
    case .unary(.negate, _): return "−\(names[0])"
    case .unary(.absolute, _): return "|\(names[0])|"
    case .unary(let primitive, _): return "\(primitive.rawValue)(\(names[0]))"
    case .binary(.add, _, _): return "\(names[0]) + \(names[1])"
    case .binary(.subtract, _, _): return "\(names[0]) − \(names[1])"
    case .binary(.multiply, _, _): return "\(names[0]) · \(names[1])"
    case .binary(.divide, _, _): return "\(names[0]) / \(names[1])"
    case .binary(let primitive, _, _): return "\(primitive.rawValue)(\(names[0]), \(names[1]))"
    case .select: return "\(names[1]) if \(names[0]), else \(names[2])"
    }
  }

  private func constant(_ step: Int) -> String? {
    if case .constant(let value) = steps[step].operation { "\(value)" } else { nil }
  }
}

extension FloatFormat {
  /// The element type of this format.
  public var type: ElementType {
    ElementType.allCases.first { $0.floatFormat == self } ?? .float64
  }
}
