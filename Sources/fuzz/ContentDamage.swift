import FixtureAuthoring
import Foundation
import SeededNumbers
import Tensors

/// One way to change what a fixture says, in a file that libhdf5 itself has written.
struct ContentDamage: Sendable {
  let name: String
  /// Changes an excerpt, and says what its report may be; nil where the excerpt has nothing of the kind.
  let apply: @Sendable (inout Excerpt, inout SplitMix) -> Demand?

  static let all = [
    attributes, names, nesting, dimensions, bombs, objects, types, parameters, foreign, counts, outputs,
    inputs, unharmed,
  ]

  /// Nothing is changed: if this is refused, whatever else is refused proves nothing.
  static let unharmed = ContentDamage(name: "unharmed") { excerpt, _ in
    .conformant(excerpt.cases.map(\.name))
  }

  /// Attributes of another type, shape or size, ill-formed and hostile text, arrays, extreme numbers.
  static let attributes = ContentDamage(name: "hostile attributes") { excerpt, generator in
    let root = [
      "schema", "framework", "framework_version", "device", "exporter", "flags", "num_threads", "x",
    ]
    let ofCase = [
      "variant", "alpha", "gamma", "reduction", "outcome", "error", "source", "tags", "reason", "loss_weight",
      "label_smoothing", "x",
    ]
    let value = hostileValue(&generator)
    if generator.once(in: 3) {
      excerpt.attributes[generator.one(root)] = value
    } else {
      let index = generator.number(0..<excerpt.cases.count)
      excerpt.cases[index].attributes[generator.one(ofCase)] = value
    }
    return Demand.none
  }

  /// Control, bidi and separator characters, markup and workflow commands in names of cases, tensors, groups and
  /// attributes and in the texts that reports quote.
  static let names = ContentDamage(name: "hostile names") { excerpt, generator in
    let index = generator.number(0..<excerpt.cases.count)
    // A slash would make two names, a null would end one, and a name that begins with a mark is no component here.
    let text = generator.one(HostileText.all.filter { !$0.isEmpty && !$0.contains("\0") })
    let name = String(text.map { $0 == "/" ? "|" : $0 }) + (generator.once(in: 2) ? "" : "x")
    let isDots = name.allSatisfy { $0 == "." }
    switch generator.number(0..<6) {
    case 0 where !isDots: excerpt.cases[index].name = name
    case 1 where !isDots:
      excerpt.cases[index].tensors["inputs/\(name)"] = Tensor(.float32, .vector(1), values: [1])
    case 2 where !isDots: excerpt.cases[index].others["stages/\(name)"] = { try $0.group($1) }
    case 3 where !isDots: excerpt.additions.append { try $0.group("/\(name)") }
    case 4: excerpt.cases[index].attributes[name] = .fixed(text + "x")
    default:
      excerpt.cases[index].attributes[generator.one(["variant", "reduction", "error", "source", "reason"])] =
        .variableScalar(text)
    }
    if generator.once(in: 2) {
      excerpt.attributes[generator.one(["framework", "framework_version", "device", "schema"])] = .fixed(
        text + "x")
    }
    return Demand.none
  }

  /// Groups in groups up to thousands deep, groups that hold themselves, chains of soft links.
  static let nesting = ContentDamage(name: "deep nesting") { excerpt, generator in
    let index = generator.number(0..<excerpt.cases.count)
    let depth = generator.one([2, 60, 63, 64, 65, 300, 3000])
    let (place, links) = ("/cases/\(excerpt.cases[index].name)", generator.one([2, 15, 16, 17, 40]))
    switch generator.number(0..<6) {
    case 0: excerpt.additions.append { try $0.nestedGroups("/deep", depth: depth) }
    case 1: excerpt.additions.append { try $0.nestedGroups("/cases/deep", depth: depth) }
    case 2: excerpt.additions.append { try $0.nestedGroups("\(place)/inputs/deep", depth: depth) }
    case 3:
      excerpt.additions.append {
        try $0.hardLink("\(place)/inputs/cycle", target: place)
        try $0.hardLink("/cases/cycle", target: "/")
      }
    case 4:
      // The loss itself lies in the depth.
      guard let loss = excerpt.cases[index].tensors["outputs/loss"] else { return nil }
      excerpt.cases[index].replace("outputs/loss") { author, path in
        let deep = "/deep" + String(repeating: "/g", count: min(depth, 300))
        try author.dataset(deep, loss)
        try author.softLink(path, target: deep)
      }
    default:
      guard let loss = excerpt.cases[index].tensors["outputs/loss"] else { return nil }
      excerpt.cases[index].replace("outputs/loss") { author, path in
        try author.dataset("/links/0", loss)
        for link in 1...links { try author.softLink("/links/\(link)", target: "/links/\(link - 1)") }
        try author.softLink(path, target: "/links/\(links)")
      }
    }
    return Demand.none
  }

