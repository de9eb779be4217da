import FixtureAuthoring
import Foundation
import Tensors
import Testing

@testable import HDF5

/// A stored form and the element types that it is tried with.
struct StoredForm: Sendable, CustomTestStringConvertible {
  let name: String
  let form: DatasetForm
  var types = ElementType.allCases

  var testDescription: String { name }

  static let all: [StoredForm] = [
    StoredForm(name: "contiguous little-endian", form: DatasetForm()),
    StoredForm(name: "contiguous big-endian", form: .with { $0.isBigEndian = true }),
    StoredForm(name: "chunked", form: .with { $0.chunk = [2, 5] }),
    StoredForm(
      name: "shuffle, deflate and fletcher32",
      form: .with {
        $0.chunk = [2, 5]
        $0.deflate = 6
        $0.isShuffled = true
        $0.hasChecksum = true
      }),
    StoredForm(
      name: "deflate over big-endian",
      form: .with {
        $0.chunk = [4, 3]
        $0.deflate = 1
        $0.isBigEndian = true
      }),
    StoredForm(name: "u16 marked bfloat16", form: .with { $0.bfloat16 = .unsigned }, types: [.bfloat16]),
    StoredForm(
      name: "big-endian u16 marked bfloat16",
      form: .with {
        $0.bfloat16 = .unsigned
        $0.isBigEndian = true
      }, types: [.bfloat16]),
    StoredForm(name: "opaque marked bfloat16", form: .with { $0.bfloat16 = .opaque }, types: [.bfloat16]),
  ]
}

/// A tensor of every kind of bit pattern: signalling NaNs, infinities, subnormals and both zeros are among them.
func patterns(_ elementType: ElementType, _ shape: Shape) -> Tensor {
  let special: [UInt64] =
    elementType.floatFormat.map { format in
      [
        0, format.signMask, 1, format.signMask | 1, format.infinityBits,
        format.signMask | format.infinityBits,
        format.infinityBits | 1, format.signMask | format.infinityBits | 3, format.infinityBits - 1,
      ]
    } ?? [0, 1]
  var state: UInt64 = 0x9E37_79B9_7F4A_7C15
  var bytes: [UInt8] = []
  for position in 0..<shape.count {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    var bits = position < special.count ? special[position] : state >> 7
    if elementType == .bool { bits &= 1 }
    withUnsafeBytes(of: bits.littleEndian) { bytes.append(contentsOf: $0.prefix(elementType.byteCount)) }
  }
  return Tensor(elementType, shape, bytes: bytes)
}

