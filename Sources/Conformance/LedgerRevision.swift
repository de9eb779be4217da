internal import Comparison
internal import FocalLoss

/// A ledger as a report asks for it.
package struct LedgerRevision {
  /// The new text of the ledger.
  package let text: String
  /// What is new in it, and what could not be decided, a line for each.
  package let changes: [String]
  /// What the report shows that no entry allows; empty where entries are added for that.
  package let exceeded: [String]

  /// Tightens the bounds of each entry to what the report shows of the tensors that it makes known. No bound becomes
  /// looser. An entry without bounds gets those of all tensors that it selects.
  ///
  /// - Parameters:
  ///   - file: the ledger.
  ///   - report: the report, by this ledger or by none; it should be of all fixtures of which the ledger speaks.
  /// - Throws: ``TOMLFileError`` for a bound that cannot be replaced, ``BaselineError`` when the report does not say which
  ///   elements are outside.
  package init(tightening file: LedgerFile, to report: RecordedReport) throws {
    let findings = try RecordedFinding.all(in: report)
    var changes: [String] = []
    var revised: [Int: DifferenceBounds] = [:]
    for line in file.lines {
      let differences = file.ledger.differences.filter { $0.line == line }
      guard let first = differences.first, first.outcome == .value else { continue }
      let selected = findings.filter { finding in differences.contains { finding.isSelected(by: $0) } }
      let tensors = selected.compactMap(\.outside).filter { first.bounds?.excesses(of: $0).isEmpty ?? true }
      let place = "\(first.file):\(line)"
      guard !tensors.isEmpty else {
        changes.append("\(place): it makes nothing in the report known, and stays as it is")
        continue
      }
      let bounds = first.bounds?.tightened(to: tensors) ?? DifferenceBounds(covering: tensors)
      if bounds != first.bounds {
        revised[line] = bounds
        let old = first.bounds.map { "\($0) before" } ?? "it had no bounds"
        changes.append("\(place): \(bounds); \(old)")
      }
      let errors = tensors.map(\.discrepancy.maximumError).filter { $0 > 0 }
      if let least = errors.min(), let greatest = errors.max(), greatest > 1000 * least {
        changes.append(
          "\(place): the errors of its tensors lie between \(least) and \(greatest) ULP; two entries would be tighter"
        )
      }
    }
    text = try file.text(with: revised)
    let new = try LedgerFile(toml: Array(text.utf8), path: file.path, requiresBounds: false)
    self.changes = changes
    exceeded = findings.compactMap { finding in
      let selecting = new.ledger.differences.filter { finding.isSelected(by: $0) }
      guard !selecting.isEmpty, !selecting.contains(where: { finding.isKnown(by: $0) }) else { return nil }
      let reasons = selecting.map { "\($0.file):\($0.line) \(finding.excesses($0).joined(separator: "; "))" }
      return "\(finding.name): \(reasons.joined(separator: "; "))"
    }
  }

  /// Adds entries for what is nonconformant in a report and what no entry makes known.
  ///
  /// Tensors of one name and one build whose differences have the same classes and, to a factor of two, the same size,
  /// share an entry.
  ///
  /// - Parameters:
  ///   - report: the report, by this ledger or by none.
  ///   - file: the ledger.
  ///   - cases: shell patterns on the case's id or name; all cases when there is none.
  ///   - tensors: shell patterns on the tensor's name; all tensors, and cases that raised, when there is none.
  ///   - reason: why the differences may be there.
  ///   - link: where more is said.
  ///   - today: the day by which entries expire.
  /// - Throws: ``TOMLFileError`` when an entry cannot be written, ``BaselineError`` when the report does not say which
  ///   elements are outside.
  package init(
    adding report: RecordedReport, to file: LedgerFile, cases: [String], tensors: [String], reason: String,
    link: String?, today: CalendarDate = .today
  ) throws {
    let valid = file.ledger.differences.filter { !$0.hasExpired(on: today) }
    let casePatterns = ShellPatterns(patterns: cases)
    let tensorPatterns = ShellPatterns(patterns: tensors)
    let all = try RecordedFinding.all(in: report)
    let findings = all.filter { finding in
      let isNamed = finding.tensor.map { tensorPatterns.match(anyOf: [$0]) } ?? tensorPatterns.isEmpty
      return isNamed
        && casePatterns.match(anyOf: [finding.conformanceCase.id, finding.conformanceCase.name])
        && !valid.contains { finding.isKnown(by: $0) }
    }
    var order: [RecordedFinding.Group] = []
    var groups: [RecordedFinding.Group: [RecordedFinding]] = [:]
    var changes: [String] = []
    for finding in findings {
      guard let group = RecordedFinding.Group(finding) else {
        changes.append("\(finding.name): is of another type or shape, which is never known")
        continue
      }
      if groups[group] == nil { order.append(group) }
      groups[group, default: []].append(finding)
    }
    let entries = order.map { group in
      let members = groups[group] ?? []
      changes.append("\(group.name): \(members.map(\.conformanceCase.id).joined(separator: ", "))")
      let namesFiles = members.contains { report.hasNamesake(of: $0.conformanceCase) }
      return group.entry(for: members, namesFiles: namesFiles, reason: reason, link: link)
    }
    text = file.text(adding: entries)
    self.changes = changes
    exceeded = []
    // What is written makes known all for which it was written.
    let new = try LedgerFile(toml: Array(text.utf8), path: file.path, requiresBounds: true)
    for finding in groups.values.joined() {
      guard !new.ledger.differences.contains(where: { finding.isKnown(by: $0) }) else { continue }
      throw TOMLFileError(path: file.path, line: nil, reason: "no entry can be written for \(finding.name)")
    }
  }
}

