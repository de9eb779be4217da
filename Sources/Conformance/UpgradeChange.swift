/// What an upgrade does to one tensor, or to one case as a whole.
public enum UpgradeChange: String, Hashable, Sendable, CaseIterable {
  // Of a tensor.
  /// Every element has the same bits, or is NaN in both.
  case identical = "identical bits"
  /// Bits moved, both are conformant, and neither is nearer to the exact values throughout.
  case moved = "moved within the enclosure"
  /// Bits moved, both are conformant, and the largest and the mean error became no larger, one of them smaller.
  case closer = "closer to exact"
  /// Bits moved, both are conformant, and the largest and the mean error became no smaller, one of them larger.
  case farther = "farther from exact"
  /// It was nonconformant and is not any more.
  case newlyConformant = "newly conformant"
  /// It was nonconformant and still is, with other bits.
  case stillNonconformant = "still nonconformant"
  /// It was conformant and is not any more.
  case newlyNonconformant = "newly nonconformant"
  /// An element that was finite is NaN or infinite.
  case newlyNonFinite = "newly non-finite"
  /// Its shape or element type is another one.
  case typeChanged = "shape or dtype changed"
  /// The old build gave it, the new one does not.
  case tensorGone = "tensor gone"
  /// The new build gives it, the old one did not.
  case tensorAdded = "tensor added"

  // Of a case.
  /// It raised, and still does.
  case stillRaises = "still raises"
  /// It gave a value, and raises now.
  case newlyRaises = "newly raises"
  /// It raised, and gives a value now.
  case noLongerRaises = "no longer raises"
  /// Only the new fixture has it.
  case caseAdded = "case added"
  /// Only the old fixture has it.
  case caseGone = "case gone"

  // Of either.
  /// It could not be judged, or the two builds were not asked the same.
  case unjudged = "not judged"

  /// Whether it makes an upgrade unsafe.
  public var isUnsafe: Bool {
    switch self {
    case .newlyNonconformant, .newlyNonFinite, .typeChanged, .tensorGone, .newlyRaises, .caseGone: true
    case .identical, .moved, .closer, .farther, .newlyConformant, .stillNonconformant, .tensorAdded,
      .stillRaises, .noLongerRaises, .caseAdded, .unjudged:
      false
    }
  }

  /// Whether results differ though nothing is unsafe.
  public var isMove: Bool {
    switch self {
    case .moved, .closer, .farther, .newlyConformant, .stillNonconformant, .noLongerRaises: true
    default: false
    }
  }
}

/// Whether an upgrade may be made.
public enum UpgradeVerdict: String, Hashable, Sendable, Comparable {
  /// All bits are identical.
  case safe
  /// Results differ, and all that was conformant still is.
  case moves = "safe, but results move"
  /// Something became wrong, is gone, or has another type or shape.
  case unsafe
  /// Something could not be judged.
  case unjudged = "not judged"

  /// Safe is best, not judged is worst.
  public static func < (x: UpgradeVerdict, y: UpgradeVerdict) -> Bool { x.rank < y.rank }

  private var rank: Int {
    switch self {
    case .safe: 0
    case .moves: 1
    case .unsafe: 2
    case .unjudged: 3
    }
  }
}
