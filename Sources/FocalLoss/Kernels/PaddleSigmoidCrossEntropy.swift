internal import Arithmetic

/// Paddle's `sigmoid_cross_entropy_with_logits`, one kernel:
/// `max(x, 0) − x·y + log(1 + e^−|x|)`, and 0 where the label, truncated, is −100.
///
/// `log(1 + e)`, not `log1p(e)`: the last term is exactly 0 from |x| = 16.635532 on in float32. `max` is `x > 0 ? x : 0`, so a NaN
/// logit reaches the result through the other terms. ±∞ with a label on the same side is `∞ − ∞`, NaN.
///
/// Source: paddle/phi/kernels/cpu/sigmoid_cross_entropy_with_logits_kernel.cc.
func paddleSigmoidCrossEntropy(_ logit: Expression, _ label: Expression) -> Expression {
  kernel("sigmoid_cross_entropy_with_logits", logit, label) { x, y in
    let loss = select(x .> 0, x, 0) - x * y + log(1 + exp(-abs(x)))
    let isIgnored = (y .> -101) - (y .> -100)
    return select(isIgnored .== 0, loss, 0)
  }
}
