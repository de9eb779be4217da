import CHDF5
public import Tensors

/// A dataset whose type, layout, filters and size have passed every guard.
///
/// Opening one throws when a guard refuses it, so that nothing refused can be read by mistake.
public final class Dataset {
  /// The path by which the dataset was reached, from the root.
  public let path: String
  /// The type of its elements.
  public let elementType: ElementType
  /// Its dimensions; a scalar has none.
  public let shape: Shape
  /// The extents of one chunk, or nil when the elements lie in one piece.
  public let chunk: [Int]?
  /// The filters, in the order in which they were applied: `deflate`, `shuffle`, `fletcher32`.
  public let filters: [String]

  private let context: FileContext
  private let handle: Handle
  private let fileSpace: Handle
  private let memoryType: Datatype
  private let storage: Storage

  // Kept from one read to the next, since regions of a walk have equal extents.
  private var memorySpace: Handle?
  private var memoryCount = -1
  private var start: [hsize_t]
  private var extent: [hsize_t]
  private var checkedChunks: [Range<Int>] = []

  /// Opens the dataset that a hard link of a group leads to.
  init(_ name: String, in parent: Group, path: String) throws(HDF5Error) {
    let parentID = parent.handle.id
    let limits = parent.context.limits
    let probe = try Handle(.dataset, "H5Dopen2", path) { H5Dopen2(parentID, name, hid_t(H5P_DEFAULT)) }
    let probeID = probe.id
    let type = try Datatype("H5Dget_type", path) { H5Dget_type(probeID) }
    let properties = try Handle(.propertyList, "H5Dget_create_plist", path) { H5Dget_create_plist(probeID) }
    let elementBytes = try type.byteCount()
    var storage = try Storage(of: properties, elementBytes: elementBytes, path: path, limits: limits)
    self.elementType = try type.elementType { () throws(HDF5Error) in
      try Attribute.value(named: "dtype", of: probe, path: path, limits: limits)?.string == "bfloat16"
    }
    let space = try Handle(.dataspace, "H5Dget_space", path) { H5Dget_space(probeID) }
    guard let shape = try Dataspace.shape(of: space, path: path) else {
      throw .refused("H5Dget_space", path, "null dataspace is refused: it has no elements")
    }
    storage.storedBytes = try callReturningSize("H5Dget_storage_size", path) { H5Dget_storage_size(probeID) }
    if storage.chunk == nil { storage.start = try Self.start(of: probe, path: path) }
    try storage.check(
      shape: shape, elementBytes: elementBytes, fileBytes: parent.context.byteCount, path: path,
      limits: limits)

    // The library shares one chunk cache among all handles of a dataset, with the first one's size: close that first.
    Self.close(probe)
    let access = try Handle(.propertyList, "H5Pcreate", path) { H5Pcreate(chdf5_H5P_DATASET_ACCESS()) }
    let accessID = access.id
    let cacheBytes = storage.chunkCacheBytes(for: shape, limits: limits)
    if cacheBytes > 0 {
      // A prime number of slots, well above the number of chunks, keeps them from evicting each other.
      let slots = cacheBytes / storage.chunkBytes <= 52 ? 521 : 100_003
      try call("H5Pset_chunk_cache", path) { H5Pset_chunk_cache(accessID, slots, cacheBytes, 1) }
    }
    let handle = try Handle(.dataset, "H5Dopen2", path) { H5Dopen2(parentID, name, accessID) }
    let id = handle.id
    self.fileSpace = try Handle(.dataspace, "H5Dget_space", path) { H5Dget_space(id) }
    self.memoryType = try type.inNativeOrder()
    self.handle = handle
    self.path = path
    self.shape = shape
    self.chunk = storage.chunk
    self.filters = storage.filters
    self.storage = storage
    self.context = parent.context
    self.start = [hsize_t](repeating: 0, count: shape.rank)
    self.extent = [hsize_t](repeating: 0, count: shape.rank)
  }

  /// Where the elements lie in the file, counted from its first byte; nil when they lie inside of the header.
  private static func start(of dataset: borrowing Handle, path: String) throws(HDF5Error) -> UInt64? {
    let id = dataset.id
    var start: haddr_t = .max
    // The function has no result of its own for a failure.
    try call("H5Dget_offset", path) {
      start = H5Dget_offset(id)
      return H5Eget_num(hid_t(H5E_DEFAULT)) > 0 ? -1 : 0
    }
    return start == .max ? nil : UInt64(start)
  }

  private static func close(_: consuming Handle) {}

  /// The bytes of decompressed chunks that the library keeps for this dataset.
  func chunkCacheByteCount() throws(HDF5Error) -> Int {
    let id = handle.id
    let access = try Handle(.propertyList, "H5Dget_access_plist", path) { H5Dget_access_plist(id) }
    let accessID = access.id
    var (slots, bytes, weight) = (0, 0, 0.0)
    try call("H5Pget_chunk_cache", path) { H5Pget_chunk_cache(accessID, &slots, &bytes, &weight) }
    return bytes
  }

  /// The dataset's attributes, by name.
  public func attributes() throws(HDF5Error) -> [Attribute] {
    try Attribute.all(of: handle, path: path, limits: context.limits)
  }

