import Arithmetic
import Tensors
import Testing

@Suite("Enclosure")
struct EnclosureTests {
  @Test("a union holds the ends and the NaN of both")
  func union() {
    let (low, high) = (Enclosure(-2, -1), Enclosure(3, 4, mayBeNaN: true))
    for union in [low.union(high), high.union(low)] {
      #expect(union == Enclosure(-2, 4, mayBeNaN: true))
    }
    #expect(Enclosure(1).union(.nan) == Enclosure(1, 1, mayBeNaN: true))
  }

  @Test("ends in the wrong order hold no number, and add none to a union")
  func noNumbers() {
    let none = Enclosure(3, 2)
    #expect(!none.hasNumbers)
    #expect(![2, 2.5, 3].contains(where: none.contains))
    #expect(none.union(Enclosure(7)) == Enclosure(7))
  }

  @Test("the width is the number of steps between the ends, across zero as well")
  func width() {
    let least = FloatFormat.float32.leastNonzero
    #expect(Enclosure(-2 * least, least).width(in: .float32) == 3)
    #expect(Enclosure(-0.0, least).width(in: .float32) == 1)
    #expect(Enclosure(1, 0x1.000004p0).width(in: .float32) == 2)
    #expect(Enclosure(-.infinity, 1).width(in: .float32) == nil)
  }

  @Test("the ends are inside, the next values are not")
  func ends() {
    let enclosure = Enclosure(1, 2)
    #expect(enclosure.contains(1) && enclosure.contains(2))
    #expect(!enclosure.contains(1.0.nextDown) && !enclosure.contains(2.0.nextUp) && !enclosure.contains(.nan))
  }

  @Test("a magnitude may be zero where the number may be, and keeps its distance from zero elsewhere")
  func magnitudes() {
    let program = Program.record([Program.Input("x", .float32)]) { abs($0[0]) }
    let enclosures = [Enclosure(-3, 2), Enclosure(1, 2), Enclosure(-2, -1), Enclosure(0, 1)]
    let magnitudes = program.evaluate(
      [enclosures], count: enclosures.count, in: EnclosureArithmetic(Accuracy(uniform: 2)))
    #expect(magnitudes == [Enclosure(0, 3), Enclosure(1, 2), Enclosure(1, 2), Enclosure(0, 1)])
  }
}
