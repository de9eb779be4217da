internal import Arithmetic

/// PyTorch 2's `log_sigmoid`, one kernel: `min(0, x) − log1p(e^−|x|)`.
///
/// Source: aten/src/ATen/native/cpu/Activation.cpp, `log_sigmoid_cpu_kernel`.
func torchLogSigmoid(_ x: Expression) -> Expression {
  kernel("log_sigmoid", x) { x in min(x, 0) - log1p(exp(-abs(x))) }
}

/// PyTorch 2's `binary_cross_entropy_with_logits` without weights, four kernels: `(1 − y)·x − log_sigmoid(x)`.
///
/// Source: aten/src/ATen/native/Loss.cpp, version 2.
func torch2BinaryCrossEntropyWithLogits(_ x: Expression, _ y: Expression) -> Expression {
  (1 - y) * x - torchLogSigmoid(x).named("log_sigmoid")
}

/// PyTorch 1's `binary_cross_entropy_with_logits` without weights, several kernels:
/// `(1 − y)·x + m + log(e^−m + e^(−x − m))` with `m = max(−x, 0)`.
///
/// From about |x| = 16.6 on in float32 the sum under the logarithm is 1, and the small losses are lost.
///
/// Source: aten/src/ATen/native/Loss.cpp, version 1.13.
func torch1BinaryCrossEntropyWithLogits(_ x: Expression, _ y: Expression) -> Expression {
  let m = max(-x, 0)
  return (1 - y) * x + m + log(exp(-m) + exp(-x - m))
}
