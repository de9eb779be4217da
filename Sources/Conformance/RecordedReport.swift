public import Comparison

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// A report as far as a later one can be better or worse: from the JSON that a run wrote, or from a run itself.
public struct RecordedReport: Hashable, Sendable {
  /// A fixture.
  public struct Fixture: Hashable, Sendable {
    /// The file's name.
    public let file: String
    /// Whether it could be read.
    public let isReadable: Bool
    /// Which build computed it; nil where that could not be read.
    public let build: RecordedBuild?
  }

  /// A case.
  public struct Case: Hashable, Sendable {
    /// `<fixture file name>#<case>`.
    public let id: String
    /// The name of the fixture's file.
    public let fixture: String
    /// The variant; nil when it could not be read.
    public let variant: String?
    /// Who computed it.
    public let framework: String
    /// The framework's version.
    public let frameworkVersion: String
    /// What the framework did; nil when the case could not be opened.
    public let outcome: CaseOutcome?
    /// The verdict.
    public let verdict: Verdict
    /// What the framework said when it raised unduly; nil for others.
    package let message: String?
    /// Its tensors.
    public let tensors: [Tensor]
  }

  /// A tensor.
  public struct Tensor: Hashable, Sendable {
    /// The name in the case.
    public let name: String
    /// The element type; nil when it could not be opened.
    public let type: String?
    /// The dimensions; nil when it could not be opened.
    public let shape: [Int]?
    /// The verdict; nil for a tensor that is no result.
    public let verdict: Verdict?
    /// How many elements have the expected bits.
    public let identical: Int
    /// How many others are within what is allowed.
    public let within: Int
    /// How many are not within, and accurate.
    public let accurate: Int
    /// How many are outside.
    public let outside: Int
    /// How wrong those are that are outside; nil where none is.
    public let discrepancy: Discrepancy?
    /// How many are NaN or infinite where the expected value is not, or the other way round.
    public let nonfiniteMismatches: Int
    /// The greatest distance from an expected value; nil where none was taken.
    public let maximumULPs: UInt64?
    /// The inputs of the elements outside.
    package let outsideInputs: [OutsideInput]

    /// All elements outside together; nil where there are none, and in a report that does not say it.
    package var outsideSummary: OutsideSummary? {
      discrepancy.map { OutsideSummary($0, inputs: outsideInputs) }
    }
  }

  /// The value of `schema` in the JSON of a report.
  public static let schema = "focalcheck-report/1"

  /// What messages call it: the last component of its path.
  public let file: String
  /// The name of its policy.
  public let policy: String
  /// The verdict of the run.
  public let verdict: Verdict
  /// Whether the run was ended before all fixtures were judged.
  public let isIncomplete: Bool
  /// The fixtures.
  public let fixtures: [Fixture]
  /// The cases; no two have the same id.
  public let cases: [Case]
  /// What was accepted before, when it is a baseline.
  public let accepted: [Acceptance]
}

/// That somebody took a report for the baseline.
public struct Acceptance: Hashable, Sendable, Codable {
  /// Why, in that person's words.
  public let reason: String
  /// How many cases or tensors got worse than in the baseline before.
  public let worse: Int
  /// How many got better.
  public let better: Int
  /// How many cases came to it.
  public let new: Int

  /// What is recorded of taking a report for the baseline.
  public init(_ reason: String, _ comparison: BaselineComparison) {
    self.reason = reason
    (worse, better, new) = (comparison.worse.count, comparison.better.count, comparison.new.count)
  }

  /// What is recorded of taking a report for the first baseline.
  public init(_ reason: String, first report: RecordedReport) {
    self.reason = reason
    (worse, better, new) = (0, 0, report.cases.count)
  }
}

/// Why a report cannot be a baseline, or be compared with one.
public struct BaselineError: Error, Hashable, Sendable, CustomStringConvertible {
  /// The file.
  public let file: String
  /// The reason in plain words.
  public let reason: String

