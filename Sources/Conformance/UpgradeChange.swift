internal import Comparison

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
  /// It could not be judged, and is conformant now.
  case newlyJudged = "judged now, and conformant"
  /// It was nonconformant and still is, with other bits, and is not more wrong than before.
  case stillNonconformant = "still nonconformant"
  /// It was nonconformant and is more wrong now; see `Discrepancy.worsenings(since:)`. An element that was inside and is
  /// outside counts as well, however many others came inside.
  case worse = "nonconformant and worse"
  /// It was conformant and is not any more.
  case newlyNonconformant = "newly nonconformant"
  /// An element that was finite is NaN or infinite.
  case newlyNonFinite = "newly non-finite"
  /// Its shape or element type is another one.
  case typeChanged = "shape or dtype changed"
  /// The old build gave it, the new one does not.
  case tensorGone = "tensor gone"
  /// The new build gives it, the old one did not, and it is conformant.
  case tensorAdded = "tensor added"

  // Of a case.
  /// It raised, and still does.
  case stillRaises = "still raises"
  /// It gave a value, and raises now.
  case newlyRaises = "newly raises"
  /// It raised, and gives a value now.
  case noLongerRaises = "no longer raises"
  /// Only the new fixture has it, and it is conformant.
  case caseAdded = "case added"
  /// Only the old fixture has it.
  case caseGone = "case gone"

  // Of either.
  /// Only the new build has it, and it is nonconformant.
  case addedNonconformant = "added, and nonconformant"
  /// It could not be judged, or the two builds were not asked the same.
  case unjudged = "not judged"

  /// Whether it makes an upgrade unsafe.
  public var isUnsafe: Bool {
    switch self {
    case .newlyNonconformant, .worse, .newlyNonFinite, .typeChanged, .tensorGone, .newlyRaises, .caseGone,
      .addedNonconformant:
      true
    case .identical, .moved, .closer, .farther, .newlyConformant, .newlyJudged, .stillNonconformant,
      .tensorAdded, .stillRaises, .noLongerRaises, .caseAdded, .unjudged:
      false
    }
  }

  /// Whether results differ though nothing is unsafe.
  public var isMove: Bool {
    switch self {
    case .moved, .closer, .farther, .newlyConformant, .newlyJudged, .stillNonconformant, .noLongerRaises: true
    default: false
    }
  }
}

/// Whether an upgrade may be made.
public enum UpgradeVerdict: String, Hashable, Sendable, Comparable {
  /// All bits are identical.
  case safe
  /// Results differ, and nothing is worse than before.
  case moves = "safe, but results change"
  /// Something became wrong or more wrong, is gone, or has another type or shape.
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

/// The state of one result in a build.
enum ResultState: Hashable, Sendable, CaseIterable {
  /// The build does not give it.
  case missing
  case conformant
  /// Elements are outside.
  case nonconformant
  /// Its type or shape is wrong, so that its elements were not compared.
  case different
  /// It cannot be judged.
  case unjudged
  /// Judging it failed.
  case error

  /// The state of a result that the build gives; one that nobody reports on is unjudged.
  init(of report: TensorReport?) {
    switch report?.finding {
    case .compared: self = report?.verdict == .conformant ? .conformant : .nonconformant
    case .different: self = .different
    case .error: self = .error
    case .unjudged, .given, nil: self = .unjudged
    }
  }
}

/// How the elements of two results differ, for telling what a change of their states means.
struct ResultMove: Sendable {
  /// Whether any bit differs.
  var hasMoved = true
  /// Whether an element that was finite is NaN or infinite.
  var isNewlyNonFinite = false
  /// Whether it is more wrong than before, where both are nonconformant.
  var isWorse = false
  /// The errors before.
  var oldErrors = ExactErrors()
  /// The errors now.
  var newErrors = ExactErrors()
}

extension UpgradeChange {
  /// What it means that a result is in another state, or has other bits in the same one.
  ///
  /// Identical bits are the same result, but a verdict that is worse for them is worse: the documentation of the new build
  /// says something else. Nothing that cannot be judged in the new build is safe, unless it could not be judged before and
  /// has the same bits.
  init(from old: ResultState, to new: ResultState, _ move: ResultMove) {
    switch (old, new) {
    case (.error, _), (_, .error), (.missing, .unjudged), (.missing, .missing): self = .unjudged
    case (_, .missing): self = .tensorGone
    case (.missing, .conformant): self = .tensorAdded
    case (.missing, .nonconformant), (.missing, .different): self = .addedNonconformant
    case (.conformant, .nonconformant), (.conformant, .different), (.unjudged, .nonconformant),
      (.unjudged, .different):
      self = .newlyNonconformant
    case _ where move.hasMoved && move.isNewlyNonFinite: self = .newlyNonFinite
    case (.conformant, .unjudged), (.nonconformant, .unjudged), (.different, .unjudged): self = .unjudged
    case (.nonconformant, .different), (.different, .nonconformant): self = .worse
    case _ where !move.hasMoved: self = .identical
    // The values of both are unknown.
    case (.unjudged, .unjudged), (.different, .different): self = .unjudged
    case (.nonconformant, .nonconformant): self = move.isWorse ? .worse : .stillNonconformant
    case (.nonconformant, .conformant), (.different, .conformant): self = .newlyConformant
    case (.unjudged, .conformant): self = .newlyJudged
    case (.conformant, .conformant): self.init(from: move.oldErrors, to: move.newErrors)
    }
  }

  /// What moved bits mean for the errors of two conformant tensors.
  private init(from old: ExactErrors, to new: ExactErrors) {
    let errors = [(old.maximum, new.maximum), (old.mean, new.mean)]
    let isComparable = old.count == new.count && old.count > 0
    if !isComparable || errors.allSatisfy({ $0.0 == $0.1 }) {
      self = .moved
    } else if errors.allSatisfy({ $0.0 >= $0.1 }) {
      self = .closer
    } else if errors.allSatisfy({ $0.0 <= $0.1 }) {
      self = .farther
    } else {
      self = .moved
    }
  }
}
