internal import Tensors

/// Where one input of an elementwise formula comes from: which part of which tensors, and how it becomes a column.
///
/// Sources move and compare elements; they round nothing.
protocol Source: Sendable {
  /// The regions of the case's inputs that a block of the loss needs, by input name.
  func reads(for block: Region) -> [String: Region]

  /// The formula's input for each element of the block, or one value that serves them all.
  ///
  /// - Throws: ``Rejection`` when an element is outside of what the variant accepts.
  func column(for block: Region, from tensors: [String: Tensor]) throws(Rejection) -> [Double]

  /// How the gradient of the tensor that it moves follows from that of the formula's input; nil where it compares or
  /// chooses, and passes no gradient on.
  var adjoint: SourceAdjoint? { get }
}

extension Source {
  var adjoint: SourceAdjoint? { nil }
}

/// How a tensor's gradient follows from the gradient of the formula's input that it becomes.
struct SourceAdjoint {
  /// A tensor whose elements serve many elements of the loss, whose gradients are summed.
  struct Repetition {
    /// Which of the loss's elements each of its own serves.
    let extent: ReductionStep.Extent
    /// Its shape.
    let shape: Shape
  }

  /// The tensor.
  let input: String
  /// How it is repeated; nil where each of its elements serves one.
  let repetition: Repetition?
}

/// A tensor of the loss's own shape.
struct Elementwise: Source {
  let input: String

  init(_ input: String) { self.input = input }

  func reads(for block: Region) -> [String: Region] { [input: block] }

  func column(for block: Region, from tensors: [String: Tensor]) throws(Rejection) -> [Double] {
    try tensors.tensor(input).values
  }

  var adjoint: SourceAdjoint? { SourceAdjoint(input: input, repetition: nil) }
}

/// A tensor of at most one axis, repeated along the last axis of the loss: a divisor for all or for each class. Its
/// elements must be finite.
struct AlongLastAxis: Source {
  let input: String
  let shape: Shape

  func reads(for block: Region) -> [String: Region] { [input: part(for: block)] }

  func column(for block: Region, from tensors: [String: Tensor]) throws(Rejection) -> [Double] {
    let values = try tensors.tensor(input).finiteValues(of: input, from: part(for: block).offset)
    if values.count <= 1 { return values }
    return (0..<block.count).map { values[$0 % values.count] }
  }

  var adjoint: SourceAdjoint? {
    let extent: ReductionStep.Extent = shape.count == 1 ? .all : .columns(shape.count)
    return SourceAdjoint(input: input, repetition: .init(extent: extent, shape: shape))
  }

  /// A block is a part of one row, or whole rows.
  private func part(for block: Region) -> Region {
    guard shape.count > 1, let first = block.start.last, let length = block.extent.last else {
      return shape.whole
    }
    return shape.rows(first..<(first + length))
  }
}

/// A tensor of one axis, repeated along the second axis of the loss: a weight for each channel of (B, C, …). Its
/// elements must be finite.
struct AlongSecondAxis: Source {
  let input: String
  let shape: Shape
  let elements: Shape

  func reads(for block: Region) -> [String: Region] { [input: shape.whole] }

  func column(for block: Region, from tensors: [String: Tensor]) throws(Rejection) -> [Double] {
    let values = try tensors.tensor(input).finiteValues(of: input, from: 0)
    return block.positions.map { values[$0 / length % values.count] }
  }

  var adjoint: SourceAdjoint? {
    let extent = ReductionStep.Extent.channels(shape.count, length: max(length, 1))
    return SourceAdjoint(input: input, repetition: .init(extent: extent, shape: shape))
  }

  private var length: Int { elements.dimensions.dropFirst(2).reduce(1, *) }
}

/// A class id for each row, as one column for each class: 1 where the row's id is the column's number, else 0.
///
/// The id one beyond the columns is valid too, and its row is all zeros: PaddleDetection's background class.
struct OneHot: Source {
  let input: String
  let shape: Shape
  let columns: Int

  func reads(for block: Region) -> [String: Region] { [input: shape.rows(block.rows(ofLength: columns))] }

  func column(for block: Region, from tensors: [String: Tensor]) throws(Rejection) -> [Double] {
    let target = try tensors.tensor(input)
    let rows = block.rows(ofLength: columns)
    var ids: [Int] = []
    for position in 0..<target.count {
      guard let id = target.integer(at: position), (0...columns).contains(id) else {
        throw Rejection(
          input,
          "\(input)[\(rows.lowerBound + position)] is \(target.text(at: position)), not a class id from 0 to \(columns)"
        )
      }
      ids.append(id)
    }
    return block.positions.map { ids[$0 / columns - rows.lowerBound] == $0 % columns ? 1 : 0 }
  }
}

extension Region {
  /// The rows that the region touches when the tensor is taken as rows of `length` elements.
  func rows(ofLength length: Int) -> Range<Int> {
    count == 0 || length == 0 ? 0..<0 : (offset / length)..<((offset + count - 1) / length + 1)
  }
}

extension Dictionary where Key == String, Value == Tensor {
  /// The tensor that a source asked for.
  func tensor(_ name: String) throws(Rejection) -> Tensor {
    guard let tensor = self[name] else { throw Rejection(name, "the variant needs an input named \(name)") }
    return tensor
  }
}

extension Tensor {
  /// The elements of a weight or a divisor; no variant documents one that is NaN or infinite.
  ///
  /// - Parameters:
  ///   - input: the name of the input of which this is a part.
  ///   - offset: the position there of the first element.
  func finiteValues(of input: String, from offset: Int) throws(Rejection) -> [Double] {
    let values = values
    if let position = values.firstIndex(where: { !$0.isFinite }) {
      throw Rejection(
        input,
        "\(input)[\(offset + position)] is \(values[position]), and the variant documents only finite numbers"
      )
    }
    return values
  }

  /// One element for a message.
  func text(at position: Int) -> String {
    elementType.integer(ofBits: bits(at: position)).map { "\($0)" } ?? "\(value(at: position))"
  }
}
