import CHDF5
import Foundation
public import Tensors

private let linkClasses = NSLock()

/// Objects that a reader must refuse.
extension HDF5Author {
  /// Links to an object of another file.
  public func externalLink(_ path: String, file: String, target: String) throws {
    try groupAbove(path)
    try check(
      H5Lcreate_external(file, target, id, path, hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT)), "H5Lcreate_external"
    )
  }

  /// A link of a class that only some program knows.
  public func userDefinedLink(_ path: String, linkClass: Int32 = 187) throws {
    try groupAbove(path)
    // The class is registered for the whole process, in which other tests use it as well.
    linkClasses.lock()
    defer { linkClasses.unlock() }
    var definition = H5L_class_t()
    definition.version = 1
    definition.id = H5L_type_t(linkClass)
    definition.trav_func = { _, _, _, _, _, _ in -1 }
    try check(H5Lregister(&definition), "H5Lregister")
    defer { H5Lunregister(H5L_type_t(linkClass)) }
    var value: [UInt8] = [1, 2, 3]
    try check(
      H5Lcreate_ud(
        id, path, H5L_type_t(linkClass), &value, value.count, hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT)),
      "H5Lcreate_ud")
  }

  /// Links to a path in the same file, which need not exist.
  public func softLink(_ path: String, target: String) throws {
    try groupAbove(path)
    try check(H5Lcreate_soft(target, id, path, hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT)), "H5Lcreate_soft")
  }

  /// Gives an object a second name.
  public func hardLink(_ path: String, target: String) throws {
    try groupAbove(path)
    try check(
      H5Lcreate_hard(id, target, id, path, hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT)), "H5Lcreate_hard")
  }

  /// A type that stands in the file by itself.
  public func committedDatatype(_ path: String) throws {
    try groupAbove(path)
    let type = try copy(chdf5_H5T_IEEE_F32LE())
    defer { H5Tclose(type) }
    try check(
      H5Tcommit2(id, path, type, hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT), hid_t(H5P_DEFAULT)), "H5Tcommit2")
  }

  /// A dataset whose elements lie in a dataset of another file.
  public func virtualDataset(_ path: String, shape: Shape, sourceFile: String, source: String) throws {
    let properties = try check(H5Pcreate(chdf5_H5P_DATASET_CREATE()), "H5Pcreate")
    defer { H5Pclose(properties) }
    let space = try simpleSpace(shape)
    defer { H5Sclose(space) }
    try check(H5Pset_virtual(properties, space, sourceFile, source, space), "H5Pset_virtual")
    try create(path, .float32, shape, DatasetForm(), properties: properties).close()
  }

  /// A dataset whose bytes lie in another file.
  public func externalStorage(_ path: String, shape: Shape, file: String) throws {
    let properties = try check(H5Pcreate(chdf5_H5P_DATASET_CREATE()), "H5Pcreate")
    defer { H5Pclose(properties) }
    try check(H5Pset_external(properties, file, 0, hsize_t(shape.count * 4)), "H5Pset_external")
    try create(path, .float32, shape, DatasetForm(), properties: properties).close()
  }

  /// A dataset with a filter that the library does not have, declared optional so that it can be written.
  public func filtered(_ path: String, _ tensor: Tensor, filter: Int32) throws {
    let properties = try check(H5Pcreate(chdf5_H5P_DATASET_CREATE()), "H5Pcreate")
    defer { H5Pclose(properties) }
    try check(
      H5Pset_chunk(properties, Int32(tensor.shape.rank), tensor.shape.dimensions.map { hsize_t($0) }),
      "H5Pset_chunk")
    try check(H5Pset_filter(properties, filter, UInt32(H5Z_FLAG_OPTIONAL), 0, nil), "H5Pset_filter")
    let stream = try create(path, tensor.elementType, tensor.shape, DatasetForm(), properties: properties)
    try stream.write(tensor.shape.whole, tensor.bytes)
    try stream.close()
  }

  /// A dataset that is declared and never written.
  public func unwritten(_ path: String, _ elementType: ElementType, shape: Shape, chunk: [Int]? = nil) throws
  {
    try stream(path, elementType, shape, .with { $0.chunk = chunk }).close()
  }

  /// A dataset that is declared with extents of any size, overflowing ones too, and never written.
  public func declared(_ path: String, extents: [UInt64], chunk: [UInt64]? = nil) throws {
    try groupAbove(path)
    let properties = try check(H5Pcreate(chdf5_H5P_DATASET_CREATE()), "H5Pcreate")
    defer { H5Pclose(properties) }
    if let chunk { try check(H5Pset_chunk(properties, Int32(chunk.count), chunk), "H5Pset_chunk") }
    let space = try check(H5Screate_simple(Int32(extents.count), extents, nil), "H5Screate_simple")
    defer { H5Sclose(space) }
    let type = try copy(chdf5_H5T_NATIVE_FLOAT())
    defer { H5Tclose(type) }
    H5Dclose(try newDataset(path, type, space, properties: properties))
  }

  /// A dataset of zeros that takes next to nothing in the file.
  public func compressionBomb(_ path: String, chunkCount: Int, chunkBytes: Int) throws {
    let shape = Shape.vector(chunkCount * chunkBytes)
    let stream = try stream(
      path, .uint8, shape,
      .with {
        $0.chunk = [chunkBytes]
        $0.deflate = 9
      })
    let zeros = [UInt8](repeating: 0, count: chunkBytes)
    for region in shape.regions(maximumCount: chunkBytes) { try stream.write(region, zeros) }
    try stream.close()
  }

  /// A dataset without elements in a null dataspace.
  public func nullDataset(_ path: String) throws {
    try untyped(path, try copy(chdf5_H5T_NATIVE_FLOAT()), try check(H5Screate(H5S_NULL), "H5Screate"))
  }

  /// A dataset of one record.
  public func compoundDataset(_ path: String) throws {
    try untyped(path, try compoundType(), try simpleSpace(.scalar))
  }

  /// A dataset of one fixed-length string.
  public func stringDataset(_ path: String) throws {
    try untyped(path, try stringType(8, isUTF8: true), try simpleSpace(.scalar))
  }

  /// A dataset of one variable-length string.
  public func variableStringDataset(_ path: String) throws {
    try untyped(path, try stringType(chdf5_H5T_VARIABLE(), isUTF8: true), try simpleSpace(.scalar))
  }

  /// A dataset of one 80- or 128-bit float, whatever the machine's `long double` is.
  public func extendedDataset(_ path: String) throws {
    try untyped(path, try copy(chdf5_H5T_NATIVE_LDOUBLE()), try simpleSpace(.scalar))
  }

  /// A dataset of one 16-bit float with a bias of its own.
  public func oddFloatDataset(_ path: String, bias: Int) throws {
    try untyped(path, try narrowFloat(exponent: 5, mantissa: 10, bias: bias), try simpleSpace(.scalar))
  }

  /// A dataset of one 8-bit float.
  public func quarterFloatDataset(_ path: String) throws {
    try untyped(path, try narrowFloat(exponent: 4, mantissa: 3, bias: 7), try simpleSpace(.scalar))
  }

  /// A dataset of one 12-bit integer in 16 bits.
  public func paddedIntegerDataset(_ path: String) throws {
    let type = try copy(chdf5_H5T_NATIVE_INT16())
    try check(H5Tset_precision(type, 12), "H5Tset_precision")
    try untyped(path, type, try simpleSpace(.scalar))
  }

  /// A dataset of one integer of fewer bits than its bytes have.
  public func wideIntegerDataset(_ path: String) throws {
    let type = try copy(chdf5_H5T_NATIVE_INT32())
    try check(H5Tset_precision(type, 16), "H5Tset_precision")
    try untyped(path, type, try simpleSpace(.scalar))
  }

  /// A dataset of one 16-bit float in 4 bytes.
  public func wideFloatDataset(_ path: String) throws {
    let type = try narrowFloat(exponent: 5, mantissa: 10, bias: 15)
    try check(H5Tset_size(type, 4), "H5Tset_size")
    try untyped(path, type, try simpleSpace(.scalar))
  }

  /// A dataset of one 2-byte opaque value without the attribute that would make it bfloat16.
  public func opaqueDataset(_ path: String) throws {
    try untyped(path, try check(H5Tcreate(H5T_OPAQUE, 2), "H5Tcreate"), try simpleSpace(.scalar))
  }

  /// A dataset of one enumeration value that is not h5py's boolean.
  public func enumerationDataset(_ path: String) throws {
    let type = try check(H5Tenum_create(chdf5_H5T_NATIVE_INT8()), "H5Tenum_create")
    for (name, number) in [("RED", Int8(0)), ("GREEN", 1)] {
      var value = number
      try check(H5Tenum_insert(type, name, &value), "H5Tenum_insert")
    }
    try untyped(path, type, try simpleSpace(.scalar))
  }

  /// Groups inside groups.
  public func nestedGroups(_ path: String, depth: Int) throws {
    try groupAbove(path)
    var group = try newGroup(id, path)
    for _ in 1..<depth {
      let child = try newGroup(group, "g")
      H5Gclose(group)
      group = child
    }
    H5Gclose(group)
  }

  /// Creates a scalar dataset of a type and closes both.
  private func untyped(_ path: String, _ type: hid_t, _ space: hid_t) throws {
    try groupAbove(path)
    defer {
      H5Tclose(type)
      H5Sclose(space)
    }
    let properties = try check(H5Pcreate(chdf5_H5P_DATASET_CREATE()), "H5Pcreate")
    defer { H5Pclose(properties) }
    H5Dclose(try newDataset(path, type, space, properties: properties))
  }
}

