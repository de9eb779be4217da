import Arithmetic
import Tensors
import Testing

@Suite("Program")
struct ProgramTests {
  private func value(_ type: ElementType, _ inputs: [Double], _ formula: ([Expression]) -> Expression)
    -> Double
  {
    let program = Program.record(inputs.indices.map { Program.Input("x\($0)", type) }, formula)
    return program.evaluate(inputs.map { [$0] }, count: 1, in: NativeArithmetic())[0]
  }

  @Test("operators are the type's own, rounded at each step")
  func roundsEachStep() {
    #expect(
      value(.float32, [0.1, 0.2]) { $0[0] + $0[1] }
        == Double(Float(Float(0.1).magnitude + Float(0.2))).rounded32)
    #expect(value(.float32, [1]) { $0[0] / 3 } == Double(Float(1) / 3))
    #expect(value(.float64, [1]) { $0[0] / 3 } == 1.0 / 3)
    #expect(value(.float32, [16_777_216]) { $0[0] + 1 - 16_777_216 } == 0)
  }

  @Test(
    "one kernel on a 16-bit type rounds once, after computing in float32",
    arguments: [ElementType.float16, .bfloat16])
  func halfKernels(type: ElementType) throws {
    let format = try #require(type.floatFormat)
    let x = format.round(1.1)
    let apart = format.round(Double(Float(format.round(Double(Float(x) * Float(x)))) * Float(x)))
    let together = format.round(Double(Float(x) * Float(x) * Float(x)))
    #expect(value(type, [x]) { $0[0] * $0[0] * $0[0] } == apart)
    #expect(value(type, [x]) { kernel("cube", $0[0]) { $0 * $0 * $0 } } == together)
  }

  @Test("the wider operand gives the type of a result; a number gives none")
  func promotion() {
    let program = Program.record([.init("x", .float16), .init("y", .float32)]) { $0[0] * 0.5 * $0[1] }
    #expect(program.type == .float32)
    #expect(Program.record([.init("x", .bfloat16), .init("y", .float16)]) { $0[0] + $0[1] }.type == .float32)
    #expect(Program.record([.init("x", .float16)]) { 1 - $0[0] }.type == .float16)
  }

  @Test("minimum and maximum keep NaN, comparisons with NaN are false, select takes one side only")
  func choices() {
    #expect(value(.float32, [.nan]) { max($0[0], 0) }.isNaN)
    #expect(value(.float32, [.nan]) { min($0[0], 0) }.isNaN)
    #expect(value(.float32, [.nan]) { $0[0] .> 0 } == 0)
    #expect(value(.float32, [.nan]) { select($0[0] .> 0, $0[0], 7) } == 7)
    #expect(value(.float32, [-0.0]) { $0[0] .== 0 } == 1)
  }

  @Test("−0 is below +0 for minimum and maximum, whatever the order")
  func zeros() {
    let native = NativeArithmetic()
    for (x, y) in [(0.0, -0.0), (-0.0, 0.0)] {
      #expect(native.operation(.minimum, at: Site(.float32))(x, y).sign == .minus)
      #expect(native.operation(.maximum, at: Site(.float32))(x, y).sign == .plus)
    }
  }

  @Test("a single value serves every element of a column")
  func broadcastsOneValue() {
    let program = Program.record([.init("x", .float64), .init("y", .float64)]) { $0[0] * $0[1] }
    #expect(program.evaluate([[1, 2, 3], [10]], count: 3, in: NativeArithmetic()) == [10, 20, 30])
    #expect(program.evaluate([[2], [10]], count: 2, in: NativeArithmetic()) == [20, 20])
  }

  @Test("steps know their kernels and the names that the formula gives")
  func stepsAreNamed() {
    let program = Program.record([.init("x", .float16)]) {
      kernel("double", $0[0]) { $0 + $0 }.named("twice")
    }
    #expect(program.kernels.map(\.name) == ["double"])
    #expect(program.steps[program.output].label == "twice")
    #expect(program.steps[program.output].operation == .unary(.round, 1))
    #expect(program.steps[1].kernel == 0)
  }
}

extension Double {
  fileprivate var rounded32: Double { Double(Float(self)) }
}
