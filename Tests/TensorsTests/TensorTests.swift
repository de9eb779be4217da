import Tensors
import Testing

@Suite("Tensor")
struct TensorTests {
  @Test("values read back", arguments: [ElementType.float16, .bfloat16, .float32, .float64])
  func valuesReadBack(type: ElementType) {
    let values = [0, -0.0, 1, -2.5, .infinity, -.infinity, 0.125]
    let tensor = Tensor(type, .vector(values.count), values: values)
    #expect(tensor.values.map(\.bitPattern) == values.map(\.bitPattern))
    #expect(tensor.integer(at: 0) == nil)
  }

  @Test("integers of every width keep their sign and size")
  func integers() {
    #expect(Tensor(.int8, .vector(2), bytes: [0xFF, 0x7F]).values == [-1, 127])
    #expect(Tensor(.uint8, .vector(1), bytes: [0xFF]).integer(at: 0) == 255)
    #expect(Tensor(.int64, .vector(1), bytes: Array(repeating: 0xFF, count: 8)).integer(at: 0) == -1)
    #expect(Tensor(.uint64, .vector(1), bytes: Array(repeating: 0xFF, count: 8)).integer(at: 0) == nil)
    #expect(Tensor(.bool, .vector(2), bytes: [0, 1]).values == [0, 1])
  }
}
