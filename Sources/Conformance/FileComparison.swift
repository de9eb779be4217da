public import Comparison
internal import HDF5
internal import Tensors

/// Two HDF5 files compared dataset by dataset; they need not be fixtures.
///
/// A dataset that one file lacks, and one of another type or shape, is a difference. One that a guard refuses, or
/// whose type has no elements to compare (a string, a compound), is an error: nothing passes unseen. Attributes and
/// groups are not compared.
public struct FileComparison: Sendable {
  /// The path of the file that is expected to be right, as it was given.
  public let expected: String
  /// The path of the file that is compared with it.
  public let actual: String
  /// How far an element may lie from the expected one.
  public let policy: TolerancePolicy
  /// Each dataset by its path, in ascending order, and last what cannot be opened in one of the files.
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
    for path in expectedContents.datasets.union(actualContents.datasets).subtracting(refused).sorted() {
      tensors.append(
        Self.report(path, expectedContents, actualContents, policy) { progress(path, $0) })
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

  private static func report(
    _ path: String, _ expected: Contents, _ actual: Contents, _ policy: TolerancePolicy,
    progress: (Double) -> Void
  ) -> TensorReport {
    do throws(HDF5Error) {
      guard let expectedDataset = try expected.dataset(at: path) else {
        let dataset = try actual.dataset(at: path)
        return TensorReport(path, dataset, .different("only the actual file has this dataset"))
      }
      guard let actualDataset = try actual.dataset(at: path) else {
        return TensorReport(path, expectedDataset, .different("the actual file lacks this dataset"))
      }
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

/// Which datasets of a file are compared, and what of it cannot be used.
private struct Contents {
  let file: File
  var datasets: Set<String> = []
  var refusals: [String: String] = [:]

  init(_ file: File, _ filter: PathFilter) {
    self.file = file
    for object in file.objects() where filter.selects(object.path) {
      switch object {
      case .dataset(let dataset): datasets.insert(dataset.path)
      case .refused(let path, let error): refusals[path] = error.reason
      case .group, .datatype, .repeated, .alias: break
      }
    }
  }

  /// The dataset at a path, or nil when the file has none there.
  func dataset(at path: String) throws(HDF5Error) -> Dataset? {
    datasets.contains(path) ? try file.dataset(at: path) : nil
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
