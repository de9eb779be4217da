import Conformance
import FixtureAuthoring
import Tensors
import Testing

@Suite("The default type in a fixture's flags")
struct DefaultTypeTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  private func provenance(_ flags: String) throws -> Provenance {
    let path = folder.file("demo.h5")
    try DemoFixture.write(to: path) { try $0.attribute("flags", .variableScalar(flags)) }
    return try FixtureReader(path: path).provenance
  }

  @Test(
    "each floating-point type is understood, alone and as an attribute of its module",
    arguments: ElementType.allCases.filter { $0.floatFormat != nil },
    [
      "", "torch.", "paddle.", "numpy.", "np.", "jnp.", "jax.numpy.", "tf.", "tensorflow.", "mx.",
      "mlx.core.",
    ])
  func understood(type: ElementType, module: String) throws {
    #expect(try provenance(#"{"a": 1, "default_dtype": "\#(module)\#(type)"}"#).defaultType == type)
  }

  @Test(
    "flags that do not name it say nothing, whatever they are", arguments: ["", "{}", "-O2", "[1]", "null"])
  func absent(flags: String) throws {
    #expect(try provenance(flags).defaultType == nil)
  }

  @Test("a null is no default type")
  func null() throws {
    #expect(try provenance(#"{"default_dtype": null}"#).defaultType == nil)
  }

  @Test(
    "any other value makes the fixture an error that names it",
    arguments: [
      "torch.int64", "int64", "torch.complex64", "float8", "Float64", "torch.", "", "torch.float64 ",
      "evil.float64", ".float64", "torch.torch.float64",
    ])
  func refused(value: String) throws {
    #expect {
      try provenance(#"{"default_dtype": "\#(value)"}"#)
    } throws: {
      "\($0)".hasPrefix("demo.h5: /: flags have default_dtype \"\(value)\", which is none of ")
    }
  }

  @Test(
    "flags that name it and cannot be understood make the fixture an error",
    arguments: [#"{"default_dtype": 64}"#, "{'default_dtype': 'torch.float64'}", "default_dtype=float64"])
  func unreadable(flags: String) throws {
    #expect {
      try provenance(flags)
    } throws: {
      "\($0)".hasPrefix("demo.h5: /: flags name default_dtype, and are no JSON object")
    }
  }
}
