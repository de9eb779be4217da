internal import HDF5

internal import Tensors

/// The numbers that a document prints for a case, beside the actual and the expected ones cut to as many decimals.
///
/// A fixture states them in the case's attribute `printed`: plain decimals without an exponent, in row-major order,
/// with white space between.
public struct PrintedNumbers: Hashable, Sendable, Codable {
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
    guard !documented.isEmpty, documented.allSatisfy(Self.isPlainDecimal) else { return nil }
  }

  /// Digits with a sign before them and a point among them, if any: what has a number of decimals.
  private static func isPlainDecimal(_ text: String) -> Bool {
    text.wholeMatch(of: /-?[0-9]+(\.[0-9]+)?/) != nil
  }

  /// Whether a row of values agrees with the document, number by number.
  public func reproduces(_ values: [String]) -> Bool { values == documented }

  /// Rounds values to the decimals of the printed numbers at the same positions.
  mutating func append(expected: [Double], actual: [Double]) {
    let decimals = documented.dropFirst(self.actual.count).map { number in
      number.split(separator: ".", maxSplits: 1).dropFirst().first?.count ?? 0
    }
    self.expected += zip(expected, decimals).map(DecimalText.fixed)
    self.actual += zip(actual, decimals).map(DecimalText.fixed)
  }
}
