internal import FocalLoss
internal import HDF5

/// The tensors of one case.
///
/// A name that the format gives a meaning is what the format says or an error: an object that damage made into another
/// kind, or into one of nearly the same name, must not be passed over.
struct CaseTensors {
  /// A group of a case that holds tensors.
  enum Folder: String, CaseIterable {
    case inputs, outputs, grads
    case gradOutputs = "grad_outputs"
    case stages

    /// The only name that a tensor in it may have, or nil when there is a choice.
    var onlyName: String? {
      switch self {
      case .outputs, .gradOutputs: "loss"
      case .inputs, .grads, .stages: nil
      }
    }

    /// Other names that are common for it.
    var synonyms: [String] {
      switch self {
      case .inputs: ["input"]
      case .outputs: ["output", "results"]
      case .grads: ["grad", "gradient", "gradients"]
      case .gradOutputs: ["grad_output"]
      case .stages: ["intermediates"]
      }
    }
  }

  /// Paths of objects that the format does not name, each with what is known of it.
  let otherObjects: [String: String]
  private let group: Group
  private let file: String
  private let folders: Set<Folder>

  /// Looks at what a case holds.
  ///
  /// - Throws: ``FixtureError`` for a name that is nearly one of the format's.
  init(of group: Group, file: String) throws(FixtureError) {
    self.group = group
    self.file = file
    var folders: Set<Folder> = []
    var others: [String: String] = [:]
    for link in try fixture(file, { () throws(HDF5Error) in try group.links() }) {
      if let folder = Folder(rawValue: link.name) {
        folders.insert(folder)
        continue
      }
      let path = "\(group.path)/\(link.name)"
      if let folder = Self.folder(near: link.name) {
        throw FixtureError(
          file: file, object: path,
          reason:
            "is no name of the format; the nearest is \"\(folder.rawValue)\": rename it, or give it another name"
        )
      }
      others[path] = link.refusal ?? "not named by the format"
    }
    self.folders = folders
    otherObjects = others
  }

  private static func folder(near name: String) -> Folder? {
    let lowercase = name.lowercased()
    if let folder = Folder.allCases.first(where: { $0.synonyms.contains(lowercase) }) { return folder }
    return NearbyNames.nearest(to: name, among: Folder.allCases.map(\.rawValue)).flatMap(Folder.init)
  }

  /// The tensors of one of the case's groups; none when the group is absent.
  ///
  /// - Throws: ``FixtureError`` when it is no group, and when anything in it is no dataset that can be read.
  func tensors(in folder: Folder) throws(FixtureError) -> [String: StoredTensor] {
    guard folders.contains(folder) else { return [:] }
    let group = group
    let place = "\(group.path)/\(folder.rawValue)"
    let opened = try fixtureObject(place, in: file) { () throws(HDF5Error) in
      try group.group(at: folder.rawValue)
    }
    var tensors: [String: StoredTensor] = [:]
    for link in try fixture(file, { () throws(HDF5Error) in try opened.links() }) {
      let path = "\(place)/\(link.name)"
      if let refusal = link.refusal { throw FixtureError(file: file, object: path, reason: refusal) }
      let dataset = try fixtureObject(path, in: file) { () throws(HDF5Error) in
        try opened.dataset(at: link.name)
      }
      if let name = folder.onlyName, link.name != name {
        throw FixtureError(
          file: file, object: path,
          reason:
            "is not judged: the format has \(folder.rawValue)/\(name) alone; put intermediate results into stages"
        )
      }
      tensors[link.name] = StoredTensor(dataset, name: "\(folder.rawValue)/\(link.name)", file: file)
    }
    return tensors
  }
}

/// Opens an object of a fixture, and names it as well where the error is about another one, to which it is a link.
func fixtureObject<Opened>(
  _ path: String, in file: String, _ open: () throws(HDF5Error) -> Opened
) throws(FixtureError) -> Opened {
  do throws(HDF5Error) {
    return try open()
  } catch {
    guard error.path != path else { throw FixtureError(file: file, error) }
    throw FixtureError(
      file: file, object: path, reason: "is a link to what cannot be used: \(error.path): \(error.reason)")
  }
}
