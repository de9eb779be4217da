internal import Tensors

/// Whose adjoint rules a gradient follows: the backward kernels of one framework.
///
/// Frameworks differ in the order of a rule's operations, and so in its roundings. Where a version is known to compute
/// a wrong derivative, its rule here is the documented one.
public enum AdjointRules: String, Hashable, Sendable, CaseIterable, Codable {
  /// PyTorch 1.13 and 2: tools/autograd/derivatives.yaml, torch/csrc/autograd/FunctionsManual.cpp.
  case torch
  /// Paddle 2.6: paddle/phi/kernels of release/2.6.
  case paddle26 = "paddle 2.6"
  /// Paddle 3: as 2.6, but for the derivative of `sigmoid_cross_entropy_with_logits`.
  case paddle3 = "paddle 3"
  /// JAX, operation by operation: the JVP rules of jax/_src/lax/lax.py, transposed.
  case jax
  /// TensorFlow, operation by operation: tensorflow/python/ops/math_grad.py. A power of exponent 0 has gradient 0, where
  /// its rule gives `0 · x⁻¹`.
  case tensorflow
}

/// A node of the graph that a framework's autograd walks backwards: mostly one kernel call, or several that have one
/// rule of their own together.
struct AutogradNode: Sendable {
  /// From the adjoint of the output, the inputs and the output: the adjoint of each input.
  ///
  /// It records what the framework's backward pass computes. nil where the framework passes no gradient to an input.
  typealias Adjoint =
    @Sendable (_ dy: Expression, _ inputs: [Expression], _ y: Expression, _ rules: AdjointRules) ->
    [Expression?]

  /// The steps that it reads.
  let inputs: [Int]
  /// The step that it returns.
  let output: Int
  /// Its kernel calls, as indices into ``Program/kernels``.
  let kernels: Range<Int>
  /// Its rule, or nil for one kernel that is differentiated step by step.
  let adjoint: Adjoint?
}

extension Program {
  /// The gradient of this program with respect to one input, by reverse mode.
  ///
  /// The result has this program's inputs and after them one more, `upstream`, of this program's type: the adjoint of
  /// ``output``. It returns `upstream · ∂output/∂input`, of the input's type. It holds the steps of this program that
  /// the gradient needs, then the kernels of the framework's backward pass, from the last to the first. Each of them
  /// rounds where the framework's backward kernel ends; an adjoint that meets a narrower tensor is rounded to its type
  /// (kernel `cast`).
  ///
  /// - Several adjoints of one value are added in kernels named `accumulate`, each rounded, the adjoint of the later
  ///   use first. Frameworks add them in other orders as well: an enclosure of three or four holds every order.
  /// - The adjoint of a value with a name, such as `p_t`, is named `dp_t`.
  /// - NaN and infinity: as the rules' own operations give them, `0 · ∞` among them. `clamp`, `maximum` and `minimum`
  ///   pass nothing where their input is NaN.
  /// - An input that the result does not depend on, or to which the framework passes no gradient, has gradient 0.
  ///
  /// - Parameters:
  ///   - input: the name of an input.
  ///   - rules: the framework's adjoint rules.
  public func gradient(of input: String, rules: AdjointRules) -> Program {
    guard let index = inputs.firstIndex(where: { $0.name == input }),
      let source = steps.firstIndex(where: { $0.operation == .input(index) })
    else { preconditionFailure("the program has no input \(input)") }
    let recorder = Recorder(continuing: self)
    let upstream = Input("upstream", type)
    var adjoints = Adjoints([output: recorder.input(upstream, at: inputs.count)])
    let dependent = steps(dependingOn: source)
    for node in nodes.reversed() where dependent.contains(node.output) {
      guard let dy = adjoints.inAnyOrder(node.output) else { continue }
      if let label = steps[node.output].label { dy.nameIfUnnamed("d\(label)") }
      let operands = node.inputs.map { recorder.value($0, steps[$0].format) }
      let parts =
        node.adjoint?(dy, operands, recorder.value(node.output, steps[node.output].format), rules)
        ?? kernels[node.kernels.lowerBound].adjoint(dy, operands, in: self, rules)
      for (operand, part) in zip(operands, parts) where dependent.contains(operand.step) {
        if let part { adjoints.add(part.cast(to: operand.type), to: operand.step) }
      }
    }
    let result = adjoints.inAnyOrder(source) ?? recorder.value(source, steps[source].format).filled(with: 0)
    result.nameIfUnnamed("d\(input)")
    return recorder.program(inputs + [upstream], result).pruned()
  }

