public import Conformance
internal import Tensors

/// One judge's reports of the planted faults and of what the frameworks really computed.
public struct Verdicts: Sendable {
  /// The judge's name.
  public let judge: String
  /// Its report of the fixtures with planted faults. A case is named `<kind>.<fault>.<case that it is planted in>`.
  public let planted: Report
  /// Its report of the real exports.
  public let exported: Report

  /// What a judge said.
  public init(judge: String, planted: Report, exported: Report) {
    self.judge = judge
    self.planted = planted
    self.exported = exported
  }

  /// The planted faults: every case.
  var faults: [Judgement] { planted.cases.map(Judgement.init) }

  /// The float32 and float64 results of the frameworks.
  var results: [Judgement] {
    exported.cases.filter { $0.outcome == .value && !$0.hasHalfPrecision }.map(Judgement.init)
  }
}

/// What a judge said of one case.
public struct Judgement: Sendable {
  /// `<fixture file name>#<case>`.
  public let id: String
  /// What comes before the first point of the case's name: of a planted fault its kind.
  let kind: String
  /// Why the case exists: of a planted fault what was planted.
  public let purpose: String
  /// Whether the verdict is anything but conformant.
  public let isRejected: Bool
  /// The primary diagnosis of each nonconformant tensor that has one, with the tensor's name.
  public let diagnoses: [(tensor: String, diagnosis: Diagnosis)]
  /// `<kind>.<fault>` of a planted fault.
  let fault: String

  init(_ conformanceCase: CaseReport) {
    id = conformanceCase.id
    kind = String(conformanceCase.name.prefix { $0 != "." })
    purpose = conformanceCase.purpose ?? ""
    isRejected = conformanceCase.verdict != .conformant
    diagnoses = conformanceCase.tensors.compactMap { tensor in
      tensor.diagnoses.first.map { (tensor.name, $0) }
    }
    fault = conformanceCase.name.split(separator: ".").prefix(2).joined(separator: ".")
  }
}

extension CaseReport {
  /// Whether a loss or a gradient, and so an input, is of a 16-bit type.
  fileprivate var hasHalfPrecision: Bool {
    tensors.contains { $0.type == .float16 || $0.type == .bfloat16 }
  }
}
