public import Conformance

/// Cases as lines for another program to cut: id, variant and framework, with tabs between.
public enum CaseListing {
  /// The line of a case; the variant is empty where it cannot be read.
  public static func line(_ listed: ListedCase) -> String {
    [listed.id, listed.variant ?? "", listed.build].map(visibleText).joined(separator: "\t")
  }
}
