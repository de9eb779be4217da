internal import HDF5
public import Tensors

/// A tensor of a fixture: in the file and read region by region, or one in memory that stands in its place.
public struct StoredTensor {
  /// The name inside the case, such as `outputs/loss`.
  public let name: String
  /// The path from the file's root.
  public let path: String
  /// The type of its elements.
  public let elementType: ElementType
  /// The shape as stored: a scalar may be `()` or `(1,)`.
  public let shape: Shape
  private let file: String
  private let storage: Storage

  private enum Storage {
    case dataset(Dataset)
    case memory(Tensor)
  }

  init(_ dataset: Dataset, name: String, file: String) {
    (self.name, self.file, storage) = (name, file, .dataset(dataset))
    (path, elementType, shape) = (dataset.path, dataset.elementType, dataset.shape)
  }

  /// A tensor in memory in the place of another, with another name where one is given.
  init(_ tensor: Tensor, inPlaceOf other: StoredTensor, as name: String? = nil) {
    self.name = name ?? other.name
    (path, file, storage) = (other.path, other.file, .memory(tensor))
    (elementType, shape) = (tensor.elementType, tensor.shape)
  }

  /// The last component of the name, such as `loss` of `outputs/loss`.
  var memberName: String { name.split(separator: "/", maxSplits: 1).last.map(String.init) ?? name }

  /// Reads a region of ``shape`` as a tensor of the region's extents.
  public func read(_ region: Region) throws(FixtureError) -> Tensor {
    switch storage {
    case .memory(let tensor):
      return tensor.part(region)
    case .dataset(let dataset):
      do throws(HDF5Error) {
        return try dataset.read(region)
      } catch {
        throw FixtureError(file: file, error)
      }
    }
  }

  /// Reads the whole tensor into memory.
  public func readAll() throws(FixtureError) -> Tensor { try read(shape.whole) }
}
