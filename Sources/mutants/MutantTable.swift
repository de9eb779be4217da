/// What the tests made of a mutant.
struct Outcome {
  let mutant: Mutant
  /// The suite that failed; nil where none did.
  let killer: Suite?

  /// One line of the table.
  var row: String {
    let file = mutant.place.file.dropFirst("Sources/".count)
    let cells = [
      atRight("\(mutant.number)", 4), atLeft(killer == nil ? "survived" : "killed", 8),
      atLeft(String(file), 40), mutant.name, killer.map { "by \($0.filter)" } ?? "",
    ]
    return cells.joined(separator: "  ")
  }
}

/// What the tests made of all mutants, in the order of the list.
struct MutantTable {
  let outcomes: [Outcome]

  /// The least share of mutants that tests must kill.
  private static let leastShare = 0.95

  private var survivors: [Mutant] { outcomes.filter { $0.killer == nil }.map(\.mutant) }
  private var stale: [Mutant] {
    outcomes.filter { $0.killer != nil }.map(\.mutant).filter { $0.explanation != nil }
  }
  private var killedShare: Double {
    outcomes.isEmpty ? 1 : Double(outcomes.count - survivors.count) / Double(outcomes.count)
  }

  /// Whether enough are killed, every survivor is explained, and every explanation is about a survivor.
  var passes: Bool {
    killedShare >= Self.leastShare && stale.isEmpty && survivors.allSatisfy { $0.explanation != nil }
  }

  /// Counts, survivors and guards.
  var text: String {
    let share = (killedShare * 1000).rounded() / 10
    var text =
      "\n\(outcomes.count) mutants, \(outcomes.count - survivors.count) killed (\(share) %), \(survivors.count) survived\n"
    for suite in Suite.all {
      text += atRight("\(outcomes.count { $0.killer == suite })", 6) + " killed by \(suite.filter)\n"
    }
    for mutant in survivors {
      text += "\nSurvived: \(mutant.name)\n  \(mutant.explanation ?? "without an explanation")\n"
    }
    for mutant in stale { text += "\nKilled, and explained as a survivor: \(mutant.name)\n" }
    return text + guards
  }

  /// A row for each guard: how many mutants take it out, how many of them are killed, and by which tests.
  private var guards: String {
    let guarded = outcomes.filter { $0.mutant.guardTakenOut != nil }
    guard !guarded.isEmpty else { return "" }
    var names: [String] = []
    for case let name? in guarded.map(\.mutant.guardTakenOut) where !names.contains(name) {
      names.append(name)
    }
    let width = names.map(\.count).max() ?? 0
    var text = "\n\(atLeft("guard", width))  mutants  killed  by\n"
    for name in names {
      let outcomes = guarded.filter { $0.mutant.guardTakenOut == name }
      let killers = outcomes.compactMap(\.killer)
      let filters = Suite.all.filter(killers.contains).map(\.filter)
      text +=
        "\(atLeft(name, width))  \(atRight("\(outcomes.count)", 7))  \(atRight("\(killers.count)", 6))  "
      text += filters.joined(separator: ", ") + "\n"
    }
    return text
  }
}

/// Text at the right of a column.
private func atRight(_ text: String, _ width: Int) -> String {
  String(repeating: " ", count: max(0, width - text.count)) + text
}

/// Text at the left of a column.
private func atLeft(_ text: String, _ width: Int) -> String {
  text + String(repeating: " ", count: max(0, width - text.count))
}
