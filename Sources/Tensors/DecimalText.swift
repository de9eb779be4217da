#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Decimal forms of a number, correctly rounded by the C library.
public enum DecimalText {
  /// A number with so many decimals, at most 400.
  public static func fixed(_ value: Double, decimals: Int) -> String { formatted("%.*f", value, decimals) }

  /// A number with at most so many significant digits, in scientific form where that is shorter; C's `%g`.
  public static func significant(_ value: Double, digits: Int) -> String { formatted("%.*g", value, digits) }

  private static func formatted(_ format: String, _ value: Double, _ digits: Int) -> String {
    let digits = min(max(digits, 0), 400)
    // The longest: 309 digits before the point, 400 after it, sign, point and end.
    var buffer = [CChar](repeating: 0, count: 720)
    let length = withVaList([Int32(digits), value]) { vsnprintf(&buffer, buffer.count, format, $0) }
    return String(decoding: buffer.prefix(Int(length)).map(UInt8.init(bitPattern:)), as: UTF8.self)
  }
}
