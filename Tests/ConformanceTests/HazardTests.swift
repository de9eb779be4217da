import Arithmetic
import FixtureAuthoring
import Tensors
import Testing

@testable import Conformance

@Suite("Hazards")
struct HazardTests {
  /// An element: its input, what the formula gives there, and what it is in real numbers.
  private struct Element {
    let input: Double
    var expected = 1.0
    var exact = HazardTests.exact(1)

    static func right(_ input: Double) -> Self { Self(input: input) }
    static func nan(_ input: Double) -> Self { Self(input: input, expected: .nan) }
    static func infinite(_ input: Double) -> Self { Self(input: input, expected: -.infinity) }
  }

  private static let identity = Program.record([.init("x", .float32)]) { $0[0] }

  private static func exact(_ value: Double) -> ExactValue {
    ExactEvaluator().value(of: identity, at: [value], in: .float32)
  }

  private static func hazards(_ elements: some Sequence<Element>) -> Hazards {
    elements.reduce(into: Hazards()) {
      $0.add($1.expected, $1.exact, at: $1.input, in: .float32, narrowest: .float32)
    }
  }

  private typealias Region = Hazard.Region

  private static let elements: [Element] = [
    .nan(-104), .right(-88), .nan(-90), .right(-20), .right(-0.0), .right(0), .right(3), .right(16.6),
    .nan(17), .infinite(18), .nan(20), .right(30), .nan(50), .nan(1e30),
  ]

  private static let samples: [(expected: Double, exact: Double, kind: Hazard.Kind?)] = [
    (.nan, 1, .nan), (.infinity, 1, .infinite), (-.infinity, 0, .infinite), (0, 1e-30, .lost),
    (0, 0x1p-126, .lost), (0, 0x1p-127, .inaccurate), (0, 0x1p-149, nil), (0, 0, nil), (-0.0, -1, .lost),
    (1, 1, nil), (1 + 0x1p-11, 1, nil), (1 + 0x1.1p-11, 1, .inaccurate), (-1, 1, .inaccurate),
  ]

  @Test(
    "are NaN, infinite, lost or inaccurate expected values of numbers",
    arguments: samples)
  func kinds(expected: Double, exact: Double, kind: Hazard.Kind?) {
    let hazards = Self.hazards([Element(input: 2, expected: expected, exact: Self.exact(exact))])
    #expect(hazards.list.map(\.kind) == [kind].compactMap { $0 })
  }

