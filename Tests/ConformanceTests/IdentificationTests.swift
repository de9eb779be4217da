import FixtureAuthoring
import FocalLoss
import Tensors
import Testing

@testable import Conformance

/// A conforming case of a committed fixture, whose tensors a test replaces.
struct IdentifiedCase: CustomStringConvertible, Sendable {
  let file: String
  let name: String

  var description: String { "\(file)#\(name)" }

  func open() throws -> (case: ConformanceCase, provenance: Provenance) {
    let fixture = try FixtureLocation(path: "\(committedFixtures)/\(file)").open()
    return (try fixture.conformanceCase(name), fixture.provenance)
  }

  /// The smallest case of each variant and reduction in each fixture that has a gradient, and whose elements are all
  /// inside of their enclosures.
  static let all: [IdentifiedCase] = FixtureLocation.find([committedFixtures]).flatMap { location in
    guard let fixture = try? location.open() else { return [IdentifiedCase]() }
    let judge = Judge(policy: .derived)
    var smallest: [String: [(count: Int, name: String)]] = [:]
    for name in fixture.caseNames {
      guard let conformanceCase = try? fixture.conformanceCase(name), !conformanceCase.grads.isEmpty else {
        continue
      }
      let counts = conformanceCase.results.values.map(\.shape.count)
      guard counts.allSatisfy({ $0 > 0 }) else { continue }
      let kind = "\(conformanceCase.variant) \(conformanceCase.parameters.reduction)"
      smallest[kind, default: []].append((counts.reduce(0, +), name))
    }
    return smallest.sorted { $0.key < $1.key }.compactMap { _, cases in
      cases.sorted { ($0.count, $0.name) < ($1.count, $1.name) }.first { candidate in
        judge.judge(candidate.name, of: fixture).tensors.allSatisfy { tensor in
          tensor.comparison.map { $0.identical + $0.within == $0.count } ?? true
        }
      }.map { IdentifiedCase(file: location.fileName, name: $0.name) }
    }
  }
}

extension ConformanceCase {
  /// The case with one element of a tensor replaced.
  fileprivate func replacing(_ name: String, at position: Int, by change: (Double) -> Double) throws
    -> ConformanceCase
  {
    var changed = self
    let stored = try #require(results[name])
    let tensor = try stored.readAll()
    var values = tensor.values
    values[position] = change(values[position])
    let replaced = StoredTensor(
      Tensor(tensor.elementType, tensor.shape, values: values), inPlaceOf: stored)
    let key = String(try #require(name.split(separator: "/").last))
    if name.hasPrefix("grads/") { changed.grads[key] = replaced } else { changed.outputs[key] = replaced }
    return changed
  }
}

@Suite("Identification")
struct IdentificationTests {
  @Test("a conforming case, reduced or not, computes its own program", arguments: IdentifiedCase.all)
  func computed(example: IdentifiedCase) throws {
    let (conformanceCase, provenance) = try example.open()
    let group = try Identification.Group(conformanceCase.variant, [conformanceCase], by: provenance)
    let computed = try #require(group.computed.first { $0.program.variant == conformanceCase.variant })
    #expect(computed.losses.count == conformanceCase.outputs["loss"]?.shape.count)
    #expect(computed.gradients?.count == conformanceCase.grads.values.map(\.shape.count).reduce(0, +))
    #expect(!computed.rules.isEmpty)
    #expect(group.closest.isEmpty)
  }

