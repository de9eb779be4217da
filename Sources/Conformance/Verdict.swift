/// What became of judging a case, or of a whole run.
public enum Verdict: String, Hashable, Sendable, Codable, Comparable {
  /// Nothing lies outside of what is allowed.
  case conformant
  /// Something differs by more than is allowed, and a ledger lists all that does, each with its reason.
  case known
  /// Something differs by more than is allowed.
  case nonconformant
  /// It could not be judged.
  case error

  /// Conformant is best, then known, then nonconformant; error is worst.
  public static func < (x: Verdict, y: Verdict) -> Bool { x.rank < y.rank }

  private var rank: Int {
    switch self {
    case .conformant: 0
    case .known: 1
    case .nonconformant: 2
    case .error: 3
    }
  }
}
