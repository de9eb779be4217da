import FixtureAuthoring
import Tensors
import Testing

@testable import Comparison
@testable import Conformance

extension Discrepancy {
  /// Elements outside with these counts and errors.
  init(_ counts: [MismatchClass: Int], ulps: Double = 0, absolute: Double = 0) {
    self.init()
    outside = counts.values.reduce(0, +)
    (nan, infinite, unmeasured) = (
      counts[.nan] ?? 0, counts[.infinity] ?? 0, counts[.finiteForNonfinite] ?? 0
    )
    wrongSign = counts[.sign] ?? 0
    (maximumError, maximumAbsoluteError) = (ulps, absolute)
  }
}

@Suite("Bounds of known differences")
struct DifferenceBoundsTests {
  private static let bounds = DifferenceBounds(
    maximumOutside: [.finite: 2, .sign: 1], maximumULPs: 10, maximumAbsolute: 0.5,
    regions: [.init(input: "logit", lower: 0, upper: 1)])

  private static func outside(
    _ counts: [MismatchClass: Int], ulps: Double = 1, absolute: Double = 0.1,
    logit: ClosedRange<Double> = 0...1,
    nan: Int = 0, named: String = "logit"
  ) -> OutsideSummary {
    OutsideSummary(
      Discrepancy(counts, ulps: ulps, absolute: absolute),
      inputs: [OutsideInput(name: named, lowest: logit.lowerBound, highest: logit.upperBound, nan: nan)])
  }

