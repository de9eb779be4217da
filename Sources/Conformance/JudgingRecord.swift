/// One thing that judging a fixture finds; the records of a fixture come in the order in which they are found.
enum JudgingRecord: Codable, Sendable {
  /// The fixture could be opened.
  case opened(Opening)
  /// A case is about to be judged: its name, and which of the fixture's cases it is, from 0.
  case began(name: String, index: Int)
  /// What was found in that case.
  case judged(CaseReport)
  /// All selected cases were judged.
  case ended(Ending)
  /// Nothing of the fixture can be judged.
  case refused(FixtureError)

  /// What is known of a fixture before any of its cases is judged.
  struct Opening: Hashable, Codable, Sendable {
    let digest: FixtureDigest
    let provenance: Provenance
    let caseCount: Int
  }

  /// What is known of it afterwards.
  struct Ending: Codable, Sendable {
    /// How many cases were not selected.
    let skippedCount: Int
  }
}

/// The records of one fixture so far.
struct JudgingTranscript: WorkerRecords {
  private(set) var place: FixturePlace?
  private var opening: JudgingRecord.Opening?
  private var cases: [CaseReport] = []
  private var ending: JudgingRecord.Ending?
  private var refusal: FixtureError?

  /// Who computed the fixture; nil before it is opened.
  var provenance: Provenance? { opening?.provenance }

  /// The bytes of the fixture; nil before it is opened.
  var digest: FixtureDigest? { opening?.digest }

  /// How many cases the fixture has; 0 before it is opened.
  var caseCount: Int { opening?.caseCount ?? 0 }

  /// How many cases have been judged.
  var judgedCount: Int { cases.count }

  /// How many cases have been judged when a worker stops that does a part of the work; nil when it does all.
  var stop: Int?

  /// Whether nothing of the fixture can be judged.
  var isRefused: Bool { refusal != nil }

  /// Whether the records are whole.
  var isWhole: Bool { refusal != nil || opening != nil && ending != nil }

  var isDone: Bool { isWhole || judgedCount == stop }

  func objection(to record: JudgingRecord) -> String? {
    if case .opened(let opening) = record, let earlier = self.opening, earlier != opening {
      return "found another file than before"
    }
    let isPossible =
      switch record {
      case _ where isWhole: false
      case .opened(let opening): (0...FixturePlace.caseLimit).contains(opening.caseCount)
      case .began(_, let index): (0..<caseCount).contains(index)
      case .judged(let report): judgedCount < caseCount && report.isPossible
      case .ended(let ending): (0...caseCount).contains(ending.skippedCount)
      case .refused: true
      }
    return isPossible ? nil : "gave an impossible result"
  }

  mutating func add(_ record: JudgingRecord) {
    switch record {
    case .opened(let opening): self.opening = opening
    case .began(let name, let index):
      place = FixturePlace(name: name, index: index, caseCount: caseCount)
    case .judged(let report):
      cases.append(report)
      place = nil
    case .ended(let ending): self.ending = ending
    case .refused(let error): refusal = error
    }
  }

  /// The records of a part of the work: what has been found since so many cases were judged.
  func records(after judgedCount: Int) -> [JudgingRecord] {
    [opening.map(JudgingRecord.opened)].compactMap { $0 }
      + cases.dropFirst(judgedCount).map(JudgingRecord.judged)
      + [ending.map(JudgingRecord.ended)].compactMap { $0 }
  }

  /// What was found in a fixture of which all records are here.
  func outcome(of location: FixtureLocation) -> FixtureOutcome {
    if let refusal { return FixtureOutcome(refusal, at: location) }
    guard let opening, let ending else {
      return FixtureOutcome(FixtureError(file: location.fileName, reason: "was not judged"), at: location)
    }
    return FixtureOutcome(
      report: cases.isEmpty
        ? nil
        : FixtureReport(
          file: location.fileName, digest: opening.digest, provenance: opening.provenance, error: nil,
          cases: cases, path: location.path),
      plannedCount: opening.caseCount, skippedCount: ending.skippedCount)
  }
}
