internal import Arithmetic

/// PyTorch 2's `log_sigmoid`, one kernel: `min(0, x) − log1p(e^−|x|)`.
///
/// Source: aten/src/ATen/native/cpu/Activation.cpp, `log_sigmoid_cpu_kernel`.
func torchLogSigmoid(_ x: Expression) -> Expression {
  kernel("log_sigmoid", x) { x in min(x, 0) - log1p(exp(-abs(x))) }
}

/// PyTorch 2's `binary_cross_entropy_with_logits` without weights: `(1 − y)·x − log_sigmoid(x)`, four kernels.
///
/// Source: aten/src/ATen/native/Loss.cpp.
func torchBinaryCrossEntropyWithLogits(_ x: Expression, _ y: Expression) -> Expression {
  (1 - y) * x - torchLogSigmoid(x).named("log_sigmoid")
}
