/// What became of judging a case, or of a whole run.
public enum Verdict: String, Hashable, Sendable, Comparable {
  /// Nothing lies outside of what is allowed.
  case conformant
  /// Something differs by more than is allowed.
  case nonconformant
  /// It could not be judged.
  case error

  /// Conformant is best, error is worst.
  public static func < (x: Verdict, y: Verdict) -> Bool { x.rank < y.rank }

  private var rank: Int {
    switch self {
    case .conformant: 0
    case .nonconformant: 1
    case .error: 2
    }
  }
}
