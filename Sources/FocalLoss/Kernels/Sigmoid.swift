internal import Arithmetic

/// `σ(x) = 1 / (1 + e⁻ˣ)`, one kernel in Paddle (`phi::functors::SigmoidFunctor`) and in PyTorch (`sigmoid_kernel`).
///
/// 0 at −∞ and for x below about −88.7 in float32, where `e⁻ˣ` overflows; 1 from x = 16.635532 on.
func sigmoid(_ x: Expression) -> Expression {
  kernel("sigmoid", x) { x in 1 / (1 + exp(-x)) }
}
