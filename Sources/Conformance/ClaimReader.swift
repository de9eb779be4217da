extension Claim {
  /// The name of the list of claims in the folder of the fixtures that they are checked on.
  public static let fileName = "claims.toml"

  private static let keys: Set = [
    "id", "quote", "source", "statement", "check", "cases", "of", "with", "decimals", "ulps", "greatest",
    "below",
    "stage", "from", "through",
  ]

  /// Reads a list of claims.
  ///
  /// ```toml
  /// [[claim]]
  /// id = "blog.norm-divides"
  /// quote = "normalizer … is only a divisor"
  /// source = "blog, the normalizer parameter"
  /// statement = "with a normalizer each element is the element without it, divided and rounded once"
  /// check = "divided"
  /// cases = "paddle.blog-norm-1.none.f32"     # shell patterns; or a list of them
  /// of = "blog-norm-1"                         # the other case's name has `with` where this one's has `of`
  /// with = "blog"
  /// ```
  /// The checks are those of ``ClaimCheck``: `printed`, `computed`, `refused`, `agrees` (of, with, decimals), `divided`
  /// (of, with), `mean-of-sum` (ulps), `greatest` (greatest), `flat-below` (below), `stage` (stage, from, through).
  ///
  /// - Throws: ``TOMLFileError`` when the list cannot be read, is not TOML, or has a key or a value that it has not.
  public static func list(path: String) throws(TOMLFileError) -> [Claim] {
    try list(toml: TOMLDocument.bytes(of: path), path: path)
  }

  /// The claims of the folders of some fixtures; none where a folder has no list.
  ///
  /// - Throws: ``TOMLFileError`` when a list cannot be used.
  public static func lists(beside fixtures: [FixtureLocation]) throws(TOMLFileError) -> [Claim] {
    var folders: [String] = []
    for fixture in fixtures where !folders.contains(fixture.folder) { folders.append(fixture.folder) }
    var claims: [Claim] = []
    for folder in folders {
      let path = FixtureLocation.join(folder, fileName)
      if FileNode(path: path) != nil { claims += try list(path: path) }
    }
    return claims
  }

  /// Decodes a list of claims; `path` is what errors call it.
  public static func list(toml: [UInt8], path: String) throws(TOMLFileError) -> [Claim] {
    let document = try TOMLDocument(toml, path: path)
    var claims: [Claim] = []
    for entry in try document.entries("claim", keys: keys) {
      let claim = try Claim(entry)
      guard !claims.contains(where: { $0.id == claim.id }) else {
        throw entry.error("id", "there is another claim \"\(claim.id)\"")
      }
      claims.append(claim)
    }
    return claims
  }

  private init(_ entry: TOMLEntry) throws(TOMLFileError) {
    id = try entry.required("id")
    quote = try entry.required("quote")
    source = try entry.required("source")
    statement = try entry.required("statement")
    question = ClaimQuestion(check: try ClaimCheck(entry), cases: try entry.patterns("cases"))
    guard question.text.utf8.count <= ClaimQuestion.maximumByteCount else {
      throw entry.error("what is checked takes more than \(ClaimQuestion.maximumByteCount) bytes")
    }
    line = entry.line
  }
}

extension ClaimCheck {
  fileprivate init(_ entry: TOMLEntry) throws(TOMLFileError) {
    func number(_ key: String) throws(TOMLFileError) -> Double {
      guard let number = try entry.number(key) else { throw entry.error("the entry has no \(key)") }
      guard number.isFinite else { throw entry.error(key, "\(key) is \(number), and must be finite") }
      return number
    }
    func count(_ key: String) throws(TOMLFileError) -> Int {
      let value = try number(key)
      guard let count = Int(exactly: value), (0...1_000_000).contains(count) else {
        throw entry.error(key, "\(key) is \(value), not a whole number up to 1000000")
      }
      return count
    }
    let name = try entry.required("check")
    switch name {
    case "printed": self = .printed
    case "computed": self = .computed
    case "refused": self = .refused
    case "agrees":
      self = .agrees(
        of: try entry.required("of"), with: try entry.required("with"), decimals: try count("decimals"))
    case "divided": self = .divided(of: try entry.required("of"), with: try entry.required("with"))
    case "mean-of-sum": self = .meanOfSum(ulps: UInt64(try count("ulps")))
    case "greatest": self = .greatest(try entry.required("greatest"))
    case "flat-below": self = .flatBelow(try number("below"))
    case "stage":
      let (from, through) = (try number("from"), try number("through"))
      guard from <= through else { throw entry.error("through", "through is below from") }
      self = .stage(try entry.required("stage"), from: from, through: through)
    default:
      throw entry.error(
        "check",
        "there is no check \"\(name)\"; there are printed, computed, refused, agrees, divided, mean-of-sum, greatest, "
          + "flat-below, stage")
    }
  }
}
