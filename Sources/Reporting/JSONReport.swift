import Comparison
public import Conformance
import FocalLoss
import Tensors

#if canImport(FoundationEssentials)
  import FoundationEssentials
#else
  import Foundation
#endif

/// The report for a program: one JSON object, described by `reports/report.schema.json`.
///
/// Each case stands on a line of its own, so that a line-by-line difference of two reports names the cases. NaN and
/// infinities are the strings `"NaN"`, `"Infinity"` and `"-Infinity"`; every element of a tensor stands beside its
/// bit pattern. Text from a fixture is as it was, once it is read as JSON; what a terminal or a log would obey is escaped.
public enum JSONReport: ReportFormat {
  public static let name = "json"
  public static let summary = "for a program: every case, tensor and worst element; a case on each line"

  /// The value of the report's `schema`.
  public static let schema = "focalcheck-report/1"

  public static func render(_ report: Report) -> String {
    let fixtures = report.fixtures.map { encoded(FixtureObject($0)) }
    let cases = report.fixtures.flatMap { fixture in
      fixture.cases.map { encoded(Joined(CaseObject($0, of: fixture), ParametersObject($0.parameters))) }
    }
    let ledger = report.ledger.map { "\"ledger\":\(encoded(LedgerObject($0))),\n" } ?? ""
    let baseline = report.baseline.map { "\"baseline\":\(encoded(BaselineObject($0))),\n" } ?? ""
    let claims = report.claims.map { encoded(ClaimObject($0)) }
    let claimList = claims.isEmpty ? "" : "\"claims\":[\n\(claims.joined(separator: ",\n"))\n],\n"
    return """
      {"schema":\(encoded(schema)),
      \(incomplete(report.notJudged))"verdict":\(encoded(report.verdict.rawValue)),
      "gate":\(encoded(GateObject(report.gate))),
      "policy":\(encoded(PolicyObject(name: report.policy.name, source: report.policy.source))),
      "summary":\(encoded(SummaryObject(report))),
      \(ledger)\(baseline)\(claimList)"fixtures":[
      \(fixtures.joined(separator: ",\n"))
      ],
      "cases":[
      \(cases.joined(separator: ",\n"))
      ]}

      """
  }

  /// The lines that mark a report of a run that was ended; none where everything was judged.
  static func incomplete(_ notJudged: [String]) -> String {
    notJudged.isEmpty ? "" : "\"incomplete\":true,\n\"not_judged\":\(encoded(notJudged)),\n"
  }

  /// The value of a file comparison's `schema`.
  public static let comparisonSchema = "focalcheck-comparison/1"

  public static func render(_ comparison: FileComparison) -> String {
    """
    {"schema":\(encoded(comparisonSchema)),
    "verdict":\(encoded(comparison.verdict.rawValue)),
    "policy":\(encoded(PolicyObject(name: comparison.policy.name, source: comparison.policy.source))),
    "expected":\(encoded(comparison.expected)),
    "actual":\(encoded(comparison.actual)),
    "tensors":[
    \(comparison.tensors.map { encoded(TensorObject($0)) }.joined(separator: ",\n"))
    ]}

    """
  }

  static func encoded(_ value: some Encodable) -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "Infinity", negativeInfinity: "-Infinity", nan: "NaN")
    guard let bytes = try? encoder.encode(value) else {
      preconditionFailure("every value here can be encoded")
    }
    // Both can only be in a string. A log that shows the report may take `##[` for a command.
    return String(decoding: bytes, as: UTF8.self)
      .replacingScalars { scalar in
        guard scalar != "\\", scalar.isUnseen else { return nil }
        return UTF16.encode(scalar)?.map { unit in
          let digits = String(unit, radix: 16)
          return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        }.joined()
      }
      .replacing("##", with: "#\\u0023")
  }
}

private struct ClaimObject: Encodable {
  let id: String
  let quote: String
  let source: String
  let statement: String
  let outcome: String
  let cases: Int
  let counterexamples: [String]