  /// One line with file and reason.
  public var description: String { "\(visibleText(file)): \(visibleText(reason))" }
}

extension RecordedReport {
  /// The bytes of a report's file.
  ///
  /// - Throws: ``BaselineError`` when it cannot be read.
  public static func contents(of path: String) throws(BaselineError) -> [UInt8] {
    guard let contents = try? Data(contentsOf: URL(fileURLWithPath: path)) else {
      throw BaselineError(file: path, reason: "the report cannot be read")
    }
    return Array(contents)
  }

  /// Reads the JSON that a run wrote.
  ///
  /// - Throws: ``BaselineError`` when it cannot be read or decoded.
  public init(path: String) throws(BaselineError) {
    try self.init(json: try Self.contents(of: path), path: path)
  }

  /// Checks that the report may become a baseline.
  ///
  /// - Throws: ``BaselineError`` when it may not: it is one, it has no case, or something in it could
  ///   not be judged.
  public func checkAcceptable() throws(BaselineError) {
    try checkComplete()
    guard accepted.isEmpty else {
      throw BaselineError(file: file, reason: "is a baseline, not a report as a run writes it")
    }
    guard !cases.isEmpty, verdict != .error, verdict != .unjudged else {
      throw BaselineError(file: file, reason: "something in it could not be judged; it cannot be accepted")
    }
  }

  /// Decodes the JSON that a run wrote; `path` is what errors call it. Names that it does not need are ignored.
  ///
  /// - Throws: ``BaselineError`` when it is not JSON of the schema, or its summary is not that of its cases.
  public init(json: [UInt8], path: String) throws(BaselineError) {
    let document: ReportDocument
    do {
      let decoder = JSONDecoder()
      decoder.keyDecodingStrategy = .convertFromSnakeCase
      decoder.nonConformingFloatDecodingStrategy = .convertFromString(
        positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
      document = try decoder.decode(ReportDocument.self, from: Data(json))
    } catch {
      throw BaselineError(
        file: path, reason: "is not a report of the schema \(Self.schema): \(decodingReason(error))")
    }
    guard document.schema == Self.schema else {
      throw BaselineError(
        file: path,
        reason: "its schema is \"\(document.schema)\", not \"\(Self.schema)\"; "
          + "a baseline is what focalcheck run writes with --output json=PATH")
    }
    file = FixtureLocation(path: path).fileName
    policy = document.policy.name
    verdict = document.verdict
    isIncomplete = document.incomplete ?? false
    fixtures = document.fixtures.map {
      Fixture(file: $0.file, isReadable: $0.error == nil, build: $0.build)
    }
    cases = document.cases.map(Case.init)
    accepted = document.accepted ?? []
    try checkIDs()
    for tensor in cases.flatMap(\.tensors) {
      guard let outside = tensor.outsideSummary else { continue }
      guard outside.isPossible, outside.discrepancy.outside == tensor.outside else {
        throw BaselineError(
          file: path,
          reason: "was changed: the classes of \(tensor.name) are not those of its elements outside")
      }
    }
    try checkDiscrepancies()
    guard document.summary == ReportDocument.Summary(cases) else {
      throw BaselineError(
        file: path, reason: "is incomplete or was changed: its summary is not that of its cases")
    }
  }

  package func checkComplete() throws(BaselineError) {
    guard !isIncomplete else {
      throw BaselineError(
        file: file, reason: "is INCOMPLETE: its run was ended before all fixtures were judged")
    }
  }

  /// Checks that each tensor says how wrong it is, without which nobody can tell whether a later one is worse.
  private func checkDiscrepancies() throws(BaselineError) {
    for conformanceCase in cases {
      for tensor in conformanceCase.tensors {
        guard tensor.outside == tensor.discrepancy?.outside ?? 0, tensor.discrepancy?.isPossible != false
        else {
          throw BaselineError(
            file: file,
            reason:
              "does not say how wrong \(tensor.name) of \(conformanceCase.id) is, as a report of this version does; "
              + "judge the same fixtures again with focalcheck run --output json=PATH, and accept that report"
          )
        }
      }
    }
  }

  func checkIDs() throws(BaselineError) {
    var ids: Set<String> = []
    for conformanceCase in cases where !ids.insert(conformanceCase.id).inserted {
      throw BaselineError(file: file, reason: "two cases have the id \(conformanceCase.id)")
    }
  }
}

extension RecordedReport.Case {
  fileprivate init(_ document: ReportDocument.Case) {
    id = document.id
    fixture = document.fixture
    variant = document.variant
    framework = document.framework
    frameworkVersion = document.frameworkVersion
    outcome = document.outcome
    verdict = document.verdict
    message = document.message
    tensors = document.tensors.map(RecordedReport.Tensor.init)
  }

