public import Arithmetic

/// One version of one framework, and the library whose kernels compute for it.
public struct Build: Hashable, Sendable {
  /// What a fixture says of the library below its framework.
  public struct Backend: Hashable, Sendable {
    /// Its name, such as `torch`; nil where the fixture does not say.
    public let name: String?
    /// Versions by library, as far as the fixture states them.
    public let versions: [KernelLibrary: String]

    /// A backend from a fixture's words.
    public init(name: String?, versions: [KernelLibrary: String]) {
      self.name = name
      self.versions = versions
    }

    /// Nothing is said.
    public static let unstated = Backend(name: nil, versions: [:])
  }

  /// The framework, in the one spelling of `Framework.canonicalName(of:)`.
  public let framework: String
  /// The framework's own version: its leading numbers; empty when it has none.
  public let version: [Int]
  /// The library whose kernels compute; nil when it is not known.
  public let library: KernelLibrary?
  /// The library's version, which is another one than that of a framework built on it; empty when it is not known.
  public let libraryVersion: [Int]

  /// A build from a fixture's words, such as `torch` and `1.13.0a0`, or `kornia`, `0.9.0` and the backend `torch`.
  public init(_ framework: String, _ version: String, on backend: Backend = .unstated) {
    self.framework = Framework.canonicalName(of: framework)
    self.version = Self.numbers(version)
    library = Self.library(of: framework, on: backend)
    libraryVersion =
      library?.rawValue == self.framework
      ? self.version : library.flatMap { backend.versions[$0] }.map(Self.numbers) ?? []
  }

  /// A library computes by its own kernels, whatever a fixture says of a backend. For a framework that is built on one of
  /// several, a stated backend counts, also where it is none of those that are known.
  private static func library(of framework: String, on backend: Backend) -> KernelLibrary? {
    let libraries = Framework(named: framework)?.libraries ?? []
    guard libraries.count != 1, let name = backend.name else { return libraries.first }
    return Framework(named: name).flatMap { $0.libraries.count == 1 ? $0.libraries[0] : nil }
  }

  /// The leading numbers of a version.
  static func numbers(_ version: String) -> [Int] {
    version.split(separator: ".").map { $0.prefix(while: \.isNumber) }
      .prefix { !$0.isEmpty }.compactMap { Int($0) }
  }

  /// Whether this is known to be computed by a library's kernels of a version before another.
  func isBefore(_ version: Int..., of library: KernelLibrary) -> Bool {
    self.library == library && !libraryVersion.isEmpty
      && libraryVersion.lexicographicallyPrecedes(version)
  }
}

extension AdjointRules {
  /// The rules that a build may follow, at least one: those of its library, of each version where that is not known, and
  /// every known one for another framework. Expected values are of the first.
  public static func candidates(for build: Build) -> [AdjointRules] {
    switch build.library {
    case .torch: [.torch]
    case .paddle where build.libraryVersion.isEmpty: [.paddle3, .paddle26]
    case .paddle: build.isBefore(3, of: .paddle) ? [.paddle26] : [.paddle3]
    case .jax: [.jax]
    case .tensorflow: [.tensorflow]
    case nil: allCases
    }
  }
}