  init(_ finding: ClaimFinding) {
    let claim = finding.claim
    (id, quote, source, statement) = (claim.id, claim.quote, claim.source, claim.statement)
    (outcome, cases) = (finding.outcome.rawValue, finding.caseCount)
    counterexamples = finding.counterexamples
  }
}

struct GateObject: Encodable {
  let passed: Bool
  let reasons: [String]
  let exitCode: Int32

  init(_ gate: Gate) {
    passed = gate.passed
    reasons = gate.reasons
    exitCode = gate.exitCode
  }
}

private struct PolicyObject: Encodable {
  let name: String
  let source: String
}

private struct SummaryObject: Encodable {
  let cases: Int
  let conformant: Int
  let nonconformant: Int
  let known: Int
  let unjudged: Int
  let error: Int
  let unjudgedTensors: Int
  let unreadableFixtures: Int

  init(_ report: Report) {
    let verdicts = report.cases.map(\.verdict)
    cases = verdicts.count
    conformant = verdicts.count { $0 == .conformant }
    nonconformant = verdicts.count { $0 == .nonconformant }
    known = verdicts.count { $0 == .known }
    unjudged = verdicts.count { $0 == .unjudged }
    error = verdicts.count { $0 == .error }
    unjudgedTensors = report.unjudgedTensorCount
    unreadableFixtures = report.fixtures.count { $0.error != nil }
  }
}

private struct LedgerObject: Encodable {
  struct StaleObject: Encodable {
    let file: String
    let line: Int
    let `case`: String
    let tensor: String?
    let outcome: String?
    let framework: String?
    let versions: String?
    let reason: String
    let cause: String

    init(_ stale: StaleDifference) {
      let difference = stale.difference
      (file, line, `case`) = (difference.file, difference.line, difference.cases)
      outcome = difference.outcome.rawValue
      (tensor, framework) = (difference.tensor, difference.framework)
      versions = difference.versions?.description
      (reason, cause) = (difference.reason, stale.cause)
    }
  }

  let files: [String]
  let differences: Int
  let stale: [StaleObject]

  init(_ findings: LedgerFindings) {
    files = findings.files
    differences = findings.differenceCount
    stale = findings.stale.map(StaleObject.init)
  }
}

private struct BaselineObject: Encodable {
  struct ChangeObject: Encodable {
    let id: String
    let tensor: String?
    let causes: [String]

    init(_ change: BaselineComparison.Change) {
      (id, tensor, causes) = (change.id, change.tensor, change.causes)
    }
  }

  struct BuildObject: Encodable {
    let framework: String
    let device: String
    let baselineVersion: String
    let version: String

    init(_ pair: BaselineComparison.BuildPair) {
      framework = pair.framework
      device = pair.device
      baselineVersion = pair.baselineVersion
      version = pair.version
    }
  }

  let file: String
  let builds: [BuildObject]
  let worse: [ChangeObject]
  let better: [ChangeObject]
  let new: [String]
  let moved: Int
  let notJudged: [String]

  init(_ comparison: BaselineComparison) {
    (file, new, moved) = (comparison.file, comparison.new, comparison.moved)
    (worse, better) = (comparison.worse.map(ChangeObject.init), comparison.better.map(ChangeObject.init))
    notJudged = comparison.notJudged
    builds = comparison.builds.map(BuildObject.init)
  }
}

private struct KnownObject: Encodable {
  let reason: String
  let link: String?
  let file: String
  let line: Int
  let bounds: BoundsObject?
  let message: String?

  init(_ difference: KnownDifference) {
    (reason, link) = (difference.reason, difference.link)
    (file, line) = (difference.file, difference.line)
    bounds = difference.bounds.map(BoundsObject.init)
    message = difference.message
  }
}

/// The bounds of a known difference.
private struct BoundsObject: Encodable {
  let maxOutside: ClassCounts
  let maxUlp: Double?
  let maxAbsolute: Double?
  let `where`: [String: [Double]]?

