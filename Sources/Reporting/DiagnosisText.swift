import Conformance

/// Diagnoses in words.
enum DiagnosisText {
  /// A line for each diagnosis, the primary one first.
  static func lines(_ tensor: TensorReport) -> [String] {
    tensor.diagnoses.enumerated().map { index, diagnosis in
      "\(index == 0 ? "diagnosis" : "or"): \(text(diagnosis))"
    }
  }

  /// The diagnoses in one line, or nil where there is none.
  static func line(_ tensor: TensorReport) -> String? {
    tensor.diagnoses.isEmpty ? nil : tensor.diagnoses.map(text).joined(separator: " Or: ")
  }

  private static func text(_ diagnosis: Diagnosis) -> String {
    "\(visibleText(diagnosis.statement)) (\(diagnosis.cause), \(diagnosis.scope))"
  }
}
