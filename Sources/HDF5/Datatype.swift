import CHDF5
import Tensors

/// A stored type, and whether it is one that a tensor may have.
struct Datatype: ~Copyable {
  let handle: Handle
  let path: String
  var id: hid_t { handle.id }

  init(_ operation: StaticString, _ path: String, open: () -> hid_t) throws(HDF5Error) {
    self.handle = try Handle(.datatype, operation, path, open: open)
    self.path = path
  }

  func byteCount() throws(HDF5Error) -> Int {
    let id = id
    let size = try callReturningSize("H5Tget_size", path) { UInt(H5Tget_size(id)) }
    guard let count = Int(exactly: size), count > 0 else {
      throw .refused("H5Tget_size", path, "a type of \(size) bytes is refused")
    }
    return count
  }

  func typeClass() throws(HDF5Error) -> H5T_class_t {
    let id = id
    return H5T_class_t(try call("H5Tget_class", path) { H5Tget_class(id).rawValue })
  }

  func isVariableString() throws(HDF5Error) -> Bool {
    let id = id
    return try call("H5Tis_variable_str", path) { H5Tis_variable_str(id) } > 0
  }

  func stringPadding() throws(HDF5Error) -> H5T_str_t {
    let id = id
    return H5T_str_t(try call("H5Tget_strpad", path) { H5Tget_strpad(id).rawValue })
  }

  func characterSet() throws(HDF5Error) -> H5T_cset_t {
    let id = id
    return H5T_cset_t(try call("H5Tget_cset", path) { H5Tget_cset(id).rawValue })
  }

  func isSigned() throws(HDF5Error) -> Bool {
    let id = id
    return try call("H5Tget_sign", path) { H5Tget_sign(id).rawValue } == H5T_SGN_2.rawValue
  }

  private func precision() throws(HDF5Error) -> Int {
    let id = id
    return Int(clamping: try callReturningSize("H5Tget_precision", path) { UInt(H5Tget_precision(id)) })
  }

  private func offset() throws(HDF5Error) -> Int {
    let id = id
    return Int(try call("H5Tget_offset", path) { H5Tget_offset(id) })
  }

  private func hasPlainByteOrder() throws(HDF5Error) -> Bool {
    let id = id
    let order = try call("H5Tget_order", path) { H5Tget_order(id).rawValue }
    return order == H5T_ORDER_LE.rawValue || order == H5T_ORDER_BE.rawValue
  }

  /// An integer of at most 8 bytes whose significant bits lie inside them, so that the library can convert it.
  func isIntegerWithinItsBytes() throws(HDF5Error) -> Bool {
    let bits = try byteCount() * 8
    guard bits <= 64, try hasPlainByteOrder() else { return false }
    let (precision, offset) = (try precision(), try offset())
    return precision >= 1 && offset <= bits - precision
  }

  /// The library's own form of a copy in the machine's byte order; nothing but the order of bytes is converted.
  func inNativeOrder() throws(HDF5Error) -> Datatype {
    let id = id
    let copy = try Datatype("H5Tcopy", path) { H5Tcopy(id) }
    let typeClass = try typeClass()
    guard typeClass == H5T_INTEGER || typeClass == H5T_FLOAT, try byteCount() > 1 else { return copy }
    let copyID = copy.id
    let nativeOrder = H5Tget_order(chdf5_H5T_NATIVE_UINT16())
    try call("H5Tset_order", path) { H5Tset_order(copyID, nativeOrder) }
    return copy
  }

  func isPlainInteger(signed: Bool, byteCount: Int) throws(HDF5Error) -> Bool {
    guard try typeClass() == H5T_INTEGER, try self.byteCount() == byteCount, try precision() == 8 * byteCount,
      try offset() == 0, try isSigned() == signed
    else { return false }
    if byteCount == 1 { return true }
    return try hasPlainByteOrder()
  }
}

/// The fields of a floating-point type, as bit positions and widths.
struct FloatLayout: Hashable {
  var precision: Int
  var offset: Int
  var sign: Int
  var exponent: Int
  var exponentBits: Int
  var mantissa: Int
  var mantissaBits: Int
  var bias: Int
  var hasHiddenBit: Bool
}

extension FloatLayout {
  /// The layout of an interchange format in a type of its own width.
  init(_ format: FloatFormat) {
    self.init(
      precision: format.bitWidth, offset: 0, sign: format.bitWidth - 1, exponent: format.fractionBits,
      exponentBits: format.exponentBits, mantissa: 0, mantissaBits: format.fractionBits,
      bias: format.maximumExponent, hasHiddenBit: true)
  }
}

extension Datatype {
  func floatLayout() throws(HDF5Error) -> FloatLayout {
    let id = id
    var (sign, exponent, exponentBits, mantissa, mantissaBits) = (0, 0, 0, 0, 0)
    try call("H5Tget_fields", path) {
      H5Tget_fields(id, &sign, &exponent, &exponentBits, &mantissa, &mantissaBits)
    }
    let bias = Int(clamping: try callReturningSize("H5Tget_ebias", path) { UInt(H5Tget_ebias(id)) })
    let norm = try call("H5Tget_norm", path) { H5Tget_norm(id).rawValue }
    return FloatLayout(
      precision: try precision(), offset: try offset(), sign: sign, exponent: exponent,
      exponentBits: exponentBits, mantissa: mantissa, mantissaBits: mantissaBits, bias: bias,
      hasHiddenBit: norm == H5T_NORM_IMPLIED.rawValue)
  }

