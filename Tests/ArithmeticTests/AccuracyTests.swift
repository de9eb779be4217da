import Arithmetic
import Tensors
import Testing

@Suite("Documented accuracies")
struct AccuracyTests {
  private func ulps(_ framework: String, _ device: String, _ format: FloatFormat) -> [Int] {
    let accuracy = Accuracy(framework: framework, device: device)
    return [.exp, .log, .log1p, .pow].map { accuracy.ulps(of: $0, at: Site(format)) }
  }

  @Test(
    "every listed platform has one row for each of the four functions in float32 and float64, with a source")
  func rows() {
    let platforms = Dictionary(grouping: Accuracy.table) { "\($0.library) on \($0.device)" }
    #expect(platforms.count == 6)
    for (platform, rows) in platforms {
      #expect(rows.count == 8, "\(platform)")
      #expect(Set(rows.map { "\($0.format) \($0.function)" }).count == rows.count, "\(platform)")
      #expect(rows.allSatisfy { $0.ulps > 0 && !$0.source.isEmpty }, "\(platform)")
    }
  }

  @Test("a framework that a library computes for has its accuracy", arguments: Framework.all)
  func libraries(framework: Framework) throws {
    let library = try #require(framework.libraries.first)
    let accuracy = Accuracy(framework: framework.name, device: "cpu")
    #expect(accuracy == Accuracy(library, on: .cpu))
    #expect(accuracy != Accuracy(framework: "another", device: "cpu"))
  }

  @Test("a framework or device that is not listed has 4 ULP for each function, and may contract")
  func unlisted() {
    for (framework, device) in [("another", "cpu"), ("jax", "cuda"), ("torch", "xpu")] {
      #expect(ulps(framework, device, .float32) == [4, 4, 4, 4])
      let accuracy = Accuracy(framework: framework, device: device)
      #expect(accuracy.contractsProducts && accuracy.takesExponentAsGiven && !accuracy.flushesSubnormals)
    }
  }

  @Test("CUDA's functions have the bounds of its programming guide")
  func cuda() {
    for framework in ["torch", "paddle"] {
      #expect(ulps(framework, "cuda", .float32) == [2, 1, 1, 8])
      #expect(ulps(framework, "cuda", .float64) == [1, 1, 1, 2])
      #expect(Accuracy(framework: framework, device: "cuda").contractsProducts)
    }
  }

  @Test("subnormals are flushed where a framework documents it")
  func flushing() {
    for framework in ["jax", "optax", "keras", "tensorflow"] {
      #expect(Accuracy(framework: framework, device: "cpu").flushesSubnormals)
    }
    for framework in ["torch", "paddle", "kornia"] {
      #expect(!Accuracy(framework: framework, device: "cpu").flushesSubnormals)
    }
    #expect(!Accuracy(framework: "torch", device: "cuda").flushesSubnormals)
  }
}