  /// The inputs, outputs and results of nodes that a change of `source` reaches, `source` included.
  private func steps(dependingOn source: Int) -> Set<Int> {
    nodes.reduce(into: [source]) { reached, node in
      if node.inputs.contains(where: reached.contains) { reached.insert(node.output) }
    }
  }

  /// The program without the steps that its output does not need; a kernel call stays whole.
  public func pruned() -> Program {
    var isNeeded = Array(repeating: false, count: steps.count)
    isNeeded[output] = true
    for index in steps.indices.reversed() where isNeeded[index] {
      for step in steps[index].kernel.map({ kernels[$0].steps }) ?? index..<(index + 1) {
        isNeeded[step] = true
        for operand in steps[step].operation.operands { isNeeded[operand] = true }
      }
    }
    let kept = steps.indices.filter { isNeeded[$0] }
    let moved = Dictionary(uniqueKeysWithValues: zip(kept, kept.indices))
    let keptKernels = kernels.indices.filter { isNeeded[kernels[$0].output] }
    let movedKernels = Dictionary(uniqueKeysWithValues: zip(keptKernels, keptKernels.indices))
    return Program(
      inputs: inputs,
      steps: kept.map { index in
        Step(
          operation: steps[index].operation.mapOperands { moved[$0] ?? $0 }, format: steps[index].format,
          kernel: steps[index].kernel.flatMap { movedKernels[$0] }, label: steps[index].label)
      },
      kernels: keptKernels.map { index in
        let kernel = kernels[index]
        let first = moved[kernel.steps.lowerBound] ?? 0
        return Kernel(
          name: kernel.name, inputs: kernel.inputs.map { moved[$0] ?? $0 },
          steps: first..<(first + kernel.steps.count), output: moved[kernel.output] ?? 0)
      },
      output: moved[output] ?? 0, type: type,
      nodes: nodes.compactMap { node in
        guard node.kernels.allSatisfy({ movedKernels[$0] != nil }),
          let first = movedKernels[node.kernels.lowerBound]
        else { return nil }
        return AutogradNode(
          inputs: node.inputs.map { moved[$0] ?? $0 }, output: moved[node.output] ?? 0,
          kernels: first..<(first + node.kernels.count), adjoint: node.adjoint)
      })
  }
}

/// The adjoints known so far, by the step that each belongs to.
private struct Adjoints {
  private var parts: [Int: [Expression]]

  init(_ values: [Int: Expression]) { parts = values.mapValues { [$0] } }

  /// The sum of what has been added for a step, in the order in which it was added.
  subscript(step: Int) -> Expression? { parts[step].map { $0.accumulated } }

  mutating func add(_ part: Expression, to step: Int) { parts[step, default: []].append(part) }

  /// The sum of what has been added for a step, where a framework may add in any order.
  func inAnyOrder(_ step: Int) -> Expression? {
    guard let parts = parts[step] else { return nil }
    let documented = parts.accumulated
    guard parts.count > 2 else { return documented }
    let undecided = documented.filled(with: 0.5).named(Program.anyOrder)
    return parts.sums(named: Program.anyOrder).reduce(documented) { sum, other in
      sum.recorded(.select(undecided.step, sum.step, other.step))
    }
  }
}

extension [Expression] {
  /// At most this many addends are added in every order; their sums are 3, 15 for four.
  private static var most: Int { 4 }

