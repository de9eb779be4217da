import CHDF5
import Foundation

/// Where a file that libhdf5 wrote keeps what: for damage that knows what it hits.
public struct StoredLayout: Sendable {
  /// Where structures of the file format begin, in ascending order.
  public let headers: [Int]
  /// Structures with a checksum, which follows each of them.
  public let checksummed: [Range<Int>]
  /// Where the elements of contiguous datasets lie, by path.
  public let elements: [String: Range<Int>]

  /// Signatures of the structures that have one.
  private static let signatures = [
    "\u{89}HDF", "SNOD", "TREE", "HEAP", "GCOL", "OHDR", "OCHK", "FRHP", "FHDB", "FHIB", "BTHD", "BTLF",
    "BTIN",
  ]

  /// The structures that their signatures show.
  ///
  /// - Parameter bytes: a whole file.
  public init(_ bytes: [UInt8]) { self.init(bytes, objects: [], elements: [:]) }

  /// All structures of an undamaged file, object headers without a signature among them.
  ///
  /// - Parameters:
  ///   - path: the file.
  ///   - objects: paths of its groups and datasets.
  public init(path: String, objects: [String]) throws {
    let file = try check(H5Fopen(path, chdf5_H5F_ACC_RDONLY(), hid_t(H5P_DEFAULT)), "H5Fopen")
    defer { H5Fclose(file) }
    var addresses: [Int] = []
    var elements: [String: Range<Int>] = [:]
    for object in objects {
      var (type, identity): (Int32, [UInt64]) = (0, [0, 0])
      try check(chdf5_object_info(file, object, &type, &identity), "H5Oget_info")
      if let address = Int(exactly: identity[0]) { addresses.append(address) }
      guard type == Int32(H5O_TYPE_DATASET.rawValue) else { continue }
      let dataset = try check(H5Dopen2(file, object, hid_t(H5P_DEFAULT)), "H5Dopen2")
      defer { H5Dclose(dataset) }
      // Undefined, which is no `Int`, for what lies in chunks or nowhere.
      let (start, count) = (Int(exactly: H5Dget_offset(dataset)), Int(H5Dget_storage_size(dataset)))
      if let start { elements[object] = start..<(start + count) }
    }
    self.init(
      [UInt8](try Data(contentsOf: URL(fileURLWithPath: path))), objects: addresses, elements: elements)
  }

  private init(_ bytes: [UInt8], objects: [Int], elements: [String: Range<Int>]) {
    let contents = Data(bytes)
    var headers = Set(objects).union([0])
    for signature in Self.signatures {
      let pattern = Data(signature.unicodeScalars.map { UInt8($0.value) })
      var from = 0
      while let range = contents.range(of: pattern, in: from..<contents.count) {
        headers.insert(range.lowerBound)
        from = range.upperBound
      }
    }
    self.headers = headers.filter { $0 < bytes.count }.sorted()
    self.checksummed = self.headers.compactMap { Self.checksummed(bytes, at: $0) }
    self.elements = elements
  }

  /// What the checksum of the structure at a place is of, for the superblock and for object headers of version 2.
  private static func checksummed(_ bytes: [UInt8], at start: Int) -> Range<Int>? {
    if start == 0 { return bytes.count > 48 && bytes[8] >= 2 ? 0..<44 : nil }
    guard start + 64 < bytes.count, Array(bytes[start..<(start + 4)]) == Array("OHDR".utf8) else {
      return nil
    }
    let flags = bytes[start + 5]
    // Four times, and when attributes are kept apart, where the flags say so; then the size in 1, 2, 4 or 8 bytes.
    var position = start + 6 + (flags & 0x20 == 0 ? 0 : 16) + (flags & 0x10 == 0 ? 0 : 4)
    let width = 1 << Int(flags & 3)
    let size = (0..<width).reversed().reduce(0) { $0 << 8 | Int(bytes[position + $1]) }
    position += width
    guard size >= 0, size < bytes.count, position + size + 4 <= bytes.count else { return nil }
    return start..<(position + size)
  }

  /// What of the oldest format says which links and attributes there are, byte by byte: counts of links, places of their
  /// names, the names, and the types of the messages of object headers.
  ///
  /// - Parameter bytes: an undamaged file without a user block, whose objects were named when its layout was read.
  public func directory(of bytes: [UInt8]) -> [Int] {
    func number(_ place: Int, _ width: Int) -> Int {
      (0..<width).reversed().reduce(0) { $0 << 8 | Int(bytes[place + $1]) }
    }
    var places: [Int] = []
    for header in headers {
      switch String(decoding: bytes[header..<(header + 4)], as: UTF8.self) {
      case "SNOD":
        places += [header + 6, header + 7]
        // An entry has 40 bytes and begins with the place of its name.
        for entry in 0..<number(header + 6, 2) {
          places += (header + 8 + 40 * entry)..<(header + 16 + 40 * entry)
        }
      case "TREE" where bytes[header + 4] == 0: places += [header + 6, header + 7]
      case "HEAP":
        let start = number(header + 24, 8)
        // The list of gaps ends with the number 1; before it there are names.
        let end = number(header + 16, 8) == 1 ? number(header + 8, 8) : number(header + 16, 8)
        places += (start..<(start + end)).filter { bytes[$0] != 0 }
      default:
        guard header > 0, bytes[header] == 1, bytes[header + 1] == 0, header + 16 <= bytes.count else {
          continue
        }
        var pieces = [(start: header + 16, count: number(header + 8, 4))]
        while let piece = pieces.popLast() {
          var place = piece.start
          while place + 8 <= piece.start + piece.count {
            places += [place, place + 1]
            if number(place, 2) == 0x10 { pieces.append((number(place + 8, 8), number(place + 16, 8))) }
            place += 8 + number(place + 2, 2)
          }
        }
      }
    }
    return places
  }

  /// Where in the file something refers to an address: its 8 bytes, little-endian.
  public func references(to address: Int, in bytes: [UInt8]) -> [Int] {
    let pattern = withUnsafeBytes(of: UInt64(address).littleEndian) { Data($0) }
    let contents = Data(bytes)
    var (places, from): ([Int], Int) = ([], 0)
    while let range = contents.range(of: pattern, in: from..<contents.count) {
      places.append(range.lowerBound)
      from = range.upperBound
    }
    return places
  }

  /// Makes the checksums of what was changed right again.
  public func mendChecksums(of bytes: inout [UInt8], changedFrom original: [UInt8]) {
    for range in checksummed where range.upperBound + 4 <= bytes.count {
      guard bytes[range] != original[range] else { continue }
      let sum = lookup3(bytes[range])
      withUnsafeBytes(of: sum.littleEndian) {
        bytes.replaceSubrange(range.upperBound..<(range.upperBound + 4), with: $0)
      }
    }
  }

  /// Writes into the superblock that the file ends where it does.
  public func mendEnd(of bytes: inout [UInt8]) {
    guard bytes.count > 48 else { return }
    let position = bytes[8] >= 2 ? 28 : 40
    withUnsafeBytes(of: UInt64(bytes.count).littleEndian) {
      bytes.replaceSubrange(position..<(position + 8), with: $0)
    }
    if bytes[8] >= 2 {
      withUnsafeBytes(of: lookup3(bytes[..<44]).littleEndian) { bytes.replaceSubrange(44..<48, with: $0) }
    }
  }
}
