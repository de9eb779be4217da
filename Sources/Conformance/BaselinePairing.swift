internal import Arithmetic
internal import FocalLoss

/// A build in a report: a version of a framework on a device.
public struct RecordedBuild: Hashable, Sendable, CustomStringConvertible {
  /// The framework.
  public let framework: String
  /// Its version.
  public let version: String
  /// The device, such as `cpu`.
  public let device: String

  /// The framework and its version, with the device where it is not the CPU.
  public var description: String { "\(framework) \(version)\(device == "cpu" ? "" : " on \(device)")" }

  /// The versions of a framework on a device: only builds of one family are compared.
  var family: [String] {
    [Framework.canonicalName(of: framework), Device(named: device)?.rawValue ?? device.lowercased()]
  }

  /// The leading numbers of the version, as far as they tell versions apart.
  var numbers: [Int] {
    var numbers = Build(framework, version).version
    while numbers.last == 0 { numbers.removeLast() }
    return numbers
  }
}

/// Which case of a run belongs to which case of a baseline.
///
/// Cases belong together by framework, device and name. Where a report has several fixtures of one framework, those of
/// one file name belong together first, then builds of one version. A build of the run that has no partner by then gets
/// the nearest version of the baseline: the last one that is not later, else the first one. Of two that are nearest to
/// the same version the nearer one gets it, and none is compared twice. What could belong to several is an error.
struct BaselinePairing {
  /// Pairs of cases.
  private(set) var pairs: [(old: RecordedReport.Case, new: RecordedReport.Case)] = []
  /// Cases of the run that have no partner.
  private(set) var added: [RecordedReport.Case] = []
  /// The selected cases of the baseline that have none.
  private(set) var gone: [RecordedReport.Case] = []
  /// The builds that are compared, each pair once.
  private(set) var builds: [(old: RecordedBuild, new: RecordedBuild)] = []
  /// The file names of the baseline's fixtures that have a partner.
  private(set) var pairedFiles: Set<String> = []

  /// Pairs the cases of a baseline with those of a report that a filter selected.
  ///
  /// - Throws: ``BaselineError`` where cases or builds could be paired in more than one way.
  init(_ baseline: RecordedReport, _ report: RecordedReport, _ filter: CaseFilter) throws(BaselineError) {
    let relation = try BuildRelation(baseline, report)
    let news = relation.candidates(of: report)
    var taken: Set<String> = []
    for old in baseline.cases {
      let candidates = (news[old.name] ?? []).filter { relation.relates(old.fixture, $0.fixture) }
      let sameFile = candidates.filter { $0.fixture == old.fixture }
      let partners = (sameFile.isEmpty ? candidates : sameFile).filter { !relation.isClaimed($0, by: old) }
      if partners.count > 1 {
        throw BaselineError(
          file: baseline.file,
          reason: "\(old.id) could be compared with "
            + partners.map(\.id).joined(separator: " or ") + "; judge one of them at a time")
      }
      if let new = partners.first {
        guard taken.insert(new.id).inserted else {
          throw BaselineError(
            file: baseline.file,
            reason: "\(new.id) could be compared with \(old.id) or with another case of that name; "
              + "give the fixture the file name that it has there")
        }
        pairs.append((old, new))
      } else if relation.selects(old, by: filter) {
        gone.append(old)
      }
    }
    added = report.cases.filter { !taken.contains($0.id) }
    pairedFiles = Set(pairs.map(\.old.fixture)).union(relation.sharedFiles)
    for pair in pairs {
      guard let old = relation.oldBuilds[pair.old.fixture], let new = relation.newBuilds[pair.new.fixture],
        !builds.contains(where: { $0 == (old, new) })
      else { continue }
      builds.append((old, new))
    }
  }
}

/// Which builds, and which files, of two reports belong together.
private struct BuildRelation {
  /// The build of each readable fixture, by file name.
  let oldBuilds: [String: RecordedBuild]
  let newBuilds: [String: RecordedBuild]
  /// Files that both reports have, of one family.
  let sharedFiles: Set<String>
  /// The builds of the run that each build of the baseline is compared with, beside fixtures of one file.
  private var partners: [RecordedBuild: Set<RecordedBuild>] = [:]
  private let oldCases: Set<String>

  init(_ baseline: RecordedReport, _ report: RecordedReport) throws(BaselineError) {
    oldBuilds = Self.builds(of: baseline)
    newBuilds = Self.builds(of: report)
    oldCases = Set(baseline.cases.map(\.id))
    let (olds, news) = (oldBuilds, newBuilds)
    sharedFiles = Set(news.keys.filter { olds[$0] != nil && olds[$0]?.family == news[$0]?.family })
    for file in sharedFiles {
      guard let old = olds[file], let new = news[file] else { continue }
      partners[old, default: []].insert(new)
    }
    for old in Set(olds.values) where news.values.contains(old) { partners[old, default: []].insert(old) }
    try relateNearest(of: baseline.file)
  }

