public import Tensors

/// A formula as straight-line code: each step applies one primitive to earlier steps and rounds to one type.
///
/// Programs are made by ``record(_:_:)``, which runs a formula's text on ``Expression`` values. There is no control
/// flow, so one program serves every element, every arithmetic and, step by step, a reader who asks how a value came
/// about.
public struct Program: Sendable {
  /// What one step computes; operands are indices of earlier steps.
  public enum Operation: Hashable, Sendable {
    case input(Int)
    case constant(Double)
    case unary(UnaryPrimitive, Int)
    case binary(BinaryPrimitive, Int, Int)
    case select(Int, Int, Int)
  }

  /// One step.
  public struct Step: Hashable, Sendable {
    /// What it computes.
    public let operation: Operation
    /// The format that its result is rounded to.
    public let format: FloatFormat
    /// The index in ``Program/kernels`` of the framework kernel that the step is part of, or nil.
    public let kernel: Int?
    /// The name that the formula gives to this value, such as `p_t`.
    public internal(set) var label: String?
  }

  /// One call of a framework's kernel: what it computes in between never leaves it.
  public struct Kernel: Hashable, Sendable {
    /// The kernel's name, such as `sigmoid`.
    public let name: String
    /// The steps that it reads.
    public let inputs: [Int]
    /// The steps that it consists of.
    public let steps: Range<Int>
    /// The step that it returns.
    public let output: Int
  }

  /// One input.
  public struct Input: Hashable, Sendable {
    /// The name.
    public let name: String
    /// The element type.
    public let type: ElementType

    /// An input of a formula.
    public init(_ name: String, _ type: ElementType) {
      self.name = name
      self.type = type
    }
  }

  /// The inputs, in the order that ``evaluate(_:count:in:)`` takes them.
  public let inputs: [Input]
  /// The steps, each after its operands.
  public let steps: [Step]
  /// The kernel calls, in order.
  public let kernels: [Kernel]
  /// The step that is the result.
  public let output: Int
  /// The element type of the result.
  public let type: ElementType
  /// What an autograd graph of the program consists of, in order.
  let nodes: [AutogradNode]
}

extension Program {
  /// Where a step stands.
  public func site(of step: Step) -> Site {
    guard let kernel = step.kernel.map({ kernels[$0] }) else { return Site(step.format) }
    let operations = kernel.steps.count { step in
      switch steps[step].operation {
      case .input, .constant, .unary(.round, _): false
      case .unary, .binary, .select: true
      }
    }
    return Site(step.format, in: kernel.name, isFused: operations > 1)
  }

  /// Evaluates the program for `count` elements.
  ///
  /// - Parameters:
  ///   - inputs: one column for each of ``inputs``: `count` values, or a single one that serves every element.
  ///   - count: the number of elements.
  ///   - arithmetic: the meaning of the primitives.
  /// - Returns: `count` values.
  public func evaluate<A: Arithmetic>(_ inputs: [[A.Value]], count: Int, in arithmetic: A) -> [A.Value] {
    let result = columns(inputs, in: arithmetic)[output]
    return result.count == count ? result : (0..<count).map { _ in result[0] }
  }

  /// Evaluates every step.
  ///
  /// - Parameters:
  ///   - inputs: one column for each of ``inputs``, all of one length or of length 1.
  ///   - arithmetic: the meaning of the primitives.
  /// - Returns: a column for each step; of length 1 where no longer one goes into it.
  #if compiler(>=6.3)
    // The callers are generic themselves, in other modules, where the compiler cannot do it by itself.
    @specialized(where A == NativeArithmetic)
    @specialized(where A == EnclosureArithmetic)
    @specialized(where A == ExactArithmetic)
  #endif
  public func columns<A: Arithmetic>(_ inputs: [[A.Value]], in arithmetic: A) -> [[A.Value]] {
    precondition(inputs.count == self.inputs.count)
    var columns: [[A.Value]] = []
    columns.reserveCapacity(steps.count)
    for step in steps {
      let site = site(of: step)
      switch step.operation {
      case .input(let index):
        columns.append(inputs[index])
      case .constant(let value):
        columns.append([arithmetic.constant(value, step.format)])
      case .unary(let primitive, let x):
        columns.append(columns[x].map(arithmetic.operation(primitive, at: site)))
      case .binary(let primitive, let x, let y):
        columns.append(Self.map(columns[x], columns[y], arithmetic.operation(primitive, at: site)))
      case .select(let condition, let x, let y):
        columns.append(Self.map(columns[condition], columns[x], columns[y], arithmetic.choice(at: site)))
      }
    }
    return columns
  }

  private static func map<V>(_ x: [V], _ y: [V], _ body: (V, V) -> V) -> [V] {
    if x.count == y.count { return x.indices.map { body(x[$0], y[$0]) } }
    if x.count == 1 { return y.map { body(x[0], $0) } }
    precondition(y.count == 1)
    return x.map { body($0, y[0]) }
  }

  private static func map<V>(_ x: [V], _ y: [V], _ z: [V], _ body: (V, V, V) -> V) -> [V] {
    let columns = [x, y, z]
    let length = columns.map(\.count).max() ?? 0
    precondition(columns.allSatisfy { $0.count == length || $0.count == 1 })
    return (0..<length).map { index in
      body(x[x.count == 1 ? 0 : index], y[y.count == 1 ? 0 : index], z[z.count == 1 ? 0 : index])
    }
  }
}
