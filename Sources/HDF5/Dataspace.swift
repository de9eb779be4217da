import CHDF5
import Tensors

/// Dimensions as a file states them.
enum Dataspace {
  /// The shape, or nil for a null dataspace, which has no elements at all.
  ///
  /// - Throws: ``HDF5Error`` when the dimensions, or the product of those that are not 0, do not fit an `Int`.
  static func shape(of space: borrowing Handle, path: String) throws(HDF5Error) -> Shape? {
    let id = space.id
    switch try call("H5Sget_simple_extent_type", path, { H5Sget_simple_extent_type(id).rawValue }) {
    case H5S_NULL.rawValue: return nil
    case H5S_SCALAR.rawValue: return .scalar
    default: break
    }
    let rank = Int(try call("H5Sget_simple_extent_ndims", path) { H5Sget_simple_extent_ndims(id) })
    var extents = [hsize_t](repeating: 0, count: rank)
    if rank > 0 {
      try call("H5Sget_simple_extent_dims", path) { H5Sget_simple_extent_dims(id, &extents, nil) }
    }
    var dimensions: [Int] = []
    for extent in extents {
      guard let dimension = Int(exactly: extent) else {
        throw .refused("H5Sget_simple_extent_dims", path, "dimensions \(extents) do not fit 63 bits")
      }
      dimensions.append(dimension)
    }
    do {
      // Checked without the zeros as well, since later arithmetic may multiply the others alone.
      _ = try Shape(dimensions.map { max($0, 1) })
      return try Shape(dimensions)
    } catch {
      throw .refused("H5Sget_simple_extent_dims", path, "\(error)")
    }
  }
}
