import FocalLoss

/// The documented variants with their inputs, for a person who writes a fixture.
public enum VariantListing {
  /// A variant on each line: name, inputs, and what it is.
  public static var text: String {
    let names = Variants.all.map { $0.name }
    let inputs = Variants.all.map { $0.inputs.joined(separator: ", ") }
    let (nameWidth, inputWidth) = (names.map(\.count).max() ?? 0, inputs.map(\.count).max() ?? 0)
    return zip(Variants.all, inputs).map { variant, inputs in
      "\(variant.name.padded(nameWidth))  \(inputs.padded(inputWidth))  \(variant.summary)\n"
    }.joined()
  }
}
