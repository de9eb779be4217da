extension Parameters {
  /// The parameters that are not the same in both, each with its two values.
  public func differences(from other: Parameters) -> [String] {
    Variants.parameters.compactMap { spec in
      self[spec] == other[spec] ? nil : "\(spec.name) is \(self[spec]) and \(other[spec])"
    }
  }
}

extension Parameters: Codable {
  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(values)
  }

  /// Parameters that another process wrote; a name or a kind that no variant has is an error.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    let specs = Dictionary(uniqueKeysWithValues: Variants.parameters.map { ($0.name, $0) })
    for (name, value) in try container.decode([String: ParameterValue].self) {
      guard let spec = specs[name], spec.accepts(value) else {
        throw DecodingError.dataCorruptedError(in: container, debugDescription: "no parameter of any variant")
      }
      self[spec] = value
    }
  }
}