  /// Reads a region into memory: native byte order, `ElementType/byteCount` bytes for each element, the
  /// bits as stored. Booleans become 0 or 1.
  ///
  /// - Parameters:
  ///   - region: A region of ``shape``.
  ///   - buffer: At least `region.count * elementType.byteCount` bytes; what follows them is left alone.
  /// - Throws: ``HDF5Error`` when the region or the buffer does not fit, or the library cannot read the elements. The
  ///   buffer's content is then undefined.
  public func read(_ region: Region, into buffer: UnsafeMutableRawBufferPointer) throws(HDF5Error) {
    try checkBounds(region, buffer.count)
    guard region.count > 0 else { return }
    try checkStoredChunks(region)
    let (id, fileSpaceID, memoryTypeID) = (handle.id, fileSpace.id, memoryType.id)
    if region.count == shape.count {
      try call("H5Sselect_all", path) { H5Sselect_all(fileSpaceID) }
    } else {
      for axis in start.indices {
        start[axis] = hsize_t(region.start[axis])
        extent[axis] = hsize_t(region.extent[axis])
      }
      try call("H5Sselect_hyperslab", path) {
        H5Sselect_hyperslab(fileSpaceID, H5S_SELECT_SET, start, nil, extent, nil)
      }
    }
    let memorySpaceID = try memorySpaceID(count: region.count)
    try call("H5Dread", path) {
      H5Dread(id, memoryTypeID, memorySpaceID, fileSpaceID, hid_t(H5P_DEFAULT), buffer.baseAddress)
    }
    if elementType == .bool {
      for position in 0..<region.count where buffer[position] > 1 { buffer[position] = 1 }
    }
  }

  /// Reads a region as a tensor of the region's extents.
  public func read(_ region: Region) throws(HDF5Error) -> Tensor {
    let (count, overflow) = region.count.multipliedReportingOverflow(by: elementType.byteCount)
    guard !overflow, let extents = try? Shape(region.extent), extents.count == region.count else {
      throw .refused("read", path, "a region of extents \(region.extent) is not one of \(shape)")
    }
    try checkBounds(region, count)
    let bytes = try withUninitializedBytes(count) { (buffer) throws(HDF5Error) in
      try read(region, into: buffer)
    }
    return Tensor(elementType, extents, bytes: bytes)
  }

  private func checkBounds(_ region: Region, _ bufferBytes: Int) throws(HDF5Error) {
    var isInside = region.start.count == shape.rank && region.extent.count == shape.rank && region.count >= 0
    var count = 1
    if isInside {
      for axis in 0..<shape.rank {
        let (start, extent) = (region.start[axis], region.extent[axis])
        isInside =
          isInside && start >= 0 && extent >= 0 && extent <= shape.dimensions[axis]
          && start <= shape.dimensions[axis] - extent
        count = count.multipliedReportingOverflow(by: extent).partialValue
      }
    }
    guard isInside, count == region.count else {
      throw .refused(
        "read", path, "region \(region.start) + \(region.extent) is not inside the shape \(shape)")
    }
    guard bufferBytes / elementType.byteCount >= region.count else {
      throw .refused("read", path, "\(region.count) elements do not fit a buffer of \(bufferBytes) bytes")
    }
  }

  private func memorySpaceID(count: Int) throws(HDF5Error) -> hid_t {
    if memoryCount != count {
      var extent = hsize_t(count)
      memoryCount = -1
      memorySpace = try Handle(.dataspace, "H5Screate_simple", path) { H5Screate_simple(1, &extent, nil) }
      memoryCount = count
    }
    switch memorySpace {
    case .some(let space): return space.id
    case nil: return hid_t(H5S_ALL)
    }
  }

  /// Refuses a compressed chunk that takes more bytes in the file than it can need.
  ///
  /// Decompression goes on until the stream ends, whatever the chunk's size, so the stored size is the only bound.
  private func checkStoredChunks(_ region: Region) throws(HDF5Error) {
    guard let chunk, !filters.isEmpty else { return }
    let chunks = shape.dimensions.indices.map { axis in
      region.start[axis] / chunk[axis]..<(region.start[axis] + region.extent[axis] - 1) / chunk[axis] + 1
    }
    guard chunks != checkedChunks else { return }
    let allowed = UInt64(storage.chunkBytes) + UInt64(storage.chunkBytes) / 8 + 4_096
    let id = handle.id
    var position = chunks.map(\.lowerBound)
    var isDone = false
    while !isDone {
      let offset = zip(position, chunk).map { hsize_t($0 * $1) }
      var bytes: hsize_t = 0
      try call("H5Dget_chunk_storage_size", path) { H5Dget_chunk_storage_size(id, offset, &bytes) }
      guard bytes <= allowed else {
        throw .refused(
          "H5Dget_chunk_storage_size", path,
          "the chunk at \(offset) takes \(bytes) bytes in the file and holds \(storage.chunkBytes): damaged, or a bomb"
        )
      }
      isDone = true
      for axis in position.indices.reversed() {
        position[axis] += 1
        if position[axis] < chunks[axis].upperBound {
          isDone = false
          break
        }
        position[axis] = chunks[axis].lowerBound
      }
    }
    checkedChunks = chunks
  }
}

/// Fresh bytes that `body` fills completely.
private func withUninitializedBytes(
  _ count: Int, _ body: (UnsafeMutableRawBufferPointer) throws(HDF5Error) -> Void
) throws(HDF5Error) -> [UInt8] {
  var failure: HDF5Error?
  let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, initializedCount in
    do throws(HDF5Error) {
      try body(UnsafeMutableRawBufferPointer(buffer))
      initializedCount = count
    } catch {
      failure = error
      initializedCount = 0
    }
  }
  if let failure { throw failure }
  return bytes
}
