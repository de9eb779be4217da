/// One input of a variant.
public struct InputSpec: Hashable, Sendable {
  /// The name, which a fixture has below `inputs/`.
  public let name: String
  /// Whether a case may do without it.
  public let isOptional: Bool

  /// An input that every case has.
  public static func required(_ name: String) -> InputSpec { InputSpec(name: name, isOptional: false) }

  /// An input that a case may do without.
  public static func optional(_ name: String) -> InputSpec { InputSpec(name: name, isOptional: true) }
}

extension InputSpec: CustomStringConvertible {
  /// The name; in brackets when it is optional.
  public var description: String { isOptional ? "[\(name)]" : name }
}
