import FixtureAuthoring
import Foundation
import Tensors

/// What inputs are made from: the committed fixtures, and their small cases written anew.
struct Sources {
  /// A file to damage byte by byte, with the cases that it holds.
  struct Written {
    let excerpt: Excerpt
    let specimen: Specimen
  }

  /// The fixtures as they are.
  let whole: [Specimen]
  let excerpts: [Excerpt]
  /// Each excerpt in each form.
  let written: [Written]
  /// The smallest file of a case with a gradient, as it is and with a wrong gradient, in the oldest format, where nothing
  /// has a checksum.
  let flipped: (right: Specimen, wrong: Specimen)
  /// What is judged of the right one, once that is known.
  var judgedTensors: [JudgedTensor] = []
  /// A file and a place in it at which a structure begins, for every structure of every written file of two forms.
  let boundaries: [(specimen: Specimen, place: Int)]

  /// Reads the fixtures of a folder, and writes their excerpts.
  init(folder: String) throws {
    let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".h5") }
      .sorted()
    whole = try names.map { name in
      let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: "\(folder)/\(name)")))
      return Specimen(name: name, bytes: bytes, layout: StoredLayout(bytes))
    }
    excerpts = try names.map { try Excerpt(path: "\(folder)/\($0)") }.filter { !$0.cases.isEmpty }
    let temporary = try TemporaryFolder()
    var (written, boundaries): ([Written], [(Specimen, Int)]) = ([], [])
    for (index, excerpt) in excerpts.enumerated() {
      for form in Excerpt.Form.all {
        let path = temporary.file("\(index).h5")
        try excerpt.write(to: path, form)
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        let layout = try StoredLayout(path: path, objects: excerpt.objects)
        written.append(
          Written(excerpt: excerpt, specimen: Specimen(name: names[index], bytes: bytes, layout: layout)))
      }
    }
    // The smallest in the oldest and in the newest format.
    for isNewest in [false, true] {
      let form = Excerpt.Form(isNewestFormat: isNewest, hasVariableStrings: true)
      let candidates = zip(written, written.indices).filter {
        Excerpt.Form.all[$1 % Excerpt.Form.all.count] == form
      }
      guard let smallest = candidates.map(\.0.specimen).min(by: { $0.bytes.count < $1.bytes.count }) else {
        continue
      }
      boundaries += smallest.layout.headers.map { (smallest, $0) }
    }
    self.written = written
    self.boundaries = boundaries
    flipped = try Self.flipped(excerpts, named: names)
  }

  private static func flipped(
    _ excerpts: [Excerpt], named names: [String]
  ) throws -> (right: Specimen, wrong: Specimen) {
    let temporary = try TemporaryFolder()
    var specimens: [(right: Specimen, wrong: Specimen)] = []
    for (excerpt, name) in zip(excerpts, names) {
      guard
        let one = excerpt.cases.first(where: { one in one.tensors.keys.contains { $0.hasPrefix("grads/") } })
      else { continue }
      var right = excerpt
      right.cases = [one]
      var wrong = right
      for (path, tensor) in one.tensors where path.hasPrefix("grads/") {
        // No flip of one bit makes all elements right.
        wrong.cases[0].tensors[path] = Tensor(
          tensor.elementType, tensor.shape, values: tensor.values.map { 3 - 5 * $0 })
      }
      func specimen(_ excerpt: Excerpt) throws -> Specimen {
        let path = temporary.file("flipped.h5")
        try excerpt.write(to: path, Excerpt.Form())
        let bytes = [UInt8](try Data(contentsOf: URL(fileURLWithPath: path)))
        return Specimen(
          name: name, bytes: bytes, layout: try StoredLayout(path: path, objects: excerpt.objects))
      }
      specimens.append((try specimen(right), try specimen(wrong)))
    }
    guard let smallest = specimens.min(by: { $0.right.bytes.count < $1.right.bytes.count }) else {
      throw Batch.Failure(description: "no fixture has a small case with a gradient")
    }
    return smallest
  }
}

extension Sources.Written {
  /// What damage to bytes demands: where nothing but elements of results changed, and one of them is now something
  /// altogether else, its case is not conformant. Any other damage may miss what is judged, or lead it elsewhere.
  func demand(of damaged: [UInt8]) -> Demand {
    guard damaged.count == specimen.bytes.count else { return .none }
    var changed = Set(damaged.indices.filter { damaged[$0] != specimen.bytes[$0] })
    var far: String?
    for one in excerpt.cases {
      for (path, tensor) in one.tensors where path.hasPrefix("outputs/") || path.hasPrefix("grads/") {
        guard let range = specimen.layout.elements["/cases/\(one.name)/\(path)"],
          range.count == tensor.bytes.count,
          !changed.isDisjoint(with: range)
        else { continue }
        changed.subtract(range)
        let now = Tensor(tensor.elementType, tensor.shape, bytes: Array(damaged[range]))
        if zip(tensor.values, now.values).contains(where: Self.isFar) { far = one.name }
      }
    }
    guard changed.isEmpty, let far else { return .none }
    return .rejected(far)
  }

  /// Whether a result is now another class, has another sign or is at least twice or half of what it was.
  private static func isFar(_ old: Double, _ new: Double) -> Bool {
    guard abs(old) > 1e-3, old.isFinite else { return false }
    return !(new / old > 0.5 && new / old < 2)
  }
}
