import CHDF5
import Tensors

/// How a dataset's elements lie in its file, once every guard has passed.
struct Storage {
  /// The extents of one chunk, or nil when the dataset is not chunked.
  var chunk: [Int]?
  /// The bytes of one decompressed chunk; 0 when not chunked.
  var chunkBytes = 0
  /// The filters, in the order in which they are applied on writing.
  var filters: [String] = []
  /// The bytes that the elements take in the file.
  var storedBytes: UInt64 = 0
  /// Where the elements begin in the file, when they lie there in one piece.
  var start: UInt64?
}

extension Storage {
  /// Reads layout and filters, which must be checked before the dataspace is even asked for: a virtual dataset opens
  /// its source files then.
  init(
    of properties: borrowing Handle, elementBytes: Int, path: String, limits: ReadLimits
  ) throws(HDF5Error) {
    let id = properties.id
    let layout = try call("H5Pget_layout", path) { H5Pget_layout(id).rawValue }
    switch layout {
    case H5D_VIRTUAL.rawValue:
      throw .refused("H5Pget_layout", path, "virtual dataset is refused: its elements lie in other files")
    case H5D_COMPACT.rawValue, H5D_CONTIGUOUS.rawValue, H5D_CHUNKED.rawValue: break
    default: throw .refused("H5Pget_layout", path, "storage layout \(layout) is refused")
    }
    guard try call("H5Pget_external_count", path, { H5Pget_external_count(id) }) == 0 else {
      throw .refused(
        "H5Pget_external_count", path, "external storage is refused: its elements lie in other files")
    }
    self.filters = try Self.filters(of: properties, path: path)
    guard layout == H5D_CHUNKED.rawValue else { return }
    var extents = [hsize_t](repeating: 0, count: Int(H5S_MAX_RANK))
    let rank = Int(try call("H5Pget_chunk", path) { H5Pget_chunk(id, H5S_MAX_RANK, &extents) })
    var bytes = elementBytes
    var chunk: [Int] = []
    for extent in extents.prefix(rank) {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: Int(exactly: extent) ?? .max)
      guard !overflow, extent > 0, product <= limits.chunkBytes else {
        let shape = extents.prefix(rank).map(String.init).joined(separator: " × ")
        throw .refused(
          "H5Pget_chunk", path,
          "a chunk of \(shape) elements of \(elementBytes) bytes is above the limit of \(limits.chunkBytes) bytes"
        )
      }
      bytes = product
      chunk.append(Int(extent))
    }
    self.chunk = chunk
    self.chunkBytes = bytes
  }

  /// The filters of a pipeline; any that is not on the list is refused by name.
  private static func filters(of properties: borrowing Handle, path: String) throws(HDF5Error) -> [String] {
    let id = properties.id
    let count = try call("H5Pget_nfilters", path) { H5Pget_nfilters(id) }
    var filters: [String] = []
    for position in 0..<UInt32(count) {
      var flags: UInt32 = 0
      var parameterCount = 0
      var configuration: UInt32 = 0
      var name = [CChar](repeating: 0, count: 256)
      let filter = try call("H5Pget_filter2", path) {
        H5Pget_filter2(id, position, &flags, &parameterCount, nil, name.count - 1, &name, &configuration)
      }
      switch filter {
      case H5Z_FILTER_DEFLATE: filters.append("deflate")
      case H5Z_FILTER_SHUFFLE: filters.append("shuffle")
      case H5Z_FILTER_FLETCHER32: filters.append("fletcher32")
      default:
        let stated = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let known = [H5Z_FILTER_SZIP: "szip", H5Z_FILTER_NBIT: "nbit", H5Z_FILTER_SCALEOFFSET: "scaleoffset"]
        let shown = known[filter] ?? (stated.isEmpty ? "without a name" : stated)
        throw .refused("H5Pget_filter2", path, "filter \(filter) (\(shown)) is refused")
      }
    }
    return filters
  }

  /// Checks the logical size against the limits and against what the file holds.
  func check(
    shape: Shape, elementBytes: Int, fileBytes: UInt64, path: String, limits: ReadLimits
  ) throws(HDF5Error) {
    let (bytes, overflow) = shape.count.multipliedReportingOverflow(by: elementBytes)
    guard !overflow, bytes <= limits.datasetBytes else {
      throw .refused(
        "H5Dget_space", path,
        "shape \(shape) of \(elementBytes)-byte elements is above the limit of \(limits.datasetBytes) bytes")
    }
    guard bytes > 0 else { return }
    guard storedBytes > 0 else {
      throw .refused(
        "H5Dget_storage_size", path,
        "shape \(shape) was declared and never written: every element would read as the fill value")
    }
    guard storedBytes <= fileBytes else {
      throw .refused(
        "H5Dget_storage_size", path,
        "the dataset claims \(storedBytes) bytes of a file of \(fileBytes): truncated or damaged")
    }
    if chunk == nil {
      guard storedBytes >= UInt64(bytes) else {
        throw .refused(
          "H5Dget_storage_size", path,
          "shape \(shape) takes \(bytes) bytes, and \(storedBytes) are stored: truncated or damaged")
      }
      // The library reads zeros where the file has ended.
      if let start, start > fileBytes - storedBytes {
        throw .refused(
          "H5Dget_offset", path,
          "its \(storedBytes) bytes begin at byte \(start) of a file of \(fileBytes): truncated or damaged")
      }
    }
    let (allowed, unbounded) = storedBytes.multipliedReportingOverflow(by: UInt64(limits.expansion))
    guard bytes <= limits.unratedBytes || unbounded || UInt64(bytes) <= allowed else {
      throw .refused(
        "H5Dget_storage_size", path,
        "\(bytes) bytes of elements from \(storedBytes) stored bytes is more than \(limits.expansion) times: "
          + "a compression bomb, or never written")
    }
    guard chunk == nil || chunk?.count == shape.rank else {
      throw .refused("H5Pget_chunk", path, "chunks of another rank than the shape \(shape)")
    }
  }

  /// Bytes that hold all chunks which a row of the slowest possible axis crosses, so that walking in row-major order
  /// decompresses each chunk once; 0 when there are no chunks.
  func chunkCacheBytes(for shape: Shape, limits: ReadLimits) -> Int {
    guard let chunk else { return 0 }
    var bytes = chunkBytes
    for axis in shape.dimensions.indices.dropFirst() {
      let count = shape.dimensions[axis] / chunk[axis] + (shape.dimensions[axis] % chunk[axis] == 0 ? 0 : 1)
      let (product, overflow) = bytes.multipliedReportingOverflow(by: max(count, 1))
      guard !overflow, product <= limits.chunkCacheBytes else {
        return max(limits.chunkCacheBytes, chunkBytes)
      }
      bytes = product
    }
    return bytes
  }
}
