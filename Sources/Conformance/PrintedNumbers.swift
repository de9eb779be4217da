internal import HDF5

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// The numbers that a document prints for a case, beside the actual and the expected ones cut to as many decimals.
///
/// A fixture states them in the case's attribute `printed`: the numbers in row-major order, with white space between.
public struct PrintedNumbers: Hashable, Sendable {
  /// The numbers as printed.
  public let documented: [String]
  /// The actual values, rounded to the printed numbers' decimals.
  public internal(set) var actual: [String] = []
  /// The expected values, rounded likewise.
  public internal(set) var expected: [String] = []

  /// The numbers of a case, or nil when its fixture states none, or none that can be read.
  init?(_ attributes: [String: AttributeValue]) {
    guard let text = attributes["printed"]?.string else { return nil }
    documented = text.split(whereSeparator: \.isWhitespace).map(String.init)
    guard !documented.isEmpty, documented.allSatisfy({ Double($0) != nil }) else { return nil }
  }

  /// Whether a row of values agrees with the document, number by number.
  public func reproduces(_ values: [String]) -> Bool { values == documented }

  /// Rounds values to the decimals of the printed numbers at the same positions.
  mutating func append(expected: [Double], actual: [Double]) {
    let decimals = documented.dropFirst(self.actual.count).map { number in
      number.split(separator: ".", maxSplits: 1).dropFirst().first?.count ?? 0
    }
    self.expected += zip(expected, decimals).map(decimalText)
    self.actual += zip(actual, decimals).map(decimalText)
  }
}

/// A value with a fixed number of decimals, correctly rounded.
private func decimalText(_ value: Double, decimals: Int) -> String {
  var buffer = [CChar](repeating: 0, count: 400 + min(decimals, 400))
  let length = withVaList([Int32(clamping: min(decimals, 400)), value]) {
    vsnprintf(&buffer, buffer.count, "%.*f", $0)
  }
  return String(decoding: buffer.prefix(Int(length)).map(UInt8.init(bitPattern:)), as: UTF8.self)
}
