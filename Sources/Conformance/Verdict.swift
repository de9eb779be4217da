/// The result of judging a tensor, a case or a run.
public enum Verdict: String, Hashable, Sendable, Codable, Comparable {
  /// Nothing lies outside of what is allowed.
  case conformant
  /// Something differs by more than is allowed, and a known difference with a reason covers each such result.
  case known
  /// Nothing of it was judged: this is no success.
  case unjudged
  /// Something differs by more than is allowed.
  case nonconformant
  /// It could not be judged.
  case error

  /// Conformant is best, then known, unjudged and nonconformant; error is worst.
  public static func < (x: Verdict, y: Verdict) -> Bool { x.rank < y.rank }

  private var rank: Int {
    switch self {
    case .conformant: 0
    case .known: 1
    case .unjudged: 2
    case .nonconformant: 3
    case .error: 4
    }
  }
}
