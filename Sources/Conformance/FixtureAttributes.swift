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
      throw FixtureError(file: file, object: object, reason: "required attribute \"\(name)\" is missing")
    }
    return value
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