  /// Whether sign, exponent and mantissa lie apart and inside the type, so that the library can convert it.
  func hasSeparateFloatFields() throws(HDF5Error) -> Bool {
    let bits = try byteCount() * 8
    guard bits <= 128, try hasPlainByteOrder() else { return false }
    let layout = try floatLayout()
    return layout.precision >= 1 && layout.offset <= bits - layout.precision
      && (2...15).contains(layout.exponentBits) && (1...112).contains(layout.mantissaBits)
      && layout.mantissa <= layout.exponent - layout.mantissaBits
      && layout.exponent <= layout.sign - layout.exponentBits && layout.sign < layout.precision
  }

  /// h5py's boolean: an enumeration over int8 with FALSE = 0 and TRUE = 1.
  func isBoolean() throws(HDF5Error) -> Bool {
    let id = id
    let base = try Datatype("H5Tget_super", path) { H5Tget_super(id) }
    guard try base.isPlainInteger(signed: true, byteCount: 1), try byteCount() == 1,
      try call("H5Tget_nmembers", path, { H5Tget_nmembers(id) }) == 2
    else { return false }
    var members: [String: Int8] = [:]
    for index in 0..<UInt32(2) {
      var value: Int8 = 0
      try call("H5Tget_member_value", path) { H5Tget_member_value(id, index, &value) }
      let name = try callReturningPointer("H5Tget_member_name", path) { H5Tget_member_name(id, index) }
      members[String(cString: name)] = value
      try call("H5free_memory", path) { H5free_memory(name) }
    }
    return members == ["FALSE": 0, "TRUE": 1]
  }

  /// The element type of a tensor stored like this.
  ///
  /// - Parameter isMarkedBFloat16: whether the dataset has the attribute `dtype = "bfloat16"`, which makes 16-bit
  ///   unsigned and 2-byte opaque data bfloat16.
  /// - Throws: ``HDF5Error`` that names the type, for every type that is not on the list.
  func elementType(isMarkedBFloat16: () throws(HDF5Error) -> Bool) throws(HDF5Error) -> ElementType {
    let byteCount = try byteCount()
    switch try typeClass() {
    case H5T_INTEGER:
      if try isPlainInteger(signed: false, byteCount: 2), try isMarkedBFloat16() { return .bfloat16 }
      for type in Self.signedTypes where try isPlainInteger(signed: true, byteCount: type.byteCount) {
        return type
      }
      for type in Self.unsignedTypes where try isPlainInteger(signed: false, byteCount: type.byteCount) {
        return type
      }
    case H5T_FLOAT:
      guard try hasPlainByteOrder() else { break }
      let layout = try floatLayout()
      for type in Self.floatTypes where type.byteCount == byteCount {
        if let format = type.floatFormat, layout == FloatLayout(format) { return type }
      }
    case H5T_OPAQUE:
      if byteCount == 2, try isMarkedBFloat16() { return .bfloat16 }
    case H5T_ENUM:
      if try isBoolean() { return .bool }
    default:
      break
    }
    throw .refused("H5Dget_type", path, "element type \(try name()) is refused")
  }

  private static let signedTypes: [ElementType] = [.int8, .int16, .int32, .int64]
  private static let unsignedTypes: [ElementType] = [.uint8, .uint16, .uint32, .uint64]
  private static let floatTypes: [ElementType] = [.float16, .bfloat16, .float32, .float64]

  /// The type for a person, such as `compound` or `80-bit float`.
  func name() throws(HDF5Error) -> String {
    let bytes = try byteCount()
    switch try typeClass() {
    case H5T_INTEGER:
      let precision = try precision()
      let sign = try isSigned() ? "integer" : "unsigned integer"
      return precision == 8 * bytes
        ? "\(precision)-bit \(sign)" : "\(precision)-bit \(sign) in \(bytes) bytes"
    case H5T_FLOAT:
      let layout = try floatLayout()
      return "\(layout.precision)-bit float (exponent \(layout.exponentBits) bits with bias \(layout.bias), "
        + "mantissa \(layout.mantissaBits) bits, in \(bytes) bytes)"
    case H5T_STRING: return try isVariableString() ? "variable-length string" : "string of \(bytes) bytes"
    case H5T_TIME: return "time"
    case H5T_BITFIELD: return "bit field of \(bytes) bytes"
    case H5T_OPAQUE:
      return bytes == 2
        ? "opaque of 2 bytes without the attribute dtype = \"bfloat16\"" : "opaque of \(bytes) bytes"
    case H5T_COMPOUND: return "compound"
    case H5T_REFERENCE: return "reference"
    case H5T_ENUM: return "enumeration (not h5py's boolean)"
    case H5T_VLEN: return "variable-length sequence"
    case H5T_ARRAY: return "array"
    case let unknown: return "of unknown class \(unknown.rawValue)"
    }
  }
}
