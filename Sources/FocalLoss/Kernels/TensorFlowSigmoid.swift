internal import Arithmetic

/// TensorFlow's `sigmoid`, one kernel, by Eigen's `scalar_logistic_op`: `e / (1 + e)`.
///
/// - float64: `e = e^x`, and 1 where that is infinite. It is 1 from about x = 36.7 on.
/// - float32 and the 16-bit types: `e = (e^(x'/2))²` with `x' = min(x, 16.6355324)`. The square doubles the error of the
///   exponential; Eigen documents a worst case of 4.5 ULP for all. It is 1 from 16.6355324 on. A subnormal e is flushed.
///
/// The adjoint is TensorFlow's `SigmoidGrad`, one kernel: see ``tensorFlowSigmoidGradient(_:_:)``.
///
/// Source: Eigen/src/Core/functors/UnaryFunctors.h.
func tensorFlowSigmoid(_ x: Expression) -> Expression {
  kernel("sigmoid", x) { x in
    if x.type == .float64 {
      let e = exp(x)
      return select(1 - (e .== .infinity), e / (1 + e), 1)
    }
    let root = exp(min(x, 16.6355324) * 0.5)
    let e = root * root
    return e / (1 + e)
  } adjoint: { ds, _, s, _ in
    tensorFlowSigmoidGradient(ds, s)
  }
}

/// TensorFlow's `SigmoidGrad`: `ds·((1 − s)·s)` in vector lanes, `ds·s·(1 − s)` in the tail of a tensor.
///
/// Source: tensorflow/core/kernels/cwise_ops_gradients.h, `scalar_logistic_gradient_op`.
func tensorFlowSigmoidGradient(_ ds: Expression, _ s: Expression) -> Expression {
  kernel("sigmoid_grad", ds, s) { ds, s in either(ds * ((1 - s) * s), ds * s * (1 - s)) }
}