extension DifferenceBounds {
  /// The bounds that some tensors need which keep these; no bound becomes looser, and none comes to them.
  fileprivate func tightened(to tensors: [OutsideSummary]) -> DifferenceBounds {
    let needed = DifferenceBounds(covering: tensors, inputs: regions.map(\.input))
    var bounds = self
    bounds.maximumOutside = needed.maximumOutside
    if let old = maximumULPs, let new = needed.maximumULPs { bounds.maximumULPs = min(old, new) }
    if let old = maximumAbsolute, let new = needed.maximumAbsolute { bounds.maximumAbsolute = min(old, new) }
    bounds.regions = needed.regions
    return bounds
  }
}

extension RecordedReport {
  /// Whether another fixture of the same build has a case of the same name.
  fileprivate func hasNamesake(of conformanceCase: Case) -> Bool {
    cases.contains {
      $0.name == conformanceCase.name && $0.fixture != conformanceCase.fixture
        && $0.framework == conformanceCase.framework
        && $0.frameworkVersion == conformanceCase.frameworkVersion
    }
  }
}

/// Something nonconformant in a recorded report, by whichever ledger it was judged.
private struct RecordedFinding {
  let conformanceCase: RecordedReport.Case
  /// The tensor's name; nil for a case that raised.
  let tensor: String?
  /// The tensor's elements outside; nil for a case that raised, and for a tensor of the wrong type or shape.
  let outside: OutsideSummary?

  /// The case, and the tensor where it is one.
  var name: String { conformanceCase.id + (tensor.map { " \($0)" } ?? " raised") }

  static func all(in report: RecordedReport) throws(BaselineError) -> [RecordedFinding] {
    var findings: [RecordedFinding] = []
    for conformanceCase in report.cases {
      let isUnexpected = conformanceCase.verdict == .known || conformanceCase.verdict == .nonconformant
      if conformanceCase.outcome == .raised, isUnexpected {
        findings.append(RecordedFinding(conformanceCase: conformanceCase, tensor: nil, outside: nil))
      }
      for tensor in conformanceCase.tensors where tensor.verdict == .known || tensor.verdict == .nonconformant
      {
        guard tensor.outside == 0 || tensor.outsideSummary != nil else {
          throw BaselineError(
            file: report.file,
            reason:
              "does not say which elements are outside, so it is of an earlier focalcheck; make it anew with focalcheck run"
          )
        }
        findings.append(
          RecordedFinding(
            conformanceCase: conformanceCase, tensor: tensor.name, outside: tensor.outsideSummary))
      }
    }
    return findings
  }

