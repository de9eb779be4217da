public import Comparison
internal import HDF5
internal import Tensors

/// Two HDF5 files compared object by object; they need not be fixtures.
///
/// An object that one file lacks, one of another kind (a dataset, a group, a committed datatype, a link to a group), and a
/// dataset of another type or shape are differences. What a guard refuses, or whose type has no elements to compare (a
/// string, a compound), is an error: nothing passes unseen. Attributes are not compared.
public struct FileComparison: Sendable {
  /// The path of the file that is expected to be right, as it was given.
  public let expected: String
  /// The path of the file that is compared with it.
  public let actual: String
  /// How far an element may lie from the expected one.
  public let policy: TolerancePolicy
  /// Each dataset by its path, and each other object that is not the same in both files, in ascending order; last what
  /// cannot be opened in one of them.
  public let tensors: [TensorReport]

  /// The worst of the datasets' verdicts; error when nothing was compared.
  public var verdict: Verdict { comparesNothing ? .error : tensors.compactMap(\.verdict).max() ?? .error }

  /// Whether no element was compared, and no difference was found without.
  public var comparesNothing: Bool {
    !tensors.contains { ($0.comparison?.count ?? 0) > 0 || $0.verdict == .nonconformant }
  }

  /// How many elements are read and compared at a time.
  static let blockCount = 1 << 16

  /// Compares two files.
  ///
  /// - Parameters:
  ///   - expectedPath: the file that is expected to be right.
  ///   - actualPath: the file that is compared with it.
  ///   - policy: how far an element may lie from the expected one.
  ///   - filter: shell patterns for the datasets' paths; all when empty.
  ///   - progress: called before each block with the dataset's path and how much of it has been compared.
  /// - Throws: ``FixtureError`` when a file cannot be opened as HDF5.
  public init(
    expected expectedPath: String, actual actualPath: String, policy: TolerancePolicy,
    filter: PathFilter = PathFilter(),
    progress: (String, Double) -> Void = { _, _ in }
  ) throws(FixtureError) {
    let expectedFile = try Self.open(expectedPath)
    let actualFile = try Self.open(actualPath)
    let (expectedContents, actualContents) = (Contents(expectedFile, filter), Contents(actualFile, filter))
    var tensors: [TensorReport] = []
    let refused = Set(expectedContents.refusals.keys).union(actualContents.refusals.keys)
    let paths = Set(expectedContents.kinds.keys).union(actualContents.kinds.keys).subtracting(refused)
    for path in paths.sorted() {
      let kinds = (expectedContents.kinds[path], actualContents.kinds[path])
      if kinds == (.dataset, .dataset) {
        tensors.append(
          Self.report(path, expectedContents.file, actualContents.file, policy) { progress(path, $0) })
      } else if let difference = Self.difference(expected: kinds.0, actual: kinds.1) {
        let file = kinds.0 == .dataset ? expectedContents.file : actualContents.file
        let dataset = [kinds.0, kinds.1].contains(.dataset) ? try? file.dataset(at: path) : nil
        tensors.append(TensorReport(path, dataset, .different(difference)))
      }
    }
    for path in refused.sorted() {
      let reasons = [("expected", expectedContents), ("actual", actualContents)].compactMap {
        side, contents in
        contents.refusals[path].map { "in the \(side) file: \($0)" }
      }
      tensors.append(TensorReport(name: path, finding: .error(reasons.joined(separator: "; "))))
    }
    (self.expected, self.actual) = (expectedPath, actualPath)
    (self.policy, self.tensors) = (policy, tensors)
  }

  private static func name(_ path: String) -> String {
    path.split(separator: "/").last.map(String.init) ?? path
  }

  private static func open(_ path: String) throws(FixtureError) -> File {
    let limit = FixtureLimits().fileBytes
    try FixtureFileCheck.checkRegularFile(path: path, name: path, maximumByteCount: limit)
    return try fixture(path) { () throws(HDF5Error) in try File(path: path) }
  }

