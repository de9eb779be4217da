internal import Arithmetic

/// PyTorch 2's `log_sigmoid`, one kernel: `min(0, x) − log1p(e^−|x|)`.
///
/// The adjoint is one kernel: `dy·([x < 0] ∓ e/(1 + e))` with `e = e^−|x|`, minus below 0. The forward kernel leaves e for
/// it in a buffer of x's type.
///
/// Source: aten/src/ATen/native/cpu/Activation.cpp, `log_sigmoid_cpu_kernel` and `log_sigmoid_backward_cpu_kernel`.
func torchLogSigmoid(_ x: Expression) -> Expression {
  kernel("log_sigmoid", x) { x in
    min(x, 0) - log1p(exp(-abs(x)))
  } adjoint: { dy, x, _, _ in
    let buffer = kernel("log_sigmoid_buffer", x) { exp(-abs($0)) }
    return kernel("log_sigmoid_grad", dy, x, buffer) { dy, x, e in
      let isNegative = 0 .> x
      return dy * (isNegative - (2 * isNegative - 1) * (e / (1 + e)))
    }
  }
}

/// PyTorch 2's `binary_cross_entropy_with_logits` without weights, four kernels: `(1 − y)·x − log_sigmoid(x)`.
///
/// Source: aten/src/ATen/native/Loss.cpp, version 2.
func torch2BinaryCrossEntropyWithLogits(_ x: Expression, _ y: Expression) -> Expression {
  autogradFunction(x, y) { x, y in
    (1 - y) * x - torchLogSigmoid(x).named("log_sigmoid")
  } adjoint: { dloss, x, y, _, _ in
    torchBinaryCrossEntropyWithLogitsAdjoint(dloss, x, y)
  }
}

/// PyTorch 1's `binary_cross_entropy_with_logits` without weights, several kernels:
/// `(1 − y)·x + m + log(e^−m + e^(−x − m))` with `m = max(−x, 0)`.
///
/// From about |x| = 16.6 on in float32 the sum under the logarithm is 1, and the small losses are lost.
///
/// Source: aten/src/ATen/native/Loss.cpp, version 1.13.
func torch1BinaryCrossEntropyWithLogits(_ x: Expression, _ y: Expression) -> Expression {
  autogradFunction(x, y) { x, y in
    let m = max(-x, 0)
    return (1 - y) * x + m + log(exp(-m) + exp(-x - m))
  } adjoint: { dloss, x, y, _, _ in
    torchBinaryCrossEntropyWithLogitsAdjoint(dloss, x, y)
  }
}

/// What PyTorch's autograd takes as the derivative of the cross entropy, whatever the order of its forward pass:
/// `(σ(x) − y)·dloss` for x, whose kernels each write a tensor of x's type, and `−x·dloss` for y.
///
/// Source: torch/csrc/autograd/FunctionsManual.cpp, `binary_cross_entropy_with_logits_backward` and
/// `binary_cross_entropy_with_logits_target_backward`.
private func torchBinaryCrossEntropyWithLogitsAdjoint(
  _ dloss: Expression, _ x: Expression, _ y: Expression
) -> (x: Expression, y: Expression) {
  ((sigmoid(x) - y).cast(to: x.type) * dloss, -x * dloss)
}
