package import Tensors

/// Programs made from a program by changing one thing in it: what a build computes that has this fault.
extension Program {
  /// A value that a formula leaves in a tensor: an input, or the result of a node.
  package struct Value: Sendable {
    /// The step.
    package let step: Int
    /// The name that the formula gives it.
    package let label: String?
    /// The kernel that computes it; nil for an input.
    package let kernel: String?
    /// The steps that the node reads; empty for an input.
    package let operands: [Int]
    /// Its element type.
    package let type: ElementType
  }

  /// The inputs and the results of the nodes, in order.
  package var values: [Value] {
    let inputs = steps.indices.compactMap { index -> Value? in
      guard case .input = steps[index].operation else { return nil }
      return value(index, kernel: nil, operands: [])
    }
    return inputs
      + nodes.map { node in
        value(
          node.output, kernel: node.kernels.isEmpty ? nil : kernels[node.kernels.upperBound - 1].name,
          operands: node.inputs)
      }
  }

  private func value(_ step: Int, kernel: String?, operands: [Int]) -> Value {
    Value(
      step: step, label: steps[step].label, kernel: kernel, operands: operands, type: steps[step].format.type)
  }

  /// What takes the place of a value, recorded behind it.
  ///
  /// It is given the value and looks up others by their steps, as far as they come before it; its result is of the value's
  /// type.
  package typealias Edit = (_ value: Expression, _ other: (Int) -> Expression) -> Expression

  /// The program in which whatever read some values reads others instead.
  ///
  /// - Parameters:
  ///   - targets: steps of ``values``.
  ///   - edit: what takes the place of each of them.
  package func replacing(_ targets: Set<Int>, by edit: Edit) -> Program {
    let recorder = Recorder()
    let result = recorder.replay(self, replacing: targets, by: edit)
    return recorder.program(inputs, result)
  }

  /// The program through some of whose values autograd passes nothing.
  package func detaching(_ targets: Set<Int>) -> Program {
    withNodes(nodes.filter { !targets.contains($0.output) })
  }

  /// The program in which autograd takes the derivative of some values by their operands to be a number.
  package func passingAdjoints(through targets: Set<Int>) -> Program {
    withNodes(
      nodes.map { node in
        guard targets.contains(node.output) else { return node }
        let types = node.inputs.map { steps[$0].format.type }
        return AutogradNode(inputs: node.inputs, output: node.output, kernels: node.kernels) { dy, _, _, _ in
          types.map { dy.cast(to: $0) }
        }
      })
  }

  /// The program in which the adjoints of some values' operands lack a factor.
  package func dividingAdjoints(of targets: Set<Int>, by factor: Double) -> Program {
    withNodes(
      nodes.map { node in
        guard targets.contains(node.output), let adjoint = node.adjoint else { return node }
        return AutogradNode(inputs: node.inputs, output: node.output, kernels: node.kernels) {
          dy, inputs, y, rules in
          adjoint(dy, inputs, y, rules).map { part in part.map { $0 / factor } }
        }
      })
  }

  private func withNodes(_ nodes: [AutogradNode]) -> Program {
    Program(inputs: inputs, steps: steps, kernels: kernels, output: output, type: type, nodes: nodes)
  }
}

extension Expression {
  /// The value kept in another format for a moment, in one kernel; the adjoint passes as it is.
  package func kept(in format: FloatFormat) -> Expression {
    recorder.kernel("kept", [self], adjoint: { dy, _, _, _ in [dy] }) { operands in
      let x = operands[0]
      let narrow = recorder.append(.unary(.round, x.step), format)
      return Expression(
        recorder: recorder, step: recorder.append(.unary(.round, narrow), x.type), type: x.type)
    }
  }

  /// The value without its gradient.
  package var detached: Expression {
    recorder.kernel("detached", [self], adjoint: { _, _, _, _ in [nil] }) { operands in
      operands[0].recorded(.unary(.round, operands[0].step))
    }
  }

  /// The value held between two bounds; a bound that is infinite is none.
  package func clamped(from lower: Double, to upper: Double) -> Expression {
    kernel("clamp", self) { x in
      let above = lower == -.infinity ? x : max(x, lower)
      return upper == .infinity ? above : min(above, upper)
    }
  }
}
