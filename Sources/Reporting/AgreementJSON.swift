public import Conformance
import Tensors

extension JSONReport {
  /// The value of an agreement's `schema`.
  public static let agreementSchema = "focalcheck-agreement/1"

  public static func render(_ agreement: Agreement) -> String {
    """
    {"schema":\(encoded(agreementSchema)),
    \(incomplete(agreement.isIncomplete ? [agreement.first.name, agreement.second.name] : []))"verdict":\(encoded(agreement.verdict.rawValue)),
    "gate":\(encoded(GateObject(agreement.gate))),
    "a":\(encoded(SideObject(agreement.first))),
    "b":\(encoded(SideObject(agreement.second))),
    "unpaired_cases":\(agreement.unpairedCount),
    "differences":\(encoded(agreement.differences.map(DifferenceObject.init))),
    "unjudged":\(encoded(agreement.unjudged.map(DifferenceObject.init))),
    "tensors":[
    \(agreement.findings.map { encoded(StandingObject($0)) }.joined(separator: ",\n"))
    ]}

    """
  }
}

private struct DifferenceObject: Encodable {
  let name: String
  let reason: String

  init(_ difference: Agreement.Difference) { (name, reason) = (difference.name, difference.reason) }
}

private struct StandingObject: Encodable {
  let name: String
  let variant: String
  let tensor: String
  let dtype: String
  let verdict: String
  let nonconformant: Bool
  let unjudged: String?
  let identical: Int
  let bothAccurate: Int
  let aWorse: Int
  let bWorse: Int
  let bothWrong: Int
  let noExactValue: Int
  let worst: PairObject?

  init(_ finding: Agreement.Finding) {
    (name, variant, tensor) = (finding.name, finding.variant, finding.tensor)
    (dtype, nonconformant) = (finding.type.rawValue, finding.isNonconformant)
    let count = { (standing: Agreement.Standing) in finding.counts[standing] ?? 0 }
    (identical, bothAccurate, bothWrong) = (count(.identical), count(.bothAccurate), count(.bothWrong))
    (aWorse, bWorse, noExactValue) = (count(.firstWorse), count(.secondWorse), count(.unknown))
    verdict = finding.unjudgedReason == nil ? finding.verdict.rawValue : Verdict.unjudged.rawValue
    unjudged = finding.unjudgedReason
    worst = finding.worst.map(PairObject.init)
  }
}

/// An element of which two builds gave different bits.
struct PairObject: Encodable {
  struct Side: Encodable {
    let value: Double
    let bits: String
    let exactUlp: Double?

    init(_ bits: UInt64, _ type: ElementType, _ error: Double?) {
      (value, self.bits, exactUlp) = (type.value(ofBits: bits), bitsText(bits, type), error)
    }
  }

  let index: [Int]
  let inputs: [String: Double]
  let first: Side
  let second: Side
  let exact: Double?
  let ulp: UInt64?

  init(_ element: PairedElement) {
    index = element.index
    inputs = Dictionary(element.inputs.map { ($0.name, $0.value) }) { first, _ in first }
    first = Side(element.firstBits, element.type, element.firstError)
    second = Side(element.secondBits, element.type, element.secondError)
    (exact, ulp) = (element.exact, element.ulps)
  }
}
