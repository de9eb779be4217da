/// `label-inverted`, `label-rounded`, `label-smoothed`, `class-ids-shifted`, `class-ids-clipped`, `logit-negated`: the
/// documented result for other labels or class ids.
enum ChangedLabel: DiagnosisKind {
  private struct Change {
    let input: String
    let cause: String
    let text: String
    let change: (Double) -> Double

    init(_ input: String, _ cause: String, _ text: String, _ change: @escaping (Double) -> Double) {
      self.input = input
      self.cause = cause
      self.text = text
      self.change = change
    }
  }

  static func diagnoses(of suspect: Suspect) throws(JudgingError) -> [Diagnosis] {
    for change in changes(suspect) {
      guard let (stored, tensor) = try suspect.wholeInput(change.input) else { continue }
      let changed = tensor.mapped(change.change)
      guard changed != tensor, try suspect.holds(change.input, being: changed, in: stored) else { continue }
      return [
        Diagnosis(
          change.cause, "Every element is that for another \(change.input): \(change.text).",
          explains: suspect.outside, ["input": .text(change.input), "change": .text(change.text)])
      ]
    }
    return []
  }

  private static func changes(_ suspect: Suspect) -> [Change] {
    let classes = Double(suspect.lossPlan.rowLength)
    let hasIds =
      suspect.conformanceCase.inputs["target"].map { $0.shape.count != suspect.lossPlan.elements.count }
      ?? false
    var changes: [Change] = []
    for input in ["label"] + (hasIds ? [] : ["target"]) {
      changes.append(Change(input, "label-inverted", "1 − \(input) in its place") { 1 - $0 })
      changes.append(
        Change(input, "label-rounded", "rounded to whole numbers") { $0.rounded(.toNearestOrEven) })
      changes.append(Change(input, "label-rounded", "cut to whole numbers") { $0.rounded(.towardZero) })
      changes.append(Change(input, "label-rounded", "1 wherever it is not 0") { $0 == 0 ? 0 : 1 })
      changes.append(Change(input, "label-rounded", "1 from 0.5 on, else 0") { $0 >= 0.5 ? 1 : 0 })
      for smoothing in [0.1, 0.2, 0.05, 0.01, 0.02, 1e-3, 1e-4] {
        changes.append(
          Change(input, "label-smoothed", "smoothed by \(smoothing)") {
            $0 * (1 - smoothing) + 0.5 * smoothing
          })
        changes.append(
          Change(input, "label-smoothed", "smoothed by \(smoothing)") {
            Double(Float($0) * Float(1 - smoothing) + Float(0.5 * smoothing))
          })
      }
    }
    if hasIds {
      for input in ["target"] {
        changes += ids(input, upTo: classes)
        changes.append(
          Change(input, "class-ids-clipped", "the background \(numberText(classes)) taken for the last class")
          {
            min($0, classes - 1)
          })
      }
    }
    changes += ids("match", upTo: .infinity) + ids("gt_class", upTo: classes)
    changes.append(Change("logit", "logit-negated", "its sign changed") { -$0 })
    changes.append(Change("prob", "prob-inverted", "1 − prob in its place") { 1 - $0 })
    return changes
  }

  private static func ids(_ input: String, upTo background: Double) -> [Change] {
    let shifts: [(String, (Double) -> Double)] = [
      ("read as if ids began at 1, with 0 kept", { max($0 - 1, 0) }),
      ("read as if ids began at 1, with 0 for the background", { $0 == 0 ? background : $0 - 1 }),
      (
        "read as if ids began at 1, but for the background",
        { $0 == background ? background : $0 == 0 ? background : $0 - 1 }
      ),
      (
        "read as if ids began at 1, with 0 kept, but for the background",
        { $0 == background ? $0 : max($0 - 1, 0) }
      ),
      ("one too large", { min($0 + 1, background) }),
      ("one too large, around the end", { $0 + 1 >= background ? 0 : $0 + 1 }),
    ]
    return shifts.map { Change(input, "class-ids-shifted", $0.0, $0.1) }
  }
}