@Suite("Reading datasets")
struct DatasetTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  /// Writes one file and opens it.
  private func file(
    limits: ReadLimits = ReadLimits(), isNewestFormat: Bool = false, _ write: (HDF5Author) throws -> Void
  ) throws -> File {
    let path = folder.file("file.h5")
    let author = try HDF5Author(path: path, isNewestFormat: isNewestFormat)
    try write(author)
    try author.close()
    return try File(path: path, limits: limits)
  }

  @Test("every element type reads back bit by bit from every stored form", arguments: StoredForm.all)
  func readsBitExactly(stored: StoredForm) throws {
    let shape = try Shape([7, 11])
    for isNewestFormat in [false, true] {
      let file = try file(isNewestFormat: isNewestFormat) { author in
        for type in stored.types { try author.dataset("/\(type)", patterns(type, shape), stored.form) }
      }
      for type in stored.types {
        let expected = patterns(type, shape)
        let dataset = try file.dataset(at: "/\(type)")
        #expect(dataset.elementType == type)
        #expect(dataset.shape == shape)
        #expect(dataset.chunk == stored.form.chunk)
        #expect(try dataset.read(shape.whole) == expected, "\(type)")
        for count in [1, 4, 11, 30] {
          var bytes: [UInt8] = []
          for region in shape.regions(maximumCount: count) { bytes += try dataset.read(region).bytes }
          #expect(bytes == expected.bytes, "\(type) in regions of \(count)")
        }
      }
    }
  }

  @Test("a scalar has no dimensions, and (1,) keeps its one")
  func readsScalars() throws {
    let file = try file { author in
      try author.dataset("/scalar", Tensor(.float64, .scalar, values: [1.25]))
      try author.dataset("/one", Tensor(.float64, .vector(1), values: [2.5]))
    }
    let scalar = try file.dataset(at: "/scalar")
    #expect(scalar.shape == .scalar)
    #expect(try scalar.read(scalar.shape.whole).values == [1.25])
    let one = try file.dataset(at: "/one")
    #expect(one.shape == .vector(1))
    #expect(try one.read(one.shape.whole).values == [2.5])
  }

  @Test("an empty dataset has its shape and reads as nothing")
  func readsEmpty() throws {
    let shape = try Shape([3, 0, 2])
    let file = try file { try $0.dataset("/empty", Tensor(.float32, shape, values: [])) }
    let dataset = try file.dataset(at: "/empty")
    #expect(dataset.shape == shape)
    #expect(try dataset.read(shape.whole).count == 0)
  }

  @Test("a boolean that is neither 0 nor 1 reads as 1")
  func normalisesBooleans() throws {
    let file = try file { try $0.dataset("/mask", Tensor(.bool, .vector(4), bytes: [0, 1, 2, 255])) }
    let dataset = try file.dataset(at: "/mask")
    #expect(try dataset.read(dataset.shape.whole).bytes == [0, 1, 1, 1])
  }

  @Test("u16 without the bfloat16 mark stays u16, whatever else dtype says")
  func keepsUnmarkedUnsigned() throws {
    let file = try file { author in
      try author.dataset("/plain", Tensor(.uint16, .vector(1), bytes: [1, 2]))
      try author.dataset("/other", Tensor(.uint16, .vector(1), bytes: [1, 2]))
      try author.attribute("dtype", .fixed("uint16"), on: "/other")
      try author.dataset("/number", Tensor(.uint16, .vector(1), bytes: [1, 2]))
      try author.attribute("dtype", .int(16), on: "/number")
    }
    for path in ["/plain", "/other", "/number"] { #expect(try file.dataset(at: path).elementType == .uint16) }
  }

  @Test("a region outside the shape and a buffer too small are refused before the library is asked")
  func checksBounds() throws {
    let file = try file { try $0.dataset("/x", patterns(.float32, .vector(8))) }
    let dataset = try file.dataset(at: "/x")
    for shape in [Shape.vector(9), .scalar, try Shape([2, 4])] {
      #expect { try dataset.read(shape.whole) } throws: { "\($0)".contains("is not inside the shape (8,)") }
    }
    #expect {
      try withUnsafeTemporaryAllocation(byteCount: 31, alignment: 8) {
        try dataset.read(dataset.shape.whole, into: $0)
      }
    } throws: {
      "\($0)".contains("8 elements do not fit a buffer of 31 bytes")
    }
  }

  @Test("the chunk cache holds a row of chunks, within its limit")
  func sizesChunkCache() throws {
    let file = try file { author in
      let tensor = Tensor(.uint8, try Shape([8, 1 << 20]), bytes: [UInt8](repeating: 3, count: 8 << 20))
      for (name, chunk) in [("row", [4, 1 << 18]), ("wide", [8, 1 << 20])] {
        try author.dataset(
          "/\(name)", tensor,
          .with {
            $0.chunk = chunk
            $0.deflate = 1
          })
      }
    }
    #expect(try file.dataset(at: "/row").chunkCacheByteCount() == 4 << 20)
    #expect(try file.dataset(at: "/wide").chunkCacheByteCount() == 8 << 20)
    var limits = ReadLimits()
    limits.chunkCacheBytes = 1 << 20
    let bounded = try File(path: file.path, limits: limits)
    #expect(try bounded.dataset(at: "/row").chunkCacheByteCount() == 1 << 20)
  }

  @Test("reading leaves what follows in the buffer alone")
  func writesOnlyItsElements() throws {
    let file = try file { try $0.dataset("/x", Tensor(.uint8, .vector(4), bytes: [1, 2, 3, 4])) }
    let dataset = try file.dataset(at: "/x")
    let bytes = try withUnsafeTemporaryAllocation(byteCount: 6, alignment: 8) { buffer in
      buffer.initializeMemory(as: UInt8.self, repeating: 9)
      try dataset.read(dataset.shape.whole, into: buffer)
      return Array(buffer)
    }
    #expect(bytes == [1, 2, 3, 4, 9, 9])
  }
}

/// A dataset that a guard refuses, and what the refusal must say.
struct RefusedDataset: Sendable, CustomTestStringConvertible {
  let name: String
  let reason: String
  var limits = ReadLimits()
  let write: @Sendable (HDF5Author) throws -> Void

  var testDescription: String { name }

