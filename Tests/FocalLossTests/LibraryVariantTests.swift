import Arithmetic
import Tensors
import Testing

@testable import FocalLoss

/// The variants of libraries that are built on a framework; numbers that are not a test's own came from the libraries.
@Suite("Variants of libraries")
struct LibraryVariantTests {
  private static func inputs(
    _ label: [Double] = [1, 0, 0, 0, 1, 0], _ more: [String: Tensor] = [:]
  ) -> [String: Tensor] {
    DocumentedNumberTests.blog.merging(more) { $1 }.merging(["label": tensor([2, 3], label)]) { $1 }
  }

  private static func tensor(_ dimensions: [Int], _ values: [Double]) -> Tensor {
    Tensor(.float32, (try? Shape(dimensions)) ?? .scalar, values: values)
  }

  struct Returned: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let variant: any FocalLossVariant.Type
    var parameters = Parameters()
    var inputs = LibraryVariantTests.inputs()
    let loss: [Float]
  }

  static let returned: [Returned] = [
    Returned(
      testDescription: "optax 0.2.8", variant: OptaxSigmoidFocalLoss.self,
      loss: [0.006_071_545, 0.020_897_422, 0.136_812_22, 0.045_728_07, 0.085_446_23, 0.374_116_12]),
    Returned(
      testDescription: "optax 0.2.8 without alpha", variant: OptaxSigmoidFocalLoss.self,
      parameters: Parameters(alpha: .nan),
      loss: [0.024_286_18, 0.027_863_229, 0.182_416_3, 0.060_970_757, 0.341_784_92, 0.498_821_5]),
    Returned(
      testDescription: "optax 0.2.8 with labels outside of [0, 1]", variant: OptaxSigmoidFocalLoss.self,
      parameters: Parameters(alpha: .nan), inputs: inputs([1, 2, 0, 0.5, 1, -0.5]),
      loss: [0.024_286_18, 2.799_976_3, 0.182_416_3, 0.182_623_12, 0.341_784_92, 1.035_594_1]),
    Returned(
      testDescription: "kornia 0.9.0", variant: KorniaBinaryFocalLossWithLogits.self,
      loss: [
        0.006_071_545_2, 0.020_897_422, 0.136_812_225, 0.045_728_068_8, 0.085_446_231_1, 0.374_116_092_9,
      ]),
    Returned(
      testDescription: "kornia 0.9.0 without alpha", variant: KorniaBinaryFocalLossWithLogits.self,
      parameters: Parameters(alpha: .nan),
      loss: [
        0.024_286_180_7, 0.027_863_228_7, 0.182_416_304_9, 0.060_970_757_2, 0.341_784_924_3, 0.498_821_467_2,
      ]),
    Returned(
      testDescription: "kornia 0.9.0 with a soft and an ignored label",
      variant: KorniaBinaryFocalLossWithLogits.self, inputs: inputs([1, -100, 0, 0.5, 1, 0]),
      loss: [0.006_071_545_2, 0, 0.136_812_225, 0.073_406_107_7, 0.085_446_231_1, 0.374_116_092_9]),
    Returned(
      testDescription: "the mean of kornia 0.9.0 counts an ignored label",
      variant: KorniaBinaryFocalLossWithLogits.self, parameters: Parameters(reduction: .mean),
      inputs: inputs([1, -100, 0, 0.5, 1, 0]), loss: [0.112_642_027_4]),
    Returned(
      testDescription: "kornia 0.9.0 with weights", variant: KorniaBinaryFocalLossWithLogits.self,
      inputs: inputs(
        [1, 0, 0, 0, 1, 0], ["pos_weight": tensor([3], [2, 3, 4]), "weight": tensor([3], [1, 0, 0.5])]),
      loss: [0.012_143_090_4, 0, 0.068_406_112_5, 0.045_728_068_8, 0, 0.187_058_046_5]),
  ]

  private static let keras: [String: Tensor] = [
    "prob": tensor([2, 2], [0.6, 0.4, 0.4, 0.6]), "logit": tensor([2, 2], [-18.6, 0.51, 2.94, -12.8]),
    "label": tensor([2, 2], [0, 1, 0, 0]),
  ]

  static let returnedByKeras: [Returned] = [
    Returned(
      testDescription: "Keras 3.15.1, a mean for each row", variant: KerasBinaryFocalCrossentropy.self,
      parameters: Parameters(alpha: .nan), inputs: keras, loss: [0.329_864_68, 0.205_798_39]),
    Returned(
      testDescription: "Keras 3.15.1 with class weights and smoothed labels",
      variant: KerasBinaryFocalCrossentropy.self, parameters: Parameters(labelSmoothing: 0.2),
      inputs: keras, loss: [0.147_300_2, 0.137_151_84]),
    Returned(
      testDescription: "Keras 3.15.1, the mean of the rows' means",
      variant: KerasBinaryFocalCrossentropy.self,
      parameters: Parameters(alpha: .nan, reduction: .mean), inputs: keras, loss: [0.267_831_53]),
    Returned(
      testDescription: "Keras 3.15.1 clips what is certain and wrong",
      variant: KerasBinaryFocalCrossentropy.self,
      parameters: Parameters(alpha: .nan),
      inputs: ["prob": tensor([1, 3], [0, 1, 1]), "label": tensor([1, 3], [1, 0, 1])], loss: [10.686_826]),
    Returned(
      testDescription: "Keras 3.15.1 from logits", variant: KerasBinaryFocalCrossentropyFromLogits.self,
      parameters: Parameters(alpha: .nan), inputs: keras, loss: [0.033_103_05, 1.349_321_2]),
    Returned(
      testDescription: "Keras 3.15.1 from logits, the sum of the rows' means",
      variant: KerasBinaryFocalCrossentropyFromLogits.self, parameters: Parameters(reduction: .sum),
      inputs: keras, loss: [1.020_266_7]),
    Returned(
      testDescription: "Keras 3.15.1 from logits with smoothed labels",
      variant: KerasBinaryFocalCrossentropyFromLogits.self,
      parameters: Parameters(alpha: .nan, reduction: .mean, labelSmoothing: 0.2), inputs: keras,
      loss: [0.527_293_5]),
  ]

  /// The libraries' elementary functions are not correctly rounded: some ULPs are theirs.
  @Test("the numbers that the libraries return", arguments: returned + returnedByKeras)
  func numbers(returned: Returned) throws {
    let loss = try evaluate(returned.variant, returned.parameters, returned.inputs).map(Float.init)
    #expect(loss.count == returned.loss.count)
    for (expected, actual) in zip(loss, returned.loss) {
      #expect((expected - actual).magnitude <= 4 * actual.ulp, "\(loss)")
    }
  }

  @Test("labels of other types are converted to the type of optax's logit")
  func optaxLabels() throws {
    let float64 = Tensor(.float64, try Shape([2, 3]), values: [1, 0.1, 0, 0.3, 1, 0])
    let float32 = Self.tensor([2, 3], [1, 0.1, 0, 0.3, 1, 0])
    let loss = try [float64, float32].map {
      try evaluate(
        OptaxSigmoidFocalLoss.self, Parameters(), DocumentedNumberTests.blog.merging(["label": $0]) { $1 })
    }
    #expect(loss[0] == loss[1])
    let integers = try Tensor.integers([2, 3], [1, 0, 0, 0, 1, 0])
    #expect(
      try evaluate(OptaxSigmoidFocalLoss.self, Parameters(), DocumentedNumberTests.blog)
        == evaluate(
          OptaxSigmoidFocalLoss.self, Parameters(),
          DocumentedNumberTests.blog.merging(["label": integers]) { $1 }))
  }

  @Test(
    "the weights of kornia are those of the second axis, however the blocks fall", arguments: [1, 4, 7, 100])
  func channels(blockCount: Int) throws {
    let dimensions = [2, 3, 2, 2]
    let logit = Self.tensor(dimensions, (0..<24).map { Double($0) / 8 - 1 })
    let label = Self.tensor(dimensions, (0..<24).map { Double($0 % 2) })
    let plain = try evaluate(
      KorniaBinaryFocalLossWithLogits.self, Parameters(), ["logit": logit, "label": label])
    let weights = ["weight": Self.tensor([3], [1, 2, 4]), "pos_weight": Self.tensor([3], [8, 1, 0.5])]
    let weighted = try evaluate(
      KorniaBinaryFocalLossWithLogits.self, Parameters(),
      ["logit": logit, "label": label].merging(weights) { $1 },
      blockCount: blockCount)
    let factors: [[Double]] = [[1, 8], [2, 2], [4, 2]]
    #expect(weighted == plain.indices.map { plain[$0] * factors[$0 / 4 % 3][$0 % 2] })
  }

  @Test("an infinite logit is NaN under a label on its own side, in both libraries")
  func infinities() throws {
    let logit = Self.tensor([1, 4], [.infinity, -.infinity, .infinity, -.infinity])
    let label = Self.tensor([1, 4], [1, 0, 0, 1])
    for variant: any FocalLossVariant.Type in [
      OptaxSigmoidFocalLoss.self, KorniaBinaryFocalLossWithLogits.self,
    ] {
      let loss = try evaluate(variant, Parameters(), ["logit": logit, "label": label])
      #expect(loss[0].isNaN && loss[1].isNaN, "\(variant.name)")
      #expect(loss[2] == .infinity && loss[3] == .infinity, "\(variant.name)")
    }
  }

  @Test("the rows of a Keras loss are the same, however the blocks fall", arguments: [1, 2, 3, 4, 7, 100])
  func rows(blockCount: Int) throws {
    let prob = Self.tensor([2, 3, 4], (0..<24).map { Double($0) / 25 + 0.01 })
    let inputs = ["prob": prob, "label": Self.tensor([2, 3, 4], (0..<24).map { Double($0 % 2) })]
    let whole = try evaluate(KerasBinaryFocalCrossentropy.self, Parameters(), inputs, blockCount: 24)
    #expect(whole.count == 6)
    #expect(
      try evaluate(KerasBinaryFocalCrossentropy.self, Parameters(), inputs, blockCount: blockCount) == whole)
    let signature = Signature(Parameters(), inputs.mapValues { Signature.Input($0.elementType, $0.shape) })
    #expect(try KerasBinaryFocalCrossentropy.plan(signature).shape == Shape([2, 3]))
  }

  @Test("a Keras loss of no batch is not reduced, and one of no classes is rejected")
  func noBatch() throws {
    func plan(_ dimensions: [Int], _ reduction: Reduction) throws -> Plan {
      let input = Signature.Input(.float32, try Shape(dimensions))
      return try KerasBinaryFocalCrossentropy.plan(
        Signature(Parameters(reduction: reduction), ["prob": input, "label": input]))
    }
    for reduction in Reduction.allCases {
      #expect(try plan([0, 3], reduction).shape == .vector(0))
      #expect(try plan([3], reduction).shape == .scalar)
      #expect(throws: Rejection.self) { try plan([3, 0], reduction) }
      #expect(throws: Rejection.self) { try plan([], reduction) }
      #expect(throws: Rejection.self) { try plan([(1 << 18) + 1, 1], reduction) }
    }
    #expect(try plan([2, 3], .none).shape == .vector(2))
    #expect(try plan([2, 3], .mean).shape == .scalar)
  }

  @Test("TensorFlow's sigmoid is 1 from where Eigen cuts off, and the cross entropy is that of the logits")
  func certainLogits() throws {
    let inputs = [
      "logit": Self.tensor([4, 1], [16.6355324, 40, -40, -104]), "label": Self.tensor([4, 1], [1, 1, 1, 0]),
    ]
    let loss = try evaluate(KerasBinaryFocalCrossentropyFromLogits.self, Parameters(alpha: .nan), inputs)
    #expect(loss == [0, 0, 40, 0])
  }

  @Test("what kornia refuses is rejected with its reason")
  func rejections() {
    let logit = Signature.Input(.float32, (try? Shape([2, 3])) ?? .scalar)
    let refused: [([String: Signature.Input], String)] = [
      (["logit": .init(.float32, .vector(3)), "label": .init(.float32, .vector(3))], "(B, C, …)"),
      (["logit": logit, "label": .init(.bool, logit.shape)], "label is bool"),
      (["logit": logit, "label": logit, "weight": .init(.float32, .vector(2))], "needs (3,)"),
    ]
    for (inputs, reason) in refused {
      do {
        _ = try KorniaBinaryFocalLossWithLogits.plan(Signature(Parameters(), inputs))
        Issue.record("it was planned: \(inputs)")
      } catch {
        #expect(error.description.contains(reason), "\(error)")
      }
    }
  }

  @Test("alpha NaN is None and documented, where a library has it")
  func noAlpha() throws {
    let logit = Signature.Input(.float32, try Shape([1, 2]))
    let signature = Signature(Parameters(alpha: .nan), ["logit": logit, "label": logit])
    for variant: any FocalLossVariant.Type in [
      OptaxSigmoidFocalLoss.self, KorniaBinaryFocalLossWithLogits.self,
      KerasBinaryFocalCrossentropyFromLogits.self,
    ] {
      #expect(variant.undocumented(signature) == nil, "\(variant.name)")
    }
    #expect(TorchvisionSigmoidFocalLoss.undocumented(signature) != nil)
  }
}
