/// What a worker finds in one fixture, put together from its records.
protocol WorkerRecords: Sendable {
  /// One thing that it finds; the records come in the order in which they are found.
  associatedtype Record: Codable, Sendable

  /// None so far.
  init()

  /// How far the work is; nil before the first case, between two of them and after the last.
  var place: FixturePlace? { get }

  /// Whether the work is done, so that the worker may end.
  var isDone: Bool { get }

  /// Why a record cannot follow these, to go with "the process that judged it" or "read it"; nil when it can. A worker of which
  /// libhdf5 has damaged the memory can say anything.
  func objection(to record: Record) -> String?

  /// Adds a record that can follow.
  mutating func add(_ record: Record)
}

/// How far the work on a fixture is.
struct FixturePlace: Hashable, Sendable, Codable {
  /// The case that is looked at.
  let name: String
  /// Which of those to look at it is, from 0.
  let index: Int
  /// How many there are to look at.
  let caseCount: Int
}

/// What work on a fixture comes to.
protocol WorkerFinding: Codable, Sendable {
  /// Whether any fixture can give it: see ``WorkerRecords/objection(to:)``.
  var isPossible: Bool { get }
}

/// A record of work on a fixture that comes to one finding.
enum FindingRecord<Finding: WorkerFinding>: Codable, Sendable {
  /// A case is about to be looked at.
  case began(FixturePlace)
  /// All is done.
  case found(Finding)
  /// Nothing of the fixture can be read.
  case refused(FixtureError)
}

extension FindingRecord {
  /// The last record of some work.
  init(_ work: () throws(FixtureError) -> Finding) {
    do throws(FixtureError) { self = .found(try work()) } catch { self = .refused(error) }
  }
}

/// The records of work that comes to one finding.
struct FindingRecords<Finding: WorkerFinding>: WorkerRecords {
  private(set) var place: FixturePlace?
  /// What was found; nil before the end.
  private(set) var result: Result<Finding, FixtureError>?

  init() {}

  var isDone: Bool { result != nil }

  func objection(to record: FindingRecord<Finding>) -> String? {
    let isPossible =
      switch record {
      case _ where isDone: false
      case .began(let place): place.isPossible
      case .found(let finding): finding.isPossible
      case .refused: true
      }
    return isPossible ? nil : "gave an impossible result"
  }

  mutating func add(_ record: FindingRecord<Finding>) {
    switch record {
    case .began(let place): self.place = place
    case .found(let finding): (place, result) = (nil, .success(finding))
    case .refused(let error): (place, result) = (nil, .failure(error))
    }
  }
}

extension FixturePlace {
  /// Whether a fixture can have such a place.
  var isPossible: Bool { (0...Self.caseLimit).contains(caseCount) && (0..<caseCount).contains(index) }

  /// More cases than any fixture can have.
  static let caseLimit = 1 << 20
}