  /// How two objects differ by their kinds; nil when they do not.
  private static func difference(expected: ObjectKind?, actual: ObjectKind?) -> String? {
    switch (expected, actual) {
    case (let expected?, let actual?): expected == actual ? nil : "is \(actual), expected is \(expected)"
    case (let expected?, nil): "the actual file lacks this \(expected.noun)"
    case (nil, let actual?): "only the actual file has this \(actual.noun)"
    case (nil, nil): nil
    }
  }

  private static func report(
    _ path: String, _ expected: File, _ actual: File, _ policy: TolerancePolicy,
    progress: (Double) -> Void
  ) -> TensorReport {
    do throws(HDF5Error) {
      let expectedDataset = try expected.dataset(at: path)
      let actualDataset = try actual.dataset(at: path)
      let (type, shape) = (expectedDataset.elementType, expectedDataset.shape)
      guard actualDataset.elementType == type else {
        return TensorReport(
          path, actualDataset, .different("is \(actualDataset.elementType), expected is \(type)"))
      }
      guard actualDataset.shape == shape else {
        return TensorReport(
          path, actualDataset, .different("has shape \(actualDataset.shape), expected is \(shape)"))
      }
      let tolerance = policy.tolerance(for: type)
      var comparator = Comparator(type, tolerance: tolerance)
      let byteCount = min(shape.count, blockCount) * type.byteCount
      let (expectedBlock, actualBlock) = (AlignedBytes(byteCount), AlignedBytes(byteCount))
      for region in shape.regions(maximumCount: blockCount) {
        progress(Double(region.offset) / Double(shape.count))
        try expectedDataset.read(region, into: expectedBlock.buffer)
        try actualDataset.read(region, into: actualBlock.buffer)
        let bytes = region.count * type.byteCount
        comparator.add(
          expected: UnsafeRawBufferPointer(rebasing: expectedBlock.buffer[..<bytes]),
          actual: UnsafeRawBufferPointer(rebasing: actualBlock.buffer[..<bytes]), offset: region.offset)
      }
      return TensorReport(
        path, actualDataset, .compared(comparator.comparison, .tolerance(tolerance), worstInputs: [:]))
    } catch {
      return TensorReport(name: path, finding: .error(error.reason))
    }
  }
}

/// What stands at a path of a file.
private enum ObjectKind: Hashable, CustomStringConvertible {
  case group, dataset, datatype
  /// A soft link to a group.
  case link(target: String)
  /// A group that another path leads to as well.
  case repeated(firstPath: String)

  /// The kind without an article.
  var noun: String {
    switch self {
    case .group: "group"
    case .dataset: "dataset"
    case .datatype: "committed datatype"
    case .link(let target): "link to the group \"\(target)\""
    case .repeated(let firstPath): "second name of the group \(firstPath)"
    }
  }

  var description: String { "a \(noun)" }
}

/// What is compared of a file, and what of it cannot be used.
private struct Contents {
  let file: File
  var kinds: [String: ObjectKind] = [:]
  var refusals: [String: String] = [:]

  init(_ file: File, _ filter: PathFilter) {
    self.file = file
    for object in file.objects() where filter.selects(object.path) {
      switch object {
      case .refused(let path, let error): refusals[path] = error.reason
      case .dataset: kinds[object.path] = .dataset
      case .group: kinds[object.path] = .group
      case .datatype: kinds[object.path] = .datatype
      case .alias(let path, let target): kinds[path] = .link(target: target)
      case .repeated(let path, let firstPath): kinds[path] = .repeated(firstPath: firstPath)
      }
    }
  }
}

/// Memory for one block.
private final class AlignedBytes {
  let buffer: UnsafeMutableRawBufferPointer

  init(_ count: Int) { buffer = .allocate(byteCount: count, alignment: 64) }

  deinit { buffer.deallocate() }
}

extension TensorReport {
  init(name: String, finding: Finding) {
    self.init(name: name, type: nil, shape: nil, finding: finding, hazards: Hazards())
  }

  fileprivate init(_ path: String, _ dataset: Dataset?, _ finding: Finding) {
    self.init(
      name: path, type: dataset?.elementType, shape: dataset?.shape, finding: finding, hazards: Hazards())
  }
}
