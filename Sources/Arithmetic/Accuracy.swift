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
    /// The framework, as fixtures name it.
    public let framework: String
    /// The device, as fixtures name it.
    public let device: String
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
  /// tensor's type: PyTorch's scalar loops, which compute a tensor's tail, and its vector loops
  /// (aten/src/ATen/native/cpu/PowKernel.cpp).
  public let takesExponentAsGiven: Bool
  /// Whether operations may take a subnormal operand for zero and return zero for a subnormal result.
  public let flushesSubnormals: Bool
  private let bounds: [FloatFormat: [ElementaryFunction: Int]]
  private let fallback: Int
  private let summation: Summation

  /// The bounds of one framework on one device.
  public init(framework: String, device: String) {
    let rows = Self.table.filter { $0.framework == framework && $0.device == device }
    var bounds: [FloatFormat: [ElementaryFunction: Int]] = [:]
    for row in rows { bounds[row.format, default: [:]][row.function] = row.ulps }
    self.bounds = bounds
    fallback = Self.unlistedULPs
    contractsProducts = rows.isEmpty
    takesExponentAsGiven = framework == "torch" || rows.isEmpty
    flushesSubnormals = Self.flushing[framework] != nil && device == "cpu"
    summation = Self.summations.first { $0.framework == framework && $0.device == device } ?? .unlisted
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

  /// How many additions lie one above another, at most, in a sum of so many elements.
  public func summationDepth(of count: Int, isMean: Bool) -> Int {
    guard count > 1 else { return 0 }
    let levels = Int.bitWidth - (count - 1).leadingZeroBitCount
    return min(count - 1, isMean ? summation.meanDepth(count, levels) : summation.sumDepth(count, levels))
  }

  /// The bound for a framework or device that the table does not list.
  public static let unlistedULPs = 4
}

extension Accuracy {
  /// How a framework sums: the depth of its additions by the count of elements and its binary logarithm, rounded up.
  struct Summation: Hashable, Sendable {
    let framework: String
    let device: String
    /// Elements that one accumulator takes one after another before it is set aside.
    let run: Int
    /// How many levels of accumulators there are, each of them taking runs of the one below; 0 for a binary tree.
    let cascade: Int
    /// Lanes whose accumulators a mean sums in one run from end to end; 0 when a mean is summed as a sum.
    let meanLanes: Int
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
      framework: "", device: "", run: 1024, cascade: 0, meanLanes: 0,
      source: "blocks of 1024, summed pairwise")
  }

  static let summations = [
    Summation(
      framework: "torch", device: "cpu", run: 64, cascade: 4, meanLanes: 0,
      source:
        "aten/src/ATen/native/cpu/SumKernel.cpp, cascade_sum: four levels; lanes and a tail of at most 64 elements"
    ),
    Summation(
      framework: "paddle", device: "cpu", run: 264, cascade: 0, meanLanes: 4,
      source:
        "Eigen, TensorReduction.h: a sum is a binary tree over leaves of 1024 elements in packets of at least 4; a mean keeps one packet"
    ),
  ]

  /// The frameworks whose CPU kernels run with the processor's flags FTZ and DAZ set, each with its source.
  static let flushing = [
    "jax": xlaFlushing, "optax": xlaFlushing,
    "keras":
      "TensorFlow, tensorflow/core/grappler/optimizers/constant_folding.cc: its runtime flushes denormals to zero; "
      + "threads run under ScopedFlushDenormal, xla/tsl/platform/threadpool.cc",
  ]

  private static let xlaFlushing =
    "JAX, the Sharp Bits: on CPU subnormal values are flushed to zero; XLA, xla/pjrt/cpu/cpu_client.cc: programs run "
    + "under ScopedFlushDenormal"

  /// The one table of documented accuracies.
  public static let table: [Row] =
    rows(
      "torch", "cpu", [.float32, .float64], [.exp: 1, .log: 1, .log1p: 1, .pow: 1],
      "SLEEF's vector functions of suffix u10, 1.0 ULP (sleef.org, accuracy of the functions); glibc's scalar ones in "
        + "the tail, 1 ULP (its manual, Errors in Math Functions, x86-64)")
    + rows(
      "paddle", "cpu", [.float32, .float64], [.exp: 2, .log: 2, .log1p: 2, .pow: 2],
      "glibc's scalar functions, 1 ULP (its manual, Errors in Math Functions, x86-64); Eigen's vector ones document "
        + "no bound and are taken with 2 ULP, of which the committed fixtures need 1")

  private static func rows(
    _ framework: String, _ device: String, _ formats: [FloatFormat],
    _ bounds: KeyValuePairs<ElementaryFunction, Int>,
    _ source: String
  ) -> [Row] {
    formats.flatMap { format in
      bounds.map {
        Row(
          framework: framework, device: device, format: format, function: $0.key, ulps: $0.value,
          source: source)
      }
    }
  }
}
