/// A library whose kernels compute, for itself and for the frameworks that are built on it.
public enum KernelLibrary: String, Hashable, Sendable, CaseIterable {
  case torch, paddle, tensorflow, jax
}

/// A framework that fixtures name: its spellings, and the library whose kernels compute for it.
public struct Framework: Hashable, Sendable {
  /// The name that focalcheck uses, such as `torch`.
  public let name: String
  /// Other spellings, such as `pytorch`.
  public let aliases: [String]
  /// The libraries whose kernels may compute: one, or several where the fixture's `flags.backend` says which. Where it
  /// does not say, the first is meant.
  public let libraries: [KernelLibrary]

  private init(_ name: String, on libraries: KernelLibrary..., aliases: String...) {
    self.name = name
    self.aliases = aliases
    self.libraries = libraries
  }

  /// The one table of frameworks. `fixtures/FORMAT.md` lists the same.
  public static let all: [Framework] = [
    Framework("torch", on: .torch, aliases: "pytorch", "libtorch", "aten"),
    Framework("torchvision", on: .torch),
    Framework("torchmetrics", on: .torch),
    Framework("lightning", on: .torch, aliases: "pytorch_lightning"),
    Framework("kornia", on: .torch),
    Framework("monai", on: .torch),
    Framework("mmcv", on: .torch, aliases: "mmcv_full", "mmcv_lite"),
    Framework("mmdet", on: .torch, aliases: "mmdetection"),
    Framework("mmdet3d", on: .torch, aliases: "mmdetection3d"),
    Framework("mmseg", on: .torch, aliases: "mmsegmentation"),
    Framework("mmrotate", on: .torch),
    Framework("mmyolo", on: .torch),
    Framework("mmpretrain", on: .torch, aliases: "mmcls", "mmclassification"),
    Framework("mmaction", on: .torch, aliases: "mmaction2"),
    Framework("detectron2", on: .torch),
    Framework("fvcore", on: .torch),
    Framework("segmentation_models_pytorch", on: .torch, aliases: "smp"),
    Framework("timm", on: .torch, aliases: "pytorch_image_models"),
    Framework("effdet", on: .torch, aliases: "efficientdet_pytorch"),
    Framework("ultralytics", on: .torch, aliases: "yolo", "yolov5", "yolov8"),
    Framework("fastai", on: .torch),
    Framework("transformers", on: .torch, .tensorflow, .jax, aliases: "huggingface", "hf_transformers"),
    Framework("paddle", on: .paddle, aliases: "paddlepaddle", "paddlepaddle_gpu", "paddle_gpu"),
    Framework("ppdet", on: .paddle, aliases: "paddledetection", "paddledet"),
    Framework("paddleseg", on: .paddle),
    Framework("paddleclas", on: .paddle, aliases: "ppcls"),
    Framework("paddle3d", on: .paddle),
    Framework("paddlenlp", on: .paddle),
    Framework(
      "tensorflow", on: .tensorflow, aliases: "tf", "tf2", "tensorflow2", "tensorflow_cpu", "tensorflow_gpu"),
    Framework("tf_keras", on: .tensorflow, aliases: "tensorflow_keras"),
    Framework("tensorflow_addons", on: .tensorflow, aliases: "tfa"),
    Framework("keras", on: .tensorflow, .torch, .jax, aliases: "keras3"),
    Framework("keras_cv", on: .tensorflow, .torch, .jax),
    Framework("keras_hub", on: .tensorflow, .torch, .jax),
    Framework("jax", on: .jax, aliases: "jaxlib", "jax_numpy", "jnp"),
    Framework("optax", on: .jax),
    Framework("flax", on: .jax, aliases: "flax_linen", "flax_nnx"),
    Framework("haiku", on: .jax, aliases: "dm_haiku"),
    Framework("equinox", on: .jax),
    Framework("scenic", on: .jax),
  ]

  /// The framework that a fixture, a filter or a known difference names, or nil for one that is not listed.
  ///
  /// Case does not matter, and `-`, `.` and white space count as `_`.
  public init?(named text: String) {
    guard let framework = Self.byWord[Self.word(text)] else { return nil }
    self = framework
  }

  /// One spelling for all that name the same framework: the listed name, or for another framework its own text in the
  /// spelling that ``init(named:)`` compares.
  public static func canonicalName(of text: String) -> String {
    Framework(named: text)?.name ?? word(text)
  }

  private static let byWord: [String: Framework] = {
    let pairs = all.flatMap { framework in ([framework.name] + framework.aliases).map { ($0, framework) } }
    return Dictionary(uniqueKeysWithValues: pairs)
  }()

  private static func word(_ text: String) -> String {
    let words = text.lowercased().split { $0 == "-" || $0 == "." || $0 == "_" || $0.isWhitespace }
    return words.joined(separator: "_")
  }
}

/// A device by the name that fixtures use.
public enum Device: String, Hashable, Sendable, CaseIterable {
  case cpu, cuda

  /// Other words for the device; a number behind a word, such as in `cuda:0`, names one of several.
  public var aliases: [String] {
    switch self {
    case .cpu: ["cpuplace", "cpudevice"]
    case .cuda: ["gpu", "nvidia", "cudaplace", "cudadevice", "gpuplace"]
    }
  }

  /// Words that frameworks put around a device's name.
  public static let ignoredWords = ["device", "place", "job", "localhost", "replica", "task", "id", "tfrt"]

  /// The device that a fixture names in the spelling of any framework, such as `cuda:0`, `GPU`, `Place(gpu:0)` or
  /// `/job:localhost/replica:0/task:0/device:GPU:0`; nil for one that is not listed.
  public init?(named text: String) {
    let words = text.lowercased().split { !$0.isASCII || !($0.isLetter || $0.isNumber) }
      .map { String($0.trimmingNumber) }
      .filter { !$0.isEmpty && !Self.ignoredWords.contains($0) }
    guard let word = words.first, words.count == 1,
      let device = Self.allCases.first(where: { $0.rawValue == word || $0.aliases.contains(word) })
    else { return nil }
    self = device
  }
}

extension Substring {
  /// The text without the digits at its end.
  fileprivate var trimmingNumber: Substring {
    var rest = self
    while let last = rest.last, last.isNumber { rest.removeLast() }
    return rest
  }
}
