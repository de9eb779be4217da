import Comparison
import Conformance
import Tensors

/// One tensor's findings in words, the way a good test failure is written.
enum TensorText {
  /// How many of the worst elements are shown; the JSON report has ten.
  private static let shownCount = 3
  /// The most ULPs for which a tolerance is named beside a diagnosis.
  private static let greatestTolerance: UInt64 = 1024

  /// What was found in a tensor, as indented lines.
  static func findings(_ tensor: TensorReport) -> String {
    switch tensor.finding {
    case .compared(let comparison, let rule, let inputs):
      compared(tensor, comparison, rule, inputs)
    case .different(let reason), .error(let reason), .unjudged(let reason):
      ([visibleText(reason)] + LedgerText.lines(tensor.exceeded)).map { "  \($0)\n" }.joined()
    case .given: ""
    }
  }

  private static func compared(
    _ tensor: TensorReport, _ comparison: Comparison, _ rule: TensorReport.Rule, _ inputs: [Int: [NamedValue]]
  ) -> String {
    let ulps = comparison.ulps
    var lines = [
      "\(comparison.outside) of \(counted(comparison.count, "element")) outside \(ruleText(rule)); "
        + "\(comparison.accurate == 0 ? "" : "\(comparison.accurate) accurate, ")\(comparison.within) within, \(comparison.identical) identical  (\(comparison.type) \(tensor.shape.map(\.description) ?? ""))",
      "ULPs: max \(ulps.maximum), p99 \(ulps.percentile99), mean \(measureText(ulps.mean)); "
        + "max difference: absolute \(measureText(comparison.maximumAbsolute)), relative \(measureText(comparison.maximumRelative))",
    ]
    if comparison.actualErrors.count > 0 {
      let (actual, expected) = (comparison.actualErrors, comparison.expectedErrors)
      lines.append(
        "error against the exact values, in their ULPs: actual max \(measureText(actual.maximum)), "
          + "mean \(measureText(actual.mean)); expected max \(measureText(expected.maximum)), mean \(measureText(expected.mean))"
      )
    }
    lines += LedgerText.lines(tensor.exceeded)
    lines += natures(tensor.nonconformance)
    lines += mismatches(comparison)
    lines += DiagnosisText.lines(tensor)
    // A distance of millions of ULPs is no tolerance that anybody would ask for.
    if comparison.nonfiniteMismatches == 0, tensor.diagnoses.isEmpty || ulps.maximum <= greatestTolerance {
      // The quotient was rounded; the next value above it surely admits every element.
      let relative = ("rtol", comparison.maximumRelative.nextUp)
      let tolerances = [relative, ("atol", comparison.maximumAbsolute)].filter { $0.1.isFinite }
      let choices = ["ulp:\(ulps.maximum)"] + tolerances.map { "\($0.0)=\($0.1)" }
      lines.append("would pass with \(choices.joined(separator: " or "))")
    }
    lines.append("histogram of ULPs:  \(histogram(ulps))")
    let outside = comparison.worst.filter { $0.verdict == .outside }
    if !outside.isEmpty { lines.append("worst elements:") }
    for element in outside.prefix(shownCount) {
      lines += worst(element, comparison.type, tensor, inputs[element.position] ?? [])
    }
    if comparison.outside > shownCount {
      lines.append("  and \(comparison.outside - min(outside.count, shownCount)) more outside")
    }
    return lines.map { "  \($0)\n" }.joined()
  }

  private static func natures(_ nonconformance: Nonconformance?) -> [String] {
    let reordered = nonconformance?.reordered.map {
      "reordered: every element lies in the enclosures of \($0)"
    }
    let accuracy = nonconformance?.accuracy.map { "\($0.rawValue) than the documented program" }
    return [reordered, accuracy].compactMap { $0 }
  }

  private static func ruleText(_ rule: TensorReport.Rule) -> String {
    switch rule {
    case .tolerance(let tolerance): "\(tolerance)"
    case .enclosure(let widths):
      "their enclosures of \(widths.median) ULP in the median, at most \(widths.maximum)"
    }
  }

  private static func mismatches(_ comparison: Comparison) -> [String] {
    let counts = [
      (comparison.nanMismatches, "NaN on one side only"),
      (comparison.infinityMismatches, "an infinity that the other side does not share"),
      (comparison.signedZeroMismatches, "zeros of different sign"),
    ].filter { $0.0 > 0 }
    return counts.isEmpty ? [] : ["classes: " + counts.map { "\($0.0) with \($0.1)" }.joined(separator: ", ")]
  }

  private static func histogram(_ ulps: ULPDistribution) -> String {
    ulps.histogram.enumerated().filter { $0.element > 0 }.map { bucket, count in
      switch bucket {
      case 0: "0: \(count)"
      case 1: "1: \(count)"
      default: "≥2^\(bucket - 1): \(count)"
      }
    }.joined(separator: "  ")
  }

  private static func worst(
    _ element: ElementDifference, _ type: ElementType, _ tensor: TensorReport, _ inputs: [NamedValue]
  ) -> [String] {
    let index = (tensor.shape?.coordinates(of: element.position) ?? []).map(String.init).joined(
      separator: ", ")
    let place = index.isEmpty ? "the result" : "[\(index)]"
    let inputText = inputs.map { "\(visibleText($0.name)) \(valueText($0.value, $0.type))" }.joined(
      separator: ", ")
    let distance = element.ulps.map { "\($0) ULP apart" } ?? element.elementClass.rawValue
    let text = { (bits: UInt64) in "\(bitsValueText(bits, type).padded(16)) \(bitsText(bits, type))" }
    let errors = [("expected", element.expectedError), ("actual", element.actualError)].compactMap {
      name, error in error.map { "\(name) \(errorText($0)) ULP away" }
    }
    let distances = errors.isEmpty ? "" : "  (\(errors.joined(separator: ", ")))"
    let exact = element.exact.map { ["    exact    \(valueText($0, type))\(distances)"] } ?? []
    let allowed =
      element.allowed.map { allowance in
        allowance.lower <= allowance.upper
          ? [
            "    allowed  \(valueText(allowance.lower, type)) … \(valueText(allowance.upper, type))\(allowance.admitsNaN ? ", or NaN" : "")"
          ]
          : ["    allowed  NaN"]
      } ?? []
    return [
      "  \(place)\(inputText.isEmpty ? "" : "  \(inputText)")", "    expected \(text(element.expectedBits))",
      "    actual   \(text(element.actualBits))  \(distance)",
    ] + exact + allowed
  }
}