  @Test(
    "what keeps all bounds exceeds none",
    arguments: [
      outside([.finite: 2, .sign: 1], ulps: 10, absolute: 0.5), outside([.finite: 1]), outside([.sign: 1]),
      outside([.finite: 1], logit: 0.5...0.5), outside([.finite: 1], logit: -0.0...0),
    ])
  func within(outside: OutsideSummary) { #expect(Self.bounds.excesses(of: outside) == []) }

  @Test(
    "each bound that is exceeded is named, alone",
    arguments: [
      (outside([.finite: 3]), "allows 2 elements of class finite, 3 are outside"),
      (outside([.sign: 2]), "allows 1 element of class sign, 2 are outside"),
      (outside([.finite: 1, .nan: 1]), "allows 0 elements of class nan, 1 are outside"),
      (outside([.infinity: 1]), "allows 0 elements of class infinity, 1 are outside"),
      (outside([.finiteForNonfinite: 1]), "allows 0 elements of class finite_for_nonfinite, 1 are outside"),
      (outside([.finite: 1], ulps: 10.5), "allows an error of 10.0 ULP, the largest is 10.5"),
      (outside([.finite: 1], ulps: .nan), "allows an error of 10.0 ULP, the largest is nan"),
      (outside([.sign: 1], absolute: 0.75), "allows an absolute error of 0.5, the largest is 0.75"),
      (outside([.sign: 1], absolute: .infinity), "allows an absolute error of 0.5, the largest is inf"),
      (outside([.finite: 1], logit: -0.5...1), "allows logit from 0.0 to 1.0, it is from -0.5 to 1.0 where"),
      (outside([.finite: 1], logit: 0...2), "allows logit from 0.0 to 1.0, it is from 0.0 to 2.0 where"),
      (outside([.finite: 1], nan: 1), "allows logit from 0.0 to 1.0, it is NaN at 1 outside"),
      (outside([.finite: 1], named: "prob"), "bounds logit, which is no input of an element of this tensor"),
    ])
  func exceeded(outside: OutsideSummary, excess: String) {
    let excesses = Self.bounds.excesses(of: outside)
    #expect(excesses.count == 1)
    #expect(excesses.first?.hasPrefix(excess) == true, "\(excesses)")
  }

  @Test("a reduced result has no inputs, so that no region allows it")
  func reduced() {
    let outside = OutsideSummary(Discrepancy([.finite: 1]), inputs: [])
    #expect(Self.bounds.excesses(of: outside).count == 1)
  }

  @Test("the bounds that cover tensors allow each of them, and are rounded by less than a thousandth")
  func covering() {
    let tensors = [
      Self.outside([.finite: 3], ulps: 12_582_911.976, absolute: 1e-300, logit: 0...0),
      Self.outside([.finite: 1, .nan: 2], ulps: 8.92029807941225e43, absolute: 0.1249999, logit: -1...0),
    ]
    let bounds = DifferenceBounds(covering: tensors)
    for tensor in tensors { #expect(bounds.excesses(of: tensor) == []) }
    #expect(bounds.maximumOutside == [.finite: 3, .nan: 2])
    #expect(bounds.maximumULPs == 8.921e43 && bounds.maximumAbsolute == 0.125)
    #expect(bounds.regions == [.init(input: "logit", lower: -1, upper: 0)])
  }

  @Test(
    "rounding up keeps four digits, and never gives less",
    arguments: [
      0, 1, 1.2345, 99_999, 12_345_678, 0.1, 0.100_01, Double.leastNonzeroMagnitude, 2.2250738585072014e-308,
      1e22, 1.00001e300,
      Double.greatestFiniteMagnitude, 4_503_599_627_370_497.5, 0x1p-1074 * 12345,
    ])
  func roundedUp(value: Double) {
    let rounded = DifferenceBounds.roundedUp(value)
    #expect(rounded.isFinite && rounded >= value)
    // The digits of a subnormal number are fewer.
    #expect(value < 1e-300 || rounded <= value * 1.001, "\(rounded)")
  }

  @Test("whatever is known in the committed fixtures is nonconformant when it gets worse in any way")
  func committed() throws {
    let ledgers = try Ledgers(.besideFixtures, for: FixtureLocation.find([committedFixtures]))
    let report = ledgers.applied(to: committedReport, today: CalendarDate(2026, 1, 1))
    var count = 0
    for tensor in report.cases.flatMap(\.tensors) {
      guard let bounds = tensor.known?.bounds, let comparison = tensor.comparison else { continue }
      count += 1
      let outside = comparison.outsideSummary
      #expect(bounds.excesses(of: outside) == [])
      for worse in Self.worse(outside, than: bounds, of: comparison.count) {
        #expect(
          bounds.excesses(of: worse) != [], "\(tensor.name) \(bounds) allows \(worse.discrepancy)")
      }
    }
    #expect(count >= 40)
  }

  /// The outside elements of a tensor in which one thing is worse.
  private static func worse(
    _ outside: OutsideSummary, than bounds: DifferenceBounds, of elementCount: Int
  ) -> [OutsideSummary] {
    let (ulps, absolute) = (outside.discrepancy.maximumError, outside.discrepancy.maximumAbsoluteError)
    var worse = [OutsideSummary(Discrepancy([.nan: elementCount]), inputs: outside.inputs)]
    for mismatch in MismatchClass.allCases {
      var counts = outside.counts
      counts[mismatch] = (bounds.maximumOutside[mismatch] ?? 0) + 1
      worse.append(
        OutsideSummary(Discrepancy(counts, ulps: ulps, absolute: absolute), inputs: outside.inputs))
    }
    if ulps > 0 {
      worse.append(
        OutsideSummary(
          Discrepancy(outside.counts, ulps: 4 * ulps, absolute: 4 * absolute), inputs: outside.inputs))
    }
    for region in bounds.regions {
      for end in [region.lower.nextDown, region.upper.nextUp] {
        let inputs = outside.inputs.map { input in
          input.name != region.input
            ? input
            : OutsideInput(name: input.name, lowest: min(input.lowest, end), highest: max(input.highest, end))
        }
        worse.append(OutsideSummary(outside.discrepancy, inputs: inputs))
      }
    }
    return worse
  }

  @Test("the bounds of the committed ledger are as tight as its fixtures let them be")
  func tight() throws {
    let path = "\(committedFixtures)/\(Ledger.fileName)"
    let file = try LedgerFile(path: path, requiresBounds: true)
    let revision = try LedgerRevision(tightening: file, to: RecordedReport(committedReport))
    #expect(revision.text == String(decoding: file.bytes, as: UTF8.self), "\(revision.changes)")
    #expect(revision.exceeded == [])
  }
}

/// A fixture whose loss is right but for two elements at logit 0, and the ledger that lists them.
struct KnownLoss {
  let folder: TemporaryFolder
  /// The documented results.
  let expected: [Double]
  /// The results with the known difference.
  var actual: [Double] { expected.enumerated().map { [1, 2].contains($0) ? 1.5 * $1 : $1 } }

