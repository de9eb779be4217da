public import Tensors

/// Collects the steps of one formula while its text runs.
final class Recorder {
  var steps: [Program.Step] = []
  private(set) var kernels: [Program.Kernel] = []
  private var nodes: [AutogradNode] = []
  private var isInsideKernel = false
  private var isInsideNode = false

  init() {}

  /// Goes on where a program ends, with its steps at their places.
  init(continuing program: Program) {
    steps = program.steps
    kernels = program.kernels
    nodes = program.nodes
  }

  /// What has been recorded.
  func program(_ inputs: [Program.Input], _ output: Expression) -> Program {
    Program(
      inputs: inputs, steps: steps, kernels: kernels, output: output.step, type: output.type, nodes: nodes)
  }

  /// One of a program's inputs.
  func input(_ input: Program.Input, at index: Int) -> Expression {
    let step = append(.input(index), input.type)
    steps[step].label = input.name
    return Expression(recorder: self, step: step, type: input.type)
  }

  /// What a step left in a tensor.
  func value(_ step: Int, _ format: FloatFormat) -> Expression {
    Expression(recorder: self, step: step, type: ElementType(format))
  }

  func append(_ operation: Program.Operation, _ type: ElementType) -> Int {
    guard let format = type.floatFormat else { preconditionFailure("\(type) takes part in no arithmetic") }
    return append(operation, format)
  }

  func append(_ operation: Program.Operation, _ format: FloatFormat) -> Int {
    steps.append(
      Program.Step(
        operation: operation, format: format, kernel: isInsideKernel ? kernels.count : nil, label: nil))
    return steps.count - 1
  }

  func constant(_ value: Double, _ type: ElementType) -> Int { append(.constant(value), type) }

  /// Records one kernel call; without an adjoint rule it is differentiated step by step.
  func kernel(
    _ name: String, _ inputs: [Expression], adjoint: AutogradNode.Adjoint? = nil,
    body: ([Expression]) -> Expression
  ) -> Expression {
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
    append(inputs, result, kernels.count - 1, adjoint)
    return result
  }

  /// Records a change of type as a kernel, whose adjoint is cast by what follows it.
  func cast(_ x: Expression, to type: ElementType) -> Expression {
    if isInsideKernel {
      return Expression(recorder: self, step: append(.unary(.round, x.step), type), type: type)
    }
    isInsideKernel = true
    let result = Expression(recorder: self, step: append(.unary(.round, x.step), type), type: type)
    isInsideKernel = false
    kernels.append(
      Program.Kernel(name: "cast", inputs: [x.step], steps: result.step..<steps.count, output: result.step))
    append([x], result, kernels.count - 1) { dy, _, _, _ in [dy] }
    return result
  }

  /// Records kernel calls that autograd takes as one node, with one adjoint rule.
  func node(
    _ inputs: [Expression], adjoint: @escaping AutogradNode.Adjoint, body: ([Expression]) -> Expression
  ) -> Expression {
    if isInsideKernel || isInsideNode { return body(inputs) }
    let first = kernels.count
    isInsideNode = true
    let result = body(inputs)
    isInsideNode = false
    append(inputs, result, first, adjoint)
    return result
  }

  /// Records the steps of a program on other values than its inputs.
  func replay(_ program: Program, on arguments: [Expression]) -> Expression {
    precondition(!isInsideKernel && !isInsideNode)
    let firstKernel = kernels.count
    var moved: [Int] = []
    for step in program.steps {
      if case .input(let index) = step.operation {
        moved.append(arguments[index].step)
        continue
      }
      steps.append(
        Program.Step(
          operation: step.operation.mapOperands { moved[$0] }, format: step.format,
          kernel: step.kernel.map { $0 + firstKernel }, label: step.label))
      moved.append(steps.count - 1)
    }
    for kernel in program.kernels {
      let first = kernel.steps.isEmpty ? steps.count : moved[kernel.steps.lowerBound]
      kernels.append(
        Program.Kernel(
          name: kernel.name, inputs: kernel.inputs.map { moved[$0] },
          steps: first..<(first + kernel.steps.count), output: moved[kernel.output]))
    }
    nodes += program.nodes.map { node in
      AutogradNode(
        inputs: node.inputs.map { moved[$0] }, output: moved[node.output],
        kernels: (node.kernels.lowerBound + firstKernel)..<(node.kernels.upperBound + firstKernel),
        adjoint: node.adjoint)
    }
    return Expression(recorder: self, step: moved[program.output], type: program.type)
  }

  /// Records a program on its own inputs, with others in the place of some of its values.
  ///
  /// Kernels are contiguous and in order, so each is complete with its last step, and an edit is recorded after the kernel
  /// and the node that give the value.
  func replay(_ program: Program, replacing targets: Set<Int>, by edit: Program.Edit) -> Expression {
    precondition(!isInsideKernel && !isInsideNode)
    var moved: [Int] = []
    var movedKernels: [Int] = []
    var nextNode = 0
    func takeKernels(endingBefore index: Int) {
      while movedKernels.count < program.kernels.count,
        program.kernels[movedKernels.count].steps.upperBound <= index
      {
        let kernel = program.kernels[movedKernels.count]
        let first = kernel.steps.isEmpty ? steps.count : moved[kernel.steps.lowerBound]
        movedKernels.append(kernels.count)
        kernels.append(
          Program.Kernel(
            name: kernel.name, inputs: kernel.inputs.map { moved[$0] },
            steps: first..<(first + kernel.steps.count), output: moved[kernel.output]))
      }
      while nextNode < program.nodes.count, program.nodes[nextNode].kernels.upperBound <= movedKernels.count {
        let node = program.nodes[nextNode]
        let first = node.kernels.isEmpty ? kernels.count : movedKernels[node.kernels.lowerBound]
        nodes.append(
          AutogradNode(
            inputs: node.inputs.map { moved[$0] }, output: moved[node.output],
            kernels: first..<(first + node.kernels.count), adjoint: node.adjoint))
        nextNode += 1
      }
    }
    for (index, step) in program.steps.enumerated() {
      steps.append(
        Program.Step(
          operation: step.operation.mapOperands { moved[$0] }, format: step.format,
          kernel: step.kernel == nil ? nil : kernels.count, label: step.label))
      moved.append(steps.count - 1)
      takeKernels(endingBefore: index + 1)
      guard targets.contains(index) else { continue }
      let value = value(moved[index], step.format)
      let result = edit(value) { self.value(moved[$0], program.steps[$0].format) }
      precondition(result.type == value.type)
      moved[index] = result.step
    }
    return value(moved[program.output], program.steps[program.output].format)
  }

  private func append(
    _ inputs: [Expression], _ output: Expression, _ firstKernel: Int, _ adjoint: AutogradNode.Adjoint?
  ) {
    let inputs = inputs.map(\.step)
    // A kernel that returns its operand does nothing.
    guard !isInsideNode, !inputs.contains(output.step) else { return }
    nodes.append(
      AutogradNode(
        inputs: inputs, output: output.step, kernels: firstKernel..<kernels.count, adjoint: adjoint))
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
