/// What is to be installed for an exporter's framework, by the names of the packages.
enum ExporterPackages {
  /// The packages that the exporter's own package lists for each framework.
  static let frameworks = [
    "keras": ["keras", "tensorflow-cpu"],
    "kornia": ["kornia"],
    "optax": ["optax", "jax[cpu]"],
    "paddle": ["paddlepaddle", "setuptools"],
    "torch": ["torch"],
  ]

  /// The packages of modules that are no framework's whole name.
  private static let modules = [
    "h5py": "h5py", "jax": "jax[cpu]", "jaxlib": "jax[cpu]", "numpy": "numpy", "setuptools": "setuptools",
    "tensorflow": "tensorflow-cpu", "torch": "torch", "torchvision": "torchvision",
  ]

  /// What to give to `pip install` where a module is missing: the module's package where that is known, else all that
  /// the framework needs.
  static func packages(for module: String, framework: String) -> String {
    let whole = frameworks[framework]?.map(quoted).joined(separator: " ")
    if module == framework { return whole ?? quoted(framework) }
    return modules[module].map(quoted) ?? whole ?? quoted(framework)
  }

  /// As a shell takes it.
  private static func quoted(_ package: String) -> String {
    package.contains("[") ? "'\(package)'" : package
  }
}