  @Test("come by region of the input, with how many elements were looked at there")
  func regions() {
    let list = Self.hazards(Self.elements).list
    #expect(list.map(\.kind) == [.nan, .infinite])
    #expect(
      list.first?.regions == [
        Region(count: 2, elements: 3, lowest: -104, highest: -90),
        // Nothing was looked at from 64 to 2^99.
        Region(count: 4, elements: 7, lowest: 17, highest: 1e30),
      ])
    #expect(list.last?.regions == [Region(count: 1, elements: 5, lowest: 18, highest: 18)])
    #expect(list.first?.count == 6)
    #expect(list.first?.lowest == -104)
    #expect(list.first?.highest == 1e30)
  }

  @Test(
    "go from negative to positive inputs only where they occur around zero as well",
    arguments: [
      ([], [-104, 104]), ([0.0], [-104]), ([-0.0, 1e-300], [-104]), ([0x1p-24], [-104, 0x1p-24]),
    ] as [([Double], [Double])])
  func aroundZero(inputs: [Double], lowest: [Double]) {
    let hazards = Self.hazards(([-104, 104] + inputs).map(Element.nan))
    #expect(hazards.list.first?.regions.map(\.lowest) == lowest)
    #expect(hazards.list.first?.count == 2 + inputs.count)
  }

  @Test(
    "a binade with an element ends them where none of its elements has the hazard",
    arguments: [-6.0, -3, -1.5, 1.5, 3, 6])
  func interruptions(input: Double) {
    let inputs = [-8.0, -4, -2, -1, 0, 1, 2, 4, 8]
    #expect(Self.hazards(inputs.map(Element.nan)).list.first?.regions.count == 1)
    let others = inputs.filter { $0.binade != input.binade || $0.sign != input.sign }
    #expect(Self.hazards(others.map(Element.nan)).list.first?.regions.count == 1)
    #expect(Self.hazards(others.map(Element.nan) + [.right(input)]).list.first?.regions.count == 2)
    #expect(
      Self.hazards(inputs.map(Element.nan) + [.right(input)]).list.first?.regions.map(\.elements) == [10])
  }

  @Test("at −0 and 0 are at 0, whichever comes first", arguments: [[-0.0, 0], [0, -0.0], [-0.0]])
  func zeros(inputs: [Double]) {
    let hazard = Self.hazards(inputs.map(Element.nan)).list.first
    #expect(hazard?.count == inputs.count)
    #expect(hazard?.lowest.sign == .plus)
    #expect(hazard?.highest.sign == .plus)
  }

  @Test("count no element without a finite exact value")
  func undefined() throws {
    let logarithm = Program.record([.init("x", .float32)]) { log($0[0]) }
    let pole = ExactEvaluator().value(of: logarithm, at: [0], in: .float32)
    #expect(pole.rounded == -.infinity)
    let hazards = Self.hazards([
      Element.nan(17), Element(input: 18, expected: .nan, exact: .undefined),
      Element(input: 19, expected: .nan, exact: pole),
      Element(input: .infinity, expected: .nan, exact: .undefined),
      Element(input: .nan, expected: .nan, exact: .undefined),
    ])
    #expect(hazards.list.map(\.regions) == [[Region(count: 1, elements: 1, lowest: 17, highest: 17)]])
  }

  @Test("do not depend on the order of elements, nor on how they are divided", arguments: 0..<14)
  func merging(start: Int) {
    let whole = Self.hazards(Self.elements)
    let (first, second) = (Self.elements.prefix(start), Self.elements.dropFirst(start).reversed())
    #expect(Self.hazards(second + first) == whole)
    var merged = Self.hazards(second)
    merged.merge(Self.hazards(first))
    #expect(merged == whole)
  }

  @Test("of a judged tensor are the formula's, whatever the framework's values are")
  func judged() throws {
    let folder = try TemporaryFolder()
    // From 16.635532 on σ is 1 in float32, and below −88.72284 it is 0.
    let elements: [(logit: Double, label: Double)] = [
      (-100, 0), (-90, 1), (-70, 1), (-3, 0), (0, 1), (3, 1), (16.5, 1), (17, 1), (40, 0), (200, 1),
    ]
    let shape = Shape.vector(elements.count)
    try DemoFixture.write(to: folder.file("formula.h5"), cases: []) { author in
      try DemoFixture.attributes(author, "case", changing: ["variant": .fixed("paddle.formula")])
      for (name, values) in [
        ("inputs/logit", elements.map(\.logit)), ("inputs/label", elements.map(\.label)),
        ("outputs/loss", elements.map { _ in 1 }),
      ] { try author.dataset("/cases/case/\(name)", Tensor(.float32, shape, values: values)) }
    }
    let report = Judge(policy: .derived).judge(
      "case", of: try FixtureLocation(path: folder.file("formula.h5")).open())
    let hazards = try #require(report.tensors.first?.hazards.list)
    #expect(
      hazards.first { $0.kind == .nan }?.regions == [
        Region(count: 1, elements: 3, lowest: -100, highest: -100),
        Region(count: 1, elements: 2, lowest: 17, highest: 17),
        Region(count: 1, elements: 1, lowest: 200, highest: 200),
      ])
    #expect(
      hazards.first { $0.kind == .infinite }?.regions == [
        Region(count: 1, elements: 3, lowest: -90, highest: -90),
        Region(count: 1, elements: 1, lowest: 40, highest: 40),
      ])
  }
}
