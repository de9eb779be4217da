public import Conformance

/// Something that a framework itself does wrong, looked into until it was understood.
///
/// The article Findings of the module Conformance tells of each.
public struct FrameworkFault: Hashable, Sendable {
  /// How the names of the fixtures begin that show it.
  public let fixtures: String
  /// What the names of the cases contain that show it.
  public let cases: String

  private init(_ fixtures: String, _ cases: String) {
    (self.fixtures, self.cases) = (fixtures, cases)
  }

  /// Every such fault in float32 and float64.
  public static let known: [FrameworkFault] = [
    // The exponent of a float64 power is rounded to float32.
    FrameworkFault("paddle", "gamma-inexact.none.f64"),
    // Minus on a boolean tensor stays boolean.
    FrameworkFault("paddle", "label-bool"),
    // bce'(±0) is −0.5 − y.
    FrameworkFault("paddle-3", "paddle.grid-0."),
    FrameworkFault("paddle-3", "paddle.specials"),
    FrameworkFault("paddle-3", "paddle.gamma-edge"),
    FrameworkFault("paddle-3", "paddle.gamma-negative"),
    // γ = 0 with a base of 0 gives 0 · 0⁻¹.
    FrameworkFault("paddle-2.6.2", "paddle.gamma-edge.g0.none.f32"),
    // The vector exponential overflows early.
    FrameworkFault("torch-1.13", "formula.edges-f64"),
  ]

  /// Whether one of the known faults is to be seen in a case.
  public static func explains(_ conformanceCase: CaseReport, of fixture: FixtureReport) -> Bool {
    known.contains { fixture.file.hasPrefix($0.fixtures) && conformanceCase.name.contains($0.cases) }
  }
}
