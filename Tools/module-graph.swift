// Reads the imports and the type uses of the sources, and fails where modules or files have grown into a knot.
//
//   swift Tools/module-graph.swift [--print] [--uses]     in the folder of the package
//
// --print lists the modules and their knots, --uses which types hold each knot together.
//
// - Between modules there may be no cycle, and the table in ARCHITECTURE.md must list each module below those that it
//   imports.
// - Inside a module, files that use each other's types in a circle are a knot, of four files at most.
//
// A use is a name of a top-level type in the code of another file of the module; comments and strings do not count.

import Foundation

struct SourceFile {
  let module: String
  let name: String
  let imports: Set<String>
  let types: Set<String>
  let words: Set<String>
}

func fail(_ message: String) -> Never {
  FileHandle.standardError.write(Data("module-graph: \(message)\n".utf8))
  exit(2)
}

/// The code without comments and string literals; the expressions in a literal are kept.
func code(of text: String) -> String {
  text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
    var kept = ""
    var isInString = false
    var depth = 0
    var previous: Character = " "
    for character in line {
      if isInString, depth == 0 {
        if character == "(", previous == "\\" { depth = 1 }
        if character == "\"", previous != "\\" { isInString = false }
      } else if character == "\"" {
        isInString = true
      } else {
        if depth > 0 { depth += character == "(" ? 1 : character == ")" ? -1 : 0 }
        kept.append(character)
        if kept.hasSuffix("//") { return String(kept.dropLast(2)) }
      }
      previous = character
    }
    return kept
  }.joined(separator: "\n")
}

func words(of code: String) -> Set<String> {
  Set(code.split { !($0.isLetter || $0.isNumber || $0 == "_") }.map(String.init))
}

func sourceFile(_ module: String, _ path: String) -> SourceFile {
  guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { fail("\(path) cannot be read") }
  let code = code(of: text)
  let kinds: Set<String> = ["struct", "class", "enum", "protocol", "actor", "typealias"]
  var imports: Set<String> = []
  var types: Set<String> = []
  for line in code.split(separator: "\n") {
    let parts = line.split { $0 == " " || $0 == ":" || $0 == "<" || $0 == "(" || $0 == "{" }.map(String.init)
    if let place = parts.firstIndex(of: "import"), place + 1 < parts.count {
      imports.insert(parts[place + 1])
    }
    // A type of the top level is declared without indentation; a private one is no other file's to use.
    if line.first != " ", !parts.contains("private"), !parts.contains("fileprivate"),
      let place = parts.firstIndex(where: kinds.contains), place + 1 < parts.count
    {
      types.insert(parts[place + 1])
    }
  }
  let name = URL(fileURLWithPath: path).lastPathComponent
  return SourceFile(
    module: module, name: name, imports: imports, types: types, words: words(of: code))
}

/// The strongly connected components of a graph, by Tarjan's algorithm; those of one node are left out.
func knots(_ edges: [Set<Int>]) -> [[Int]] {
  var counter = 0
  var index = [Int?](repeating: nil, count: edges.count)
  var low = [Int](repeating: 0, count: edges.count)
  var stack: [Int] = []
  var found: [[Int]] = []
  func visit(_ node: Int) {
    index[node] = counter
    low[node] = counter
    counter += 1
    stack.append(node)
    for next in edges[node] {
      if index[next] == nil {
        visit(next)
        low[node] = min(low[node], low[next])
      } else if stack.contains(next), let position = index[next] {
        low[node] = min(low[node], position)
      }
    }
    guard low[node] == index[node], let start = stack.firstIndex(of: node) else { return }
    if stack.count - start > 1 { found.append(Array(stack[start...])) }
    stack.removeSubrange(start...)
  }
  for node in edges.indices where index[node] == nil { visit(node) }
  return found
}

let sources = "Sources"
guard let enumerator = FileManager.default.enumerator(atPath: sources) else {
  fail("there is no folder \(sources)")
}
var files: [SourceFile] = []
for case let path as String in enumerator where path.hasSuffix(".swift") {
  let parts = path.split(separator: "/").map(String.init)
  if parts.count > 1 { files.append(sourceFile(parts[0], "\(sources)/\(path)")) }
}
files.sort { ($0.module, $0.name) < ($1.module, $1.name) }
let modules = Set(files.map(\.module)).sorted()
let printsAll = CommandLine.arguments.contains("--print")
var faults: [String] = []

// Between modules.
let moduleEdges = modules.map { module in
  let imported = files.filter { $0.module == module }.reduce(into: Set<String>()) { $0.formUnion($1.imports) }
  return Set(imported.compactMap { modules.firstIndex(of: $0) })
}
for knot in knots(moduleEdges) {
  faults.append(
    "modules import each other in a circle: \(knot.map { modules[$0] }.sorted().joined(separator: ", "))")
}
guard let architecture = try? String(contentsOfFile: "ARCHITECTURE.md", encoding: .utf8) else {
  fail("ARCHITECTURE.md cannot be read")
}
let rows = architecture.split(separator: "\n").compactMap { line -> [String]? in
  guard line.hasPrefix("| `") else { return nil }
  let cell = line.dropFirst(2).prefix { $0 != "|" }
  return cell.split(separator: "`").map(String.init).filter { modules.contains($0) }
}
let listed = rows.flatMap { $0 }
for (position, module) in listed.enumerated() {
  guard let number = modules.firstIndex(of: module) else { continue }
  for imported in moduleEdges[number].map({ modules[$0] }).sorted()
  where !listed.prefix(position).contains(imported) {
    faults.append("\(module) imports \(imported), which ARCHITECTURE.md does not list above it")
  }
}

// Inside modules.
let limit = 4
for (number, module) in modules.enumerated() {
  let own = files.filter { $0.module == module }
  let edges = own.map { file in
    Set(own.indices.filter { own[$0].name != file.name && !own[$0].types.isDisjoint(with: file.words) })
  }
  let found = knots(edges).sorted { $0.count > $1.count }
  let largest = found.first?.count ?? 1
  if printsAll {
    let imported = moduleEdges[number].map { modules[$0] }.sorted().joined(separator: ", ")
    print(
      "\(module): \(own.count) files, largest knot \(largest); imports \(imported.isEmpty ? "none" : imported)"
    )
    for knot in found {
      print(
        "  knot of \(knot.count): \(knot.map { own[$0].name.dropLast(6) }.sorted().joined(separator: ", "))")
      guard CommandLine.arguments.contains("--uses") else { continue }
      for file in knot.sorted() {
        for other in knot.sorted() where edges[file].contains(other) {
          let types = own[other].types.intersection(own[file].words).sorted().joined(separator: ", ")
          print("    \(own[file].name) → \(own[other].name): \(types)")
        }
      }
    }
  }
  if largest > limit {
    let names = found[0].map { own[$0].name }.sorted().joined(separator: ", ")
    faults.append("\(module) has a knot of \(largest) files, at most \(limit) are allowed: \(names)")
  }
}
for fault in faults { print("module-graph: \(fault)") }
exit(faults.isEmpty ? 0 : 1)
