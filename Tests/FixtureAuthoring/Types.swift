import CHDF5
import Foundation
import Tensors

/// Turns a negative status into an error and leaves no error stack behind.
@discardableResult
func check<Status: SignedInteger>(_ status: @autoclosure () -> Status, _ function: String) throws -> Status {
  H5Eset_auto2(hid_t(H5E_DEFAULT), nil, nil)
  let result = status()
  guard result >= 0 else {
    H5Eclear2(hid_t(H5E_DEFAULT))
    throw AuthoringError(description: "\(function) failed")
  }
  return result
}

func simpleSpace(_ shape: Shape) throws -> hid_t {
  if shape.rank == 0 { return try check(H5Screate(H5S_SCALAR), "H5Screate") }
  return try check(
    H5Screate_simple(Int32(shape.rank), shape.dimensions.map { hsize_t($0) }, nil), "H5Screate_simple")
}

/// The type of an element in the file; the caller closes it.
func fileType(_ elementType: ElementType, _ form: DatasetForm) throws -> hid_t {
  let type: hid_t
  switch elementType {
  case .bool: return try booleanType()
  case .bfloat16 where form.bfloat16 == .opaque: return try check(H5Tcreate(H5T_OPAQUE, 2), "H5Tcreate")
  case .bfloat16 where form.bfloat16 == .unsigned: type = try copy(chdf5_H5T_NATIVE_UINT16())
  case .bfloat16: type = try narrowFloat(exponent: 8, mantissa: 7, bias: 127)
  case .float16: type = try narrowFloat(exponent: 5, mantissa: 10, bias: 15)
  case .float32: type = try copy(chdf5_H5T_IEEE_F32LE())
  case .float64: type = try copy(chdf5_H5T_IEEE_F64LE())
  case .int8: type = try copy(chdf5_H5T_NATIVE_INT8())
  case .int16: type = try copy(chdf5_H5T_NATIVE_INT16())
  case .int32: type = try copy(chdf5_H5T_NATIVE_INT32())
  case .int64: type = try copy(chdf5_H5T_NATIVE_INT64())
  case .uint8: type = try copy(chdf5_H5T_NATIVE_UINT8())
  case .uint16: type = try copy(chdf5_H5T_NATIVE_UINT16())
  case .uint32: type = try copy(chdf5_H5T_NATIVE_UINT32())
  case .uint64: type = try copy(chdf5_H5T_NATIVE_UINT64())
  }
  try check(H5Tset_order(type, form.isBigEndian ? H5T_ORDER_BE : H5T_ORDER_LE), "H5Tset_order")
  return type
}

/// The same type in the machine's byte order; the caller closes it.
func memoryType(of type: hid_t) throws -> hid_t {
  let memory = try copy(type)
  let typeClass = H5Tget_class(type)
  if typeClass == H5T_INTEGER || typeClass == H5T_FLOAT {
    try check(H5Tset_order(memory, H5Tget_order(chdf5_H5T_NATIVE_UINT16())), "H5Tset_order")
  }
  return memory
}

func copy(_ type: hid_t) throws -> hid_t { try check(H5Tcopy(type), "H5Tcopy") }

/// A 16-bit float with its sign in bit 15 and its mantissa at bit 0.
func narrowFloat(exponent: Int, mantissa: Int, bias: Int) throws -> hid_t {
  let type = try copy(chdf5_H5T_IEEE_F32LE())
  try check(H5Tset_fields(type, exponent + mantissa, mantissa, exponent, 0, mantissa), "H5Tset_fields")
  try check(H5Tset_size(type, (exponent + mantissa + 8) / 8), "H5Tset_size")
  try check(H5Tset_ebias(type, bias), "H5Tset_ebias")
  return type
}

/// h5py's boolean.
func booleanType() throws -> hid_t {
  let type = try check(H5Tenum_create(chdf5_H5T_NATIVE_INT8()), "H5Tenum_create")
  for (name, number) in [("FALSE", Int8(0)), ("TRUE", 1)] {
    var value = number
    try check(H5Tenum_insert(type, name, &value), "H5Tenum_insert")
  }
  return type
}

