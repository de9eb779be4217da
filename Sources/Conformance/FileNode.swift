#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#elseif canImport(Darwin)
  internal import Darwin
#endif

/// Which file a path leads to: two paths with equal nodes are the same file.
public struct FileNode: Hashable, Sendable {
  private let device: UInt64
  private let inode: UInt64

  /// The node of a path, through symbolic links; nil when there is nothing.
  public init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    device = UInt64(truncatingIfNeeded: status.st_dev)
    inode = UInt64(status.st_ino)
  }
}