/// Damage to a file that is there.
public enum Damage {
  /// Writes bytes as a file.
  public static func write(_ path: String, _ bytes: [UInt8]) throws {
    try Data(bytes).write(to: URL(fileURLWithPath: path))
  }

  /// Cuts a file off after a number of bytes.
  public static func truncate(_ path: String, to byteCount: Int) throws {
    let contents = try Data(contentsOf: URL(fileURLWithPath: path))
    try contents.prefix(byteCount).write(to: URL(fileURLWithPath: path))
  }

  /// Turns over one bit, counted from the file's first.
  public static func flipBit(_ path: String, bit: Int) throws {
    var contents = try Data(contentsOf: URL(fileURLWithPath: path))
    contents[contents.startIndex + bit / 8] ^= 1 << UInt8(bit % 8)
    try contents.write(to: URL(fileURLWithPath: path))
  }

  /// Replaces the first occurrence of some bytes by as many others.
  public static func replace(_ path: String, _ old: [UInt8], with new: [UInt8]) throws {
    precondition(old.count == new.count)
    var contents = try Data(contentsOf: URL(fileURLWithPath: path))
    guard let range = contents.range(of: Data(old)) else {
      throw AuthoringError(description: "bytes not found")
    }
    contents.replaceSubrange(range, with: new)
    try contents.write(to: URL(fileURLWithPath: path))
  }