/// A record of two numbers.
func compoundType() throws -> hid_t {
  let type = try check(H5Tcreate(H5T_COMPOUND, 12), "H5Tcreate")
  try check(H5Tinsert(type, "id", 0, chdf5_H5T_NATIVE_INT32()), "H5Tinsert")
  try check(H5Tinsert(type, "value", 4, chdf5_H5T_NATIVE_DOUBLE()), "H5Tinsert")
  return type
}

func stringType(_ size: Int, isUTF8: Bool) throws -> hid_t {
  let type = try copy(chdf5_H5T_C_S1())
  try check(H5Tset_size(type, size), "H5Tset_size")
  try check(H5Tset_cset(type, isUTF8 ? H5T_CSET_UTF8 : H5T_CSET_ASCII), "H5Tset_cset")
  return type
}

extension AuthoredValue {
  /// The type and dataspace to close, and the bytes, or the C strings to free.
  func stored() throws -> (hid_t, hid_t, [UInt8], [UnsafeMutablePointer<CChar>]) {
    func scalar(_ type: hid_t, _ bytes: [UInt8]) throws -> (
      hid_t, hid_t, [UInt8], [UnsafeMutablePointer<CChar>]
    ) {
      (type, try simpleSpace(.scalar), bytes, [])
    }
    func bytes<Value>(_ value: Value) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

    switch self {
    case .fixed(let text, let padding, let isUTF8):
      var contents = Array(text.utf8)
      switch padding {
      case .nullTerminated: contents.append(0)
      case .nulls: contents += [0, 0, 0]
      case .spaces: contents += Array("   ".utf8)
      }
      let type = try stringType(contents.count, isUTF8: isUTF8)
      let rule =
        switch padding {
        case .nullTerminated: H5T_STR_NULLTERM
        case .nulls: H5T_STR_NULLPAD
        case .spaces: H5T_STR_SPACEPAD
        }
      try check(H5Tset_strpad(type, rule), "H5Tset_strpad")
      return try scalar(type, contents)
    case .fixedBytes(let contents):
      return try scalar(try stringType(contents.count, isUTF8: true), contents)
    case .variable(let texts):
      let type = try stringType(chdf5_H5T_VARIABLE(), isUTF8: true)
      return (type, try simpleSpace(.vector(texts.count)), [], texts.compactMap { strdup($0) })
    case .variableScalar(let text, let isUTF8):
      let type = try stringType(chdf5_H5T_VARIABLE(), isUTF8: isUTF8)
      return (type, try simpleSpace(.scalar), [], [strdup(text)].compactMap { $0 })
    case .int(let value, let bits, let isBigEndian):
      let type = try copy(chdf5_H5T_NATIVE_INT64())
      try check(H5Tset_size(type, bits / 8), "H5Tset_size")
      try check(H5Tset_order(type, isBigEndian ? H5T_ORDER_BE : H5T_ORDER_LE), "H5Tset_order")
      let little = Array(bytes(value.littleEndian).prefix(bits / 8))
      return try scalar(type, isBigEndian ? little.reversed() : little)
    case .unsigned(let value): return try scalar(try copy(chdf5_H5T_NATIVE_UINT64()), bytes(value))
    case .float32(let value): return try scalar(try copy(chdf5_H5T_NATIVE_FLOAT()), bytes(value))
    case .double(let value): return try scalar(try copy(chdf5_H5T_NATIVE_DOUBLE()), bytes(value))
    case .extended(let value):
      // Converted by the library, since Swift has no 80-bit type on every machine.
      var buffer = bytes(value) + [UInt8](repeating: 0, count: 24)
      try check(
        H5Tconvert(
          chdf5_H5T_NATIVE_DOUBLE(), chdf5_H5T_NATIVE_LDOUBLE(), 1, &buffer, nil, hid_t(H5P_DEFAULT)),
        "H5Tconvert")
      return try scalar(try copy(chdf5_H5T_NATIVE_LDOUBLE()), buffer)
    case .doubles(let values):
      return (
        try copy(chdf5_H5T_NATIVE_DOUBLE()), try simpleSpace(.vector(values.count)),
        values.flatMap { bytes($0) }, []
      )
    case .boolean(let value): return try scalar(try booleanType(), [value ? 1 : 0])
    case .compound: return try scalar(try compoundType(), [UInt8](repeating: 1, count: 12))
    case .null:
      return (try copy(chdf5_H5T_NATIVE_DOUBLE()), try check(H5Screate(H5S_NULL), "H5Screate"), [], [])
    }
  }
}
