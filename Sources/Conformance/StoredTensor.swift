internal import HDF5
public import Tensors

/// A tensor in a fixture, read region by region.
public struct StoredTensor {
  /// The name inside the case, such as `outputs/loss`.
  public let name: String
  private let file: String
  private let dataset: Dataset

  init(_ dataset: Dataset, name: String, file: String) {
    self.dataset = dataset
    self.name = name
    self.file = file
  }

  /// The path from the file's root.
  public var path: String { dataset.path }
  /// The type of its elements.
  public var elementType: ElementType { dataset.elementType }
  /// The shape as stored: a scalar may be `()` or `(1,)`.
  public var shape: Shape { dataset.shape }

  /// Reads a region of ``shape`` as a tensor of the region's extents.
  public func read(_ region: Region) throws(FixtureError) -> Tensor {
    do throws(HDF5Error) {
      return try dataset.read(region)
    } catch {
      throw FixtureError(file: file, error)
    }
  }

  /// Reads the whole tensor into memory.
  public func readAll() throws(FixtureError) -> Tensor { try read(shape.whole) }
}
