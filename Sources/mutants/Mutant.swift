/// One fault: at its place, the original text becomes the mutated one.
struct Mutant: Hashable {
  /// Its number in the list, from 1; 0 stands for no mutant.
  let number: Int
  let name: String
  let place: PlacedText
  let mutated: String
  /// Whether the texts are statements; else they are expressions.
  let isStatement: Bool
  /// Why no test can tell it apart; nil where one must.
  let explanation: String?
  /// The guard on reading or writing that it takes out; nil where it takes out none.
  let guardTakenOut: String?
  /// What the filters of the suites contain that run first.
  let tests: String
}

/// A change that the copy always has, so that a mutant reaches all that it should.
struct Plumbing: Hashable {
  let name: String
  let place: PlacedText
  let replacement: String
}
