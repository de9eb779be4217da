public import Tensors

/// A function that libraries approximate.
public enum ElementaryFunction: String, Hashable, Sendable, CaseIterable {
  case exp, log, log1p, pow
}

/// How far from the exact value the elementary functions of one framework's libraries may be.
///
/// A whole bound of k ULP lets a result lie k ULPs of the correctly rounded one from it: it is itself half of one off.
public struct Accuracy: Hashable, Sendable {
  /// One line of the table of documented accuracies.
  public struct Row: Hashable, Sendable {
    /// The library whose kernels call the function.
    public let library: KernelLibrary
    /// The device.
    public let device: Device
    /// The format in which the kernel computes.
    public let format: FloatFormat
    /// The function.
    public let function: ElementaryFunction
    /// The documented bound, in ULPs of the exact result.
    public let ulps: Int
    /// The library, and where its bound is documented.
    public let source: String
  }

  /// Whether the compiler may contract a product and a sum inside of a kernel.
  public let contractsProducts: Bool
  /// Whether some kernels take a Python number as an exponent in double precision, and others rounded to the
  /// tensor's type.
  public let takesExponentAsGiven: Bool
  /// Whether an operation may take subnormal operands for zeros and return zero for a subnormal result, or else keep
  /// them: flush-to-zero and denormals-are-zero are modes of a thread, and a program may run on several.
  public let flushesSubnormals: Bool
  private let bounds: [FloatFormat: [ElementaryFunction: Int]]
  private let fallback: Int
  private let summation: Summation

  /// The bounds of one library on one device; those for what the tables do not list where either is nil.
  public init(_ library: KernelLibrary?, on device: Device?) {
    var bounds: [FloatFormat: [ElementaryFunction: Int]] = [:]
    for row in Self.table where row.library == library && row.device == device {
      bounds[row.format, default: [:]][row.function] = row.ulps
    }
    self.bounds = bounds
    fallback = Self.unlistedULPs
    let kernels = Self.kernels.first { $0.library == library && $0.device == device } ?? .unlisted
    contractsProducts = kernels.contractsProducts
    takesExponentAsGiven = kernels.takesExponentAsGiven
    flushesSubnormals = kernels.flushesSubnormals
    summation = Self.summations.first { $0.library == library && $0.device == device } ?? .unlisted
  }

  /// The bounds of the library that computes for a framework, unless a fixture says otherwise, on a device; both in any
  /// of their spellings.
  public init(framework: String, device: String) {
    self.init(Framework(named: framework)?.libraries.first, on: Device(named: device))
  }

  /// The same bound for every function.
  public init(
    uniform ulps: Int, contractsProducts: Bool = false, takesExponentAsGiven: Bool = false,
    flushesSubnormals: Bool = false
  ) {
    bounds = [:]
    fallback = ulps
    self.contractsProducts = contractsProducts
    self.takesExponentAsGiven = takesExponentAsGiven
    self.flushesSubnormals = flushesSubnormals
    summation = .unlisted
  }

  /// The bound of a function where it stands.
  public func ulps(of function: ElementaryFunction, at site: Site) -> Int {
    bounds[site.format]?[function] ?? fallback
  }

  /// How many roundings lie one above another, at most, in a sum of so many elements.
  public func summationDepth(of count: Int, isMean: Bool) -> Int {
    guard count > 1 else { return 0 }
    let levels = Int.bitWidth - (count - 1).leadingZeroBitCount
    let additions = isMean ? summation.meanDepth(count, levels) : summation.sumDepth(count, levels)
    // One for the rounding of 1/count, and one since the enclosure's ends are rounded before the quotient.
    return min(count - 1, additions) + (isMean && summation.meanMultiplies ? 2 : 0)
  }

  /// The bound for a framework or device that the table does not list.
  public static let unlistedULPs = 4
}

extension Accuracy {
  /// How a framework sums: the depth of its additions by the count of elements and its binary logarithm, rounded up.
  struct Summation: Hashable, Sendable {
    let library: KernelLibrary?
    let device: Device?
    /// Elements that one accumulator takes one after another before it is set aside.
    let run: Int
    /// How many levels of accumulators there are, each of them taking runs of the one below; 0 for a binary tree.
    let cascade: Int
    /// Lanes whose accumulators a mean sums in one run from end to end; 0 when a mean is summed as a sum.
    let meanLanes: Int
    /// Whether a mean may be the sum times the rounded reciprocal of the count, in place of their quotient.
    var meanMultiplies = false
    /// Where that can be read.
    let source: String

    func sumDepth(_ count: Int, _ levels: Int) -> Int {
      if cascade == 0 { return run + levels }
      // A level takes 2^max(4, levels / 4) of the one below.
      return cascade * (1 << max(4, (levels + cascade - 1) / cascade)) + run
    }

