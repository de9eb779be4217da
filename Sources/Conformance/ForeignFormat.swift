/// What a file is that is not HDF5, or an HDF5 file that is no fixture, told by its contents and not by its name.
struct ForeignFormat: Hashable {
  /// The file in a sentence, such as `is a NumPy .npz archive, not an HDF5 file`.
  let description: String
  /// What makes an HDF5 file of it, or nil when it has to be written anew.
  let remedy: String?
  /// Whether it is known what it is, and not only what it is not.
  let isRecognized: Bool

  /// How to come by a fixture.
  static let fixtureAdvice =
    "export one with focalcheck-export, judge an installed build with focalcheck live, or write one as "
    + "fixtures/FORMAT.md describes"

  /// How to come by an HDF5 file that need not be a fixture.
  static let fileAdvice = "write the arrays with h5py, for instance"

  /// How many bytes of a file are looked at.
  static let byteCount = 4096
  private static let signature: [UInt8] = [0x89] + Array("HDF\r\n\u{1A}\n".utf8)

  /// Looks at a file.
  ///
  /// - Parameters:
  ///   - byteCount: the size of the file.
  ///   - bytes: gives so many bytes from a place on, or what there is of them.
  /// - Returns: nil for an HDF5 file.
  init?(byteCount: Int, bytes: (_ place: Int, _ count: Int) -> [UInt8]) {
    // The signature may stand behind a user block of 512 bytes or a power of two times as many.
    var place = 0
    while place < byteCount {
      if bytes(place, Self.signature.count) == Self.signature { return nil }
      place = max(512, 2 * place)
    }
    let start = bytes(0, Self.byteCount)
    if let known = Self.binary(start, byteCount: byteCount) {
      self = known
    } else if let text = Self.text(start) {
      self = text
    } else {
      self.init("not an HDF5 file: it does not have the signature of one", isRecognized: false)
    }
  }

  private init(_ description: String, remedy: String? = nil, isRecognized: Bool = true) {
    self.description = "is \(description)"
    self.remedy = remedy
    self.isRecognized = isRecognized
  }

  /// A format that its first bytes show.
  private static func binary(_ start: [UInt8], byteCount: Int) -> ForeignFormat? {
    func begins(_ bytes: [UInt8]) -> Bool { start.starts(with: bytes) }
    func begins(_ text: String) -> Bool { start.starts(with: text.utf8) }
    func foreign(_ name: String, remedy: String? = nil) -> ForeignFormat {
      ForeignFormat("\(name), not an HDF5 file", remedy: remedy)
    }
    if begins("PK\u{3}\u{4}") || begins("PK\u{5}\u{6}") { return foreign(archive(start)) }
    if begins([0x93] + Array("NUMPY".utf8)) { return foreign("a NumPy .npy array") }
    if begins([0x80, 2, 0x8A, 0x0A]) { return foreign("a PyTorch file (.pt) of the old format") }
    if start.count > 2, start[0] == 0x80, (2...5).contains(start[1]) { return foreign("a Python pickle") }
    if begins("GGUF") { return foreign("a GGUF model") }
    if begins("PAR1") { return foreign("a Parquet table") }
    if begins("CDF\u{1}") || begins("CDF\u{2}") || begins("CDF\u{5}") {
      return foreign("a netCDF classic file")
    }
    if begins([0x0E, 3, 0x13, 1]) { return foreign("an HDF4 file") }
    for (name, magic) in [
      ("gzip", [0x1F, 0x8B]), ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A]), ("zstd", [0x28, 0xB5, 0x2F, 0xFD]),
      ("bzip2", Array("BZh".utf8)),
    ] where begins(magic) {
      return foreign("compressed by \(name)", remedy: "decompress it first")
    }
    // The length of a JSON header in 8 bytes, then the header.
    let length = start.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    if start.count > 8, start[8] == UInt8(ascii: "{"), length >= 2, length <= UInt64(byteCount - 8) {
      return foreign("a .safetensors file")
    }
    return nil
  }

  /// A zip archive by the name of its first entry.
  private static func archive(_ start: [UInt8]) -> String {
    guard start.count > 30 else { return "a zip archive" }
    let name = String(
      decoding: start.dropFirst(30).prefix(Int(start[26]) | Int(start[27]) << 8), as: UTF8.self)
    if name.hasSuffix(".npy") { return "a NumPy .npz archive" }
    if name.hasSuffix("/data.pkl") || name.hasSuffix("/version") || name.hasSuffix("/byteorder") {
      return "a PyTorch file (.pt)"
    }
    return ["metadata.json", "config.json"].contains(name) ? "a Keras model (.keras)" : "a zip archive"
  }

  /// A format that is text.
  private static func text(_ start: [UInt8]) -> ForeignFormat? {
    // The last character may be cut.
    guard let text = (0..<4).lazy.compactMap({ String(validating: start.dropLast($0), as: UTF8.self) }).first,
      !text.unicodeScalars.contains(where: { $0.value < 0x20 && !"\t\n\r\u{C}".unicodeScalars.contains($0) })
    else { return nil }
    if text.hasPrefix("version https://git-lfs.github.com/") {
      return ForeignFormat(
        "a Git LFS pointer, not an HDF5 file", remedy: "fetch the file itself with git lfs pull")
    }
    let first = text.drop { $0.isWhitespace }
    if first.hasPrefix("{") || first.hasPrefix("[") { return ForeignFormat("JSON, not an HDF5 file") }
    let beginning = first.prefix(16).lowercased()
    if beginning.hasPrefix("<!doctype html") || beginning.hasPrefix("<html") {
      return ForeignFormat("an HTML page, not an HDF5 file", remedy: "download the file itself")
    }
    return ForeignFormat("text, not an HDF5 file")
  }

  /// Which program wrote an HDF5 file that is no fixture, as far as its root tells.
  static func writer(attributes: [String], objects: [String]) -> String? {
    let names = Set(attributes)
    if !names.isDisjoint(with: ["keras_version", "layer_names"]) || objects.contains("model_weights")
      || objects.contains("_layer_checkpoint_dependencies")
      || Set(objects).isSuperset(of: ["layers", "vars"])
    {
      return "Keras weights"
    }
    if names.contains("_NCProperties") { return "a netCDF-4 file" }
    if names.contains("PYTABLES_FORMAT_VERSION") { return "a PyTables file" }
    return objects.contains("#refs#") || objects.contains("#subsystem#") ? "a MATLAB 7.3 file" : nil
  }
}