  init(_ bounds: DifferenceBounds) {
    maxOutside = ClassCounts(bounds.maximumOutside)
    maxUlp = bounds.maximumULPs
    maxAbsolute = bounds.maximumAbsolute
    let regions = bounds.regions.map { ($0.input, [$0.lower, $0.upper]) }
    self.where = regions.isEmpty ? nil : Dictionary(regions) { first, _ in first }
  }
}

/// A known difference that selects something, and the bounds that it exceeds.
private struct ExceededObject: Encodable {
  let file: String
  let line: Int
  let excesses: [String]

  init(_ exceeded: ExceededDifference) {
    file = exceeded.difference.file
    line = exceeded.difference.line
    excesses = exceeded.excesses
  }
}

/// How many elements there are of each class; a class without elements is left out.
private struct ClassCounts: Encodable {
  let finite: Int?
  let sign: Int?
  let nan: Int?
  let infinity: Int?
  let finiteForNonfinite: Int?

  init(_ counts: [MismatchClass: Int]) {
    finite = counts[.finite]
    sign = counts[.sign]
    nan = counts[.nan]
    infinity = counts[.infinity]
    finiteForNonfinite = counts[.finiteForNonfinite]
  }
}

private struct FixtureObject: Encodable {
  let file: String
  let sha256: String?
  let bytes: Int?
  let framework: String?
  let frameworkVersion: String?
  let device: String?
  let cpuCapability: String?
  let verdict: String
  let error: String?
  let exactValues: [String: Int]

  init(_ fixture: FixtureReport) {
    file = fixture.file
    sha256 = fixture.digest?.sha256
    bytes = fixture.digest?.byteCount
    framework = fixture.provenance?.framework
    frameworkVersion = fixture.provenance?.frameworkVersion
    device = fixture.provenance?.device
    cpuCapability = fixture.provenance?.cpuCapability
    verdict = fixture.verdict.rawValue
    error = fixture.error?.text
    exactValues = ["double": fixture.exactCounts.fast, "mpfr": fixture.exactCounts.slow]
  }
}

private struct CaseObject: Encodable {
  let id: String
  let fixture: String
  let variant: String?
  let framework: String
  let frameworkVersion: String
  let outcome: String?
  let verdict: String
  let purpose: String?
  let reason: String?
  let message: String?
  let known: KnownObject?
  let exceeded: [ExceededObject]?
  let printed: PrintedObject?
  let tensors: [TensorObject]

  init(_ report: CaseReport, of fixture: FixtureReport) {
    id = report.id
    self.fixture = fixture.file
    variant = report.variant
    framework = fixture.provenance?.framework ?? ""
    frameworkVersion = fixture.provenance?.frameworkVersion ?? ""
    outcome = report.outcome?.rawValue
    verdict = report.verdict.rawValue
    purpose = report.purpose
    reason = report.error?.text ?? report.reason
    message = report.message
    known = report.knownRaise.map(KnownObject.init)
    exceeded = report.exceeded.isEmpty ? nil : report.exceeded.map(ExceededObject.init)
    printed = report.printed.map(PrintedObject.init)
    tensors = report.tensors.map(TensorObject.init)
  }
}

/// The members of two objects in one.
private struct Joined<First: Encodable, Second: Encodable>: Encodable {
  let first: First
  let second: Second

  init(_ first: First, _ second: Second) {
    self.first = first
    self.second = second
  }

  func encode(to encoder: any Encoder) throws {
    try first.encode(to: encoder)
    try second.encode(to: encoder)
  }
}

/// A member for each parameter of a case.
private struct ParametersObject: Encodable {
  private struct Name: CodingKey {
    let stringValue: String
    var intValue: Int? { nil }

    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  private let parameters: Parameters?

  init(_ parameters: Parameters?) { self.parameters = parameters }

  func encode(to encoder: any Encoder) throws {
    guard let parameters else { return }
    var container = encoder.container(keyedBy: Name.self)
    for spec in Variants.parameters {
      let value = parameters[spec]
      guard spec.isInEveryReport || value != spec.defaultValue else { continue }
      let name = Name(stringValue: spec.name)
      switch value {
      case .number(let number): try container.encode(number, forKey: name)
      case .choice(let word): try container.encode(word, forKey: name)
      case .boolean(let isTrue): try container.encode(isTrue, forKey: name)
      }
    }
  }
}

private struct PrintedObject: Encodable {
  let documented: [String]
  let actual: [String]
  let expected: [String]

