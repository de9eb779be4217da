import CHDF5

/// An identifier of libhdf5 with exactly one close.
///
/// A call that fails never takes ownership: the initialiser throws before there is anything to close.
struct Handle: ~Copyable {
  /// What the identifier stands for, which decides how it is closed.
  enum Kind {
    case file, group, dataset, datatype, dataspace, attribute, propertyList
  }

  let id: hid_t
  private let kind: Kind

  init(
    _ kind: Kind, _ operation: StaticString, _ path: String, open: () -> hid_t
  ) throws(HDF5Error) {
    self.id = try call(operation, path, open)
    self.kind = kind
  }

  deinit {
    // A failed close leaves nothing that a caller could do.
    _ = try? call("close", "/") {
      switch kind {
      case .file: H5Fclose(id)
      case .group: H5Gclose(id)
      case .dataset: H5Dclose(id)
      case .datatype: H5Tclose(id)
      case .dataspace: H5Sclose(id)
      case .attribute: H5Aclose(id)
      case .propertyList: H5Pclose(id)
      }
    }
  }
}
