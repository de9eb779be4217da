/// What is wrong with the list of mutants.
struct MutantListError: Error, CustomStringConvertible {
  let description: String

  init(_ description: String) { self.description = description }
}