  fileprivate var accumulated: Expression {
    dropFirst().reduce(self[0]) { kernel("accumulate", $0, $1) { $0 + $1 } }
  }

  /// The sums by every tree of additions; for more than ``most`` addends only that of the reverse order.
  fileprivate func sums(named name: String) -> [Expression] {
    guard count > 1 else { return self }
    guard count <= Self.most else {
      return [reversed().dropFirst().reduce(self[count - 1]) { kernel(name, $0, $1) { $0 + $1 } }]
    }
    // The last addend is on the right side, so that no tree is met twice.
    return (1..<(1 << (count - 1))).flatMap { left -> [Expression] in
      let isLeft = { (index: Int) in left >> index & 1 == 1 }
      let (lefts, rights) = (
        indices.filter(isLeft).map { self[$0] }, indices.filter { !isLeft($0) }.map { self[$0] }
      )
      return lefts.sums(named: name).flatMap { x in
        rights.sums(named: name).map { y in kernel(name, x, y) { $0 + $1 } }
      }
    }
  }
}

extension Program.Kernel {
  /// The adjoints of the inputs of a kernel without a rule: its steps, and the rules of their primitives backwards, in
  /// one backward kernel for each input.
  fileprivate func adjoint(
    _ dy: Expression, _ operands: [Expression], in program: Program, _ rules: AdjointRules
  ) -> [Expression?] {
    inputs.indices.map { index in
      // A tensor that is read twice has one adjoint.
      guard inputs.firstIndex(of: inputs[index]) == index else { return nil }
      return dy.recorder.kernel("\(name)_grad", [dy] + operands) { values in
        var tape = Tape(
          Dictionary(zip(inputs, values.dropFirst())) { first, _ in first }, dy.recorder, program)
        for step in steps { tape.run(step) }
        return tape.adjoint(of: inputs[index], from: output, values[0], through: steps, rules)
      }
    }
  }
}

/// The steps of one kernel, run again inside its backward kernel.
private struct Tape {
  private var values: [Int: Expression]
  private let recorder: Recorder
  private let program: Program

  init(_ values: [Int: Expression], _ recorder: Recorder, _ program: Program) {
    (self.values, self.recorder, self.program) = (values, recorder, program)
  }

  mutating func run(_ step: Int) {
    switch program.steps[step].operation {
    case .input: break
    case .constant(let number):
      let type = ElementType(program.steps[step].format)
      values[step] = Expression(recorder: recorder, step: recorder.constant(number, type), type: type)
    // The backward kernel, too, rounds to the narrow type at its end only.
    case .unary(.round, let x): values[step] = value(x)
    case .unary(let primitive, let x): values[step] = value(x).recorded(.unary(primitive, value(x).step))
    case .binary(let primitive, let x, let y):
      values[step] = value(x).recorded(.binary(primitive, value(x).step, value(y).step))
    case .select(let condition, let x, let y):
      values[step] = value(x).recorded(.select(value(condition).step, value(x).step, value(y).step))
    }
  }

  func adjoint(
    of input: Int, from output: Int, _ dy: Expression, through steps: Range<Int>, _ rules: AdjointRules
  ) -> Expression {
    var adjoints = Adjoints([output: dy])
    for step in steps.reversed() {
      guard let dz = adjoints[step] else { continue }
      func add(_ part: Expression?, to operand: Int) { if let part { adjoints.add(part, to: operand) } }
      switch program.steps[step].operation {
      case .input, .constant: break
      case .unary(let primitive, let x): add(primitive.adjoint(dz, value(x), value(step), rules), to: x)
      case .binary(let primitive, let x, let y):
        let parts = primitive.adjoint(dz, operand(x), operand(y), value(step), rules)
        add(parts.x, to: x)
        add(parts.y, to: y)
      case .select(let condition, let x, let y):
        add(select(value(condition), dz, 0), to: x)
        add(select(value(condition) .== 0, dz, 0), to: y)
      }
    }
    return adjoints[input] ?? dy.filled(with: 0)
  }