  /// Extents beyond memory, beyond 64 bits in their product, of no elements, of 32 axes.
  static let dimensions = ContentDamage(name: "huge dimensions") { excerpt, generator in
    guard let (index, path) = tensor(of: excerpt, &generator) else { return nil }
    let choices: [[UInt64]] = [
      [1 << 40], [1 << 61], [1 << 62, 1], [1 << 32, 1 << 29], [1 << 32, 1 << 32], [1 << 31, 1 << 31, 4],
      [UInt64.max - 1], [0], [0, 1 << 62], [1 << 20],
      [UInt64](repeating: 1, count: 32), [UInt64](repeating: 2, count: 32),
    ]
    let extents = generator.one(choices)
    let isChunked = generator.once(in: 2)
    excerpt.cases[index].replace(path) { author, path in
      do {
        try author.declared(
          path, extents: extents, chunk: isChunked ? extents.map { min($0, 1 << 10) + 1 } : nil)
      } catch {
        // What the library does not write, another program could; damage to bytes finds those.
        try author.declared(path, extents: [1 << 40], chunk: [1 << 20])
      }
    }
    return .rejected(excerpt.cases[index].name)
  }

  /// Tensors that are thousands of times as large as what is stored, and very many attributes, cases and strings.
  static let bombs = ContentDamage(name: "bombs") { excerpt, generator in
    guard let (index, path) = tensor(of: excerpt, &generator) else { return nil }
    let chunkBytes = generator.one([1 << 16, 1 << 20, 4 << 20])
    let place = "/cases/\(excerpt.cases[index].name)"
    switch generator.number(0..<8) {
    case 0: excerpt.additions.append { author in for n in 0..<3000 { try author.group("/cases/\(n)") } }
    case 1:
      excerpt.additions.append { author in
        for n in 0..<4200 { try author.attribute("a\(n)", .int(n), on: place) }
      }
    case 2: excerpt.cases[index].attributes["tags"] = .variable(Array(repeating: "tag", count: 30_000))
    case 3:
      excerpt.cases[index].attributes["variant"] = .variableScalar(
        String(repeating: "v", count: chunkBytes / 2))
    case 4:
      excerpt.cases[index].replace(path) { author, path in
        // A chunk of 64 KiB to 32 MiB and a little more.
        try author.declared(path, extents: [1 << 33], chunk: [UInt64(2 * chunkBytes) + 1])
      }
      return .rejected(excerpt.cases[index].name)
    default:
      excerpt.cases[index].replace(path) { author, path in
        try author.compressionBomb(path, chunkCount: 24, chunkBytes: chunkBytes)
      }
      return .rejected(excerpt.cases[index].name)
    }
    return Demand.none
  }

  /// Links out of the file, elements in other files, filters of plug-ins.
  static let objects = ContentDamage(name: "lures to other files") { excerpt, generator in
    guard let (index, path) = tensor(of: excerpt, &generator), let tensor = excerpt.cases[index].tensors[path]
    else { return nil }
    let other = generator.one(["input-0.h5", "manifest.json", "/etc/passwd", "../x.h5"])
    let choice = generator.number(0..<7)
    excerpt.cases[index].replace(path) { author, path in
      switch choice {
      case 0: try author.externalLink(path, file: other, target: path)
      case 1: try author.userDefinedLink(path)
      case 2: try author.softLink(path, target: "/nothing/here")
      case 3: try author.softLink(path, target: path)
      case 4: try author.virtualDataset(path, shape: .vector(6), sourceFile: other, source: path)
      case 5: try author.externalStorage(path, shape: .vector(6), file: other)
      default:
        guard tensor.shape.rank > 0 else { return try author.group(path) }
        try author.filtered(path, tensor, filter: 32_001)
      }
    }
    return .rejected(excerpt.cases[index].name)
  }

