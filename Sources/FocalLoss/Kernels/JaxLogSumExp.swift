internal import Arithmetic

/// `jax.scipy.special.logsumexp` of two numbers with weights, operation by operation:
///
/// ```
/// aᵢ     = where(bᵢ ≠ 0, aᵢ, −∞)
/// amax   = max(a₁, a₂), or 0 where that is not finite; a constant for the gradient
/// sumexp = e^(a₁ − amax)·b₁ + e^(a₂ − amax)·b₂
/// out    = log(|sumexp|) + amax, or NaN where sumexp is negative
/// ```
///
/// Source: jax/_src/ops/special.py.
func jaxLogSumExp(_ a: (Expression, Expression), weights b: (Expression, Expression)) -> Expression {
  let kept = (keptWhereWeighted(a.0, b.0), keptWhereWeighted(a.1, b.1))
  let amax = kernel("amax", kept.0, kept.1) { x, y in
    let amax = max(x, y)
    return select(.infinity .> abs(amax), amax, 0)
  } adjoint: { _, _, _, _, _ in
    (nil, nil)
  }
  let sumexp = exp(kept.0 - amax) * b.0 + exp(kept.1 - amax) * b.1
  let out = log(abs(sumexp)) + amax
  return select(kernel("ge", sumexp) { 1 - (0 .> $0) }, out, .nan)
}

private func keptWhereWeighted(_ a: Expression, _ b: Expression) -> Expression {
  select(kernel("ne", b) { 1 - ($0 .== 0) }, a, -.infinity)
}
