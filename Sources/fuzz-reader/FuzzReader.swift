import Conformance
import Foundation
import Tensors

/// Reads whatever a fixture declares, without judging it.
///
/// Built as it is, it reads the files that are named, which is how an input of libFuzzer is run again. Built for
/// libFuzzer (`make libfuzzer`), it is the function that libFuzzer feeds with bytes.
@main
enum FuzzReader {
  static func main() {
    #if FUZZING
      var (count, arguments) = (CommandLine.argc, CommandLine.unsafeArgv)
      exit(runDriver(&count, &arguments, testOneInput))
    #else
      for path in CommandLine.arguments.dropFirst() {
        read(path)
        print("\(path): was read")
      }
    #endif
  }

  /// The elements that are read of each tensor.
  private static let elementLimit = 1 << 16

  /// Opens the file, every case and every tensor. What is refused is refused.
  private static func read(_ path: String) {
    var limits = FixtureLimits()
    // The sanitizers' own memory is not limited; what a file may ask for is.
    limits.reading.datasetBytes = 1 << 24
    guard let fixture = try? FixtureReader(path: path, limits: limits) else { return }
    for name in fixture.caseNames {
      _ = fixture.variant(of: name)
      guard let one = try? fixture.conformanceCase(name) else { continue }
      for tensors in [one.inputs, one.outputs, one.grads, one.gradOutputs, one.stages] {
        for tensor in tensors.values {
          for region in tensor.shape.regions(maximumCount: elementLimit).prefix(2) {
            _ = try? tensor.read(region)
          }
        }
      }
    }
  }

  #if FUZZING
    /// A file of this process alone.
    private static let path = FileManager.default.temporaryDirectory
      .appendingPathComponent("focalcheck-fuzz-reader-\(getpid()).h5").path

    fileprivate static func read(_ bytes: UnsafeRawBufferPointer) {
      guard FileManager.default.createFile(atPath: path, contents: Data(bytes)) else { return }
      read(path)
      unlink(path)
    }
  #endif
}

#if FUZZING
  @_cdecl("LLVMFuzzerTestOneInput")
  public func testOneInput(_ bytes: UnsafePointer<UInt8>?, _ count: Int) -> Int32 {
    FuzzReader.read(UnsafeRawBufferPointer(start: bytes, count: count))
    return 0
  }

  /// libFuzzer's own loop over a function.
  @_silgen_name("LLVMFuzzerRunDriver")
  private func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ function: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
  ) -> Int32
#endif
