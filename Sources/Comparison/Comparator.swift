public import Tensors

/// Compares two tensors of one type in one pass, block by block, in constant memory.
///
/// The blocks of both sides must have the same elements; shapes and types are for the caller to check first, since
/// nothing is broadcast here.
public struct Comparator: Sendable {
  /// How many of the worst elements are kept.
  public static let worstCount = 10

  /// How many bytes of either side are looked at together, since most are the same as a rule.
  private static let stretch = 32

  /// What has been found so far.
  public private(set) var comparison: Comparison
  /// The positions of the elements outside in the last block that was added with references.
  package private(set) var outsidePositions: [Int] = []
  private let tolerance: Tolerance?
  /// What the elements of the present block are held against, and the position of the first.
  private var references: (offset: Int, elements: [ElementReference]) = (0, [])

  /// A comparator by a tolerance, for elements of one type.
  public init(_ type: ElementType, tolerance: Tolerance) {
    comparison = Comparison(of: type)
    self.tolerance = tolerance
  }

  /// A comparator that is told what each element is held against, for elements of one floating-point type.
  public init(_ type: ElementType) {
    comparison = Comparison(of: type)
    tolerance = nil
  }

  /// Compares a block of expected values, already rounded to the type, with the actual block.
  ///
  /// - Parameters:
  ///   - expected: the expected values.
  ///   - actual: as many elements.
  ///   - references: what each of them is held against; with a tolerance only their exact values and errors count.
  ///   - offset: the row-major position of the first.
  public mutating func add(expected: [Double], actual: Tensor, references: [ElementReference], offset: Int) {
    precondition(references.count == expected.count)
    self.references = (offset, references)
    outsidePositions = []
    defer { self.references = (0, []) }
    for reference in references {
      comparison.actualErrors.add(reference.actualError)
      comparison.expectedErrors.add(reference.expectedError)
    }
    add(expected: expected, actual: actual, offset: offset)
  }

  /// Adds the inputs of the elements outside in the last block that was added with references.
  ///
  /// - Parameters:
  ///   - columns: each input's name and values; one value serves all elements of the block.
  ///   - offset: the row-major position of the block's first element.
  package mutating func addInputs(_ columns: [(name: String, values: [Double])], offset: Int) {
    guard !outsidePositions.isEmpty else { return }
    if comparison.outsideInputs.isEmpty {
      comparison.outsideInputs = columns.map { OutsideInput(name: $0.name) }
    }
    for (index, column) in columns.enumerated() {
      let isConstant = column.values.count == 1
      for position in outsidePositions {
        comparison.outsideInputs[index].add(column.values[isConstant ? 0 : position - offset])
      }
    }
  }

  /// Compares one block.
  ///
  /// - Parameters:
  ///   - expected: elements in the machine's byte order.
  ///   - actual: as many elements.
  ///   - offset: the row-major position of the first.
  /// - Precondition: both have the same whole number of elements.
  public mutating func add(
    expected: UnsafeRawBufferPointer, actual: UnsafeRawBufferPointer, offset: Int
  ) {
    precondition(expected.count == actual.count)
    switch comparison.type.byteCount {
    case 1: add(expected, actual, offset, as: UInt8.self)
    case 2: add(expected, actual, offset, as: UInt16.self)
    case 4: add(expected, actual, offset, as: UInt32.self)
    default: add(expected, actual, offset, as: UInt64.self)
    }
  }

  /// Compares a block of expected values, already rounded to the type, with the actual block.
  public mutating func add(expected: [Double], actual: Tensor, offset: Int) {
    let expected = Tensor(comparison.type, .vector(expected.count), values: expected)
    precondition(actual.elementType == comparison.type)
    expected.bytes.withUnsafeBytes { expected in
      actual.bytes.withUnsafeBytes { add(expected: expected, actual: $0, offset: offset) }
    }
  }

  private mutating func add<Bits: FixedWidthInteger & UnsignedInteger>(
    _ expected: UnsafeRawBufferPointer, _ actual: UnsafeRawBufferPointer, _ offset: Int, as: Bits.Type
  ) {
    let width = MemoryLayout<Bits>.size
    var identical = 0
    for start in stride(from: 0, to: expected.count, by: Self.stretch) {
      let end = min(start + Self.stretch, expected.count)
      if end - start == Self.stretch, Self.isIdentical(expected, actual, at: start) {
        identical += Self.stretch / width
        continue
      }
      for place in stride(from: start, to: end, by: width) {
        let expectedBits = expected.loadUnaligned(fromByteOffset: place, as: Bits.self)
        let actualBits = actual.loadUnaligned(fromByteOffset: place, as: Bits.self)
        if expectedBits == actualBits {
          identical += 1
        } else {
          addDifferent(UInt64(expectedBits), UInt64(actualBits), at: offset + place / width)
        }
      }
    }
    comparison.identical += identical
    comparison.ulps.addZeros(identical)
  }