  private func operand(_ step: Int) -> Operand {
    if case .constant(let number) = program.steps[step].operation {
      .number(number)
    } else {
      .value(value(step))
    }
  }

  private func value(_ step: Int) -> Expression {
    values[step] ?? recorder.value(step, program.steps[step].format)
  }
}

// MARK: The rules of single operations

extension UnaryPrimitive {
  /// The adjoint of the operand of `y = f(x)`.
  ///
  /// Sources: PyTorch's derivatives.yaml (`neg`, `abs`, `exp`, `log`, `log1p`); Paddle's
  /// phi/kernels/funcs/activation_functor.h (`ExpGradFunctor`, `LogGradFunctor`, `Log1pGradFunctor`) and
  /// `AbsGradFunctor`; JAX's `_abs_jvp_rule` and the rules of `exp_p`, `log_p` and `log1p_p`;
  /// TensorFlow's `_AbsGrad`, `_ExpGrad`, `_LogGrad` and `_Log1pGrad`.
  func adjoint(_ dy: Expression, _ x: Expression, _ y: Expression, _ rules: AdjointRules) -> Expression {
    switch self {
    case .negate: -dy
    case .absolute where rules == .jax: kernel("abs_grad", dy, x) { dy, x in dy * (1 - 2 * (0 .> x)) }
    case .absolute: dy * kernel("sign", x) { ($0 .> 0) - (0 .> $0) }
    case .round: dy
    case .exp: dy * y
    case .log: logarithmAdjoint("log_grad", dy, x, rules) { $0 }
    case .log1p: logarithmAdjoint("log1p_grad", dy, x, rules) { $0 + 1 }
    }
  }
}

extension BinaryPrimitive {
  /// The adjoints of the operands of `z = f(x, y)`; nil where there is none, or where it would not be used.
  ///
  /// Sources: PyTorch's derivatives.yaml (`add`, `sub`, `mul`, `div`, `clamp_min`, `clamp_max`, `pow.Tensor_Scalar`)
  /// and FunctionsManual.cpp (`pow_backward`, `div_tensor_other_backward`); Paddle's
  /// phi/kernels/impl/elementwise_grad_kernel_impl.h (`MulGradDX`, `DivGradDX`, `DivGradDY`, `MaxGradDx`, `MinGradDx`)
  /// and activation_functor.h (`PowGradFunctor`); JAX's rules of `mul_p`, `div_p`, `max_p`, `min_p` and `_pow_jvp_lhs`;
  /// TensorFlow's `_MulGrad`, `_RealDivGrad`, `_MaximumGrad`, `_MinimumGrad` and `_PowGrad`.
  func adjoint(
    _ dz: Expression, _ x: Operand, _ y: Operand, _ z: Expression, _ rules: AdjointRules
  ) -> (x: Expression?, y: Expression?) {
    switch (self, x, y) {
    case (.add, _, _): (dz, dz)
    case (.subtract, _, _): (dz, -dz)
    case (.multiply, _, _): (dz * y, dz * x)
    case (.divide, _, .number(let divisor)): (dz / divisor, nil)
    case (.divide, _, .value(let divisor)): (dz / divisor, divisorAdjoint(dz, x, divisor, z, rules))
    case (.maximum, .value(let x), .number(let bound)):
      (extremeAdjoint(rawValue, dz, x, isTie: { $0 .== bound }, passes: { $0 .> bound }, rules), nil)
    case (.minimum, .value(let x), .number(let bound)):
      (extremeAdjoint(rawValue, dz, x, isTie: { $0 .== bound }, passes: { bound .> $0 }, rules), nil)
    case (.pow, .value(let x), .number(let exponent)): (powerAdjoint(dz, x, exponent, rules), nil)
    case (.greater, _, _), (.equal, _, _): (nil, nil)
    case (.maximum, _, _), (.minimum, _, _), (.pow, _, _):
      preconditionFailure("\(rawValue) of two tensors is not differentiated")
    }
  }
}

