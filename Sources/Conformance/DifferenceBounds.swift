internal import FocalLoss
package import Comparison

/// How large a known difference may be at most, in each tensor that its entry selects.
public struct DifferenceBounds: Hashable, Sendable {
  /// Where an outside element may be: the values of one input, both ends included.
  package struct Region: Hashable, Sendable {
    /// The input's name.
    package let input: String
    /// The least value; zeros of either sign are one place.
    package let lower: Double
    /// The greatest value.
    package let upper: Double
  }

  /// How many elements of each class may be outside; a class that is not listed must not occur.
  package var maximumOutside: [MismatchClass: Int]
  /// How far an element may be from the exact value, in ULPs of that; nil where ``maximumAbsolute`` alone says it.
  package var maximumULPs: Double?
  /// How far an element may be from the exact value, as a number; nil where ``maximumULPs`` alone says it.
  package var maximumAbsolute: Double?
  /// Every outside element lies in all of them.
  package var regions: [Region]

  /// Bounds.
  package init(
    maximumOutside: [MismatchClass: Int], maximumULPs: Double? = nil, maximumAbsolute: Double? = nil,
    regions: [Region] = []
  ) {
    self.maximumOutside = maximumOutside
    self.maximumULPs = maximumULPs
    self.maximumAbsolute = maximumAbsolute
    self.regions = regions
  }

  /// The names that an input can have.
  package static let inputNames: Set<String> = Set(
    Variants.all.flatMap { $0.inputs.map(\.name) } + [
      "label", "grad_output", "takes_part",
    ])
}

extension DifferenceBounds {
  /// Which bounds the outside elements of a tensor exceed, each in words to go after the entry's place; none when all hold.
  package func excesses(of outside: OutsideSummary) -> [String] {
    var excesses: [String] = []
    for (mismatch, count) in outside.counts.sorted(by: { $0.key.rawValue < $1.key.rawValue }) {
      let limit = maximumOutside[mismatch] ?? 0
      guard count > limit else { continue }
      let elements = "\(limit) element\(limit == 1 ? "" : "s")"
      excesses.append("allows \(elements) of class \(mismatch.rawValue), \(count) are outside")
    }
    if outside.counts.keys.contains(where: \.hasError) {
      if let maximumULPs, !(outside.discrepancy.maximumError <= maximumULPs) {
        excesses.append(
          "allows an error of \(maximumULPs) ULP, the largest is \(outside.discrepancy.maximumError)")
      }
      if let maximumAbsolute, !(outside.discrepancy.maximumAbsoluteError <= maximumAbsolute) {
        excesses.append(
          "allows an absolute error of \(maximumAbsolute), the largest is \(outside.discrepancy.maximumAbsoluteError)"
        )
      }
    }
    return excesses + regions.compactMap { $0.excess(of: outside) }
  }

  /// The tightest bounds that hold for some tensors, with rounded errors.
  ///
  /// - Parameters:
  ///   - tensors: their outside elements; at least one.
  ///   - inputs: the inputs that get a region where there is one; nil for the first of the formula, a logit or a
  ///     probability, and for the second, a label, where all outside elements have the same one.
  package init(covering tensors: [OutsideSummary], inputs: [String]? = nil) {
    var counts: [MismatchClass: Int] = [:]
    for tensor in tensors { counts.merge(tensor.counts, uniquingKeysWith: max) }
    self.init(maximumOutside: counts)
    if counts.keys.contains(where: \.hasError) {
      maximumULPs = Self.roundedUp(tensors.map(\.discrepancy.maximumError).max() ?? 0)
      let absolute = tensors.map(\.discrepancy.maximumAbsoluteError).max() ?? 0
      maximumAbsolute = absolute.isFinite ? Self.roundedUp(absolute) : nil
    }
    let names = inputs ?? tensors.first?.inputs.prefix(2).map(\.name) ?? []
    for (index, name) in names.enumerated() where Self.inputNames.contains(name) {
      guard let region = Region(of: name, in: tensors) else { continue }
      let isAnywhere = region.lower == -.infinity && region.upper == .infinity
      if inputs == nil, isAnywhere || index > 0 && region.lower != region.upper { continue }
      regions.append(region)
    }
  }

  /// A number with four significant digits, not below another that is finite and not negative.
  static func roundedUp(_ value: Double) -> Double {
    guard value > 0 else { return 0 }
    let parts = "\(value)".split(separator: "e")
    let digits = parts[0].filter { $0 != "." }.drop { $0 == "0" }
    guard digits.count > 4, let leading = Int(digits.prefix(4)) else { return value }
    // The place of the fourth digit: the decimal exponent of the first, less 3.
    let point = parts[0].firstIndex(of: ".") ?? parts[0].endIndex
    let whole = parts[0][..<point].drop { $0 == "0" }
    let fraction = parts[0][point...].dropFirst()
    let first = whole.isEmpty ? -fraction.prefix { $0 == "0" }.count - 1 : whole.count - 1
    let exponent = first + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0) - 3
    let candidates = [leading, leading + 1].compactMap { Double("\($0)e\(exponent)") }
    return candidates.first { $0 >= value && $0.isFinite } ?? value
  }
}

extension DifferenceBounds.Region {
  /// The smallest region that has the outside elements of all tensors; nil where an input of that name is missing or NaN.
  fileprivate init?(of input: String, in tensors: [OutsideSummary]) {
    var lower = Double.infinity
    var upper = -Double.infinity
    for tensor in tensors {
      let ranges = tensor.inputs.filter { $0.name == input }
      guard !ranges.isEmpty, ranges.allSatisfy({ $0.nan == 0 }) else { return nil }
      for range in ranges {
        lower = min(lower, range.lowest)
        upper = max(upper, range.highest)
      }
    }
    guard lower <= upper else { return nil }
    self.init(input: input, lower: lower, upper: upper)
  }

  fileprivate func excess(of outside: OutsideSummary) -> String? {
    let ranges = outside.inputs.filter { $0.name == input }
    guard !ranges.isEmpty else { return "bounds \(input), which is no input of an element of this tensor" }
    if let count = ranges.map(\.nan).first(where: { $0 > 0 }) {
      return "allows \(input) from \(lower) to \(upper), it is NaN at \(count) outside"
    }
    guard let range = ranges.first(where: { !(lower <= $0.lowest && $0.highest <= upper) }) else {
      return nil
    }
    return
      "allows \(input) from \(lower) to \(upper), it is from \(range.lowest) to \(range.highest) where elements are outside"
  }
}

extension DifferenceBounds: CustomStringConvertible {
  /// The bounds in words, such as `at most 4 finite, 2.5 ULP`.
  public var description: String {
    let counts = MismatchClass.allCases.compactMap { mismatch in
      maximumOutside[mismatch].map { "\($0) \(mismatch.rawValue)" }
    }
    let errors =
      [maximumULPs.map { "\($0) ULP" }, maximumAbsolute.map { "an absolute error of \($0)" }].compactMap {
        $0
      }
    let places = regions.map { "\($0.input) from \($0.lower) to \($0.upper)" }
    return "at most " + (counts + errors + places).joined(separator: ", ")
  }
}
