/// One thing that a walk over a file comes across.
public enum WalkedObject {
  /// A group; what it holds follows.
  case group(Group)
  /// A dataset, reached by a hard link or through a soft one.
  case dataset(Dataset)
  /// A committed datatype.
  case datatype(path: String)
  /// A group that was reached before, as in a cycle of hard links; it is not walked again.
  case repeated(path: String, firstPath: String)
  /// A soft link to a group, which is not followed.
  case alias(path: String, target: String)
  /// A link or an object that cannot be used, and why; the walk goes on after it.
  case refused(path: String, HDF5Error)

  /// The path from the root.
  public var path: String {
    switch self {
    case .group(let group): group.path
    case .dataset(let dataset): dataset.path
    case .datatype(let path), .repeated(let path, _), .alias(let path, _), .refused(let path, _): path
    }
  }
}

/// Every object of a file, a group before what it holds, names in ascending order of their bytes.
///
/// The walk looks at one level at a time, never recurses, meets each group once, and ends by itself on cycles, at
/// ``ReadLimits/nestingDepth`` levels and after ``ReadLimits/objectsPerFile`` objects.
public struct ObjectWalk: Sequence, IteratorProtocol {
  private struct Level {
    let group: Group
    var links: [Link]
    var position = 0
  }

  private var levels: [Level] = []
  private var pendingRoot: Group?
  private var pendingRefusal: (path: String, error: HDF5Error)?
  private var firstPaths: [ObjectIdentity: String] = [:]
  private var count = 0
  private let limits: ReadLimits

  init(_ root: Group) {
    self.pendingRoot = root
    self.limits = root.context.limits
  }

  /// The next object, or nil at the end.
  public mutating func next() -> WalkedObject? {
    if let root = pendingRoot {
      pendingRoot = nil
      enter(root)
      return .group(root)
    }
    if let (path, error) = pendingRefusal {
      pendingRefusal = nil
      return .refused(path: path, error)
    }
    while let level = levels.last {
      guard level.position < level.links.count else {
        levels.removeLast()
        continue
      }
      levels[levels.count - 1].position += 1
      let link = level.links[level.position]
      let path = level.group.childPath(link.name)
      count += 1
      guard count <= limits.objectsPerFile else {
        levels = []
        return .refused(
          path: path,
          .refused("walk", path, "more than \(limits.objectsPerFile) objects: the rest is not walked"))
      }
      do throws(HDF5Error) {
        return try visit(link, of: level.group, path: path)
      } catch {
        return .refused(path: path, error)
      }
    }
    return nil
  }

  private mutating func visit(_ link: Link, of group: Group, path: String) throws(HDF5Error) -> WalkedObject {
    switch link.destination {
    case .external, .userDefined, .unusable:
      throw .refused("walk", path, link.refusal ?? "refused")
    case .soft(let target):
      return switch try group.object(at: link.name) {
      case .dataset(let dataset): .dataset(dataset)
      case .datatype: .datatype(path: path)
      case .group: .alias(path: path, target: target)
      }
    case .hard:
      switch try group.hardLinked(link.name) {
      case .dataset(let dataset): return .dataset(dataset)
      case .datatype: return .datatype(path: path)
      case .group(let child):
        if let firstPath = firstPaths[child.identity] { return .repeated(path: path, firstPath: firstPath) }
        guard levels.count <= limits.nestingDepth else {
          throw .refused("walk", path, "groups nested deeper than \(limits.nestingDepth) are not walked")
        }
        enter(child)
        return .group(child)
      }
    }
  }

  private mutating func enter(_ group: Group) {
    firstPaths[group.identity] = group.path
    do throws(HDF5Error) {
      levels.append(Level(group: group, links: try group.links()))
    } catch {
      pendingRefusal = (group.path, error)
    }
  }
}
