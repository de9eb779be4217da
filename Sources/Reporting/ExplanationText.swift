public import Conformance
import FocalLoss
import Tensors

/// An element's formula step by step, in words.
public enum ExplanationText {
  /// A line for each step, then the result beside the framework's own, then where they part company.
  public static func render(_ explanation: Explanation) -> String {
    let type = explanation.type
    let provenance = explanation.provenance
    let build = visibleText("\(provenance.framework) \(provenance.frameworkVersion)")
    var text =
      "\(visibleText(explanation.id))  \(visibleText(explanation.tensor))\(subscripted(explanation.index))"
    if let element = explanation.element { text += ", by its element\(subscripted(element))" }
    text +=
      "\n  \(visibleText(explanation.variant)) by \(build), \(explanation.parameters.text(of: explanation.variant))\n\n"
    text += table(explanation)
    text += "\n"
    if let actual = explanation.actual {
      text += "  actual   \(valueText(actual, type))\(error(explanation.actualError))\n"
    }
    if let result = explanation.result {
      text += "  expected \(valueText(result.native, type))\(error(result.error))\n"
      if let exact = result.exact { text += "  exact    \(valueText(exact, type))\n" }
      text += "  allowed  \(allowed(result, type))\n"
    }
    return text + conclusion(explanation)
  }

  /// An index such as ` [3, 1]`; nothing for a scalar.
  private static func subscripted(_ index: [Int]) -> String {
    index.isEmpty ? "" : " [\(index.map(String.init).joined(separator: ", "))]"
  }

  private static func table(_ explanation: Explanation) -> String {
    var table = TextTable(rows: [
      ["step", "documented", "allowed", "exact", "error", "own rounding", "amplifies", "framework"]
    ])
    for step in explanation.steps
    where !step.isOtherOrder && (step.innerKernel == nil || step.ownError != nil) {
      let indent = step.innerKernel == nil ? "" : "  "
      table.rows.append([
        "  #\(step.number) \(indent)\(step.text)", valueText(step.native, step.type),
        allowed(step, step.type),
        step.exact.map { valueText($0, step.type) } ?? "-", ulps(step.error), ulps(step.ownError),
        step.amplification.map { "×\(measureText($0))" } ?? "",
        step.stage.map { valueText($0, step.type) } ?? "",
      ])
    }
    return table.text
  }

  private static func allowed(_ step: Explanation.Step, _ type: ElementType) -> String {
    let range = step.allowed.map { range in
      range.lowerBound == range.upperBound
        ? valueText(range.lowerBound, type)
        : "\(valueText(range.lowerBound, type)) … \(valueText(range.upperBound, type))"
    }
    return [range, step.mayBeNaN ? "NaN" : nil].compactMap { $0 }.joined(separator: " or ")
  }

  private static func ulps(_ error: Double?) -> String { error.map { measureText($0 == 0 ? 0 : $0) } ?? "-" }

  private static func error(_ error: Double?) -> String {
    error.map { "  (\(measureText($0)) ULP from the exact value)" } ?? ""
  }

  private static func conclusion(_ explanation: Explanation) -> String {
    if let parting = explanation.parting {
      return
        "\nActual and documented part company at #\(parting.number), \(parting.text): the framework's own value is not allowed.\n"
    }
    guard let result = explanation.result, let actual = explanation.actual else {
      return "\nThis is an element before the reduction; the fixture has no value of it.\n"
    }
    let isInside = actual.isNaN ? result.mayBeNaN : result.allowed?.contains(actual) ?? false
    let hasStages = explanation.steps.contains { $0.stage != nil }
    switch (isInside, hasStages) {
    case (true, _): return "\nThe actual value is one that the documented operations may give.\n"
    case (false, true):
      return
        "\nThe stages of the fixture are allowed, the result is not: they part company after the last stage.\n"
    case (false, false):
      return
        "\nThe result is not allowed. The fixture has no stages that would tell at which step they part company.\n"
    }
  }
}
