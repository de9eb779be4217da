/// The value of one parameter of a case. Two numbers are the same when their bits are, or when both are NaN.
public enum ParameterValue: Sendable, Codable {
  /// A number; NaN may stand for None.
  case number(Double)
  /// One of a few words.
  case choice(String)
  /// True or false.
  case boolean(Bool)
}

extension ParameterValue: Hashable {
  public static func == (first: ParameterValue, second: ParameterValue) -> Bool {
    switch (first, second) {
    case (.number(let x), .number(let y)): x.bitPattern == y.bitPattern || x.isNaN && y.isNaN
    case (.choice(let x), .choice(let y)): x == y
    case (.boolean(let x), .boolean(let y)): x == y
    case (.number, _), (.choice, _), (.boolean, _): false
    }
  }

  public func hash(into hasher: inout Hasher) {
    switch self {
    case .number(let value): hasher.combine(value.isNaN ? Double.nan.bitPattern : value.bitPattern)
    case .choice(let value): hasher.combine(value)
    case .boolean(let value): hasher.combine(value)
    }
  }
}

extension ParameterValue: CustomStringConvertible {
  public var description: String {
    switch self {
    case .number(let value): "\(value)"
    case .choice(let value): value
    case .boolean(let value): "\(value)"
    }
  }
}

/// One parameter of a variant: all that reading, comparing, reporting and testing need to know of it.
///
/// A name means the same in every variant: the kind, the default and whether it is required. The numbers that are
/// documented belong to the variant, which states them with ``within(_:)``, ``or(_:)`` and ``orNone``.
public struct ParameterSpec: Hashable, Sendable {
  /// The kind of value.
  public enum Kind: Hashable, Sendable {
    /// A number of any integer or floating-point type.
    case number
    /// One of these words.
    case choice([String])
    /// True or false.
    case boolean
  }

  /// The name, in fixtures and in reports.
  public let name: String
  /// The kind of value.
  public let kind: Kind
  /// The value where a fixture states none; of a required parameter the usual value.
  public let defaultValue: ParameterValue
  /// Whether every case must state it.
  public let isRequired: Bool
  /// Whether the JSON report states it for every case. Any other that is not required is left out where it has its default.
  public let isInEveryReport: Bool
  /// The documented numbers; nil for every finite number.
  public private(set) var range: ClosedRange<Double>?
  /// A documented number outside of ``range``, such as torchvision's −1.
  public private(set) var special: Double?
  /// Whether NaN stands for None.
  public private(set) var hasNone = false

  private init(
    _ name: String, _ kind: Kind, _ defaultValue: ParameterValue, isRequired: Bool, isInEveryReport: Bool
  ) {
    self.name = name
    self.kind = kind
    self.defaultValue = defaultValue
    self.isRequired = isRequired
    self.isInEveryReport = isInEveryReport
  }

  /// A number that every case states.
  public static func requiredNumber(_ name: String, usually value: Double) -> ParameterSpec {
    ParameterSpec(name, .number, .number(value), isRequired: true, isInEveryReport: true)
  }

  /// A number that has a default.
  public static func number(
    _ name: String, default value: Double, isInEveryReport: Bool = false
  ) -> ParameterSpec {
    ParameterSpec(name, .number, .number(value), isRequired: false, isInEveryReport: isInEveryReport)
  }

  /// A word that every case states; the first one is the usual one.
  public static func requiredChoice(_ name: String, of words: [String]) -> ParameterSpec {
    ParameterSpec(
      name, .choice(words), .choice(words.first ?? ""), isRequired: true, isInEveryReport: true)
  }

  /// A truth value that has a default.
  public static func boolean(_ name: String, default value: Bool) -> ParameterSpec {
    ParameterSpec(name, .boolean, .boolean(value), isRequired: false, isInEveryReport: false)
  }

  /// The same parameter where only these numbers are documented.
  public func within(_ range: ClosedRange<Double>) -> ParameterSpec {
    var spec = self
    spec.range = range
    return spec
  }

