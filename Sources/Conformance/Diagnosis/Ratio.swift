internal import Arithmetic
internal import Tensors

/// The numbers that may be the ratio of every element to its documented value.
struct RatioRange {
  private(set) var lower = -Double.infinity
  private(set) var upper = Double.infinity
  /// How many elements bound it.
  private(set) var count = 0
  private var isImpossible = false

  /// How many roundings the factor may have cost, in ULPs at either end.
  private static let slack = 3

  /// Takes an element into account.
  mutating func add(_ actual: Double, _ allowed: Enclosure, in format: FloatFormat) {
    guard allowed.hasNumbers, !allowed.mayBeNaN else {
      if !(actual.isNaN && allowed.mayBeNaN) { isImpossible = true }
      return
    }
    guard actual.isFinite, allowed.lower.isFinite, allowed.upper.isFinite else {
      // An infinity keeps its place, whatever the factor.
      if !(actual.isInfinite && allowed.contains(actual)) { isImpossible = true }
      return
    }
    if allowed.contains(0) {
      if actual != 0, !allowed.contains(actual) { isImpossible = true }
      return
    }
    guard actual != 0 else { return isImpossible = true }
    let ends = [format.moved(actual, by: -Self.slack), format.moved(actual, by: Self.slack)]
    let quotients = ends.flatMap { [$0 / allowed.lower, $0 / allowed.upper] }
    lower = max(lower, quotients.min() ?? lower)
    upper = min(upper, quotients.max() ?? upper)
    count += 1
  }

  /// Whether one ratio is possible for all of them.
  var isPossible: Bool { !isImpossible && count > 0 && lower <= upper }

  func contains(_ ratio: Double) -> Bool { isPossible && lower <= ratio && ratio <= upper }

  /// Whether a number lies in it, up to one more rounding of the format: the factor may stand in the middle of the formula.
  func contains(_ ratio: Double, roundedIn format: FloatFormat) -> Bool {
    let slack = ratio.magnitude * Double(sign: .plus, exponent: 2 - format.precision, significand: 1)
    return isPossible && lower - slack <= ratio && ratio <= upper + slack
  }

  /// Whether it is so narrow that a number lies in it by no accident.
  var isNarrow: Bool { upper - lower <= 0x1p-13 * max(upper.magnitude, lower.magnitude) }

  /// Whether it is clear of 1 by more than roundings.
  func isOff(in format: FloatFormat) -> Bool {
    let unit = Double(sign: .plus, exponent: 4 - format.precision, significand: 1)
    return isPossible && (lower > 1 + unit || upper < 1 - unit)
  }

  /// The number in its middle, as few digits as lie in it.
  var text: String { "\(value)" }

  /// The shortest decimal number in it.
  var value: Double {
    let middle = lower + (upper - lower) / 2
    guard middle.isFinite, middle != 0 else { return middle }
    for digits in 1...15 {
      let scale = DecimalPower.of(digits - 1 - Int(middle.magnitude.exponent10))
      let rounded = (middle * scale).rounded() / scale
      if contains(rounded) { return rounded }
    }
    return middle
  }
}

private enum DecimalPower {
  /// 10 to a whole exponent.
  static func of(_ exponent: Int) -> Double {
    var power = 1.0
    for _ in 0..<min(exponent.magnitude, 300) { power *= 10 }
    return exponent < 0 ? 1 / power : power
  }
}

extension Double {
  /// The exponent of the decimal notation of a finite number that is not 0.
  fileprivate var exponent10: Int {
    var power = 0
    var rest = magnitude
    while rest >= 10, power < 400 {
      rest /= 10
      power += 1
    }
    while rest < 1, power > -400 {
      rest *= 10
      power -= 1
    }
    return power
  }
}

/// A ratio with a name: what a build forgot, did twice or took for another number.
struct NamedFactor {
  let ratio: Double
  let cause: String
  /// What it means, in words that follow a colon.
  let meaning: String
  /// How much the documentation has to do with the number: where several names fit, those of the best rank count.
  let rank: Rank

  /// What the number is to the case.
  enum Rank: Int, Comparable {
    /// The documented computation has it at this very place.
    case documented
    /// It counts something of the case, or belongs to the logarithm or the sign.
    case counted
    /// It is a parameter of something else, or a count that is off by one.
    case remote
    /// It is any small number.
    case plain

