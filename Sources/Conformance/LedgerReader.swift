internal import Comparison
internal import TOMLKit

extension Ledger {
  /// Reads a ledger.
  ///
  /// - Throws: ``TOMLFileError`` when it cannot be read, is not TOML, has a key that a ledger has not or a value of
  ///   another type, or when an entry lacks its case, its reason or its bounds.
  public init(path: String) throws(TOMLFileError) {
    try self.init(toml: TOMLDocument.bytes(of: path), path: path)
  }

  /// Decodes a ledger; `path` is what errors call it.
  public init(toml: [UInt8], path: String) throws(TOMLFileError) {
    try self.init(TOMLDocument(toml, path: path), requiresBounds: true)
  }

  /// Decodes a ledger.
  ///
  /// - Parameters:
  ///   - document: its text.
  ///   - requiresBounds: whether an entry without bounds is an error; such a ledger must not be applied.
  init(_ document: TOMLDocument, requiresBounds: Bool) throws(TOMLFileError) {
    file = FixtureLocation(path: document.path).fileName
    var differences: [KnownDifference] = []
    for entry in try document.entries("difference", keys: LedgerEntry.keys) {
      differences += try LedgerEntry(entry: entry, requiresBounds: requiresBounds).differences(file: file)
    }
    self.differences = differences
  }
}

/// One entry of a ledger, as it is decoded.
private struct LedgerEntry {
  /// The keys of the bounds, in the order in which they are written.
  static let boundKeys = ["max_outside", "max_ulp", "max_absolute", "where"]
  static let keys = Set(
    boundKeys + [
      "case", "tensor", "outcome", "framework", "versions", "message", "reason", "link", "expires",
    ])

  let entry: TOMLEntry
  let requiresBounds: Bool

  func differences(file: String) throws(TOMLFileError) -> [KnownDifference] {
    let cases = try entry.patterns("case")
    let outcome = try outcome()
    try checkKeys(for: outcome)
    let tensor = try entry.string("tensor")
    let message = try entry.string("message")
    guard let reason = try entry.string("reason") else { throw entry.error("the entry has no reason") }
    let framework = try entry.string("framework")
    let versions = try versions()
    let link = try entry.string("link")
    let expires = try expiry()
    let bounds = outcome == .value ? try bounds() : nil
    return cases.map { pattern in
      KnownDifference(
        file: file, line: entry.line, cases: pattern, tensor: tensor, outcome: outcome, framework: framework,
        versions: versions, bounds: bounds, message: message, reason: reason, link: link, expires: expires)
    }
  }

  private func outcome() throws(TOMLFileError) -> CaseOutcome {
    guard let text = try entry.string("outcome") else { return .value }
    guard let outcome = CaseOutcome(rawValue: text) else {
      throw entry.error("outcome", "outcome is \"\(text)\", neither \"value\" nor \"raised\"")
    }
    return outcome
  }

  /// Refuses the keys that an entry for raises, or for values, does not have.
  private func checkKeys(for outcome: CaseOutcome) throws(TOMLFileError) {
    switch outcome {
    case .raised:
      if entry.table["tensor"] != nil {
        throw entry.error("tensor", "a case that raised has no tensor; leave out tensor or outcome")
      }
      for key in Self.boundKeys where entry.table[key] != nil {
        throw entry.error(key, "a case that raised has no elements; leave out \(key) or outcome")
      }
    case .value:
      guard entry.table["message"] == nil else {
        throw entry.error("message", "a message is of a case that raised; write outcome = \"raised\"")
      }
    }
  }

