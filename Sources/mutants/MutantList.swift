import Foundation
import TOMLKit

/// What `mutants.toml` lists.
struct MutantList {
  let mutants: [Mutant]
  let plumbing: [Plumbing]

  /// Reads the list.
  ///
  /// - Throws: ``MutantListError`` when the file cannot be read, or a name is there twice.
  init(path: String) throws(MutantListError) {
    let document: Document
    do {
      let text = try String(contentsOfFile: path, encoding: .utf8)
      document = try TOMLDecoder(strictDecoding: true).decode(Document.self, from: text)
    } catch let error as TOMLParseError {
      throw MutantListError("\(path):\(error.source.begin.line): \(error.description)")
    } catch {
      throw MutantListError("\(path): \(error)")
    }
    mutants = zip(1..., document.mutant).map { Mutant(number: $0, $1) }
    plumbing = document.plumbing.map(Plumbing.init)
    var names: Set<String> = []
    for name in mutants.map(\.name) + plumbing.map(\.name) where !names.insert(name).inserted {
      throw MutantListError("\(path): the name \"\(name)\" is there twice")
    }
  }
}

/// The file as it is written.
private struct Document: Decodable {
  struct MutantEntry: Decodable {
    let name: String
    let file: String
    let context: String?
    let original: String
    let mutated: String
    let statement: Bool?
    let explanation: String?
    let `guard`: String?
    let tests: String?
  }

  struct PlumbingEntry: Decodable {
    let name: String
    let file: String
    let context: String?
    let original: String
    let replacement: String
  }

  let mutant: [MutantEntry]
  let plumbing: [PlumbingEntry]
}

extension Mutant {
  fileprivate init(number: Int, _ entry: Document.MutantEntry) {
    place = PlacedText(file: entry.file, context: entry.context, original: entry.original)
    (self.number, name, mutated) = (number, entry.name, entry.mutated)
    isStatement = entry.statement ?? false
    explanation = entry.explanation
    guardTakenOut = entry.guard
    tests = entry.tests ?? place.module + "Tests"
  }
}

extension Plumbing {
  fileprivate init(_ entry: Document.PlumbingEntry) {
    place = PlacedText(file: entry.file, context: entry.context, original: entry.original)
    (name, replacement) = (entry.name, entry.replacement)
  }
}
