internal import Tensors

/// Another order of a tensor's elements, as an index error gives it.
struct Movement {
  /// What happened, in words that follow "is".
  let text: String
  /// From the position in the moved tensor to that in the right one.
  let source: [Int]

  /// The movements that make sense for a shape: by one place along an axis, transposed, read as if transposed.
  static func all(of shape: Shape) -> [Movement] {
    let count = shape.count
    guard count > 1, count <= Suspect.keptCount else { return [] }
    var movements: [Movement] = []
    func add(_ text: String, _ source: (Int) -> Int) {
      let positions = (0..<count).map(source)
      guard positions != Array(0..<count), !movements.contains(where: { $0.source == positions }) else {
        return
      }
      movements.append(Movement(text: text, source: positions))
    }
    for (axis, length) in shape.dimensions.enumerated() where length > 1 {
      let stride = shape.dimensions[(axis + 1)...].reduce(1, *)
      for step in [-1, 1] {
        add("shifted by one place along axis \(axis), around its end") { position in
          let place = position / stride % length
          return position + ((place + step + length) % length - place) * stride
        }
        add("shifted by one place along axis \(axis), with the end repeated") { position in
          let place = position / stride % length
          return position + (min(max(place + step, 0), length - 1) - place) * stride
        }
      }
      add("reversed along axis \(axis)") { position in
        let place = position / stride % length
        return position + (length - 1 - 2 * place) * stride
      }
    }
    guard shape.rank == 2 else { return movements }
    let (rows, columns) = (shape.dimensions[0], shape.dimensions[1])
    if rows == columns {
      add("transposed") { $0 % columns * columns + $0 / columns }
    } else if rows > 1, columns > 1 {
      add("transposed and read as if it were contiguous") { $0 % rows * columns + $0 / rows }
      add("read with its axes in the other order") { $0 % columns * rows + $0 / columns }
    }
    return movements
  }
}

extension Tensor {
  /// The elements in another order.
  func moved(_ source: [Int]) -> Tensor {
    let width = elementType.byteCount
    return Tensor(
      elementType, shape, bytes: source.flatMap { bytes[($0 * width)..<(($0 + 1) * width)] })
  }

  /// The elements, each changed; nil where a result is no value of the type.
  func mapped(_ change: (Double) -> Double) -> Tensor? {
    if elementType.floatFormat != nil { return Tensor(elementType, shape, values: values.map(change)) }
    var bytes: [UInt8] = []
    for value in values {
      guard let integer = Int64(exactly: change(value)) else { return nil }
      let one = withUnsafeBytes(of: integer.littleEndian) { Array($0.prefix(elementType.byteCount)) }
      bytes += one
    }
    let changed = Tensor(elementType, shape, bytes: bytes)
    return zip(values, changed.values).allSatisfy { change($0) == $1 } ? changed : nil
  }
}

extension Suspect {
  /// An input as a whole; nil where it is absent or too large to be changed.
  func wholeInput(_ name: String) throws(JudgingError) -> (stored: StoredTensor, tensor: Tensor)? {
    guard let stored = conformanceCase.inputs[name], stored.shape.count <= Self.keptCount else { return nil }
    return (stored, try stored.block(stored.shape.whole))
  }

  /// Whether the case with another tensor for an input gives every element.
  func holds(_ name: String, being tensor: Tensor?, in stored: StoredTensor) throws(JudgingError) -> Bool {
    guard let tensor else { return false }
    var hypothesis = Hypothesis(self)
    hypothesis.conformanceCase.inputs[name] = StoredTensor(tensor, inPlaceOf: stored)
    return try holds(hypothesis)
  }
}