    func meanDepth(_ count: Int, _ levels: Int) -> Int {
      meanLanes == 0 ? sumDepth(count, levels) : count / meanLanes + 2 * meanLanes
    }

    static let unlisted = Summation(
      library: nil, device: nil, run: 1024, cascade: 0, meanLanes: 0, meanMultiplies: true,
      source: "blocks of 1024, summed pairwise")
  }

  static let summations = [
    Summation(
      library: .torch, device: .cpu, run: 64, cascade: 4, meanLanes: 0,
      source:
        "aten/src/ATen/native/cpu/SumKernel.cpp, cascade_sum: four levels; lanes and a tail of at most 64 elements"
    ),
    Summation(
      library: .torch, device: .cuda, run: 424, cascade: 0, meanLanes: 0, meanMultiplies: true,
      source:
        "aten/src/ATen/native/cuda/Reduce.cuh: a thread of a full reduction sums at most 256 elements, in vt0 "
        + "accumulators, a block of at most 512 threads is a tree, and the sums of at most 65535 blocks go through one more; "
        + "ReduceMomentKernel.cu, MeanOps: a mean multiplies by a factor"),
    Summation(
      library: .paddle, device: .cpu, run: 264, cascade: 0, meanLanes: 4,
      source:
        "Eigen, TensorReduction.h: a sum is a binary tree over leaves of 1024 elements in packets of at least 4; a mean keeps one packet"
    ),
    Summation(
      library: .paddle, device: .cuda, run: 4096, cascade: 0, meanLanes: 0, meanMultiplies: true,
      source:
        "paddle/phi/kernels/funcs/reduce_function.h: blocks are trees; a full reduction is cub::DeviceReduce, where a thread "
        + "sums 20 elements of each of its tiles one after another, at most 4096 of 2^30 elements on a device of 32 "
        + "multiprocessors or more; kernels/primitive/functor_primitives.h, DivideFunctor: a mean multiplies by 1/n"
    ),
    Summation(
      library: .tensorflow, device: .cpu, run: 264, cascade: 0, meanLanes: 0,
      source:
        "Eigen, TensorReduction.h, as for Paddle; tensorflow/core/kernels/reduction_ops.h, MeanReducer: a sum divided by the count"
    ),
    Summation(
      library: .jax, device: .cpu, run: 1 << 32, cascade: 0, meanLanes: 0, meanMultiplies: true,
      source:
        "xla/service/tree_reduction_rewriter.h: windows of 32 elements, but one after another where a reduced axis is "
        + "shorter; the algebraic simplifier (xla/service/algebraic_simplifier.cc) turns a quotient by a constant into a product"
    ),
  ]

  /// What the kernels of a framework on a device do that is no function's bound.
  struct Kernels: Hashable, Sendable {
    let library: KernelLibrary?
    let device: Device?
    var contractsProducts = false
    var takesExponentAsGiven = false
    var flushesSubnormals = false
    /// Where that can be read.
    let source: String

    static let unlisted = Kernels(
      library: nil, device: nil, contractsProducts: true, takesExponentAsGiven: true,
      source: "nothing is known")
  }

  static let kernels = [
    Kernels(
      library: .torch, device: .cpu, takesExponentAsGiven: true,
      source:
        "aten/src/ATen/native/cpu/PowKernel.cpp: scalar loops, which compute a tensor's tail, take the exponent in double, "
        + "vector loops in the tensor's type; torch.set_flush_denormal is off by default"),
    Kernels(
      library: .torch, device: .cuda, contractsProducts: true,
      source:
        "CUDA Compiler Driver NVCC: -fmad=true, -ftz=false and -prec-div=true are the defaults; "
        + "aten/src/ATen/native/cuda/PowKernel.cu: the exponent in the tensor's type"),
    Kernels(
      library: .paddle, device: .cpu,
      source:
        "paddle/fluid/platform/denormal.h: only the legacy tracer and the inference executor flush subnormals, dynamic "
        + "mode's own calls do not"),
    Kernels(
      library: .paddle, device: .cuda, contractsProducts: true,
      source:
        "CUDA Compiler Driver NVCC, defaults as for PyTorch: cmake/cuda.cmake asks for neither --use_fast_math nor another "
        + "-fmad, -ftz or -prec-div; activation_functor.h, CudaPowFunctor: the exponent in the tensor's type"),
    Kernels(
      library: .jax, device: .cpu, contractsProducts: true, flushesSubnormals: true,
      source:
        "xla/pjrt/cpu/cpu_client.cc, tsl::port::ScopedFlushDenormal, and xla/service/llvm_ir/llvm_util.cc, "
        + "denormal-fp-math; xla/service/cpu/cpu_compiler.cc, CompilerTargetOptions: FMA fusion is always allowed"
    ),
    Kernels(
      library: .tensorflow, device: .cpu, flushesSubnormals: true,
      source:
        "tensorflow/core/common_runtime/eager/kernel_and_device.cc and tsl/platform/threadpool.cc, "
        + "port::ScopedFlushDenormal"),
  ]

