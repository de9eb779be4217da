import CHDF5
import Foundation
public import Tensors

/// A failed step of writing a file.
public struct AuthoringError: Error, CustomStringConvertible {
  /// The library function that failed.
  public let description: String
}

/// How a tensor's elements are put into a file.
public struct DatasetForm: Hashable, Sendable {
  /// What stands in the file for bfloat16.
  public enum BFloat16: Hashable, Sendable {
    case native, unsigned, opaque
  }

  /// Whether numbers are stored in big-endian order.
  public var isBigEndian = false
  /// What stands in the file for bfloat16.
  public var bfloat16 = BFloat16.native
  /// The extents of a chunk, or nil for one piece.
  public var chunk: [Int]?
  /// The level of deflate, which needs chunks.
  public var deflate: UInt32?
  /// Whether bytes are shuffled, which needs chunks.
  public var isShuffled = false
  /// Whether chunks carry a checksum, which needs chunks.
  public var hasChecksum = false

  /// Contiguous, little-endian, without filters.
  public init() {}

  /// The default form with changes.
  public static func with(_ change: (inout DatasetForm) -> Void) -> DatasetForm {
    var form = DatasetForm()
    change(&form)
    return form
  }
}

/// An attribute's value as it is written.
public enum AuthoredValue: Hashable, Sendable {
  case fixed(String, padding: Padding = .nullTerminated, isUTF8: Bool = true)
  case fixedBytes([UInt8])
  case variable([String])
  case variableScalar(String, isUTF8: Bool = true)
  case int(Int, bits: Int = 64, isBigEndian: Bool = false)
  case unsigned(UInt64)
  case float32(Float)
  case double(Double)
  case extended(Double)
  case doubles([Double])
  case boolean(Bool)
  case compound
  case null

  /// How a fixed string is filled up.
  public enum Padding: Hashable, Sendable {
    case nullTerminated, nulls, spaces
  }
}

/// Writes real HDF5 files through libhdf5, for tests and benchmarks.
public final class HDF5Author {
  private var file: hid_t

  /// Creates a file, in the newest format of the library if asked, behind a user block of so many bytes.
  public init(path: String, isNewestFormat: Bool = false, userBlock: UInt64 = 0) throws {
    let access = try check(H5Pcreate(chdf5_H5P_FILE_ACCESS()), "H5Pcreate")
    defer { H5Pclose(access) }
    // A program that another test starts meanwhile inherits the descriptor, and a lock would live as long as it.
    try check(H5Pset_file_locking(access, false, true), "H5Pset_file_locking")
    if isNewestFormat {
      try check(H5Pset_libver_bounds(access, H5F_LIBVER_V110, H5F_LIBVER_V110), "H5Pset_libver_bounds")
    }
    let creation = try check(H5Pcreate(chdf5_H5P_FILE_CREATE()), "H5Pcreate")
    defer { H5Pclose(creation) }
    try check(H5Pset_obj_track_times(creation, false), "H5Pset_obj_track_times")
    try check(H5Pset_userblock(creation, userBlock), "H5Pset_userblock")
    file = try check(H5Fcreate(path, chdf5_H5F_ACC_TRUNC(), creation, access), "H5Fcreate")
  }

  /// The file's identifier, for what has no method here.
  public var id: Int64 { file }

  /// Closes the file; nothing can be written after it.
  public func close() throws {
    let id = file
    file = -1
    if id >= 0 { try check(H5Fclose(id), "H5Fclose") }
  }

  deinit { try? close() }

  /// Creates a group and the groups above it.
  public func group(_ path: String) throws {
    var parent = ""
    for component in path.split(separator: "/") {
      parent += "/\(component)"
      if H5Lexists(file, parent, hid_t(H5P_DEFAULT)) > 0 { continue }
      H5Gclose(try newGroup(file, parent))
    }
  }

  /// Creates a group whose links are kept in the order of their creation, as h5py's `track_order` does, or also in a heap.
  public func orderedGroup(_ path: String, isDense: Bool = false) throws {
    try groupAbove(path)
    let properties = try check(H5Pcreate(chdf5_H5P_GROUP_CREATE()), "H5Pcreate")
    defer { H5Pclose(properties) }
    let order = UInt32(H5P_CRT_ORDER_TRACKED | H5P_CRT_ORDER_INDEXED)
    try check(H5Pset_link_creation_order(properties, order), "H5Pset_link_creation_order")
    if isDense { try check(H5Pset_link_phase_change(properties, 0, 0), "H5Pset_link_phase_change") }
    H5Gclose(
      try check(H5Gcreate2(file, path, hid_t(H5P_DEFAULT), properties, hid_t(H5P_DEFAULT)), "H5Gcreate2"))
  }

  /// Takes a link away.
  public func removeLink(_ path: String) throws {
    try check(H5Ldelete(file, path, hid_t(H5P_DEFAULT)), "H5Ldelete")
  }

  /// Creates one group without a time stamp, so that the same calls give the same bytes; the caller closes it.
  func newGroup(_ parent: hid_t, _ name: String) throws -> hid_t {
    let properties = try check(H5Pcreate(chdf5_H5P_GROUP_CREATE()), "H5Pcreate")
    defer { H5Pclose(properties) }
    try check(H5Pset_obj_track_times(properties, false), "H5Pset_obj_track_times")
    return try check(
      H5Gcreate2(parent, name, hid_t(H5P_DEFAULT), properties, hid_t(H5P_DEFAULT)), "H5Gcreate2")
  }