  static let all: [RefusedDataset] = [
    RefusedDataset(name: "compound", reason: "element type compound is refused") {
      try $0.compoundDataset("/x")
    },
    RefusedDataset(name: "string", reason: "element type string of 8 bytes is refused") {
      try $0.stringDataset("/x")
    },
    RefusedDataset(name: "variable-length string", reason: "element type variable-length string is refused") {
      try $0.variableStringDataset("/x")
    },
    RefusedDataset(name: "long double", reason: "-bit float (exponent 15 bits") {
      try $0.extendedDataset("/x")
    },
    RefusedDataset(
      name: "16-bit float with an odd bias", reason: "16-bit float (exponent 5 bits with bias 16"
    ) {
      try $0.oddFloatDataset("/x", bias: 16)
    },
    RefusedDataset(name: "8-bit float", reason: "8-bit float (exponent 4 bits with bias 7") {
      try $0.quarterFloatDataset("/x")
    },
    RefusedDataset(name: "12-bit integer", reason: "element type 12-bit integer in 2 bytes is refused") {
      try $0.paddedIntegerDataset("/x")
    },
    RefusedDataset(name: "16-bit integer in 4 bytes", reason: "16-bit integer in 4 bytes is refused") {
      try $0.wideIntegerDataset("/x")
    },
    RefusedDataset(name: "16-bit float in 4 bytes", reason: "16-bit float (exponent 5 bits with bias 15") {
      try $0.wideFloatDataset("/x")
    },
    RefusedDataset(
      name: "unmarked opaque", reason: "opaque of 2 bytes without the attribute dtype = \"bfloat16\""
    ) {
      try $0.opaqueDataset("/x")
    },
    RefusedDataset(name: "enumeration", reason: "element type enumeration (not h5py's boolean) is refused") {
      try $0.enumerationDataset("/x")
    },
    RefusedDataset(name: "null dataspace", reason: "null dataspace is refused") { try $0.nullDataset("/x") },
    RefusedDataset(name: "virtual", reason: "virtual dataset is refused") {
      try $0.virtualDataset("/x", shape: .vector(4), sourceFile: "other.h5", source: "/y")
    },
    RefusedDataset(name: "external storage", reason: "external storage is refused") {
      try $0.externalStorage("/x", shape: .vector(4), file: "/etc/passwd")
    },
    RefusedDataset(name: "filter of a plug-in", reason: "filter 32001 (without a name) is refused") {
      try $0.filtered("/x", patterns(.float32, .vector(4)), filter: 32001)
    },
    RefusedDataset(name: "huge and never written", reason: "was declared and never written") {
      try $0.unwritten("/x", .uint8, shape: .vector(1 << 40), chunk: [1 << 20])
    },
    RefusedDataset(name: "above the size limit", reason: "is above the limit of 1099511627776 bytes") {
      try $0.unwritten("/x", .float32, shape: .vector(1 << 40), chunk: [1 << 20])
    },
    RefusedDataset(name: "2^64 elements", reason: "does not fit 63 bits") {
      try $0.unwritten("/x", .uint8, shape: try Shape([1 << 40, 0, 1 << 40]), chunk: [1, 1, 1])
    },
    RefusedDataset(name: "2^64 bytes", reason: "is above the limit of 1099511627776 bytes") {
      try $0.unwritten("/x", .float32, shape: .vector(1 << 62), chunk: [1 << 20])
    },
    RefusedDataset(name: "small and never written", reason: "was declared and never written") {
      try $0.unwritten("/x", .float32, shape: .vector(4))
    },
    RefusedDataset(
      name: "compression bomb", reason: "more than 256 times: a compression bomb, or never written"
    ) {
      try $0.compressionBomb("/x", chunkCount: 32, chunkBytes: 1 << 20)
    },
    RefusedDataset(name: "huge chunk", reason: "is above the limit of 33554432 bytes") {
      try $0.unwritten("/x", .float32, shape: .vector(1 << 24), chunk: [1 << 24])
    },
    RefusedDataset(name: "group", reason: "a group, where a dataset is needed") { try $0.group("/x") },
  ]
}

@Suite("Refusing datasets")
struct RefusedDatasetTests {
  let folder: TemporaryFolder
  init() throws { folder = try TemporaryFolder() }