  private static let logit = [-2.0, 0, 0, -0.0, 1.5, 3]
  private static let label = [0.0, 0, 1, 1, 0, 1]

  init() throws {
    folder = try TemporaryFolder()
    try Self.write([Double](repeating: 1000, count: Self.logit.count), to: folder.file("known.h5"))
    let report = Runner(policy: .derived).run([FixtureLocation(path: folder.file("known.h5"))])
    let worst = try #require(report.cases.first?.tensors.first?.comparison?.worst)
    expected = worst.sorted { $0.position < $1.position }.map {
      ElementType.float32.value(ofBits: $0.expectedBits)
    }
    try #require(expected.count == Self.logit.count)
  }

  private static func write(_ loss: [Double], to path: String, type: ElementType = .float32) throws {
    try DemoFixture.write(to: path, cases: []) { author in
      try DemoFixture.attributes(author, "demo")
      for (name, values) in [("inputs/logit", logit), ("inputs/label", label)] {
        try author.dataset("/cases/demo/\(name)", Tensor(.float32, .vector(values.count), values: values))
      }
      try author.dataset("/cases/demo/outputs/loss", Tensor(type, .vector(loss.count), values: loss))
    }
  }

  /// The report of other results, by the ledger of the folder if there is one.
  func report(_ loss: [Double], type: ElementType = .float32) throws -> Report {
    try Self.write(loss, to: folder.file("known.h5"), type: type)
    let locations = FixtureLocation.find([folder.path])
    return try Ledgers(.besideFixtures, for: locations).applied(to: Runner(policy: .derived).run(locations))
  }

  var ledgerPath: String { folder.file(Ledger.fileName) }

  func ledgerFile(requiresBounds: Bool = true) throws -> LedgerFile {
    FileNode(path: ledgerPath) == nil
      ? try LedgerFile(toml: [], path: ledgerPath, requiresBounds: true)
      : try LedgerFile(path: ledgerPath, requiresBounds: requiresBounds)
  }

  /// Writes the ledger that makes the difference known.
  func writeLedger() throws {
    let revision = try LedgerRevision(
      adding: RecordedReport(report(actual)), to: ledgerFile(), cases: [], tensors: [], reason: "why",
      link: nil)
    try Damage.write(ledgerPath, Array(revision.text.utf8))
  }
}

@Suite("Known differences that get worse")
struct WorseThanKnownTests {
  private struct Change: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let change: @Sendable ([Double], inout [Double]) -> Void
  }

  private static let worseChanges = [
    Change(testDescription: "all are NaN") { _, actual in actual = actual.map { _ in .nan } },
    Change(testDescription: "one is NaN") { _, actual in actual[1] = .nan },
    Change(testDescription: "a right one is NaN") { _, actual in actual[5] = .nan },
    Change(testDescription: "one is infinite") { _, actual in actual[2] = -.infinity },
    Change(testDescription: "one more is outside at logit 0") { expected, actual in
      actual[3] = 1.4 * expected[3]
    },
    Change(testDescription: "one is farther") { expected, actual in actual[1] = 1.6 * expected[1] },
    Change(testDescription: "one is very far") { _, actual in actual[2] = -1e30 },
    Change(testDescription: "one has the wrong sign") { expected, actual in actual[2] = -0.1 * expected[2] },
    Change(testDescription: "another one is outside, at another logit") { expected, actual in
      actual[1] = expected[1]
      actual[4] = 1.01 * expected[4]
    },
  ]

  private static let otherChanges = [
    Change(testDescription: "the same") { _, _ in },
    Change(testDescription: "both are nearer") { expected, actual in
      for index in [1, 2] { actual[index] = 1.25 * expected[index] }
    },
    Change(testDescription: "one is right") { expected, actual in actual[1] = expected[1] },
    Change(testDescription: "another one at logit 0") { expected, actual in
      actual[1] = expected[1]
      actual[3] = 1.5 * expected[3]
    },
  ]

