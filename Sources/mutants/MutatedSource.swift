import Foundation

/// A source file with all of its mutants inside; which of them runs is decided when it runs.
struct MutatedSource {
  let bytes: Data

  /// - Throws: ``MutantListError`` where a text is not there exactly once, or two of them overlap.
  init(_ source: Data, _ mutants: [Mutant], _ plumbing: [Plumbing]) throws(MutantListError) {
    // Mutants of one place stand side by side.
    var mutantsByRange: [Range<Int>: [Mutant]] = [:]
    for mutant in mutants {
      mutantsByRange[try mutant.place.range(in: source, of: mutant.name), default: []].append(mutant)
    }
    var changes: [(range: Range<Int>, name: String, text: String)] = mutantsByRange.map { range, mutants in
      (range, mutants[0].name, Self.text(mutants))
    }
    for change in plumbing {
      changes.append((try change.place.range(in: source, of: change.name), change.name, change.replacement))
    }
    var bytes = source
    var end = source.count
    for change in changes.sorted(by: { $0.range.lowerBound > $1.range.lowerBound }) {
      guard change.range.upperBound <= end else {
        throw MutantListError("\"\(change.name)\" overlaps the one behind it")
      }
      end = change.range.lowerBound
      bytes.replaceSubrange(change.range, with: Data(change.text.utf8))
    }
    self.bytes = bytes
  }

  /// The original and the mutants of one place.
  private static func text(_ mutants: [Mutant]) -> String {
    mutants.reduce(mutants[0].place.original) { text, mutant in
      mutant.isStatement
        ? "if activeMutant == \(mutant.number) { \(mutant.mutated) } else { \(text) }"
        : "(activeMutant == \(mutant.number) ? (\(mutant.mutated)) : (\(text)))"
    }
  }
}
