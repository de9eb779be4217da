/// `result-moved`: the documented result shifted, reversed or transposed.
enum MovedResult: DiagnosisKind {
  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    guard suspect.isElementwise else { return [] }
    for movement in Movement.all(of: suspect.plan.elements)
    where Set(movement.source).count == movement.source.count {
      // The documented program gives the tensor once its elements are back in their places.
      var hypothesis = Hypothesis(suspect)
      hypothesis.undoing = { values in
        var right = values
        for (position, source) in movement.source.enumerated() where source < right.count {
          right[source] = values[position]
        }
        return right
      }
      guard try suspect.holds(hypothesis) else { continue }
      return [
        Diagnosis(
          "result-moved", "Every element is documented for another place: the tensor is \(movement.text).",
          explains: suspect.outside, ["order": .text(movement.text)])
      ]
    }
    return []
  }
}
