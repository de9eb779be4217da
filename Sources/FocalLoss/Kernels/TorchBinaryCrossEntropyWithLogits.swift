internal import Arithmetic

/// PyTorch 2's `log_sigmoid`, one kernel: `min(0, x) − log1p(e^−|x|)`.
///
/// Source: aten/src/ATen/native/cpu/Activation.cpp, `log_sigmoid_cpu_kernel`.
func torchLogSigmoid(_ x: Expression) -> Expression {
  kernel("log_sigmoid", x) { x in min(x, 0) - log1p(exp(-abs(x))) }
}

/// `binary_cross_entropy_with_logits` without weights, several kernels.
///
/// - PyTorch 2: `(1 − y)·x − log_sigmoid(x)`.
/// - PyTorch 1: `(1 − y)·x + m + log(e^−m + e^(−x − m))` with `m = max(−x, 0)`; from about |x| = 16 on in float32 the sum under the
///   logarithm is 1 and the small losses are lost.
///
/// Source: aten/src/ATen/native/Loss.cpp of either version.
func torchBinaryCrossEntropyWithLogits(_ x: Expression, _ y: Expression, _ build: Build?) -> Expression {
  guard build?.isBefore(2, of: "torch") == true else {
    return (1 - y) * x - torchLogSigmoid(x).named("log_sigmoid")
  }
  let m = max(-x, 0)
  return (1 - y) * x + m + log(exp(-m) + exp(-x - m))
}