    static func < (first: Rank, second: Rank) -> Bool { first.rawValue < second.rawValue }
  }

  init(_ ratio: Double, _ cause: String, _ meaning: String, _ rank: Rank = .documented) {
    self.ratio = ratio
    self.cause = cause
    self.meaning = meaning
    self.rank = rank
  }
}

/// The counts and parameters of a case that a result may be off by as a factor.
struct CaseNumbers {
  /// Counts of things, each with its name.
  private(set) var counts: [(name: String, value: Double)] = []
  /// Counts that are off by one.
  private(set) var miscounts: [(name: String, value: Double)] = []
  /// How many elements go into the reduction.
  let elements: Double
  /// How many things the documented divisor counts; nil where there is none.
  private(set) var positives: Double?
  /// A normalizer that is one number.
  private(set) var normalizer: Double?
  /// A fed-in gradient that is one number.
  private(set) var upstream: Double?

  init(_ suspect: Suspect) throws(JudgingError) {
    let plan = suspect.lossPlan
    let shape = plan.elements
    elements = Double(shape.count)
    for (axis, length) in shape.dimensions.enumerated() where shape.rank > 1 {
      counts.append(("\(length), the length of axis \(axis)", Double(length)))
    }
    if shape.rank > 2 {
      for axis in 1..<(shape.rank - 1) {
        let before = shape.dimensions[..<(axis + 1)].reduce(1, *)
        let after = shape.dimensions[axis...].reduce(1, *)
        counts.append(("\(before), the number of rows up to axis \(axis)", Double(before)))
        counts.append(("\(after), the number of places from axis \(axis) on", Double(after)))
      }
    }
    let values = suspect.conformanceCase.inputs
    if let ids = values["target"], ids.shape.count <= Suspect.keptCount, shape.rank == 2,
      ids.shape.count == shape.dimensions[0], shape.dimensions[1] > 1
    {
      let classes = Double(shape.dimensions[1])
      let kept = try ids.block(ids.shape.whole).values.count { $0 < classes }
      counts.append(("\(kept), the number of rows with a class", Double(kept)))
    }
    for name in ["label", "target"] {
      guard let label = values[name], label.shape.count <= Suspect.keptCount, label.shape.count == shape.count
      else { continue }
      let labels = try label.block(label.shape.whole).values
      let sum = labels.reduce(0, +)
      guard sum.isFinite else { continue }
      counts.append(("\(numberText(sum)), the sum of the labels", sum))
      counts.append(("\(numberText(elements - sum)), the number of negative labels", elements - sum))
    }
    if let anchors = values["anchor_label"], anchors.shape.count <= Suspect.keptCount {
      let labels = try anchors.block(anchors.shape.whole).values
      let positive = Double(labels.count { $0 == 1 })
      positives = max(positive, 1)
      let kept = Double(labels.count { $0 >= 0 })
      counts.append(("\(Int(kept)), the number of kept anchors", kept))
      counts.append(
        (
          "\(numberText(kept * Double(plan.rowLength))), the number of kept elements",
          kept * Double(plan.rowLength)
        ))
      miscounts.append(("\(Int(positive) + 1), one more than the positive anchors", positive + 1))
    }
    for extra in [-1.0, 1] {
      miscounts.append(
        ("\(Int(elements + extra)), one \(extra < 0 ? "less" : "more") than the elements", elements + extra))
      if let last = shape.dimensions.last, shape.rank > 1 {
        miscounts.append(
          ("\(last + Int(extra)), one \(extra < 0 ? "less" : "more") than the columns", Double(last) + extra))
      }
    }
    normalizer = try Self.number(values["normalizer"])
    upstream = try Self.number(suspect.conformanceCase.gradOutputs["loss"])
  }

  private static func number(_ tensor: StoredTensor?) throws(JudgingError) -> Double? {
    guard let tensor, tensor.shape.count == 1 else { return nil }
    let value = try tensor.block(tensor.shape.whole).value(at: 0)
    return value.isFinite && value != 0 && value != 1 ? value : nil
  }
}