  /// Has a contiguous or chunked dataset of some bytes begin so many bytes later in the file, in its header or its list of
  /// chunks; the bytes themselves stay.
  ///
  /// - Parameters:
  ///   - path: a file with one such dataset.
  ///   - bytes: the first elements.
  ///   - distance: by how many bytes.
  ///   - userBlock: the size of the file's user block.
  public static func moveElements(
    _ path: String, startingWith bytes: [UInt8], by distance: UInt64, userBlock: UInt64 = 0
  ) throws {
    let original = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    guard let start = Data(original).range(of: Data(bytes))?.lowerBound else {
      throw AuthoringError(description: "bytes not found")
    }
    let layout = StoredLayout(original)
    let address = UInt64(start) - userBlock
    var contents = original
    // The heads of the file and of heaps may hold the same number; that of a dataset in one piece stands before its size.
    let places = layout.references(to: Int(address), in: contents)
    let size = withUnsafeBytes(of: UInt64(bytes.count).littleEndian) { Array($0) }
    guard let place = places.first(where: { contents[($0 + 8)...].starts(with: size) }) ?? places.last else {
      throw AuthoringError(description: "nothing refers to the elements")
    }
    withUnsafeBytes(of: (address + distance).littleEndian) {
      contents.replaceSubrange(place..<(place + 8), with: $0)
    }
    layout.mendChecksums(of: &contents, changedFrom: original)
    try Data(contents).write(to: URL(fileURLWithPath: path))
  }

