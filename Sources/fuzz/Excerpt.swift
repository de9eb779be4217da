import FixtureAuthoring
import Foundation
import HDF5
import Tensors

/// A few cases of a committed fixture, to be written anew with changes.
struct Excerpt {
  struct Case {
    var name: String
    var attributes: [String: AuthoredValue]
    /// By path inside the case.
    var tensors: [String: Tensor]
    /// What stands in the place of a tensor, or beside them, by path inside the case.
    var others: [String: (HDF5Author, String) throws -> Void] = [:]

    /// Takes a tensor away and puts something else there.
    mutating func replace(_ path: String, by other: @escaping (HDF5Author, String) throws -> Void) {
      tensors[path] = nil
      others[path] = other
    }
  }

  /// How it is written.
  struct Form: Hashable {
    /// With checksums of the structures, or in the oldest format, which has none.
    var isNewestFormat = false
    /// Strings of variable length lie in a heap of the file.
    var hasVariableStrings = false
    /// Elements in chunks with deflate, shuffle and a checksum.
    var isChunked = false

    static let all = [false, true].flatMap { format in
      [false, true].flatMap { strings in
        [false, true].map { Form(isNewestFormat: format, hasVariableStrings: strings, isChunked: $0) }
      }
    }
  }

  var attributes: [String: AuthoredValue]
  var cases: [Case]
  /// What else is in the file.
  var additions: [(HDF5Author) throws -> Void] = []

  /// The cases that are small and of which every kind of input is one.
  private static let endings = [
    ".blog.none.f32", "clamped.probs.none.f32", "ppdet.classes.none.f32", "retina.head.sum.f32",
    "keras.keras-doc.none.f32",
  ]

  /// Reads those cases of a committed fixture that are small.
  init(path: String) throws {
    let file = try File(path: path)
    attributes = try file.root.attributes().authored
    cases = try file.group(at: "/cases").links().map(\.name)
      .filter { name in Self.endings.contains { name.hasSuffix($0) } }
      .map { name in
        let group = try file.group(at: "/cases/\(name)")
        var tensors: [String: Tensor] = [:]
        for folder in try group.links().map(\.name) {
          for tensor in try group.group(at: folder).links().map(\.name) {
            let dataset = try group.dataset(at: "\(folder)/\(tensor)")
            tensors["\(folder)/\(tensor)"] = try dataset.read(dataset.shape.whole)
          }
        }
        return Case(name: name, attributes: try group.attributes().authored, tensors: tensors)
      }
  }

  /// The paths of everything that ``write(to:_:)`` writes when nothing was changed.
  var objects: [String] {
    var objects: Set<String> = ["/", "/cases"]
    for one in cases {
      objects.insert("/cases/\(one.name)")
      for path in one.tensors.keys {
        objects.insert("/cases/\(one.name)/\(path.prefix { $0 != "/" })")
        objects.insert("/cases/\(one.name)/\(path)")
      }
    }
    return objects.sorted()
  }

  /// Writes it as a file.
  func write(to path: String, _ form: Form) throws {
    let author = try HDF5Author(path: path, isNewestFormat: form.isNewestFormat)
    func write(_ attributes: [String: AuthoredValue], on object: String) throws {
      for (name, value) in attributes.sorted(by: { $0.key < $1.key }) {
        try author.attribute(name, form.hasVariableStrings ? value.variable : value, on: object)
      }
    }
    try write(attributes, on: "/")
    for one in cases {
      let place = "/cases/\(one.name)"
      try author.group(place)
      try write(one.attributes, on: place)
      for (path, tensor) in one.tensors.sorted(by: { $0.key < $1.key }) {
        try author.dataset("\(place)/\(path)", tensor, form.of(tensor))
      }
      for (path, other) in one.others.sorted(by: { $0.key < $1.key }) {
        try other(author, "\(place)/\(path)")
      }
    }
    for addition in additions { try addition(author) }
    try author.close()
  }
}

extension Excerpt.Form {
  func of(_ tensor: Tensor) -> DatasetForm {
    guard isChunked, tensor.shape.rank > 0, tensor.count > 0 else { return DatasetForm() }
    return .with {
      $0.chunk = tensor.shape.dimensions.map { max(1, $0 / 2) }
      ($0.deflate, $0.isShuffled, $0.hasChecksum) = (1, true, true)
    }
  }
}

extension [Attribute] {
  fileprivate var authored: [String: AuthoredValue] {
    Dictionary(compactMap { attribute in attribute.value.authored.map { (attribute.name, $0) } }) { $1 }
  }
}

extension AttributeValue {
  fileprivate var authored: AuthoredValue? {
    switch self {
    case .string(let text): .fixed(text)
    case .integer(let number): .int(number)
    case .float(let number): .double(number)
    case .boolean(let flag): .boolean(flag)
    case .list(let values):
      if values.allSatisfy({ $0.string != nil }) {
        .variable(values.compactMap(\.string))
      } else {
        .doubles(values.compactMap(\.double))
      }
    case .other: nil
    }
  }
}

extension AuthoredValue {
  fileprivate var variable: AuthoredValue {
    if case .fixed(let text, _, _) = self { .variableScalar(text) } else { self }
  }
}