  /// Types that no tensor has, other types than the documented one, other shapes of the same elements.
  static let types = ContentDamage(name: "other types and shapes") { excerpt, generator in
    let index = generator.number(0..<excerpt.cases.count)
    let path = "outputs/loss"
    guard let loss = excerpt.cases[index].tensors[path] else { return nil }
    let choice = generator.number(0..<13)
    excerpt.cases[index].replace(path) { author, path in
      switch choice {
      case 0: try author.extendedDataset(path)
      case 1: try author.oddFloatDataset(path, bias: 16)
      case 2: try author.quarterFloatDataset(path)
      case 3: try author.compoundDataset(path)
      case 4: try author.stringDataset(path)
      case 5: try author.variableStringDataset(path)
      case 6: try author.opaqueDataset(path)
      case 7: try author.enumerationDataset(path)
      case 8: try author.paddedIntegerDataset(path)
      case 9: try author.nullDataset(path)
      case 10: try author.dataset(path, Tensor(.float64, loss.shape, values: loss.values))
      case 11: try author.dataset(path, Tensor(.float32, .vector(loss.count + 1), values: loss.values + [0]))
      default: try author.dataset(path, loss.reshaped(try Shape([1, 1] + loss.shape.dimensions)))
      }
    }
    return .rejected(excerpt.cases[index].name)
  }

  /// NaN, infinities, negative and merely other numbers as alpha and gamma.
  static let parameters = ContentDamage(name: "parameters") { excerpt, generator in
    let index = generator.number(0..<excerpt.cases.count)
    let name = generator.one(["alpha", "gamma"])
    guard case .double(let number) = excerpt.cases[index].attributes[name] else { return nil }
    let values = [Double.nan, .infinity, -.infinity, -1, 7, 1e308].filter {
      $0 != number && !($0.isNaN && number.isNaN)
    }
    excerpt.cases[index].attributes[name] = .double(generator.one(values))
    return .rejected(excerpt.cases[index].name)
  }

  /// A parameter, an input or a gradient that no variant has.
  static let foreign = ContentDamage(name: "foreign parameters and inputs") { excerpt, generator in
    let index = generator.number(0..<excerpt.cases.count)
    let name = generator.one(["ignore_index", "from_logits", "smoothing", "Axis", "class-weights"])
    switch generator.number(0..<3) {
    case 0: excerpt.cases[index].attributes[name] = .double(1)
    case 1: excerpt.cases[index].tensors["inputs/\(name)"] = Tensor(.float32, .vector(1), values: [1])
    default: excerpt.cases[index].tensors["grads/\(name)"] = Tensor(.float32, .vector(1), values: [1])
    }
    return .rejected(excerpt.cases[index].name)
  }

  /// Class ids, matches and ground-truth classes below zero or far above what there is.
  static let counts = ContentDamage(name: "negative counts") { excerpt, generator in
    let places = excerpt.cases.indices.flatMap { index in
      excerpt.cases[index].tensors.filter { $0.value.elementType.floatFormat == nil && $0.value.count > 0 }
        .map { (index, $0.key) }
    }.sorted { $0 < $1 }
    guard !places.isEmpty else { return nil }
    let (index, path) = generator.one(places)
    guard let tensor = excerpt.cases[index].tensors[path] else { return nil }
    let number = generator.one([-1, -2, .min, .max, 1 << 31, -1 << 31, 1_000_000])
    excerpt.cases[index].tensors[path] = tensor.replacing(
      generator.number(0..<tensor.count), by: UInt64(bitPattern: Int64(number)))
    // Of an anchor that is ignored, nobody looks at the match, nor at a class that nothing matches.
    return path == "inputs/target" ? .rejected(excerpt.cases[index].name) : Demand.none
  }