  init(_ printed: PrintedNumbers) {
    documented = printed.documented
    actual = printed.actual
    expected = printed.expected
  }
}

private struct TensorObject: Encodable {
  let name: String
  let dtype: String?
  let shape: [Int]?
  let verdict: String
  let reason: String?
  let known: KnownObject?
  let exceeded: [ExceededObject]?
  let tolerance: String?
  let count: Int
  let identical: Int
  let within: Int
  let accurate: Int
  let outside: Int
  let discrepancy: Discrepancy?
  let nonfiniteMismatches: Int
  let nanMismatches: Int
  let infinityMismatches: Int
  let signedZeroMismatches: Int
  let outsideInputs: [OutsideInput]?
  let ulp: ULPObject?
  let maxAbs: Double?
  let maxRel: Double?
  let exactUlp: ExactObject?
  let diagnosis: DiagnosisObject?
  let otherDiagnoses: [DiagnosisObject]?
  let reorderedAs: String?
  let accuracy: String?
  let hazards: [HazardObject]
  let enclosureWidthUlp: WidthObject?
  let worst: ElementObject?
  let worstElements: [ElementObject]

  init(_ tensor: TensorReport) {
    name = tensor.name
    dtype = tensor.type?.rawValue
    shape = tensor.shape?.dimensions
    verdict = tensor.verdict?.rawValue ?? "carried"
    known = tensor.known.map(KnownObject.init)
    exceeded = tensor.exceeded.isEmpty ? nil : tensor.exceeded.map(ExceededObject.init)
    let comparison = tensor.comparison
    count = comparison?.count ?? 0
    identical = comparison?.identical ?? 0
    within = comparison?.within ?? 0
    accurate = comparison?.accurate ?? 0
    outside = comparison?.outside ?? 0
    discrepancy = tensor.discrepancy
    nonfiniteMismatches = comparison?.nonfiniteMismatches ?? 0
    nanMismatches = comparison?.nanMismatches ?? 0
    infinityMismatches = comparison?.infinityMismatches ?? 0
    signedZeroMismatches = comparison?.signedZeroMismatches ?? 0
    outsideInputs = comparison.flatMap { $0.outsideInputs.isEmpty ? nil : $0.outsideInputs }
    ulp = comparison.map { ULPObject($0.ulps) }
    maxAbs = comparison?.maximumAbsolute
    exactUlp = comparison.flatMap {
      $0.actualErrors.count + $0.expectedErrors.count == 0 ? nil : ExactObject($0)
    }
    hazards = tensor.hazards.list.map(HazardObject.init)
    maxRel = comparison?.maximumRelative
    diagnosis = tensor.diagnoses.first.map(DiagnosisObject.init)
    otherDiagnoses = tensor.diagnoses.count > 1 ? tensor.diagnoses.dropFirst().map(DiagnosisObject.init) : nil
    reorderedAs = tensor.nonconformance?.reordered?.description
    accuracy = tensor.nonconformance?.accuracy?.rawValue
    switch tensor.finding {
    case .compared(let comparison, let rule, let inputs):
      reason = nil
      switch rule {
      case .tolerance(let tolerance):
        self.tolerance = tolerance.description
        enclosureWidthUlp = nil
      case .enclosure(let widths):
        tolerance = nil
        enclosureWidthUlp = WidthObject(median: widths.median, max: widths.maximum)
      }
      worstElements = comparison.worst.map {
        ElementObject($0, comparison.type, tensor.shape, inputs[$0.position] ?? [])
      }
    case .different(let reason), .error(let reason), .unjudged(let reason):
      self.reason = reason
      tolerance = nil
      enclosureWidthUlp = nil
      worstElements = []
    case .given:
      reason = nil
      tolerance = nil
      enclosureWidthUlp = nil
      worstElements = []
    }
    worst = worstElements.first
  }
}

private struct WidthObject: Encodable {
  let median: UInt64
  let max: UInt64
}

private struct ULPObject: Encodable {
  let max: UInt64
  let mean: Double
  let p99: UInt64
  let histogram: [Int]

