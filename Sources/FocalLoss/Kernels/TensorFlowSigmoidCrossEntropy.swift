internal import Arithmetic

/// TensorFlow's `sigmoid_cross_entropy_with_logits`, operation by operation:
/// `(where(x ≥ 0, x, 0) − x·y) + log1p(e^where(x ≥ 0, −x, x))`.
///
/// ±∞ with a label on the same side is `∞ − ∞`, NaN. The gradient adds its parts in the order that TensorFlow's tape has:
/// that of the logarithm comes after those of the two other uses of x.
///
/// Source: tensorflow/python/ops/nn_impl.py.
func tensorFlowSigmoidCrossEntropyWithLogits(_ x: Expression, _ y: Expression) -> Expression {
  let softplus = log1p(exp(negatedMagnitude(x)))
  let relu = select(kernel("greater_equal", x) { isNonNegative($0) }, x, 0)
  return relu - x * y + softplus
}

/// `where(x ≥ 0, −x, x)`
private func negatedMagnitude(_ x: Expression) -> Expression {
  kernel("where", x) { x in
    -abs(x)
  } adjoint: { dy, x, _, _ in
    kernel("where_grad", dy, x) { dy, x in dy * (1 - 2 * isNonNegative(x)) }
  }
}

private func isNonNegative(_ x: Expression) -> Expression { 1 - (0 .> x) }
