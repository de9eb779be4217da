import Tensors
import Testing

@testable import Comparison

/// How wrong some results are whose exact values are known.
private func discrepancy(_ actual: [Double], exact: [Double] = exactValues) -> Discrepancy {
  var comparator = Comparator(.float32)
  let rounded = actual.map { Double(Float($0)) }
  let references = zip(rounded, exact).map { actual, exact in
    let error = (actual - exact) / Double(Float(exact).ulp)
    return ElementReference(
      Allowance(exact, exact), exact: exact, actualError: actual.isFinite && exact.isFinite ? error : nil)
  }
  comparator.add(
    expected: exact, actual: Tensor(.float32, .vector(actual.count), values: rounded), references: references,
    offset: 0)
  return comparator.comparison.discrepancy
}

/// Of many sizes and both signs.
private let exactValues = (0..<64).map { index -> Double in
  let size = Float(index + 1) * 0.7
  return Double(index.isMultiple(of: 3) ? -size : size)
}

/// A change of results, and whether it makes them worse.
private struct Change: Sendable, CustomTestStringConvertible {
  let testDescription: String
  let before: @Sendable (Double) -> Double
  let after: @Sendable (Double) -> Double
  let isWorse: Bool

  static let all: [Change] = [
    Change("nothing", { $0 * 1.5 }, { $0 * 1.5 }, false),
    Change("1.5 times too large, then 3 times", { $0 * 1.5 }, { $0 * 3 }, true),
    Change("1.5 times too large, then 2 times", { $0 * 1.5 }, { $0 * 2 }, true),
    Change("1.5 times too large, then 1.75 times", { $0 * 1.5 }, { $0 * 1.75 }, false),
    Change("1.5 times too large, then half", { $0 * 1.5 }, { $0 * 0.5 }, false),
    Change("half, then 0", { $0 * 0.5 }, { _ in 0 }, true),
    Change("half, then of the wrong sign", { $0 * 0.4 }, { $0 * -0.1 }, true),
    Change("0.1 % off, then 1 %", { $0 * 1.001 }, { $0 * 1.01 }, true),
    Change("rounding", { $0.advanced(byFloatULPs: 2) }, { $0.advanced(byFloatULPs: 5) }, false),
    Change("rounding, then more than rounding", { $0.advanced(byFloatULPs: 2) }, { $0 * 1.0001 }, true),
    Change("wrong, then NaN", { $0 * 3 }, { _ in .nan }, true),
    Change("wrong, then infinite", { $0 * 1e30 }, { _ in .infinity }, true),
    Change("infinite, then NaN", { _ in .infinity }, { _ in .nan }, true),
    Change("NaN, then infinite", { _ in .nan }, { _ in .infinity }, false),
    Change("NaN, then wrong", { _ in .nan }, { _ in -1e30 }, false),
    Change("wrong, then far away", { $0 * 1.5 }, { _ in -1e30 }, true),
  ]

  init(
    _ description: String, _ before: @escaping @Sendable (Double) -> Double,
    _ after: @escaping @Sendable (Double) -> Double, _ isWorse: Bool
  ) {
    (testDescription, self.before, self.after, self.isWorse) = (description, before, after, isWorse)
  }
}

extension Double {
  fileprivate func advanced(byFloatULPs count: Int) -> Double {
    Double((0..<count).reduce(Float(self)) { value, _ in self < 0 ? value.nextDown : value.nextUp })
  }
}

@Suite("Discrepancies")
struct DiscrepancyTests {
  @Test("a change of all elements, of one of them, and of the only one", arguments: Change.all)
  private func change(change: Change) {
    let (before, after) = (exactValues.map(change.before), exactValues.map(change.after))
    let all = discrepancy(after).worsenings(since: discrepancy(before))
    #expect(all.isEmpty == !change.isWorse, "\(all)")
    for index in exactValues.indices {
      var changed = before
      changed[index] = after[index]
      let exact = [exactValues[index]]
      let alone = discrepancy([after[index]], exact: exact)
        .worsenings(since: discrepancy([before[index]], exact: exact))
      #expect(alone.isEmpty == !change.isWorse, "alone, \(index): \(alone)")
      let oneOfAll = discrepancy(changed).worsenings(since: discrepancy(before))
      // Among larger errors one that grows to their size is no news.
      if !change.isWorse { #expect(oneOfAll.isEmpty, "\(index): \(oneOfAll)") }
    }
  }

  @Test("many that become as wrong as the worst one are worse")
  func many() {
    var before = exactValues.map { $0 * 1.0001 }
    before[0] = exactValues[0] * 3
    let causes = discrepancy(exactValues.map { $0 * 3 }).worsenings(since: discrepancy(before))
    #expect(causes.count == 1)
    #expect(causes.first?.description.hasPrefix("1 → 64 off by 2^") == true, "\(causes)")
  }

  @Test("one more outside is worse, whatever the others are")
  func more() {
    var before = exactValues.map { $0 * 3 }
    before[5] = exactValues[5]
    let after = exactValues.map { $0 * 1.5 }
    #expect(discrepancy(after).worsenings(since: discrepancy(before)).first?.description == "63 → 64 outside")
    #expect(discrepancy(before).outside == 63)
  }

  @Test("errors that do not double make nothing worse", arguments: 1...20)
  func noise(seed: Int) {
    // Each error moves by up to 80 % either way, in an order that the seed chooses.
    let before = exactValues.enumerated().map { index, exact in
      let share = 1 + (index * seed) % 7
      return exact + exact * 0.001 * Double(share)
    }
    let after = exactValues.enumerated().map { index, exact in
      let error = before[index] - exact
      return exact + error * (index % 2 == 0 ? 1.8 : 1 / 1.8)
    }
    #expect(discrepancy(after).worsenings(since: discrepancy(before)) == [])
    #expect(discrepancy(before).worsenings(since: discrepancy(after)) == [])
  }

  @Test("what has no error is counted apart")
  func unmeasured() {
    let found = discrepancy([1, .nan, .infinity, -2, .nan], exact: [.infinity, 1, 1, 2, .nan])
    #expect(found.outside == 4)
    #expect([found.nan, found.infinite, found.unmeasured, found.wrongSign] == [1, 1, 1, 1])
    #expect(found.classes.values.reduce(0, +) == 1)
    #expect(found.largestClass == 24)
  }

  @Test("counts that no tensor can have are told")
  func possible() {
    var found = discrepancy([2, .nan], exact: [1, 1])
    #expect(found.isPossible)
    found.nan = -1
    #expect(!found.isPossible)
    found.nan = 1
    found.classes[-1] = 1
    #expect(!found.isPossible)
  }
}