  /// Creates one dataset without a time stamp; the caller closes it.
  func newDataset(_ path: String, _ type: hid_t, _ space: hid_t, properties: hid_t) throws -> hid_t {
    try check(H5Pset_obj_track_times(properties, false), "H5Pset_obj_track_times")
    return try check(
      H5Dcreate2(file, path, type, space, hid_t(H5P_DEFAULT), properties, hid_t(H5P_DEFAULT)), "H5Dcreate2")
  }

  func groupAbove(_ path: String) throws {
    try group(path.split(separator: "/").dropLast().joined(separator: "/"))
  }

  /// Writes a whole tensor.
  public func dataset(_ path: String, _ tensor: Tensor, _ form: DatasetForm = DatasetForm()) throws {
    let stream = try stream(path, tensor.elementType, tensor.shape, form)
    if tensor.count > 0 { try stream.write(tensor.shape.whole, tensor.bytes) }
    try stream.close()
  }

  /// Creates a dataset that is written region by region.
  public func stream(
    _ path: String, _ elementType: ElementType, _ shape: Shape, _ form: DatasetForm = DatasetForm()
  ) throws -> DatasetStream {
    try groupAbove(path)
    let properties = try check(H5Pcreate(chdf5_H5P_DATASET_CREATE()), "H5Pcreate")
    defer { H5Pclose(properties) }
    if let chunk = form.chunk {
      try check(H5Pset_chunk(properties, Int32(chunk.count), chunk.map { hsize_t($0) }), "H5Pset_chunk")
    }
    if form.isShuffled { try check(H5Pset_shuffle(properties), "H5Pset_shuffle") }
    if let level = form.deflate { try check(H5Pset_deflate(properties, level), "H5Pset_deflate") }
    if form.hasChecksum { try check(H5Pset_fletcher32(properties), "H5Pset_fletcher32") }
    return try create(path, elementType, shape, form, properties: properties)
  }

  func create(
    _ path: String, _ elementType: ElementType, _ shape: Shape, _ form: DatasetForm, properties: hid_t
  ) throws -> DatasetStream {
    try groupAbove(path)
    let type = try fileType(elementType, form)
    defer { H5Tclose(type) }
    let space = try simpleSpace(shape)
    defer { H5Sclose(space) }
    let dataset = try newDataset(path, type, space, properties: properties)
    if elementType == .bfloat16, form.bfloat16 != .native {
      try attribute("dtype", .fixed("bfloat16"), onObject: dataset)
    }
    return DatasetStream(dataset, try memoryType(of: type), elementType, shape)
  }

  /// Writes an attribute of the object at a path.
  public func attribute(_ name: String, _ value: AuthoredValue, on path: String = "/") throws {
    let object = try check(H5Oopen(file, path, hid_t(H5P_DEFAULT)), "H5Oopen")
    defer { H5Oclose(object) }
    try attribute(name, value, onObject: object)
  }

  private func attribute(_ name: String, _ value: AuthoredValue, onObject object: hid_t) throws {
    let (type, space, bytes, strings) = try value.stored()
    defer {
      H5Tclose(type)
      H5Sclose(space)
      for string in strings { free(string) }
    }
    let attribute = try check(
      H5Acreate2(object, name, type, space, hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT)), "H5Acreate2")
    defer { H5Aclose(attribute) }
    if strings.isEmpty {
      if !bytes.isEmpty { try check(H5Awrite(attribute, type, bytes), "H5Awrite") }
    } else {
      try check(H5Awrite(attribute, type, strings), "H5Awrite")
    }
  }
}

/// A dataset that is being written region by region, so that its size does not depend on memory.
public final class DatasetStream {
  private var dataset: hid_t
  private let memoryType: hid_t
  private let elementType: ElementType
  private let shape: Shape

  init(_ dataset: hid_t, _ memoryType: hid_t, _ elementType: ElementType, _ shape: Shape) {
    self.dataset = dataset
    self.memoryType = memoryType
    self.elementType = elementType
    self.shape = shape
  }

  /// Writes the elements of one region, in the machine's byte order.
  public func write(_ region: Region, _ bytes: [UInt8]) throws {
    try bytes.withUnsafeBytes { try write(region, $0) }
  }

  /// Writes the elements of one region, in the machine's byte order.
  public func write(_ region: Region, _ bytes: UnsafeRawBufferPointer) throws {
    precondition(bytes.count == region.count * elementType.byteCount)
    let fileSpace = try check(H5Dget_space(dataset), "H5Dget_space")
    defer { H5Sclose(fileSpace) }
    var count = hsize_t(region.count)
    let memorySpace = try check(H5Screate_simple(1, &count, nil), "H5Screate_simple")
    defer { H5Sclose(memorySpace) }
    if region.count != shape.count {
      try check(
        H5Sselect_hyperslab(
          fileSpace, H5S_SELECT_SET, region.start.map { hsize_t($0) }, nil, region.extent.map { hsize_t($0) },
          nil),
        "H5Sselect_hyperslab")
    }
    try check(
      H5Dwrite(dataset, memoryType, memorySpace, fileSpace, hid_t(H5P_DEFAULT), bytes.baseAddress), "H5Dwrite"
    )
  }

  /// Puts bytes into the file as one chunk, as they are, whatever the filters would make of them.
  public func writeStoredChunk(at start: [Int], _ bytes: [UInt8]) throws {
    try check(
      H5Dwrite_chunk(dataset, hid_t(H5P_DEFAULT), 0, start.map { hsize_t($0) }, bytes.count, bytes),
      "H5Dwrite_chunk")
  }

  /// Closes the dataset.
  public func close() throws {
    let id = dataset
    dataset = -1
    if id >= 0 {
      H5Tclose(memoryType)
      try check(H5Dclose(id), "H5Dclose")
    }
  }

  deinit { try? close() }
}
