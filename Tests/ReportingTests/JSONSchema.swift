import Foundation

/// A validator for the part of JSON Schema that the project's own schemas use; any other keyword is an error, so that
/// nothing in a schema is passed over.
struct JSONSchema {
  private let root: [String: Any]

  init(path: String) throws {
    let contents = try Data(contentsOf: URL(fileURLWithPath: path))
    root = try JSONSerialization.jsonObject(with: contents) as? [String: Any] ?? [:]
  }

  /// What of the value does not agree with one of the schema's definitions, each with its place.
  func violations(in value: Any, of definition: String) -> [String] {
    violations(value, ["$ref": "#/$defs/\(definition)"], "$")
  }

  private func violations(_ value: Any, _ schema: [String: Any], _ place: String) -> [String] {
    schema.keys.sorted().flatMap { keyword in check(value, keyword, schema, place) }
  }

  private func check(_ value: Any, _ keyword: String, _ schema: [String: Any], _ place: String) -> [String] {
    let rule = schema[keyword]
    switch (keyword, rule) {
    case ("$schema", _), ("title", _), ("description", _), ("$defs", _): return []
    case ("$ref", let name as String):
      let definitions = root["$defs"] as? [String: [String: Any]] ?? [:]
      guard let target = definitions[String(name.dropFirst("#/$defs/".count))] else {
        return ["\(place): no \(name)"]
      }
      return violations(value, target, place)
    case ("type", let type as String):
      return Self.isOf(type, value) ? [] : ["\(place): \(value) is no \(type)"]
    case ("const", let constant?), ("enum", let constant?):
      let choices =
        keyword == "enum" ? constant as? [AnyHashable] ?? [] : [constant as? AnyHashable].compactMap { $0 }
      return (value as? AnyHashable).map(choices.contains) == true
        ? [] : ["\(place): \(value) is none of \(choices)"]
    case ("minimum", let minimum as Double):
      return (value as? NSNumber).map { $0.doubleValue >= minimum } == true
        ? [] : ["\(place): \(value) is below \(minimum)"]
    case ("pattern", let pattern as String):
      let matches = (value as? String)?.range(of: pattern, options: .regularExpression) != nil
      return matches ? [] : ["\(place): \(value) does not match \(pattern)"]
    case ("required", let names as [String]):
      let object = value as? [String: Any] ?? [:]
      return names.filter { object[$0] == nil }.map { "\(place): \($0) is missing" }
    case ("properties", let properties as [String: [String: Any]]):
      return (value as? [String: Any] ?? [:]).flatMap { name, member in
        properties[name].map { violations(member, $0, "\(place).\(name)") } ?? []
      }
    case ("additionalProperties", let rule?):
      let known = Set((schema["properties"] as? [String: Any] ?? [:]).keys)
      return (value as? [String: Any] ?? [:]).filter { !known.contains($0.key) }.flatMap { name, member in
        (rule as? [String: Any]).map { violations(member, $0, "\(place).\(name)") } ?? [
          "\(place): unknown \(name)"
        ]
      }
    case ("items", let items as [String: Any]):
      return (value as? [Any] ?? []).enumerated().flatMap { violations($1, items, "\(place)[\($0)]") }
    case ("maxItems", let limit as Int):
      return (value as? [Any])?.count ?? 0 <= limit ? [] : ["\(place): more than \(limit) items"]
    case ("oneOf", let choices as [[String: Any]]):
      let matching = choices.count { violations(value, $0, place).isEmpty }
      return matching == 1 ? [] : ["\(place): \(value) matches \(matching) of the choices"]
    default: return ["\(place): the schema uses \(keyword), which this validator does not know"]
    }
  }

  private static func isOf(_ type: String, _ value: Any) -> Bool {
    switch type {
    case "object": value is [String: Any]
    case "array": value is [Any]
    case "string": value is String
    case "boolean": value is Bool
    case "null": value is NSNull
    case "number": value is NSNumber
    case "integer": (value as? NSNumber).map { $0.doubleValue.rounded() == $0.doubleValue } == true
    default: false
    }
  }
}
