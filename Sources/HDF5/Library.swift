import CHDF5

/// The one place through which every call of libhdf5 goes.
///
/// A negative result becomes an ``HDF5Error`` with the library's walked error stack, and the stack is cleared on the
/// same thread. A stack that stays behind makes libhdf5 complain when the process ends.
@discardableResult
@inline(__always)
func call<Status: SignedInteger>(
  _ operation: StaticString, _ path: String, _ body: () -> Status
) throws(HDF5Error) -> Status {
  if chdf5_first_use_on_thread() { prepareThread() }
  let status = body()
  guard status >= 0 else { throw libraryError(operation, path) }
  return status
}

/// ``call(_:_:_:)`` for functions that return 0 when they fail, where 0 may also be an answer.
func callReturningSize<Size: UnsignedInteger>(
  _ operation: StaticString, _ path: String, _ body: () -> Size
) throws(HDF5Error) -> Size {
  if chdf5_first_use_on_thread() { prepareThread() }
  let size = body()
  guard size != 0 || H5Eget_num(hid_t(H5E_DEFAULT)) <= 0 else { throw libraryError(operation, path) }
  return size
}

/// ``call(_:_:_:)`` for functions that return null when they fail.
func callReturningPointer<Pointee>(
  _ operation: StaticString, _ path: String, _ body: () -> UnsafeMutablePointer<Pointee>?
) throws(HDF5Error) -> UnsafeMutablePointer<Pointee> {
  if chdf5_first_use_on_thread() { prepareThread() }
  guard let pointer = body() else { throw libraryError(operation, path) }
  return pointer
}

/// The library's version, such as `1.10.8`.
public func libraryVersion() -> String {
  var (major, minor, release): (UInt32, UInt32, UInt32) = (0, 0, 0)
  _ = try? call("H5get_libversion", "/") { H5get_libversion(&major, &minor, &release) }
  return "\(major).\(minor).\(release)"
}

/// Silences automatic printing, which is a setting of each thread, and forbids plug-ins, whose constructors would run
/// on a mere read.
private func prepareThread() {
  H5open()
  H5Eset_auto2(hid_t(H5E_DEFAULT), nil, nil)
  H5PLset_loading_state(0)
}

private func libraryError(_ operation: StaticString, _ path: String) -> HDF5Error {
  var frames: [HDF5Error.Frame] = []
  withUnsafeMutablePointer(to: &frames) { context in
    _ = H5Ewalk2(
      hid_t(H5E_DEFAULT), H5E_WALK_DOWNWARD,
      { _, entry, context in
        guard let entry, let context else { return 0 }
        let frame = HDF5Error.Frame(
          function: text(entry.pointee.func_name), description: text(entry.pointee.desc))
        context.assumingMemoryBound(to: [HDF5Error.Frame].self).pointee.append(frame)
        return 0
      }, context)
  }
  H5Eclear2(hid_t(H5E_DEFAULT))
  return HDF5Error(.failed, operation, path, HDF5Error.reason(of: frames), frames: frames)
}

private func text(_ pointer: UnsafePointer<CChar>?) -> String {
  pointer.map { String(cString: $0) } ?? ""
}
