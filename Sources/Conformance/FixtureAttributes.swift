internal import FocalLoss
internal import HDF5

/// The attributes of one object, from which the documented ones are taken and the rest is kept.
struct FixtureAttributes {
  private let file: String
  private let object: String
  private var rest: [String: AttributeValue] = [:]

  init(_ attributes: [Attribute], file: String, object: String) throws(FixtureError) {
    self.file = file
    self.object = object
    for attribute in attributes where rest.updateValue(attribute.value, forKey: attribute.name) != nil {
      throw FixtureError(
        file: file, object: object, reason: "two attributes are both named \"\(attribute.name)\"")
    }
  }

  /// What has not been taken.
  var others: [String: AttributeValue] { rest }

  /// Takes a required attribute.
  mutating func required<Value>(
    _ name: String, _ kind: String, _ convert: (AttributeValue) -> Value?
  ) throws(FixtureError) -> Value {
    guard let value = try optional(name, kind, convert) else {
      let nearest = rest.keys.sorted().first { NearbyNames.nearest(to: $0, among: [name]) != nil }
      throw FixtureError(
        file: file, object: object,
        reason: "required attribute \"\(name)\" is missing"
          + (nearest.map { "; \"\($0)\" looks like a misspelling of it" } ?? ""))
    }
    return value
  }

  /// Takes a parameter: the stated value, or the default of one that is not required.
  mutating func value(of spec: ParameterSpec) throws(FixtureError) -> ParameterValue {
    guard spec.isRequired || rest[spec.name] != nil else { return spec.defaultValue }
    switch spec.kind {
    case .number: return .number(try required(spec.name, "a number", \.double))
    case .boolean: return .boolean(try required(spec.name, "a boolean", \.bool))
    case .choice(let words):
      let word = try required(spec.name, "a string", \.string)
      guard words.contains(word) else {
        throw FixtureError(
          file: file, object: object, reason: "\(spec.name) \"\(word)\" is none of \(words.quotedList)")
      }
      return .choice(word)
    }
  }

  /// Takes an optional attribute, which must be of its kind if it is there.
  mutating func optional<Value>(
    _ name: String, _ kind: String, _ convert: (AttributeValue) -> Value?
  ) throws(FixtureError) -> Value? {
    guard let value = rest.removeValue(forKey: name) else { return nil }
    guard let converted = convert(value) else {
      throw FixtureError(
        file: file, object: object,
        reason: "attribute \"\(name)\" must be \(kind), and is \(Self.kind(of: value))")
    }
    return converted
  }

  /// Takes an optional attribute that is only shown, and leaves it among the others when it is of another kind.
  mutating func shown<Value>(_ name: String, _ convert: (AttributeValue) -> Value?) -> Value? {
    guard let value = rest[name], let converted = convert(value) else { return nil }
    rest[name] = nil
    return converted
  }

  /// An error about the object.
  func failure(_ reason: String) -> FixtureError { FixtureError(file: file, object: object, reason: reason) }

  private static func kind(of value: AttributeValue) -> String {
    switch value {
    case .string(let text): "the string \"\(text)\""
    case .integer(let number): "the integer \(number)"
    case .float(let number): "the number \(number)"
    case .boolean(let truth): "the boolean \(truth)"
    case .list(let values): "an array of \(values.count)"
    case .other(let description): description
    }
  }
}

extension [String] {
  /// The words in quotation marks, with commas between.
  var quotedList: String { map { "\"\($0)\"" }.joined(separator: ", ") }
}