/// The adjoint of a logarithm, `dy / argument`.
private func logarithmAdjoint(
  _ name: String, _ dy: Expression, _ x: Expression, _ rules: AdjointRules,
  _ argument: (Expression) -> Expression
) -> Expression {
  switch rules {
  case .torch, .jax: dy / argument(x)
  case .paddle26, .paddle3: kernel(name, dy, x) { dy, x in dy * (1 / argument(x)) }
  case .tensorflow: dy * reciprocal(argument(x))
  }
}

/// The adjoint of y in `z = x / y`.
private func divisorAdjoint(
  _ dz: Expression, _ x: Operand, _ y: Expression, _ z: Expression, _ rules: AdjointRules
) -> Expression {
  switch rules {
  case .torch: -dz * (z / y)
  case .paddle26, .paddle3: kernel("divide_grad", dz, z, y) { dz, z, y in -dz * z / y }
  case .jax: -(dz * kernel("integer_pow", y) { 1 / ($0 * $0) } * x)
  case .tensorflow:
    switch x {
    case .value(let x): dz * (-x / y / y)
    case .number(let x): dz * (-x / y / y)
    }
  }
}

/// At the bound itself PyTorch and TensorFlow pass the adjoint on, JAX half of it and Paddle nothing.
private func extremeAdjoint(
  _ name: String, _ dz: Expression, _ x: Expression, isTie: (Expression) -> Expression,
  passes: (Expression) -> Expression, _ rules: AdjointRules
) -> Expression {
  kernel("\(name)_grad", dz, x) { dz, x in
    switch rules {
    case .torch, .tensorflow: select(passes(x) + isTie(x), dz, 0)
    case .paddle26, .paddle3: dz * passes(x)
    case .jax: dz * (passes(x) + isTie(x) / 2)
    }
  }
}

/// `γ·x^(γ−1)`, and 0 for γ = 0, where `x⁰` is 1 for every x.
///
/// Paddle computes it in one kernel, the others in three. Except in PyTorch γ − 1 is rounded to the tensor's type.
private func powerAdjoint(
  _ dz: Expression, _ x: Expression, _ exponent: Double, _ rules: AdjointRules
) -> Expression {
  if exponent == 0 { return dz.filled(with: 0) }
  let rounded = x.type.computeType.rounded(x.type.computeType.rounded(exponent) - 1)
  switch rules {
  case .torch: return dz * (exponent * pow(x, exponent - 1))
  case .jax: return dz * (exponent * pow(x, rounded))
  case .tensorflow: return dz * exponent * pow(x, rounded)
  case .paddle26, .paddle3:
    return kernel("pow_grad", dz, x) { dz, x in dz * exponent * pow(x, rounded) }
  }
}

extension Expression {
  fileprivate func nameIfUnnamed(_ label: String) {
    if recorder.steps[step].label == nil { recorder.steps[step].label = label }
  }

  fileprivate static func * (x: Expression, y: Operand) -> Expression {
    switch y {
    case .value(let y): x * y
    case .number(let y): x * y
    }
  }
}

extension ElementType {
  /// The type with this binary format.
  init(_ format: FloatFormat) {
    self = Self.allCases.first { $0.floatFormat == format } ?? .float64
  }

  fileprivate func rounded(_ value: Double) -> Double { floatFormat?.round(value) ?? value }
}

extension Program.Operation {
  fileprivate var operands: [Int] {
    switch self {
    case .input, .constant: []
    case .unary(_, let x): [x]
    case .binary(_, let x, let y): [x, y]
    case .select(let condition, let x, let y): [condition, x, y]
    }
  }

  func mapOperands(_ transform: (Int) -> Int) -> Self {
    switch self {
    case .input, .constant: self
    case .unary(let primitive, let x): .unary(primitive, transform(x))
    case .binary(let primitive, let x, let y): .binary(primitive, transform(x), transform(y))
    case .select(let condition, let x, let y): .select(transform(condition), transform(x), transform(y))
    }
  }
}
