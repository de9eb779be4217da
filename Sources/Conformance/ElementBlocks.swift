/// How a tensor is gone through, so that memory does not grow with it.
package enum ElementBlocks {
  /// How many elements are read, evaluated and compared at a time.
  package static let maximumCount = 8192
}
