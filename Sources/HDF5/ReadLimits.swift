/// The budgets that reading a file keeps to, so that a damaged or hostile file costs no more than they say.
public struct ReadLimits: Hashable, Sendable {
  /// Links that one group may hold.
  public var linksPerGroup = 65_536
  /// Attributes that one object may hold.
  public var attributesPerObject = 4_096
  /// Components of a path from the root, and levels that a walk goes down.
  public var nestingDepth = 64
  /// Objects that a walk visits in all.
  public var objectsPerFile = 1_000_000
  /// Bytes of one link's or attribute's name, and of a link's value.
  public var nameBytes = 4_096
  /// Bytes of all names of a group in the oldest format, with the gaps between them.
  public var nameHeapBytes = 64 << 20
  /// Soft links that are followed to reach one object.
  public var softLinks = 16
  /// Bytes of one attribute.
  public var attributeBytes = 1 << 20
  /// Variable-length strings in one attribute; each of them may be as long as the file.
  public var variableStringsPerAttribute = 1_024
  /// Bytes of one decompressed chunk.
  public var chunkBytes = 32 << 20
  /// Bytes of decompressed chunks that one open dataset keeps.
  public var chunkCacheBytes = 32 << 20
  /// Bytes of all elements of a dataset.
  public var datasetBytes = 1 << 40
  /// Bytes of all elements up to which a dataset may be any number of times its stored size.
  public var unratedBytes = 16 << 20
  /// How many times its stored size a dataset above ``unratedBytes`` may be: a compression bomb is more.
  public var expansion = 256

  /// The limits that focalcheck uses.
  public init() {}
}