  @Test("what exceeds a bound is nonconformant, and says which", arguments: worseChanges)
  private func worse(change: Change) throws {
    let known = try KnownLoss()
    try known.writeLedger()
    var actual = known.actual
    change.change(known.expected, &actual)
    let report = try known.report(actual)
    #expect(report.cases.map(\.verdict) == [.nonconformant])
    #expect(report.gate.exitCode == 1)
    let tensor = try #require(report.cases.first?.tensors.first)
    #expect(tensor.known == nil)
    #expect(tensor.exceeded.map(\.difference.line) == [1])
    #expect(tensor.exceeded.first?.excesses.isEmpty == false)
    #expect(report.ledger?.stale.isEmpty == true)
  }

  @Test("what keeps the bounds is known", arguments: otherChanges)
  private func noWorse(change: Change) throws {
    let known = try KnownLoss()
    try known.writeLedger()
    var actual = known.actual
    change.change(known.expected, &actual)
    let report = try known.report(actual)
    #expect(report.cases.map(\.verdict) == [.known])
    #expect(report.gate.exitCode == 0)
    #expect(report.cases.first?.tensors.first?.exceeded == [])
  }

  @Test("a tensor of the wrong type is never known, whatever the bounds are")
  func type() throws {
    let known = try KnownLoss()
    try known.writeLedger()
    let report = try known.report(known.actual, type: .float64)
    #expect(report.cases.map(\.verdict) == [.nonconformant])
    let excesses = report.cases.first?.tensors.first?.exceeded.first?.excesses
    #expect(excesses == ["is about elements, and the tensor is of another type or shape"])
  }

  @Test("of two entries for one tensor it takes one that allows it")
  func two() throws {
    let known = try KnownLoss()
    let entry = "[[difference]]\ncase = \"demo\"\nreason = \"why\"\nmax_ulp = 1e9\n"
    for order in [["finite = 1", "finite = 2"], ["finite = 2", "finite = 1"]] {
      let text = order.map { entry + "max_outside = { \($0) }\n" }.joined()
      try Damage.write(known.ledgerPath, Array(text.utf8))
      let report = try known.report(known.actual)
      #expect(report.cases.map(\.verdict) == [.known])
      let tensor = report.cases.first?.tensors.first
      #expect(tensor?.known?.bounds?.maximumOutside == [.finite: 2])
      #expect(tensor?.exceeded == [])
    }
  }

  @Test("the inputs of the elements outside are found in every block")
  func blocks() throws {
    let count = 3 * ElementBlocks.maximumCount + 5
    let folder = try TemporaryFolder()
    let logit = (0..<count).map { Double($0) / Double(count) - 0.5 }
    try DemoFixture.write(to: folder.file("x.h5"), cases: []) { author in
      try DemoFixture.attributes(author, "demo")
      for name in ["inputs/logit", "inputs/label", "outputs/loss"] {
        // A loss of 1000 is outside everywhere.
        let values =
          name == "inputs/logit"
          ? logit : [Double](repeating: name == "inputs/label" ? 1 : 1000, count: count)
        try author.dataset("/cases/demo/\(name)", Tensor(.float32, .vector(count), values: values))
      }
    }
    let report = Runner(policy: .derived).run([FixtureLocation(path: folder.file("x.h5"))])
    let outside = try #require(report.cases.first?.tensors.first?.comparison?.outsideSummary)
    #expect(outside.counts == [.finite: count])
    #expect(outside.inputs.map(\.name) == ["logit", "label"])
    #expect(outside.inputs[0].lowest == -0.5 && outside.inputs[0].highest == Double(Float(logit[count - 1])))
    #expect(outside.inputs[1].lowest == 1 && outside.inputs[1].highest == 1)
    #expect(outside.discrepancy.maximumAbsoluteError > 999 && outside.discrepancy.maximumAbsoluteError < 1000)
  }
}
