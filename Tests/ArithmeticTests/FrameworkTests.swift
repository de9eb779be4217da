import Arithmetic
import Testing

@Suite("Names of frameworks and devices")
struct FrameworkTests {
  @Test("no word names two frameworks, and every one is in the spelling that is compared")
  func words() {
    let words = Framework.all.flatMap { [$0.name] + $0.aliases }
    #expect(Set(words).count == words.count)
    for word in words {
      #expect(Framework.canonicalName(of: word) == Framework(named: word)?.name, "\(word)")
    }
    #expect(Framework.all.allSatisfy { !$0.libraries.isEmpty })
    for library in KernelLibrary.allCases {
      #expect(Framework(named: library.rawValue)?.libraries == [library], "\(library)")
    }
  }

  @Test("case, hyphens, points and white space do not matter", arguments: Framework.all)
  func spellings(framework: Framework) {
    for word in [framework.name] + framework.aliases {
      for separator in ["-", ".", " ", "__"] {
        let spelling = " " + word.uppercased().split(separator: "_").joined(separator: separator)
        #expect(Framework(named: spelling) == framework, "\(spelling)")
      }
    }
  }

  @Test("a name that is not listed is none, and has one spelling")
  func unlisted() {
    for name in ["mylib", "torchx", "pytorch2", "paddle paddle", "", "−", "to\u{301}rch"] {
      #expect(Framework(named: name) == nil, "\(name)")
    }
    #expect(Framework.canonicalName(of: "My-Lib") == Framework.canonicalName(of: "my_lib"))
  }

  @Test(
    "a device is known in the spellings of the frameworks",
    arguments: [
      ("cpu", Device.cpu), ("CPU", .cpu), ("cpu:0", .cpu), ("Place(cpu)", .cpu), ("CPUPlace()", .cpu),
      ("/device:CPU:0", .cpu), ("TFRT_CPU_0", .cpu),
      ("cuda", .cuda), ("CUDA", .cuda), ("cuda:0", .cuda), ("cuda0", .cuda), ("gpu", .cuda), ("GPU:1", .cuda),
      ("Place(gpu:0)", .cuda), ("CUDAPlace(0)", .cuda), ("CudaDevice(id=0)", .cuda), ("/GPU:0", .cuda),
      ("/job:localhost/replica:0/task:0/device:GPU:0", .cuda),
    ])
  func devices(text: String, device: Device) {
    #expect(Device(named: text) == device)
  }

  @Test(
    "another device is none", arguments: ["xpu", "npu:0", "mps", "tpu", "cuda emulated", "", "0", "cpu gpu"])
  func unlistedDevices(text: String) {
    #expect(Device(named: text) == nil)
  }
}
