import FocalLoss

/// The documented variants with their inputs and parameters, for a person who writes a fixture.
public enum VariantListing {
  /// A variant on each line: name, inputs, parameters, and what it is. What is optional stands in brackets.
  public static var text: String {
    let columns = Variants.all.map { variant in
      [
        variant.name,
        variant.inputs.map(\.description).joined(separator: ", "),
        variant.parameters.map { $0.isRequired ? $0.name : "[\($0.name)]" }.joined(separator: ", "),
      ]
    }
    let widths = (0..<3).map { column in columns.map { $0[column].count }.max() ?? 0 }
    return zip(Variants.all, columns).map { variant, cells in
      zip(cells, widths).map { $0.padded($1) + "  " }.joined() + "\(variant.summary)\n"
    }.joined()
  }
}