  private func bounds() throws(TOMLFileError) -> DifferenceBounds? {
    guard let counts = try counts() else {
      if let key = Self.boundKeys.first(where: { entry.table[$0] != nil }) {
        throw entry.error(key, "\(key) needs max_outside beside it")
      }
      guard requiresBounds else { return nil }
      throw entry.error(
        "the entry has no bounds: it needs max_outside, and max_ulp or max_absolute; focalcheck known --tighten writes them"
      )
    }
    let bounds = DifferenceBounds(
      maximumOutside: counts, maximumULPs: try error("max_ulp"), maximumAbsolute: try error("max_absolute"),
      regions: try regions())
    if counts.keys.contains(where: \.hasError), bounds.maximumULPs == nil, bounds.maximumAbsolute == nil {
      throw entry.error("max_outside", "finite elements need max_ulp or max_absolute beside max_outside")
    }
    return bounds
  }

  private func counts() throws(TOMLFileError) -> [MismatchClass: Int]? {
    guard let value = entry.table["max_outside"] else { return nil }
    guard let table = value.table else {
      throw entry.error(
        "max_outside",
        "max_outside is \(TOMLEntry.named(value.type)), not a table such as { finite = 4, nan = 2 }")
    }
    var counts: [MismatchClass: Int] = [:]
    for key in table.keys {
      guard let mismatch = MismatchClass(rawValue: key) else {
        let known = MismatchClass.allCases.map(\.rawValue).joined(separator: ", ")
        throw entry.error("max_outside", "there is no class \"\(key)\"; there are \(known)")
      }
      guard let count = table[key]?.int, (1...Comparison.countLimit).contains(count) else {
        throw entry.error(
          "max_outside",
          "the count of \(key) in max_outside is not a whole number from 1 to \(Comparison.countLimit)")
      }
      counts[mismatch] = count
    }
    guard !counts.isEmpty else { throw entry.error("max_outside", "max_outside is empty") }
    return counts
  }

  /// The value of a key that bounds an error.
  private func error(_ key: String) throws(TOMLFileError) -> Double? {
    guard let number = try entry.number(key) else { return nil }
    guard number.isFinite, number >= 0 else {
      throw entry.error(key, "\(key) is \(number), not a finite number from 0 on")
    }
    return number
  }

  private func regions() throws(TOMLFileError) -> [DifferenceBounds.Region] {
    guard let value = entry.table["where"] else { return [] }
    guard let table = value.table else {
      throw entry.error(
        "where", "where is \(TOMLEntry.named(value.type)), not a table such as { logit = [-1.5, 0.0] }")
    }
    var regions: [DifferenceBounds.Region] = []
    for name in table.keys.sorted() {
      guard DifferenceBounds.inputNames.contains(name) else {
        let known = DifferenceBounds.inputNames.sorted().joined(separator: ", ")
        throw entry.error("where", "there is no input \"\(name)\"; there are \(known)")
      }
      let ends = table[name]?.array.map { $0.map { $0.double ?? $0.int.map(Double.init) } } ?? []
      guard ends.count == 2, let lower = ends[0], let upper = ends[1], !lower.isNaN, !upper.isNaN else {
        throw entry.error("where", "where.\(name) is not a pair of numbers such as [-1.5, 0.0]")
      }
      guard lower <= upper else {
        throw entry.error("where", "where.\(name) is from \(lower) to \(upper): its ends are reversed")
      }
      regions.append(DifferenceBounds.Region(input: name, lower: lower, upper: upper))
    }
    guard !regions.isEmpty else { throw entry.error("where", "where is empty") }
    return regions
  }

  private func versions() throws(TOMLFileError) -> VersionRange? {
    guard let text = try entry.string("versions") else { return nil }
    guard entry.table["framework"] != nil else {
      throw entry.error("versions", "versions are of a framework; name it")
    }
    guard let range = VersionRange(parsing: text) else {
      throw entry.error("versions", "versions is \"\(text)\", not a range such as \">=2.6, <3.1\"")
    }
    return range
  }

  private func expiry() throws(TOMLFileError) -> CalendarDate? {
    guard let value = entry.table["expires"] else { return nil }
    guard let date = value.date else {
      throw entry.error(
        "expires", "expires is \(TOMLEntry.named(value.type)), not a date such as 2027-01-31 without quotes")
    }
    return CalendarDate(date.year, date.month, date.day)
  }
}