  /// The same parameter where one more number is documented.
  public func or(_ special: Double) -> ParameterSpec {
    var spec = self
    spec.special = special
    return spec
  }

  /// The same parameter where NaN stands for None.
  public var orNone: ParameterSpec {
    var spec = self
    spec.hasNone = true
    return spec
  }
}

extension ParameterSpec {
  /// The weight of the positive class.
  public static let alpha = requiredNumber("alpha", usually: 0.25)
  /// The focusing exponent.
  public static let gamma = requiredNumber("gamma", usually: 2)
  /// How a loss is reduced to a scalar.
  public static let reduction = requiredChoice("reduction", of: Reduction.allCases.map(\.rawValue))
  /// The factor that PaddleDetection's wrappers multiply the loss by.
  public static let lossWeight = number("loss_weight", default: 1, isInEveryReport: true)
  /// How far Keras's losses squeeze labels towards 1/2.
  public static let labelSmoothing = number("label_smoothing", default: 0)
}

extension ParameterSpec {
  /// Whether a value is of the parameter's kind.
  public func accepts(_ value: ParameterValue) -> Bool {
    switch (kind, value) {
    case (.number, .number), (.boolean, .boolean): true
    case (.choice(let words), .choice(let word)): words.contains(word)
    case (.number, _), (.choice, _), (.boolean, _): false
    }
  }

  /// Why a value cannot be judged: NaN where it is not None, or an infinity. Nil for every other value.
  func refusal(of value: ParameterValue) -> String? {
    guard case .number(let number) = value, !number.isFinite, !(hasNone && number.isNaN) else { return nil }
    return "\(name) is \(number), and the variant documents \(documentedValues)"
  }

  /// Why a value that can be judged is outside of what is documented, or nil.
  func undocumented(_ value: ParameterValue) -> String? {
    guard case .number(let number) = value, number.isFinite, let range, !range.contains(number),
      number != special
    else { return nil }
    return "\(name) is \(number), outside of \(Self.text(range))"
  }

  /// The values that the variant documents, in words.
  public var documentedValues: String {
    switch kind {
    case .number:
      let numbers = range.map { "numbers within \(Self.text($0))" } ?? "finite numbers"
      let others = [special.map { "\(Self.text($0))" }, hasNone ? "NaN for None" : nil].compactMap { $0 }
      return others.isEmpty ? "only \(numbers)" : "only \(([numbers] + others).joined(separator: " and "))"
    case .choice(let words): return "only \(words.joined(separator: ", "))"
    case .boolean: return "only true and false"
    }
  }

  /// Another value, which must change the loss unless the variant's formula happens to hide it; nil where there is none.
  ///
  /// A number moves to the opposite place of its range, or by one.
  public func spoiled(_ value: ParameterValue) -> ParameterValue? {
    let changed: ParameterValue
    switch (kind, value) {
    case (.number, .number(let number)):
      guard let range else {
        changed = .number(number + 1)
        break
      }
      let quarter = range.lowerBound + (range.upperBound - range.lowerBound) / 4
      let opposite = range.lowerBound + range.upperBound - number
      changed = .number(!range.contains(number) || opposite == number ? quarter : opposite)
    case (.choice(let words), .choice(let word)):
      guard let place = words.firstIndex(of: word) else { return nil }
      changed = .choice(words[(place + 1) % words.count])
    case (.boolean, .boolean(let isTrue)): changed = .boolean(!isTrue)
    case (.number, _), (.choice, _), (.boolean, _): return nil
    }
    return changed == value ? nil : changed
  }

  private static func text(_ range: ClosedRange<Double>) -> String {
    "[\(text(range.lowerBound)), \(text(range.upperBound))]"
  }

  private static func text(_ number: Double) -> String { Int(exactly: number).map { "\($0)" } ?? "\(number)" }
}