  func isSelected(by difference: KnownDifference) -> Bool {
    difference.concerns(
      conformanceCase.fixture, framework: conformanceCase.framework,
      version: conformanceCase.frameworkVersion)
      && difference.selects(caseNamed: conformanceCase.name, id: conformanceCase.id)
      && (tensor.map(difference.selects(tensorNamed:)) ?? difference.selectsRaises)
  }

  func excesses(_ difference: KnownDifference) -> [String] {
    tensor == nil
      ? difference.excesses(ofMessage: conformanceCase.message) : difference.excesses(of: outside)
  }

  func isKnown(by difference: KnownDifference) -> Bool {
    isSelected(by: difference) && excesses(difference).isEmpty
  }

  /// What findings of one entry have in common.
  struct Group: Hashable {
    let framework: String
    let version: String
    let tensor: String?
    let counts: [MismatchClass: Int]
    /// The binades of the errors.
    let sizes: [Int]
    /// The type of the exception, or nil.
    let exception: String?

    /// Nil for a tensor of the wrong type or shape.
    init?(_ finding: RecordedFinding) {
      guard finding.tensor == nil || finding.outside != nil else { return nil }
      framework = finding.conformanceCase.framework
      version = finding.conformanceCase.frameworkVersion
      tensor = finding.tensor
      counts = finding.outside?.counts ?? [:]
      sizes =
        finding.outside.map {
          [$0.discrepancy.maximumError, $0.discrepancy.maximumAbsoluteError].map(Self.binade)
        } ?? []
      let message = tensor == nil ? finding.conformanceCase.message ?? "" : ""
      let type = message.prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." }
      exception = type.isEmpty || !message.dropFirst(type.count).hasPrefix(":") ? nil : String(type)
    }

    private static func binade(_ size: Double) -> Int {
      size > 0 && size.isFinite ? Int(size.exponent) : size > 0 ? .max : .min
    }

    var name: String { "\(tensor ?? "raised") by \(framework) \(version)" }

    /// - Parameter namesFiles: whether the cases are named with their files.
    func entry(
      for findings: [RecordedFinding], namesFiles: Bool, reason: String, link: String?
    ) -> String {
      var members: [(key: String, value: String)] = []
      func add(_ key: String, _ text: String?) {
        if let text { members.append((key, tomlString(text))) }
      }
      let patterns = findings.map { finding in
        let conformanceCase = finding.conformanceCase
        // Before a number sign a pattern names the file.
        let namesFile = namesFiles || conformanceCase.name.contains("#")
        return tomlString(
          ShellPatterns.pattern(
            for: namesFile ? conformanceCase.id : conformanceCase.name))
      }
      let list = patterns.joined(separator: ", ")
      let isShort = list.utf8.count < 90
      members.append(
        (
          "case",
          patterns.count == 1
            ? list : isShort ? "[\(list)]" : "[\n  \(patterns.joined(separator: ",\n  ")),\n]"
        ))
      add("tensor", tensor.map(ShellPatterns.pattern))
      if tensor == nil { add("outcome", CaseOutcome.raised.rawValue) }
      add("framework", framework.isEmpty ? nil : framework)
      let numbers = Build("", version).version
      if !framework.isEmpty, !numbers.isEmpty {
        add("versions", "==" + numbers.map(String.init).joined(separator: "."))
      }
      members +=
        findings.first?.outside.map { _ in
          DifferenceBounds(covering: findings.compactMap(\.outside)).members
        } ?? []
      add("message", exception.map { ShellPatterns.pattern(for: $0) + ":*" })
      add("reason", reason)
      add("link", link)
      return "[[difference]]\n" + members.map { "\($0.key) = \($0.value)\n" }.joined()
    }
  }
}