  /// One element of a result far from what it was.
  static let outputs = ContentDamage(name: "outputs changed") { excerpt, generator in
    let index = generator.number(0..<excerpt.cases.count)
    let paths = excerpt.cases[index].tensors.keys.filter {
      $0.hasPrefix("outputs/") || $0.hasPrefix("grads/")
    }.sorted()
    let path = generator.one(paths)
    guard let tensor = excerpt.cases[index].tensors[path], let format = tensor.elementType.floatFormat else {
      return nil
    }
    let places = tensor.values.indices.filter { abs(tensor.value(at: $0)) > 1e-3 }
    guard !places.isEmpty else { return nil }
    let place = generator.one(places)
    let value = tensor.value(at: place)
    let other = generator.one([.nan, .infinity, -.infinity, -value, 0, value * 1.5, value * 0.99, value + 1])
    excerpt.cases[index].tensors[path] = tensor.replacing(place, by: UInt64(format.bits(of: other)))
    return .rejected(excerpt.cases[index].name)
  }

  /// One input that is another than that of which the framework computed the outputs.
  static let inputs = ContentDamage(name: "inputs changed") { excerpt, generator in
    let cases = excerpt.cases.indices.filter { excerpt.cases[$0].name.hasSuffix(".blog.none.f32") }
    guard !cases.isEmpty else { return nil }
    let (index, path) = (generator.one(cases), generator.one(["inputs/logit", "inputs/label"]))
    guard let tensor = excerpt.cases[index].tensors[path], let format = tensor.elementType.floatFormat else {
      return nil
    }
    let place = generator.number(0..<tensor.count)
    let value = tensor.value(at: place)
    let other = path == "inputs/label" ? 1 - value : generator.one([.nan, .infinity, value + 1, -value - 1])
    excerpt.cases[index].tensors[path] = tensor.replacing(place, by: UInt64(format.bits(of: other)))
    return .rejected(excerpt.cases[index].name)
  }

  /// An input or the loss of some case.
  private static func tensor(of excerpt: Excerpt, _ generator: inout SplitMix) -> (index: Int, path: String)?
  {
    let index = generator.number(0..<excerpt.cases.count)
    let paths = excerpt.cases[index].tensors.keys.filter { $0.hasPrefix("inputs/") || $0 == "outputs/loss" }
      .sorted()
    return paths.isEmpty ? nil : (index, generator.one(paths))
  }

  private static func hostileValue(_ generator: inout SplitMix) -> AuthoredValue {
    let text = generator.one(HostileText.all)
    let values: [AuthoredValue] = [
      .compound, .null, .boolean(true), .int(-1), .int(.min), .int(3, bits: 8), .unsigned(.max),
      .float32(.nan),
      .double(.nan), .double(-.infinity), .double(-1), .double(.leastNonzeroMagnitude), .extended(.nan),
      .doubles([]),
      .doubles([0.25, 0.25]), .doubles(Array(repeating: 0.25, count: generator.number(1..<7000))),
      .variable([]),
      .variable([text, text]), .variable(Array(repeating: text, count: generator.one([1023, 1024, 1025]))),
      .variableScalar(text), .variableScalar(text, isUTF8: false), .fixed(text),
      .fixed(text, padding: .nulls),
      .fixed(text, padding: .spaces, isUTF8: false), .fixedBytes(generator.one(HostileText.illFormed)),
      .fixed(String(repeating: text + "x", count: generator.number(1..<2000))),
      .variableScalar(String(repeating: text + "x", count: generator.one([100, 10_000, 200_000]))),
    ]
    return generator.one(values)
  }
}

extension Tensor {
  /// With another bit pattern as one of the elements.
  fileprivate func replacing(_ position: Int, by bits: UInt64) -> Tensor {
    let width = elementType.byteCount
    var bytes = bytes
    withUnsafeBytes(of: bits.littleEndian) {
      bytes.replaceSubrange((position * width)..<((position + 1) * width), with: $0.prefix(width))
    }
    return Tensor(elementType, shape, bytes: bytes)
  }
}
