internal import Arithmetic

/// JAX's `log_sigmoid`: `−softplus(−x)`, where `softplus(z)` is `logaddexp(z, 0)`, which is
/// `max(z, 0) + log1p(e^−|z − 0|)`.
///
/// It is one compiled function, in which XLA rounds each operation to the type of x, the 16-bit ones too.
///
/// The adjoint is the rule that `logaddexp` brings: `dy·e^(z − softplus(z))` with `z = −x`, in whose exponent +∞ counts
/// as 0. For large |x| the exponent is a difference of nearly equal numbers.
///
/// Source: jax/_src/nn/functions.py, `log_sigmoid` and `softplus`; jax/_src/lax/other.py, `logaddexp` and its JVP.
func jaxLogSigmoid(_ x: Expression) -> Expression {
  autogradFunction(x) { x in
    let z = -x
    return -(max(z, 0) + log1p(exp(-abs(z - 0))))
  } adjoint: { dy, x, y, _ in
    dy * exp(replacingInfinity(-x) - replacingInfinity(-y))
  }
}

private func replacingInfinity(_ x: Expression) -> Expression {
  select(kernel("ne", x) { 1 - ($0 .== .infinity) }, x, 0)
}
