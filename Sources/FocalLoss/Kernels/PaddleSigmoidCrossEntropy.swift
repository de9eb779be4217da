internal import Arithmetic

/// Paddle's `sigmoid_cross_entropy_with_logits`, one kernel:
/// `max(x, 0) − x·y + log(1 + e^−|x|)`, and 0 where the label, truncated, is −100.
///
/// `log(1 + e)`, not `log1p(e)`: the last term is exactly 0 from |x| = 16.635532 on in float32. `max` is `x > 0 ? x : 0`, so a NaN
/// logit reaches the result through the other terms. ±∞ with a label on the same side is `∞ − ∞`, NaN.
///
/// The adjoint is one kernel too, and passes nothing to the label in Paddle; another framework that computes the same
/// function passes `−x·dloss`. That of the logit is `dloss·(σ(x) − y)`, 0 for an ignored label. Paddle
/// 2.6 computes σ(x) as such. Paddle 3 computes `[x > 0] − y ∓ e/(1 + e)` with `e = e^−|x|`; its kernel takes ±0 for
/// positive in the last term only, which gives `−0.5 − y` there. The derivative, `0.5 − y`, is what is computed here.
///
/// Source: paddle/phi/kernels/cpu/sigmoid_cross_entropy_with_logits_kernel.cc and …_grad_kernel.cc.
func paddleSigmoidCrossEntropy(_ logit: Expression, _ label: Expression) -> Expression {
  kernel("sigmoid_cross_entropy_with_logits", logit, label) { x, y in
    let loss = select(x .> 0, x, 0) - x * y + log(1 + exp(-abs(x)))
    return select(isIgnored(y) .== 0, loss, 0)
  } adjoint: { dloss, x, y, _, rules in
    let dx = kernel("sigmoid_cross_entropy_with_logits_grad", dloss, x, y) { dloss, x, y in
      select(isIgnored(y) .== 0, dloss * slope(x, y, rules), 0)
    }
    switch rules {
    case .paddle26, .paddle3: return (dx, nil)
    case .torch, .jax, .tensorflow:
      return (dx, select(kernel("is_kept", y) { isIgnored($0) .== 0 }, -x * dloss, 0))
    }
  }
}

private func isIgnored(_ label: Expression) -> Expression { (label .> -101) - (label .> -100) }

private func slope(_ x: Expression, _ y: Expression, _ rules: AdjointRules) -> Expression {
  switch rules {
  case .torch, .paddle26, .jax, .tensorflow:
    return 1 / (1 + exp(-x)) - y
  case .paddle3:
    let isPositive = x .> 0
    let e = exp(-abs(x))
    return isPositive - y + (1 - 2 * isPositive) * e / (1 + e)
  }
}