  /// The one table of documented accuracies.
  public static let table: [Row] =
    rows(
      .torch, .cpu, [.float32, .float64], [.exp: 1, .log: 1, .log1p: 1, .pow: 1],
      "SLEEF's vector functions of suffix u10, 1.0 ULP (sleef.org, accuracy of the functions); glibc's scalar ones in "
        + "the tail, 1 ULP (its manual, Errors in Math Functions, x86-64)")
    + rows(
      .torch, .cuda, [.float32], [.exp: 2, .log: 1, .log1p: 1, .pow: 8],
      "expf, logf, log1pf and powf: CUDA C Programming Guide, appendix E.1 (Mathematical Functions, Standard Functions); "
        + "from tests that it calls extensive but not exhaustive")
    + rows(
      .torch, .cuda, [.float64], [.exp: 1, .log: 1, .log1p: 1, .pow: 2],
      "exp, log, log1p and pow: CUDA C Programming Guide, appendix E.1, as for float32"
    )
    + rows(
      .paddle, .cpu, [.float32, .float64], [.exp: 2, .log: 2, .log1p: 2, .pow: 2],
      "glibc's scalar functions, 1 ULP (its manual, Errors in Math Functions, x86-64); Eigen's vector ones document no bound. "
        + "Paddle 3.3.1 is off by at most 1.30 ULP in float32, and 1.68 in float64, but where e^x is "
        + "subnormal no bound covers its vector lanes. \(measurement)")
    + rows(
      .paddle, .cuda, [.float32], [.exp: 2, .log: 1, .log1p: 1, .pow: 8],
      "std::exp, std::log and std::pow of float (paddle/phi/kernels/funcs/activation_functor.h) are expf, logf and powf: "
        + "CUDA C Programming Guide, as for PyTorch")
    + rows(
      .paddle, .cuda, [.float64], [.exp: 1, .log: 1, .log1p: 1, .pow: 2],
      "exp, log, log1p and pow: CUDA C Programming Guide, as for PyTorch"
    )
    + rows(
      .tensorflow, .cpu, [.float32], [.exp: 2, .log: 4, .log1p: 4, .pow: 4],
      "Eigen's vector functions (GenericPacketMathFunctions.h) document no bound; TensorFlow 2.21 is off by at most 1.31 ULP "
        + "in exp, 3.29 in log, 3.89 in log1p, 1.37 in pow and 2.66 in a reciprocal. \(measurement)"
    )
    + rows(
      .tensorflow, .cpu, [.float64], [.exp: 2, .log: 2, .log1p: 2, .pow: 2],
      "Eigen's vector functions document no bound; TensorFlow 2.21 is off by at most 1.65 ULP in exp, 1.51 in log, 2.19 in "
        + "log1p and 2.21 in pow. \(measurement)"
    )
    + rows(
      .jax, .cpu, [.float32], [.exp: 6, .log: 1, .log1p: 3, .pow: unlistedULPs],
      "xla/codegen/intrinsic/accuracy/accuracy_budget.h, for regular values on CPU, but for log1p, whose budget of 1 jax "
        + "0.10.2 exceeds: 2.52 ULP near 0.415, which lies 3 from the rounded value; no bound for pow is documented. "
        + measurement
    )
    + rows(
      .jax, .cpu, [.float64], [.exp: 2, .log: 1, .log1p: 2, .pow: unlistedULPs],
      "xla/codegen/intrinsic/accuracy/accuracy_budget.h, for regular values on CPU, whose budget of 1 jax 0.10.2 exceeds in "
        + "exp, 1.65 ULP, and in log1p, 1.92; no bound for pow is documented. \(measurement)"
    )

  /// What measured the errors that no library documents: the largest ones of a million values of each function.
  private static let measurement =
    "Measured with AVX-512 by python -m focalcheck_exporter.accuracy (fixtures/exporter)"

  private static func rows(
    _ library: KernelLibrary, _ device: Device, _ formats: [FloatFormat],
    _ bounds: KeyValuePairs<ElementaryFunction, Int>,
    _ source: String
  ) -> [Row] {
    formats.flatMap { format in
      bounds.map {
        Row(
          library: library, device: device, format: format, function: $0.key, ulps: $0.value,
          source: source)
      }
    }
  }
}