  @Test("a dataset that cannot be trusted is refused by name", arguments: RefusedDataset.all)
  func refuses(refused: RefusedDataset) throws {
    let path = folder.file("file.h5")
    let author = try HDF5Author(path: path)
    try refused.write(author)
    try author.close()
    let file = try File(path: path)
    #expect { try file.dataset(at: "/x") } throws: { error in
      guard let error = error as? HDF5Error else { return false }
      #expect(error.reason.contains(refused.reason), "\(error.reason)")
      return error.kind == .refused && error.path == "/x" && error.frames.isEmpty
    }
  }

  /// Writes a file with a compressed dataset `/x` of two chunks of 4096 sevens, the second of which is stored as so many
  /// bytes that no compression gives; the path of the file.
  private func twoChunks(storing byteCount: Int) throws -> String {
    let path = folder.file("file.h5")
    let author = try HDF5Author(path: path)
    let stream = try author.stream(
      "/x", .uint8, .vector(8192),
      .with {
        $0.chunk = [4096]
        $0.deflate = 1
      })
    try stream.write(Shape.vector(8192).whole, [UInt8](repeating: 7, count: 8192))
    try stream.writeStoredChunk(at: [4096], [UInt8](repeating: 7, count: byteCount))
    try stream.close()
    try author.close()
    return path
  }

  @Test(
    "chunks of no extent, and of another rank than the shape, are refused",
    arguments: [
      // These libhdf5 refuses itself, each version in its own words.
      ("no rows", 11, 0, nil), ("no columns", 15, 0, nil), ("more axes", 2, 4, nil),
      ("fewer axes", 2, 2, "chunks of another rank than the shape (8, 12)"),
    ])
  func chunkGeometry(what: String, place: Int, value: UInt8, reason: String?) throws {
    let path = folder.file("file.h5")
    let author = try HDF5Author(path: path)
    let tensor = Tensor(.float32, try Shape([8, 12]), values: Array(repeating: 7, count: 96))
    try author.dataset("/x", tensor, .with { $0.chunk = [4, 6] })
    try author.close()
    // The layout: version, class, one more than the rank, an address of 8 bytes, then the extents and the element's size.
    var bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
    let extents: [UInt8] = [4, 0, 0, 0, 6, 0, 0, 0, 4, 0, 0, 0]
    let layout = try #require(
      bytes.indices.first {
        bytes[$0...].starts(with: [3, 2, 3]) && bytes[($0 + 11)...].starts(with: extents)
      })
    bytes[layout + place] = value
    try Damage.write(path, bytes)
    let file = try File(path: path)
    #expect { _ = try file.dataset(at: "/x") } throws: { error in
      guard let error = error as? HDF5Error, error.path == "/x" else { return false }
      return reason.map(error.reason.contains) ?? true
    }
  }

  @Test("a chunk that takes more bytes in the file than it holds is refused before it is decompressed")
  func refusesStoredChunk() throws {
    let path = try twoChunks(storing: 1 << 20)
    let dataset = try File(path: path).dataset(at: "/x")
    let regions = Array(dataset.shape.regions(maximumCount: 4096))
    #expect(try dataset.read(regions[0]).bytes == [UInt8](repeating: 7, count: 4096))
    #expect { try dataset.read(regions[1]) } throws: {
      "\($0)".contains("takes 1048576 bytes in the file and holds 4096")
    }
    #expect { try dataset.read(dataset.shape.whole) } throws: { "\($0)".contains("the chunk at [4096]") }
  }

  @Test("a dataset that claims more bytes than the file has is refused")
  func refusesClaimedBytes() throws {
    let path = try twoChunks(storing: 123)
    // A chunk stands in the index by its size in 4 bytes, 4 bytes of filters and its offset in 8.
    let place: [UInt8] = [0, 0, 0, 0, 0, 0x10, 0, 0, 0, 0, 0, 0]
    try Damage.replace(path, [123, 0, 0, 0] + place, with: [0, 0, 0, 0x10] + place)
    let file = try File(path: path)
    #expect { try file.dataset(at: "/x") } throws: {
      "\($0)".contains(#/the dataset claims 2684\d+ bytes of a file of \d+: truncated or damaged/#)
    }
  }

  @Test("a damaged compressed chunk is an error with the library's stack, and the next read works")
  func reportsDamagedChunk() throws {
    let path = try twoChunks(storing: 100)
    let dataset = try File(path: path).dataset(at: "/x")
    let regions = Array(dataset.shape.regions(maximumCount: 4096))
    #expect { try dataset.read(regions[1]) } throws: { error in
      guard let error = error as? HDF5Error else { return false }
      #expect(error.reason.contains("compressed data is damaged"))
      #expect(error.operation == "H5Dread")
      #expect(error.frames.first?.function == "H5Dread")
      #expect(LibraryState.errorCount == 0)
      return error.kind == .failed && error.path == "/x"
    }
    #expect(try dataset.read(regions[0]).bytes == [UInt8](repeating: 7, count: 4096))
  }
}
