/// A case that a run would judge.
public struct ListedCase: Hashable, Sendable, Codable {
  /// `<fixture file name>#<case>`.
  public let id: String
  /// The variant that it names; nil when that cannot be read.
  public let variant: String?
  /// The framework and its version.
  public let build: String
}

extension ListedCase {
  /// The selected cases of a fixture, in the order of their names.
  ///
  /// - Throws: ``FixtureError`` when the fixture cannot be opened, or changes meanwhile.
  static func list(_ location: FixtureLocation, _ filter: CaseFilter) throws(FixtureError) -> [ListedCase] {
    let fixture = try location.open()
    let build = "\(fixture.provenance.framework) \(fixture.provenance.frameworkVersion)"
    let cases = fixture.caseNames.filter { filter.selects($0, of: fixture) }.map { name in
      ListedCase(id: fixture.caseID(name), variant: fixture.variant(of: name), build: build)
    }
    try fixture.checkUnchanged()
    return cases
  }
}

extension Array: WorkerFinding where Element == ListedCase {
  var isPossible: Bool { count <= FixturePlace.caseLimit }
}