  init(_ ulps: ULPDistribution) {
    max = ulps.maximum
    mean = ulps.mean
    p99 = ulps.percentile99
    histogram = Array(ulps.histogram.prefix((ulps.histogram.lastIndex { $0 > 0 } ?? -1) + 1))
  }
}

private struct ElementObject: Encodable {
  let index: [Int]
  let inputs: [String: ValueObject]
  let expected: Double
  let actual: Double
  let exact: Double?
  let exactUlp: ErrorObject?
  let allowed: [Double]?
  let expectedBits: String
  let actualBits: String
  let elementClass: String
  let ulp: UInt64?
  let verdict: String

  init(
    _ element: ElementDifference, _ type: ElementType, _ shape: Shape?,
    _ inputs: [NamedValue]
  ) {
    index = shape?.coordinates(of: element.position) ?? []
    self.inputs = Dictionary(inputs.map { ($0.name, ValueObject($0)) }) { first, _ in first }
    expected = type.value(ofBits: element.expectedBits)
    actual = type.value(ofBits: element.actualBits)
    exact = element.exact
    exactUlp = element.exact.map { _ in
      ErrorObject(actual: element.actualError, expected: element.expectedError)
    }
    allowed = element.allowed.flatMap { $0.lower <= $0.upper ? [$0.lower, $0.upper] : nil }
    expectedBits = bitsText(element.expectedBits, type)
    actualBits = bitsText(element.actualBits, type)
    elementClass = element.elementClass.rawValue
    ulp = element.ulps
    verdict = element.verdict.rawValue
  }
}

private struct DiagnosisObject: Encodable {
  enum Value: Encodable {
    case number(Double)
    case text(String)

    func encode(to encoder: any Encoder) throws {
      var container = encoder.singleValueContainer()
      switch self {
      case .number(let number): try container.encode(number)
      case .text(let text): try container.encode(text)
      }
    }
  }

  let cause: String
  let statement: String
  let explains: Int
  let of: Int
  let evidence: [String: Value]

  init(_ diagnosis: Diagnosis) {
    cause = diagnosis.cause
    statement = diagnosis.statement
    explains = diagnosis.explains
    of = diagnosis.of
    evidence = diagnosis.evidence.mapValues { value in
      switch value {
      case .number(let number): .number(number)
      case .text(let text): .text(text)
      }
    }
  }
}

private struct ErrorObject: Encodable {
  let actual: Double?
  let expected: Double?
}

private struct ExactObject: Encodable {
  struct Errors: Encodable {
    let max: Double
    let mean: Double

    init(_ errors: ExactErrors) { (max, mean) = (errors.maximum, errors.mean) }
  }

  let actual: Errors
  let expected: Errors

  init(_ comparison: Comparison) {
    (actual, expected) = (Errors(comparison.actualErrors), Errors(comparison.expectedErrors))
  }
}

private struct HazardObject: Encodable {
  let kind: String
  let count: Int
  let lowest: Double
  let highest: Double
  let regions: [RegionObject]

  struct RegionObject: Encodable {
    let count: Int
    let elements: Int
    let lowest: Double
    let highest: Double

    init(_ region: Hazard.Region) {
      (count, elements) = (region.count, region.elements)
      (lowest, highest) = (region.lowest, region.highest)
    }
  }

  init(_ hazard: Hazard) {
    (kind, count, lowest, highest) = (hazard.kind.rawValue, hazard.count, hazard.lowest, hazard.highest)
    regions = hazard.regions.map(RegionObject.init)
  }
}

private struct ValueObject: Encodable {
  let value: Double
  let bits: String

  init(_ input: NamedValue) {
    value = input.value
    bits = bitsText(input.type.floatFormat?.bits(of: input.value) ?? 0, input.type)
  }
}
