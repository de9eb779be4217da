internal import TOMLKit

extension Ledger {
  /// Reads a ledger.
  ///
  /// - Throws: ``TOMLFileError`` when it cannot be read, is not TOML, has a key that a ledger has not or a value of
  ///   another type, or when an entry lacks its case or its reason.
  public init(path: String) throws(TOMLFileError) {
    try self.init(toml: TOMLDocument.bytes(of: path), path: path)
  }

  /// Decodes a ledger; `path` is what errors call it.
  public init(toml: [UInt8], path: String) throws(TOMLFileError) {
    file = FixtureLocation(path: path).fileName
    let document = try TOMLDocument(toml, path: path)
    var differences: [KnownDifference] = []
    for entry in try document.entries("difference", keys: LedgerEntry.keys) {
      differences += try LedgerEntry(entry: entry).differences(file: file)
    }
    self.differences = differences
  }
}

/// One entry of a ledger, as it is decoded.
private struct LedgerEntry {
  static let keys: Set = [
    "case", "tensor", "outcome", "framework", "versions", "reason", "link", "expires",
  ]

  let entry: TOMLEntry

  func differences(file: String) throws(TOMLFileError) -> [KnownDifference] {
    let cases = try entry.patterns("case")
    let tensor = try entry.string("tensor")
    let outcome = try outcome()
    if tensor != nil, outcome == .raised {
      throw entry.error("tensor", "a case that raised has no tensor; leave out tensor or outcome")
    }
    guard let reason = try entry.string("reason") else { throw entry.error("the entry has no reason") }
    let framework = try entry.string("framework")
    let versions = try versions()
    let link = try entry.string("link")
    let expires = try expiry()
    let line = entry.line
    return cases.map { pattern in
      KnownDifference(
        file: file, line: line, cases: pattern, tensor: tensor, outcome: outcome, framework: framework,
        versions: versions, reason: reason, link: link, expires: expires)
    }
  }

  private func outcome() throws(TOMLFileError) -> CaseOutcome? {
    guard let text = try entry.string("outcome") else { return nil }
    guard let outcome = CaseOutcome(rawValue: text) else {
      throw entry.error("outcome", "outcome is \"\(text)\", neither \"value\" nor \"raised\"")
    }
    return outcome
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