  /// Moves a string of variable length, the first or another, out of the file's first global heap, to an index far
  /// beyond its end. libhdf5 1.10 looks there all the same, and crashes in `H5HG_read`.
  public static func misplaceVariableString(_ path: String, number: UInt8 = 1) throws {
    var contents = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let heap = try globalHeap(contents)
    // A string is stored as its length in 4 bytes, the heap's address in 8 and its number in it in 4.
    let address = withUnsafeBytes(of: UInt64(heap).littleEndian) { Data($0) }
    guard let reference = Data(contents).range(of: address + [number, 0, 0, 0]) else {
      throw AuthoringError(description: "nothing refers to the global heap")
    }
    contents[reference.upperBound - 1] = 16
    try Data(contents).write(to: URL(fileURLWithPath: path))
  }

  /// Gives the first object of the file's first global heap, which has fewer, 100 bytes. libhdf5 1.10 then meets an
  /// object of no size when it reads the heap, and does not get beyond it.
  public static func resizeVariableString(_ path: String) throws {
    var contents = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    // The heap's head has 16 bytes; an object's size comes after 8 bytes.
    contents[try globalHeap(contents) + 24] = 100
    try Data(contents).write(to: URL(fileURLWithPath: path))
  }

  private static func globalHeap(_ contents: [UInt8]) throws -> Int {
    guard let heap = Data(contents).range(of: Data("GCOL".utf8))?.lowerBound else {
      throw AuthoringError(description: "no global heap")
    }
    return heap
  }

  /// Sets the flags that a writer leaves in the superblock when it dies, in a file of the newest format.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - admitsReaders: whether the writer let others read meanwhile.
  public static func markOpenForWriting(_ path: String, admitsReaders: Bool = false) throws {
    var contents = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    // Superblock version 3: flags in byte 11, a Jenkins lookup3 checksum of the first 44 bytes after them.
    guard contents.count > 48, contents[8] == 3 else {
      throw AuthoringError(description: "not a version 3 superblock")
    }
    contents[11] |= admitsReaders ? 5 : 1
    withUnsafeBytes(of: lookup3(contents[..<44]).littleEndian) { contents.replaceSubrange(44..<48, with: $0) }
    try Data(contents).write(to: URL(fileURLWithPath: path))
  }
}

/// Bob Jenkins's `hashlittle` with the initial value 0, which HDF5 uses for metadata checksums.
func lookup3(_ bytes: ArraySlice<UInt8>) -> UInt32 {
  func rotate(_ value: UInt32, _ count: UInt32) -> UInt32 { value << count | value >> (32 - count) }
  var rest = bytes
  let start = 0xDEAD_BEEF &+ UInt32(bytes.count)
  var (a, b, c) = (start, start, start)
  func word(_ position: Int) -> UInt32 {
    (0..<4).reduce(0) { word, index in
      let offset = rest.startIndex + 4 * position + index
      return offset < rest.endIndex ? word | UInt32(rest[offset]) << UInt32(8 * index) : word
    }
  }
  while rest.count > 12 {
    a = a &+ word(0)
    b = b &+ word(1)
    c = c &+ word(2)
    a = (a &- c) ^ rotate(c, 4)
    c = c &+ b
    b = (b &- a) ^ rotate(a, 6)
    a = a &+ c
    c = (c &- b) ^ rotate(b, 8)
    b = b &+ a
    a = (a &- c) ^ rotate(c, 16)
    c = c &+ b
    b = (b &- a) ^ rotate(a, 19)
    a = a &+ c
    c = (c &- b) ^ rotate(b, 4)
    b = b &+ a
    rest = rest.dropFirst(12)
  }
  a = a &+ word(0)
  b = b &+ word(1)
  c = c &+ word(2)
  c = (c ^ b) &- rotate(b, 14)
  a = (a ^ c) &- rotate(c, 11)
  b = (b ^ a) &- rotate(a, 25)
  c = (c ^ b) &- rotate(b, 16)
  a = (a ^ c) &- rotate(c, 4)
  b = (b ^ a) &- rotate(a, 14)
  c = (c ^ b) &- rotate(b, 24)
  return c
}
