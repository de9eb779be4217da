internal import Arithmetic
internal import FocalLoss
internal import Tensors

/// A tensor that is as it may be, in a case that can be changed: all of it is in memory.
struct Specimen {
  let conformanceCase: ConformanceCase
  /// The name in the case, such as `outputs/loss`.
  let name: String
  /// What the framework gave.
  let actual: Tensor
  let format: FloatFormat
  let allowances: Allowances

  /// A tensor of a case.
  ///
  /// - Returns: nil when no reference of it is known, it has no element, or an element is not what it may be.
  init?(
    _ name: String, of stored: ConformanceCase, _ provenance: Provenance, by exact: ExactEvaluator,
    _ memory: ExactMemory
  ) throws(JudgingError) {
    var conformanceCase = try stored.inMemory()
    // Judging a loss needs no gradient; judging a gradient needs the loss.
    if name == conformanceCase.outputs["loss"]?.name {
      (conformanceCase.grads, conformanceCase.gradOutputs) = ([:], [:])
    }
    guard let tensor = conformanceCase.result(name), tensor.shape.count > 0,
      let format = tensor.elementType.floatFormat,
      let allowances = try Allowances(name, of: conformanceCase, provenance, by: exact, memory)
    else { return nil }
    actual = try tensor.block(tensor.shape.whole)
    guard try allowances.admit(actual), try allowances.decide(actual) else { return nil }
    (self.conformanceCase, self.name, self.format) = (conformanceCase, name, format)
    self.allowances = allowances
  }

  /// The positions of the elements, from the middle on and round.
  var positions: [Int] { (0..<actual.count).map { ($0 + actual.count / 2) % actual.count } }

  /// Whether a value may be the element.
  func admits(_ value: Double, at position: Int) -> Bool {
    (try? allowances.admits(value, at: position)) ?? false
  }

  /// The case with another tensor in the place of this one; nil where the bytes, the type and the shape are the same.
  func replacing(with tensor: Tensor) -> ConformanceCase? {
    guard tensor != actual else { return nil }
    var changed = conformanceCase
    changed.replace(name, with: tensor)
    return changed
  }

  /// The case with another order of the tensor's elements.
  func permuting(_ source: (Int) -> Int) -> ConformanceCase? {
    replacing(with: actual.mappingBits { position, _ in actual.bits(at: source(position)) })
  }

  /// The case with other elements.
  func mapping(_ value: (Double) -> Double) -> ConformanceCase? {
    replacing(
      with: actual.mappingBits { _, bits in format.bits(of: value(format.value(ofBits: bits))) })
  }

  /// The case with one other element: the first, from the middle on and round, for which there is a value that it may
  /// not be, or else the first for which there is any value.
  func changing(_ value: (_ position: Int, _ value: Double) -> Double?) -> ConformanceCase? {
    var first: (position: Int, value: Double)?
    for position in positions {
      guard let changed = value(position, actual.value(at: position)) else { continue }
      guard admits(changed, at: position) else { return replacing(position, with: changed) }
      first = first ?? (position, changed)
    }
    return first.flatMap { replacing($0.position, with: $0.value) }
  }

  private func replacing(_ position: Int, with value: Double) -> ConformanceCase? {
    replacing(with: actual.mappingBits { $0 == position ? format.bits(of: value) : $1 })
  }

  /// The case with other inputs or parameters, and the same results.
  func given(_ change: (inout ConformanceCase) -> Void) -> ConformanceCase {
    var changed = conformanceCase
    change(&changed)
    return changed
  }

  /// The case with another input; nil where there is none of the name, it is of no floating-point type, or it is the
  /// same.
  func giving(_ input: String, _ change: (Tensor) -> Tensor) -> ConformanceCase? {
    guard let stored = conformanceCase.inputs[input], stored.elementType.floatFormat != nil,
      let tensor = try? stored.readAll()
    else { return nil }
    let changedTensor = change(tensor)
    guard changedTensor != tensor else { return nil }
    return given { $0.inputs[input] = StoredTensor(changedTensor, inPlaceOf: stored) }
  }

  /// The variant that the case names.
  var variant: (any FocalLossVariant.Type)? { Variants.named(conformanceCase.variant) }

  /// The input that the tensor is computed from first: a logit or a probability.
  var firstInput: String { variant?.firstInput ?? "" }

  /// Whether the case's variant has a parameter of that name.
  func hasParameter(_ name: String) -> Bool {
    variant?.parameters.contains { $0.name == name } ?? false
  }

  /// Whether the tensor is a gradient.
  var isGradient: Bool { name != "outputs/loss" }
}

extension FloatFormat {
  /// The next value of the format above or below a number; an infinity beyond the largest.
  func neighbour(_ isAbove: Bool, of value: Double) -> Double {
    guard value != 0 else { return isAbove ? leastNonzero : -leastNonzero }
    let bits = bits(of: value)
    return self.value(ofBits: (value > 0) == isAbove ? bits + 1 : bits - 1)
  }
}

extension Tensor {
  /// The tensor with other bits in its elements.
  func mappingBits(_ change: (_ position: Int, _ bits: UInt64) -> UInt64) -> Tensor {
    var changed: [UInt8] = []
    changed.reserveCapacity(bytes.count)
    for position in 0..<count {
      withUnsafeBytes(of: change(position, bits(at: position)).littleEndian) {
        changed.append(contentsOf: $0.prefix(elementType.byteCount))
      }
    }
    return Tensor(elementType, shape, bytes: changed)
  }

  /// The tensor with other values, rounded to its type.
  func mapping(_ change: (Double) -> Double) -> Tensor {
    Tensor(elementType, shape, values: values.map(change))
  }

  /// The first rows of the tensor, which has one axis at least.
  func rows(_ count: Int) -> Tensor { part(shape.rows(0..<count)) }
}

extension ConformanceCase {
  /// The loss or a gradient of that name.
  func result(_ name: String) -> StoredTensor? {
    outputs.values.first { $0.name == name } ?? grads.values.first { $0.name == name }
  }

  /// Puts a tensor in the place of the loss or a gradient.
  mutating func replace(_ name: String, with tensor: Tensor) {
    func replaced(_ stored: StoredTensor) -> StoredTensor {
      stored.name == name ? StoredTensor(tensor, inPlaceOf: stored) : stored
    }
    outputs = outputs.mapValues(replaced)
    grads = grads.mapValues(replaced)
  }

  /// The case with all that is judged in memory.
  fileprivate func inMemory() throws(JudgingError) -> ConformanceCase {
    func read(_ tensors: [String: StoredTensor]) throws(JudgingError) -> [String: StoredTensor] {
      var copies: [String: StoredTensor] = [:]
      for (name, tensor) in tensors {
        copies[name] = StoredTensor(try tensor.block(tensor.shape.whole), inPlaceOf: tensor)
      }
      return copies
    }
    var copy = self
    (copy.inputs, copy.outputs) = (try read(inputs), try read(outputs))
    (copy.grads, copy.gradOutputs) = (try read(grads), try read(gradOutputs))
    return copy
  }
}
