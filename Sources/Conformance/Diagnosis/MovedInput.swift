/// `input-moved`, `inputs-swapped`: an input shifted, reversed or transposed, or one in another's place.
enum MovedInput: DiagnosisKind {
  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    let inputs = suspect.conformanceCase.inputs
    for name in inputs.keys.sorted() {
      guard let (stored, tensor) = try suspect.wholeInput(name) else { continue }
      for movement in Movement.all(of: stored.shape)
      where try suspect.holds(name, being: tensor.moved(movement.source), in: stored) {
        return [
          Diagnosis(
            "input-moved", "Every element is that for another order of \(name): it is \(movement.text).",
            explains: suspect.outside, ["input": .text(name), "order": .text(movement.text)])
        ]
      }
      for other in inputs.keys.sorted() where name < other {
        guard let second = inputs[other], second.shape == stored.shape,
          second.elementType == stored.elementType
        else { continue }
        var hypothesis = Hypothesis(suspect)
        hypothesis.conformanceCase.inputs[name] = second
        hypothesis.conformanceCase.inputs[other] = stored
        guard try suspect.holds(hypothesis) else { continue }
        return [
          Diagnosis(
            "inputs-swapped", "Every element is that with \(name) and \(other) in each other's place.",
            explains: suspect.outside, ["first": .text(name), "second": .text(other)])
        ]
      }
    }
    return []
  }
}