  /// The name of the case in its fixture.
  var name: String { id.hasPrefix("\(fixture)#") ? String(id.dropFirst(fixture.count + 1)) : id }
}

extension RecordedReport.Tensor {
  fileprivate init(_ document: ReportDocument.Tensor) {
    name = document.name
    type = document.dtype
    shape = document.shape
    verdict = document.verdict.verdict
    (identical, within) = (document.identical, document.within)
    (accurate, outside) = (document.accurate, document.outside)
    discrepancy = document.discrepancy
    nonfiniteMismatches = document.nonfiniteMismatches
    maximumULPs = document.ulp?.max
    outsideInputs = document.outsideInputs ?? []
  }
}

/// What of a report's JSON is needed.
private struct ReportDocument: Decodable {
  struct Named: Decodable {
    let name: String
  }

  struct Summary: Decodable, Equatable {
    let cases: Int
    let conformant: Int
    let known: Int
    let nonconformant: Int
    let error: Int
    /// Absent in reports of earlier versions, which had none.
    let unjudged: Int?

    init(_ cases: [RecordedReport.Case]) {
      let verdicts = cases.map(\.verdict)
      self.cases = verdicts.count
      conformant = verdicts.count { $0 == .conformant }
      known = verdicts.count { $0 == .known }
      nonconformant = verdicts.count { $0 == .nonconformant }
      error = verdicts.count { $0 == .error }
      unjudged = verdicts.count { $0 == .unjudged }
    }

    static func == (x: Summary, y: Summary) -> Bool {
      [x.cases, x.conformant, x.known, x.nonconformant, x.error, x.unjudged ?? 0]
        == [y.cases, y.conformant, y.known, y.nonconformant, y.error, y.unjudged ?? 0]
    }
  }

  struct Fixture: Decodable {
    let file: String
    let error: String?
    let framework: String?
    let frameworkVersion: String?
    let device: String?

    var build: RecordedBuild? {
      guard error == nil else { return nil }
      return RecordedBuild(
        framework: framework ?? "", version: frameworkVersion ?? "", device: device ?? "cpu")
    }
  }

  struct Case: Decodable {
    let id: String
    let fixture: String
    let variant: String?
    let framework: String
    let frameworkVersion: String
    let outcome: CaseOutcome?
    let verdict: Verdict
    let message: String?
    let tensors: [Tensor]
  }

  struct Tensor: Decodable {
    struct ULPs: Decodable {
      let max: UInt64
    }

    let name: String
    let dtype: String?
    let shape: [Int]?
    let verdict: TensorVerdict
    let identical: Int
    let within: Int
    let accurate: Int
    let outside: Int
    let discrepancy: Discrepancy?
    let nonfiniteMismatches: Int
    let ulp: ULPs?
    let outsideInputs: [OutsideInput]?
  }

  enum TensorVerdict: String, Decodable {
    case conformant, known, unjudged, nonconformant, error, carried

    var verdict: Verdict? { Verdict(rawValue: rawValue) }
  }

  let schema: String
  let policy: Named
  let verdict: Verdict
  let summary: Summary
  let fixtures: [Fixture]
  let cases: [Case]
  let accepted: [Acceptance]?
  let incomplete: Bool?
}
