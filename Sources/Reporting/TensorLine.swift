import Comparison
import Conformance
import Tensors

/// A tensor's findings in one line.
enum TensorLine {
  /// How many elements are outside and which is the worst, or why the tensor could not be compared.
  static func text(_ tensor: TensorReport) -> String {
    let name = visibleText(tensor.name)
    switch tensor.finding {
    case .compared(let comparison, _, _):
      let count = "\(name): \(comparison.outside) of \(counted(comparison.count, "element")) outside"
      let diagnosis = DiagnosisText.line(tensor).map { ". Diagnosis: \($0)" } ?? ""
      guard let worst = WorstElement(tensor) else { return count + diagnosis }
      let exact = worst.exact.map { ", exact \($0)" } ?? ""
      return
        "\(count), worst \(worst.place): expected \(worst.expected), actual \(worst.actual)\(exact)\(diagnosis)"
    case .different(let reason), .error(let reason), .unjudged(let reason):
      return "\(name): \(visibleText(reason))"
    case .given: return name
    }
  }
}

/// The worst element of a tensor that has one outside, in words.
struct WorstElement {
  /// Its index; `the result` for a scalar.
  let place: String
  /// The inputs that it was computed from, each with its name.
  let inputs: String
  /// The expected value.
  let expected: String
  /// The actual value.
  let actual: String
  /// The exact value, where it is known.
  let exact: String?

  /// Nil where no element is outside.
  init?(_ tensor: TensorReport) {
    guard case .compared(let comparison, _, let inputs) = tensor.finding,
      let element = comparison.worst.first, element.verdict == .outside
    else { return nil }
    let index = tensor.shape?.coordinates(of: element.position) ?? []
    place = index.isEmpty ? "the result" : "[\(index.map(String.init).joined(separator: ", "))]"
    self.inputs = (inputs[element.position] ?? []).map {
      "\(visibleText($0.name)) \(valueText($0.value, $0.type))"
    }.joined(separator: ", ")
    expected = bitsValueText(element.expectedBits, comparison.type)
    actual = bitsValueText(element.actualBits, comparison.type)
    exact = element.exact.map { valueText($0, comparison.type) }
  }
}
