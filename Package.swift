// swift-tools-version: 6.2

import PackageDescription

let strict: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("ExistentialAny"),
  .treatAllWarnings(as: .error),
]

/// The tests themselves gain nothing by optimisation, and take most of the time that it needs.
let tests = strict + [.unsafeFlags(["-Onone"], .when(configuration: .release))]

let package = Package(
  name: "focalcheck",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "focalcheck", targets: ["focalcheck"])
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
    .package(url: "https://github.com/swiftlang/swift-docc-plugin", from: "1.5.0"),
    .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2", traits: []),
  ],
  targets: [
    .systemLibrary(
      name: "CHDF5", pkgConfig: "hdf5", providers: [.apt(["libhdf5-dev"]), .brew(["hdf5"])]),
    .systemLibrary(
      name: "CMPFR", pkgConfig: "mpfr", providers: [.apt(["libmpfr-dev"]), .brew(["mpfr"])]),

    .target(name: "CArguments"),
    .target(name: "Tensors", swiftSettings: strict),
    .target(name: "HDF5", dependencies: ["CHDF5", "Tensors"], swiftSettings: strict),
    .target(name: "Arithmetic", dependencies: ["CMPFR", "Tensors"], swiftSettings: strict),
    .target(name: "FocalLoss", dependencies: ["Arithmetic", "Tensors"], swiftSettings: strict),
    .target(name: "Comparison", dependencies: ["Tensors"], swiftSettings: strict),
    .target(
      name: "Conformance",
      dependencies: [
        "HDF5", "Tensors", "Arithmetic", "FocalLoss", "Comparison",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "TOMLKit", package: "TOMLKit"),
        .product(name: "Subprocess", package: "swift-subprocess"),
      ],
      swiftSettings: strict),
    .target(
      name: "Reporting", dependencies: ["Conformance", "Comparison", "FocalLoss", "HDF5", "Tensors"],
      swiftSettings: strict),
    .executableTarget(
      name: "focalcheck",
      dependencies: [
        "CArguments", "Comparison", "Conformance", "Reporting",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .executableTarget(
      name: "fuzz",
      dependencies: [
        "FixtureAuthoring", "HDF5", "SeededNumbers", "Tensors",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "fuzz-reader", dependencies: ["Conformance", "Tensors"], exclude: ["libfuzzer.sh"],
      swiftSettings: strict),
    .executableTarget(
      name: "mutants",
      dependencies: [
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "TOMLKit", package: "TOMLKit"),
        .product(name: "Subprocess", package: "swift-subprocess"),
      ],
      swiftSettings: strict),
    .executableTarget(
      name: "compare-benchmark",
      dependencies: [
        "FixtureAuthoring", "SeededNumbers", "Tensors",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .target(
      name: "FaultSuite", dependencies: ["Comparison", "Conformance", "Tensors"], swiftSettings: strict),
    .executableTarget(
      name: "power",
      dependencies: [
        "Conformance", "FaultSuite", .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: strict),

    .target(
      name: "FixtureAuthoring", dependencies: ["CHDF5", "Tensors"], path: "Tests/FixtureAuthoring",
      swiftSettings: strict),
    .target(name: "SeededNumbers", path: "Tests/SeededNumbers", swiftSettings: strict),
    .testTarget(name: "TensorsTests", dependencies: ["Tensors"], swiftSettings: tests),
    .testTarget(
      name: "HDF5Tests", dependencies: ["HDF5", "Tensors", "FixtureAuthoring"], swiftSettings: tests),
    .testTarget(
      name: "ArithmeticTests", dependencies: ["Arithmetic", "CMPFR", "SeededNumbers", "Tensors"],
      swiftSettings: tests),
    .testTarget(
      name: "FocalLossTests", dependencies: ["FocalLoss", "Arithmetic", "SeededNumbers", "Tensors"],
      swiftSettings: tests),
    .testTarget(name: "ComparisonTests", dependencies: ["Comparison", "Tensors"], swiftSettings: tests),
    .testTarget(
      name: "ConformanceTests",
      dependencies: [
        "Conformance", "Comparison", "FaultSuite", "FocalLoss", "Arithmetic", "HDF5", "Tensors",
        "FixtureAuthoring",
      ],
      swiftSettings: tests),
    .testTarget(
      name: "ReportingTests",
      dependencies: ["Reporting", "Conformance", "Comparison", "FocalLoss", "Tensors", "FixtureAuthoring"],
      swiftSettings: tests),
    .testTarget(name: "FuzzTests", dependencies: ["fuzz"], swiftSettings: tests),
    .testTarget(
      name: "CommandLineTests", dependencies: ["focalcheck", "Tensors", "FixtureAuthoring"],
      swiftSettings: tests),
  ]
)
