#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif
#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// What the exporter's suite has for a framework, and what the build cannot be asked.
///
/// The exporter writes it to a file of its own before it runs the first case, so that nothing that a framework prints can
/// be taken for it. A fixture is held against it: what was planned and is not there is unjudged.
public struct ExportPlan: Hashable, Sendable {
  /// A case of the suite.
  public struct PlannedCase: Hashable, Sendable, Decodable {
    /// The case's name in the fixture.
    public let name: String
    /// The variant that it asks for.
    public let variant: String
  }

  /// The framework, as the exporter calls it.
  public let framework: String
  /// The cases, in the order of the suite.
  public let cases: [PlannedCase]
  /// The variants that were left out, each with the reason.
  public let leftOut: [String: String]

  /// The schema of the file.
  static let schema = "focalcheck-plan/1"
  /// The largest file that is read.
  static let byteLimit = 16 << 20
}

extension ExportPlan: Decodable {
  private enum CodingKeys: String, CodingKey {
    case schema, framework, cases
    case leftOut = "left_out"
  }

  /// Why a plan cannot be used.
  struct Fault: Error {
    let reason: String
  }

  /// Decodes a plan.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    let schema = try container.decode(String.self, forKey: .schema)
    guard schema == Self.schema else {
      throw Fault(reason: "its schema is \"\(schema.prefix(80))\", not \(Self.schema)")
    }
    framework = try container.decode(String.self, forKey: .framework)
    cases = try container.decode([PlannedCase].self, forKey: .cases)
    leftOut = try container.decode([String: String].self, forKey: .leftOut)
    var names: Set<String> = []
    for name in cases.map(\.name) where !names.insert(name).inserted {
      throw Fault(reason: "it has the case \(name.prefix(80)) twice")
    }
    guard !cases.isEmpty else { throw Fault(reason: "it has no case") }
  }

  /// Reads the plan that an exporter wrote.
  ///
  /// - Throws: ``LiveExportError/noPlan(reason:)`` when there is none, or it cannot be used.
  init(path: String, framework: String) throws(LiveExportError) {
    // The exporter may leave anything there: a pipe would be waited for.
    var status = stat()
    guard lstat(path, &status) == 0 else {
      throw .noPlan(reason: "it wrote no file to the path of --plan")
    }
    guard status.st_mode & S_IFMT == S_IFREG, status.st_size <= Self.byteLimit,
      let contents = FileManager.default.contents(atPath: path)
    else { throw .noPlan(reason: "its plan is no file of at most \(Self.byteLimit) bytes") }
    do {
      self = try JSONDecoder().decode(Self.self, from: contents)
    } catch let fault as Fault {
      throw .noPlan(reason: "its plan cannot be used: \(fault.reason)")
    } catch {
      throw .noPlan(reason: "its plan cannot be used: \(decodingReason(error))")
    }
    guard self.framework == framework else {
      throw .noPlan(reason: "its plan is for \(self.framework.prefix(80)), not for \(framework)")
    }
  }
}

/// Which planned cases a build need not export.
public struct MissingAllowance: Hashable, Sendable {
  private let patterns: [String]

  /// Allows the cases whose name or variant matches one of some shell patterns; none when there is no pattern.
  public init(_ patterns: [String]) { self.patterns = patterns }

  /// Refuses a pattern that matches nothing in a plan: it is misspelt, or of an earlier suite.
  ///
  /// - Throws: ``LiveExportError/unmatchedAllowance(_:)``.
  public func check(against plan: ExportPlan) throws(LiveExportError) {
    for pattern in patterns where !plan.cases.contains(where: { Self([pattern]).allows($0) }) {
      throw .unmatchedAllowance(pattern)
    }
  }

  func allows(_ plannedCase: ExportPlan.PlannedCase) -> Bool {
    !patterns.isEmpty
      && ShellPatterns(patterns: patterns).match(anyOf: [plannedCase.name, plannedCase.variant])
  }
}

/// What a plan has and an export has not.
public struct ExportGaps: Hashable, Sendable {
  /// The cases that were not exported and must be: unjudged.
  public let missing: [ExportPlan.PlannedCase]
  /// The cases that were not exported, as was allowed.
  public let allowed: [ExportPlan.PlannedCase]
  private let leftOut: [String: String]

