/// A kind of cause: it looks at a nonconformant tensor, and says a diagnosis where it proves one.
protocol DiagnosisKind: Sendable {
  /// The diagnoses that explain every outside element, best first; none when it cannot prove any.
  ///
  /// - Throws: ``JudgingError/unreadable(_:)`` when the file cannot be read. A hypothesis that does not apply to the case
  ///   explains nothing and throws nothing.
  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis]
}
