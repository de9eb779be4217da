internal import Arithmetic

/// The known orders of operations of the binary cross entropy with logits.
///
/// They are one function of the real numbers and different programs: which of them a build runs can be told from its
/// results.
public enum CrossEntropyOrder: String, Hashable, Sendable, CaseIterable, Codable {
  /// `max(x, 0) − x·y + log(1 + e^−|x|)` in one kernel.
  case paddle
  /// `(1 − y)·x + m + log(e^−m + e^(−x − m))` with `m = max(−x, 0)`.
  case torch1 = "torch 1"
  /// `(1 − y)·x − log_sigmoid(x)`.
  case torch2 = "torch 2"

  func loss(_ x: Expression, _ y: Expression) -> Expression {
    switch self {
    case .paddle: paddleSigmoidCrossEntropy(x, y)
    case .torch1: torch1BinaryCrossEntropyWithLogits(x, y)
    case .torch2: torch2BinaryCrossEntropyWithLogits(x, y)
    }
  }
}
