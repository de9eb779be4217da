internal import Arithmetic

/// `σ(x) = 1 / (1 + e⁻ˣ)`, one kernel in Paddle (`phi::functors::SigmoidFunctor`) and in PyTorch (`sigmoid_kernel`).
///
/// 0 at −∞ and for x below about −88.7 in float32, where `e⁻ˣ` overflows; 1 from x = 16.635532 on.
///
/// The adjoint, from the result s, is `ds·(1 − s)·s` in PyTorch (`sigmoid_backward_kernel`,
/// aten/src/ATen/native/cpu/BinaryOpsKernel.cpp) and `ds·s·(1 − s)` in Paddle (`SigmoidGradFunctor`,
/// paddle/phi/kernels/funcs/activation_functor.h). It is one kernel, but on float16 PyTorch's rounds after each operation.
/// In JAX it is `ds·(s·(1 − s))`, operation by operation (`logistic_p`, jax/_src/lax/lax.py). TensorFlow has a sigmoid of its
/// own, ``tensorFlowSigmoid(_:)``.
func sigmoid(_ x: Expression) -> Expression {
  kernel("sigmoid", x) { x in
    1 / (1 + exp(-x))
  } adjoint: { ds, _, s, rules in
    switch rules {
    case .torch where s.type == .float16: ds * (1 - s) * s
    case .torch: kernel("sigmoid_grad", ds, s) { ds, s in ds * (1 - s) * s }
    case .jax: ds * (s * (1 - s))
    case .tensorflow: tensorFlowSigmoidGradient(ds, s)
    case .paddle26, .paddle3: kernel("sigmoid_grad", ds, s) { ds, s in ds * s * (1 - s) }
    }
  }
}
