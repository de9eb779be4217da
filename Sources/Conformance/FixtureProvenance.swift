public import HDF5
public import Tensors

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// Which framework computed a fixture, where and how, as its exporter recorded it.
public struct Provenance: Hashable, Sendable, Codable {
  /// The framework, such as `paddle`.
  public let framework: String
  /// Its version.
  public let frameworkVersion: String
  /// The device; `cpu` when the fixture does not say.
  public let device: String
  /// The program that wrote the fixture.
  public let exporter: String?
  /// The Python version.
  public let python: String?
  /// The NumPy version.
  public let numpy: String?
  /// The h5py version.
  public let h5py: String?
  /// The operating system and machine.
  public let platform: String?
  /// The instruction set that the framework chose, such as `AVX2`.
  public let cpuCapability: String?
  /// The number of threads that the framework used.
  public let threadCount: Int?
  /// Whether the framework was told to be deterministic.
  public let isDeterministic: Bool?
  /// Framework settings as JSON text.
  public let flags: String?
  /// The framework's default floating-point type, where ``flags`` state it as `default_dtype`.
  public let defaultType: ElementType?
  /// All other attributes of the root, and those above that are not of their documented kind.
  public let attributes: [String: AttributeValue]

  /// Takes the documented attributes; the schema must have been taken before.
  init(_ attributes: consuming FixtureAttributes) throws(FixtureError) {
    framework = try attributes.required("framework", "a string", \.string)
    frameworkVersion = try attributes.required("framework_version", "a string", \.string)
    device = try attributes.optional("device", "a string", \.string) ?? "cpu"
    exporter = attributes.shown("exporter", \.string)
    python = attributes.shown("python", \.string)
    numpy = attributes.shown("numpy", \.string)
    h5py = attributes.shown("h5py", \.string)
    platform = attributes.shown("platform", \.string)
    cpuCapability = attributes.shown("cpu_capability", \.string)
    threadCount = attributes.shown("num_threads", \.int)
    isDeterministic = attributes.shown("deterministic", \.bool)
    flags = attributes.shown("flags", \.string)
    defaultType = try attributes.defaultType(in: flags)
    self.attributes = attributes.others
  }
}

extension FixtureAttributes {
  /// The `default_dtype` of the flags: the name of a floating-point type, alone or as an attribute of its module, such as
  /// `float64` or `torch.float64`.
  ///
  /// - Throws: ``FixtureError`` when it is anything else, since results would be judged by the wrong type.
  fileprivate func defaultType(in flags: String?) throws(FixtureError) -> ElementType? {
    struct Flags: Decodable {
      let value: String?
      private enum CodingKeys: String, CodingKey { case value = "default_dtype" }
    }
    guard let flags, flags.contains("default_dtype") else { return nil }
    let decoded: Flags
    do {
      decoded = try JSONDecoder().decode(Flags.self, from: Data(flags.utf8))
    } catch {
      throw failure("flags name default_dtype, and are no JSON object in which it is a string")
    }
    guard let text = decoded.value else { return nil }
    let modules = [
      "torch", "paddle", "numpy", "np", "jnp", "jax.numpy", "tf", "tensorflow", "mlx.core", "mx",
    ]
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let module = parts.dropLast().joined(separator: ".")
    guard parts.count == 1 || modules.contains(module),
      let type = parts.last.flatMap({ ElementType(rawValue: String($0)) }), type.floatFormat != nil
    else {
      let names = ElementType.allCases.filter { $0.floatFormat != nil }.map(\.rawValue)
      throw failure(
        "flags have default_dtype \"\(text)\", which is none of \(names.quotedList), alone or after a module such as \"torch.\""
      )
    }
    return type
  }
}
