package import Arithmetic
internal import Tensors

/// Plans made from a plan by changing one thing in it.
extension Plan {
  /// The plan with another formula of the same inputs and type.
  package func replacing(formula: Program) -> Plan {
    precondition(formula.inputs == self.formula.inputs && formula.type == self.formula.type)
    return Plan(
      formula, sources, over: elements, selection: selection, reductions: reductions, conclusion: conclusion,
      shape: shape)
  }

  /// The formula's results for some elements of a block alone.
  ///
  /// - Parameters:
  ///   - indices: which elements of the block.
  ///   - columns: the formula's inputs for the whole block.
  package func results<A: ReducingArithmetic>(
    at indices: [Int], of columns: [[Double]], in arithmetic: A
  ) -> [A.Value] {
    let values = zip(columns, formula.inputs).map { column, input in
      let format = input.type.arithmeticFormat
      return column.count == 1
        ? [arithmetic.constant(column[0], format)] : indices.map { arithmetic.constant(column[$0], format) }
    }
    return formula.evaluate(values, count: indices.count, in: arithmetic)
  }

  /// The shape of the last axis and of the others, of what the formula is evaluated over.
  package var rowLength: Int { elements.dimensions.last ?? 1 }
}

/// The sigmoid in a framework's own kernel.
package func recordedSigmoid(_ x: Expression) -> Expression { sigmoid(x) }