  @Test(
    "one wrong element of the loss or of the gradient, and no known program is computed",
    arguments: IdentifiedCase.all)
  func oneWrongElement(example: IdentifiedCase) throws {
    let (conformanceCase, provenance) = try example.open()
    for tensor in conformanceCase.results.values {
      for position in Set([0, tensor.shape.count - 1]) {
        for change in [{ $0 * 1.5 + 1 }, { _ in .nan }, { _ in .infinity }] as [(Double) -> Double] {
          let wrong = try conformanceCase.replacing(tensor.name, at: position, by: change)
          let group = try Identification.Group(wrong.variant, [wrong], by: provenance)
          #expect(group.computed.isEmpty, "\(tensor.name) at \(position)")
          for rank in group.closest { #expect(rank.total.inside < rank.total.count) }
        }
      }
    }
  }

  @Test("an element that one case has wrong counts among all cases", arguments: IdentifiedCase.all.prefix(4))
  func oneWrongCase(example: IdentifiedCase) throws {
    let (conformanceCase, provenance) = try example.open()
    let wrong = try conformanceCase.replacing("outputs/loss", at: 0) { $0 * 1.5 + 1 }
    let cases = [conformanceCase, wrong, conformanceCase]
    let group = try Identification.Group(conformanceCase.variant, cases, by: provenance)
    #expect(group.computed.isEmpty)
    let closest = try #require(group.closest.first { $0.program.variant == conformanceCase.variant })
    #expect(closest.total.inside == closest.total.count - 1)
  }

  @Test("there are such cases of each framework, each reduction and each variant")
  func sample() {
    let names = IdentifiedCase.all.map(\.name)
    #expect(Set(IdentifiedCase.all.map(\.file)).count == 8)
    for reduction in Reduction.allCases { #expect(names.contains { $0.contains(".\(reduction).") }) }
    #expect(names.count >= 30, "\(names)")
  }
}

@Suite("Order changes")
struct OrderChangeTests {
  /// Whether an upgrade between two builds of the same case says that the new one runs other operations.
  private func change(
    _ file: String, to other: String, _ name: String,
    old: (ConformanceCase) throws -> ConformanceCase = { $0 },
    new: (ConformanceCase) throws -> ConformanceCase = { $0 }
  ) throws -> Upgrade.OrderChange? {
    let (oldCase, oldProvenance) = try IdentifiedCase(file: file, name: name).open()
    let (newCase, newProvenance) = try IdentifiedCase(file: other, name: name).open()
    let variant = oldCase.variant
    return Upgrade.OrderChange(
      from: try Identification.Group(variant, [try old(oldCase)], by: oldProvenance),
      to: try Identification.Group(variant, [try new(newCase)], by: newProvenance))
  }

  private let name = "torchvision.drift.none.f32"

  @Test("it is said where every element of both builds is explained, by programs that have none in common")
  func sure() throws {
    let order = try #require(try change("torch-1.13.h5", to: "torch-2.13.0.h5", name))
    // Paddle's order explains the old build here as well, and not the new one.
    #expect(order.old.contains { $0.crossEntropy == .torch1 })
    #expect(order.new.map(\.crossEntropy) == [.torch2])
    #expect(try change("torch-2.13.0.h5", to: "torch-2.13.0.h5", name) == nil)
  }

  @Test(
    "it is not said where one element of either build is explained by no program", arguments: [true, false])
  func unsure(isOld: Bool) throws {
    for tensor in ["outputs/loss", "grads/logit"] {
      let spoilt: (ConformanceCase) throws -> ConformanceCase = { conformanceCase in
        try conformanceCase.replacing(tensor, at: 0) { $0 * 1.5 + 1 }
      }
      let order =
        isOld
        ? try change("torch-1.13.h5", to: "torch-2.13.0.h5", name, old: spoilt)
        : try change("torch-1.13.h5", to: "torch-2.13.0.h5", name, new: spoilt)
      #expect(order == nil, "\(tensor)")
    }
  }

  @Test("a build without a gradient runs no other operations for that")
  func withoutGradient() throws {
    let order = try change(
      "torch-2.13.0.h5", to: "torch-2.13.0.h5", name,
      new: { conformanceCase in
        var conformanceCase = conformanceCase
        conformanceCase.grads = [:]
        return conformanceCase
      })
    #expect(order == nil)
  }
}