  private static func builds(of report: RecordedReport) -> [String: RecordedBuild] {
    var builds: [String: RecordedBuild] = [:]
    for fixture in report.fixtures where fixture.isReadable { builds[fixture.file] = fixture.build }
    return builds
  }

  /// Gives each build of the run that has no partner the nearest version, where that has none.
  private mutating func relateNearest(of file: String) throws(BaselineError) {
    let related = Set(partners.values.joined())
    var claims: [RecordedBuild: [RecordedBuild]] = [:]
    // In one order, so that the same error is told each time.
    for new in Set(newBuilds.values).subtracting(related).sorted(by: { $0.description < $1.description }) {
      let olds = Set(oldBuilds.values).filter { $0.family == new.family }
      let nearest = Self.nearest(to: new, among: olds)
      guard nearest.count <= 1 else {
        throw Self.ambiguity(of: new, among: nearest, in: file)
      }
      guard let old = nearest.first, partners[old] == nil else { continue }
      claims[old, default: []].append(new)
    }
    for (old, news) in claims.sorted(by: { $0.key.description < $1.key.description }) {
      let nearest = Self.claimant(of: old, among: news)
      guard nearest.count == 1 else { throw Self.ambiguity(of: old, among: nearest, in: file) }
      partners[old] = Set(nearest)
    }
  }

  /// The last of the builds that is not later than another one, else the first; several where they are of one version.
  private static func nearest(to build: RecordedBuild, among builds: Set<RecordedBuild>) -> [RecordedBuild] {
    let earlier = builds.filter { !build.numbers.lexicographicallyPrecedes($0.numbers) }
    return earlier.isEmpty ? first(of: builds) : last(of: earlier)
  }

  /// The build to which another one is nearest, of several for which it is the nearest.
  private static func claimant(of old: RecordedBuild, among builds: [RecordedBuild]) -> [RecordedBuild] {
    let later = builds.filter { !$0.numbers.lexicographicallyPrecedes(old.numbers) }
    return later.isEmpty ? last(of: Set(builds)) : first(of: Set(later))
  }

  private static func first(of builds: Set<RecordedBuild>) -> [RecordedBuild] {
    builds.filter { build in !builds.contains { $0.numbers.lexicographicallyPrecedes(build.numbers) } }
  }

  private static func last(of builds: Set<RecordedBuild>) -> [RecordedBuild] {
    builds.filter { build in !builds.contains { build.numbers.lexicographicallyPrecedes($0.numbers) } }
  }

  private static func ambiguity(
    of build: RecordedBuild, among builds: [RecordedBuild], in file: String
  ) -> BaselineError {
    let names = builds.map(\.description).sorted().joined(separator: " or ")
    return BaselineError(
      file: file, reason: "\(build) could be compared with \(names); judge one of them at a time")
  }

  /// Whether cases of two fixtures may belong together.
  func relates(_ old: String, _ new: String) -> Bool {
    if old == new { return sharedFiles.contains(old) }
    guard let oldBuild = oldBuilds[old], let newBuild = newBuilds[new] else { return false }
    return partners[oldBuild]?.contains(newBuild) == true
  }

  /// Whether a case of the run belongs to a case of the same file instead.
  func isClaimed(_ new: RecordedReport.Case, by old: RecordedReport.Case) -> Bool {
    new.fixture != old.fixture && sharedFiles.contains(new.fixture) && oldCases.contains(new.id)
  }

  /// The cases of a report by name.
  func candidates(of report: RecordedReport) -> [String: [RecordedReport.Case]] {
    Dictionary(grouping: report.cases, by: \.name)
  }

  /// Whether the filter of the run selects a case of the baseline: by what it is called now, where its file or its version
  /// is another one.
  func selects(_ old: RecordedReport.Case, by filter: CaseFilter) -> Bool {
    if sharedFiles.contains(old.fixture), let build = newBuilds[old.fixture] {
      return filter.selects(old.identity(in: old.fixture, of: build))
    }
    let files = newBuilds.keys.filter { relates(old.fixture, $0) }
    let isOfOtherVersion = !files.isEmpty && !files.contains { newBuilds[$0] == oldBuilds[old.fixture] }
    guard isOfOtherVersion else { return filter.selects(old.identity) }
    return files.contains { file in
      newBuilds[file].map { filter.selects(old.identity(in: file, of: $0)) } ?? false
    }
  }
}

extension RecordedReport.Case {
  fileprivate var identity: CaseIdentity {
    CaseIdentity(
      id: id, name: name, variant: variant, framework: framework, frameworkVersion: frameworkVersion)
  }

  /// The identity of the same case in a later fixture, of another version perhaps.
  fileprivate func identity(in file: String, of build: RecordedBuild) -> CaseIdentity {
    CaseIdentity(
      id: "\(file)#\(name)", name: name, variant: variant, framework: build.framework,
      frameworkVersion: build.version)
  }
}
