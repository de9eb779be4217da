internal import Arithmetic
internal import Tensors

/// Values of a formula that one change of its code would reach together: those of one name, or of one kernel.
struct ValueGroup {
  /// What they are called, such as `p_t` or `sigmoid`.
  let name: String
  /// Their steps.
  let steps: Set<Int>
  /// Whether they are inputs of the formula.
  let isInput: Bool
  /// Whether they are a probability by their name, so that bounds within 0 and 1 make sense.
  let isProbability: Bool
  /// Whether a power of γ is taken in it.
  let isModulator: Bool

  /// Kernels whose name says nothing of what they compute.
  private static let plain: Set = [
    "add", "subtract", "multiply", "divide", "negate", "select", "cast", "equal", "greater", "ne",
    "accumulate",
  ]

  /// The groups of a program, in the order of their first step.
  static func all(of program: Program) -> [ValueGroup] {
    let values = program.values
    var groups: [ValueGroup] = []
    func add(_ name: String, _ members: [Program.Value]) {
      let steps = Set(members.map(\.step))
      guard !steps.isEmpty, !groups.contains(where: { $0.steps == steps }) else { return }
      let isProbability = members.allSatisfy { value in
        value.kernel == "sigmoid" || value.kernel == "clamp"
          || ["prob", "p_t", "sigmoid", "clipped", "clamped"].contains(value.label ?? "")
      }
      groups.append(
        ValueGroup(
          name: name, steps: steps, isInput: members.allSatisfy { $0.kernel == nil },
          isProbability: isProbability,
          isModulator: members.allSatisfy { value in
            value.kernel == "pow"
              || ["modulator", "focal_factor", "focal_weight"].contains(value.label ?? "")
              || value.kernel == "exp" && value.label == nil
          }))
    }
    for label in values.compactMap(\.label).uniqued { add(label, values.filter { $0.label == label }) }
    for kernel in values.compactMap(\.kernel).uniqued where !plain.contains(kernel) {
      add(kernel, values.filter { $0.kernel == kernel })
    }
    // What a logarithm or a power is taken of, without a name of its own.
    for kernel in ["log", "pow"] {
      let arguments = Set(values.filter { $0.kernel == kernel }.flatMap(\.operands))
      add("the argument of \(kernel)", values.filter { arguments.contains($0.step) })
    }
    return groups
  }
}

extension [String] {
  /// Each once, in the order in which they come first.
  fileprivate var uniqued: [String] { reduce(into: []) { if !$0.contains($1) { $0.append($1) } } }
}

extension Suspect {
  /// Tests the documented loss with another formula.
  func holds(isSameFunction: Bool = false, _ formula: @escaping (Program) -> Program?) throws(JudgingError)
    -> Bool
  {
    var hypothesis = Hypothesis(self)
    hypothesis.formula = formula
    hypothesis.isSameFunction = isSameFunction
    return try holds(hypothesis)
  }
}