  /// What of a plan is not in the report of its export, among the selected cases.
  ///
  /// - Throws: ``LiveExportError/unplanned(_:)`` when the export has a case that its plan has not.
  init(
    in report: Report, of fixture: LiveExport.Fixture, plan: ExportPlan, filter: CaseFilter,
    allowing allowance: MissingAllowance
  ) throws(LiveExportError) {
    leftOut = plan.leftOut
    // What a fixture that cannot be read would have held is not known; it is an error, or the run is incomplete.
    if report.isIncomplete || report.fixtures.contains(where: { $0.error != nil }) {
      missing = []
      allowed = []
      return
    }
    let planned = Set(plan.cases.map(\.name))
    let exported = Set(report.cases.map(\.name))
    if let name = exported.subtracting(planned).min() { throw .unplanned(name) }
    let absent = plan.cases.filter { plannedCase in
      !exported.contains(plannedCase.name) && filter.selects(plannedCase.identity(in: fixture))
    }
    missing = absent.filter { !allowance.allows($0) }
    allowed = absent.filter(allowance.allows)
  }

  /// Why a case was not exported, in words.
  func reason(_ plannedCase: ExportPlan.PlannedCase) -> String {
    "the suite plans it and the build did not export it: "
      + (leftOut[plannedCase.variant] ?? "the exporter did not say why")
  }

  /// What is missing, in words that name each variant; empty where nothing is.
  public var summary: [String] {
    var lines = leftOut.sorted { $0.key < $1.key }.map { "the exporter left out \($0.key): \($0.value)" }
    func count(_ cases: [ExportPlan.PlannedCase]) -> String {
      let variants = Set(cases.map(\.variant)).sorted().joined(separator: ", ")
      return "\(cases.count) planned case\(cases.count == 1 ? "" : "s") of \(variants)"
    }
    if !missing.isEmpty {
      lines.append(
        "\(count(missing)) \(missing.count == 1 ? "was" : "were") not exported and so not judged; "
          + "--allow-missing with a variant or case allows that")
    }
    if !allowed.isEmpty {
      lines.append("\(count(allowed)) \(allowed.count == 1 ? "was" : "were") not exported, as allowed")
    }
    return lines
  }
}

extension Report {
  /// The report of an export with each case that its plan has and the build did not export as a case of its own, of which
  /// nothing was judged; those that were allowed to be missing fail no gate.
  ///
  /// - Parameters:
  ///   - fixture: the export; it alone was judged.
  ///   - plan: its plan.
  ///   - filter: which cases were judged.
  ///   - allowance: what need not be there.
  /// - Returns: the report, and what is missing.
  /// - Throws: ``LiveExportError/unplanned(_:)``.
  public func completed(
    by plan: ExportPlan, of fixture: LiveExport.Fixture, filter: CaseFilter,
    allowing allowance: MissingAllowance
  ) throws(LiveExportError) -> (report: Report, gaps: ExportGaps) {
    let gaps = try ExportGaps(in: self, of: fixture, plan: plan, filter: filter, allowing: allowance)
    if gaps.missing.isEmpty, gaps.allowed.isEmpty { return (self, gaps) }
    let location = fixture.location
    let unjudged = (gaps.missing + gaps.allowed).map { plannedCase in
      var report = CaseReport(id: "\(location.fileName)#\(plannedCase.name)", name: plannedCase.name)
      report.variant = plannedCase.variant
      report.reason = gaps.reason(plannedCase)
      report.mayBeUnjudged = allowance.allows(plannedCase)
      return report
    }
    let cases = (fixtures.flatMap(\.cases) + unjudged).sorted { $0.name < $1.name }
    let judged = fixtures.first
    let fixtureReport = FixtureReport(
      file: location.fileName, digest: judged?.digest, provenance: judged?.provenance ?? fixture.provenance,
      error: nil, cases: cases, path: location.path)
    let outcome = FixtureOutcome(
      report: cases.isEmpty ? nil : fixtureReport,
      plannedCount: (accounting?.planned ?? 0) + unjudged.count, skippedCount: accounting?.skipped ?? 0)
    return (Report(policy: policy, outcomes: [outcome]), gaps)
  }
}

extension ExportPlan.PlannedCase {
  /// The identity that the case would have in an exported fixture.
  fileprivate func identity(in fixture: LiveExport.Fixture) -> CaseIdentity {
    CaseIdentity(
      id: "\(fixture.location.fileName)#\(name)", name: name, variant: variant,
      framework: fixture.provenance?.framework ?? "",
      frameworkVersion: fixture.provenance?.frameworkVersion ?? "")
  }
}