  /// Whether two stretches of ``stretch`` bytes are the same, without a branch inside.
  private static func isIdentical(
    _ x: UnsafeRawBufferPointer, _ y: UnsafeRawBufferPointer, at start: Int
  ) -> Bool {
    var difference: UInt64 = 0
    for word in 0..<(stretch / 8) {
      difference |=
        x.loadUnaligned(fromByteOffset: start + 8 * word, as: UInt64.self)
        ^ y.loadUnaligned(fromByteOffset: start + 8 * word, as: UInt64.self)
    }
    return difference == 0
  }

  private mutating func addDifferent(_ expected: UInt64, _ actual: UInt64, at position: Int) {
    guard let format = comparison.type.floatFormat else { return addInteger(expected, actual, at: position) }
    let (expectedMagnitude, actualMagnitude) = (expected & ~format.signMask, actual & ~format.signMask)
    let infinity = format.infinityBits
    if max(expectedMagnitude, actualMagnitude) >= infinity {
      switch (expectedMagnitude > infinity, actualMagnitude > infinity) {
      case (true, true):
        comparison.identical += 1
        comparison.ulps.addZeros(1)
      case (false, false):
        comparison.infinityMismatches += 1
        keep(position, expected, actual, .infinity, nil)
      default:
        comparison.nanMismatches += 1
        keep(position, expected, actual, .nan, nil)
      }
      return
    }
    if expectedMagnitude == 0, actualMagnitude == 0 {
      comparison.signedZeroMismatches += 1
      comparison.ulps.addZeros(1)
      keep(position, expected, actual, .signedZero, 0, isWithin: true)
      return
    }
    let (x, y) = (format.value(ofBits: expected), format.value(ofBits: actual))
    addFinite(
      expected, actual, ULPs.distance(expected, actual, in: format), (y - x).magnitude, x.magnitude,
      at: position)
  }

  private mutating func addInteger(_ expected: UInt64, _ actual: UInt64, at position: Int) {
    let type = comparison.type
    guard let x = type.integer(ofBits: expected), let y = type.integer(ofBits: actual) else { return }
    let distance = (x - y).magnitude
    // The difference is taken before it is rounded to a Double, so that it is never 0.
    addFinite(
      expected, actual, UInt64(clamping: distance), Double(distance), Double(x).magnitude, at: position)
  }

  private mutating func addFinite(
    _ expectedBits: UInt64, _ actualBits: UInt64, _ distance: UInt64, _ difference: Double,
    _ magnitude: Double,
    at position: Int
  ) {
    comparison.ulps.add(distance)
    comparison.maximumAbsolute = max(comparison.maximumAbsolute, difference)
    comparison.maximumRelative = max(comparison.maximumRelative, difference / magnitude)
    let isWithin = tolerance?.admits(ulps: distance, difference: difference, expected: magnitude)
    keep(position, expectedBits, actualBits, .finite, distance, isWithin: isWithin)
  }

  /// Counts an element that differs, and keeps it if it is among the worst.
  ///
  /// - Parameter isWithin: whether it is within, or nil when that is for its reference to say; no tolerance admits
  ///   a NaN or an infinity that the other side does not share.
  private mutating func keep(
    _ position: Int, _ expected: UInt64, _ actual: UInt64, _ elementClass: ElementClass, _ ulps: UInt64?,
    isWithin: Bool? = nil
  ) {
    let type = comparison.type
    let reference = references.elements.isEmpty ? nil : references.elements[position - references.offset]
    let allowed =
      tolerance.flatMap { tolerance in type.floatFormat.map { tolerance.allowed(around: expected, in: $0) } }
      ?? reference?.allowed
    var verdict = ElementVerdict.outside
    if isWithin ?? (tolerance == nil && reference?.allowed?.admits(type.value(ofBits: actual)) == true) {
      verdict = .within
    } else if tolerance == nil, reference?.isAccurate == true {
      verdict = .accurate
    }
    switch verdict {
    case .identical: comparison.identical += 1
    case .within: comparison.within += 1
    case .accurate: comparison.accurate += 1
    case .outside:
      if reference != nil { outsidePositions.append(position) }
      comparison.discrepancy.add(
        type.value(ofBits: actual), insteadOf: reference?.exact ?? type.value(ofBits: expected),
        error: reference?.actualError ?? ulps.map(Double.init))
    }
    let element = ElementDifference(
      position: position, expectedBits: expected, actualBits: actual, elementClass: elementClass, ulps: ulps,
      verdict: verdict, allowed: allowed, exact: reference?.exact, actualError: reference?.actualError,
      expectedError: reference?.expectedError)
    if comparison.worst.count == Self.worstCount {
      guard let last = comparison.worst.last, element.isWorse(than: last) else { return }
      comparison.worst.removeLast()
    }
    let place = comparison.worst.firstIndex { element.isWorse(than: $0) } ?? comparison.worst.endIndex
    comparison.worst.insert(element, at: place)
  }
}
