public import Comparison

/// By what a run decides whether an element is within.
public enum Policy: Hashable, Sendable {
  /// The enclosure of what the documented operations may give under the documented accuracy of the framework's
  /// libraries.
  case derived
  /// A tolerance that is chosen by hand, or a preset of one.
  case tolerance(TolerancePolicy)

  /// The name, in the spelling of the command line.
  public var name: String {
    switch self {
    case .derived: "derived"
    case .tolerance(let policy): policy.name
    }
  }

  /// One line: where the allowance comes from.
  public var source: String {
    switch self {
    case .derived:
      "every result that the documented operations may give, under the documented accuracy of the framework's libraries"
    case .tolerance(let policy): policy.source
    }
  }

  /// A policy from the command line's spelling; nil when it is none.
  public init?(parsing text: String) {
    if text == "derived" {
      self = .derived
    } else if let policy = TolerancePolicy(parsing: text) {
      self = .tolerance(policy)
    } else {
      return nil
    }
  }
}
