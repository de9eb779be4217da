public import Conformance

/// How many faults each of some judges catches, and how many genuine cases it rejects, all on the same files.
public struct Power: Sendable {
  /// Some cases, and how many of them each judge rejects.
  public struct Row: Hashable, Sendable {
    /// What the cases are.
    public let name: String
    /// How many there are.
    public let count: Int
    /// How many of them each judge rejects, in the judges' order.
    public let rejected: [Int]
  }

  /// The judges' names.
  public let judges: [String]
  /// The planted faults by their kinds, in alphabetical order.
  public let kinds: [Row]
  /// All planted faults.
  public let faults: Row
  /// What the frameworks computed in float32 and float64, without what they do wrong.
  public let genuine: Row
  /// What the frameworks do wrong themselves.
  public let frameworkFaults: Row
  /// The planted faults that the first judge does not catch.
  public let missed: [Judgement]
  /// What the first judge's diagnoses are worth, by the faults' kinds, and of all.
  public let diagnosed: [DiagnosisCount]
  /// The faults that the first judge catches, with what it says of each.
  public let caught: [Judgement]
  /// The genuine cases that the first judge rejects.
  public let wronglyRejected: [Judgement]

  /// Counts what judges said of the same fixtures.
  ///
  /// - Parameters:
  ///   - verdicts: the judges' verdicts; the first is the one whose mistakes are named.
  ///   - ledgers: the known differences of the exports, which are faults of the frameworks where the first judge rejects
  ///     them.
  ///   - today: the day by which entries of a ledger expire.
  public init(_ verdicts: [Verdicts], ledgers: Ledgers, today: CalendarDate = .today) {
    let known = Set(
      verdicts.prefix(1).flatMap { ledgers.applied(to: $0.exported, today: today).cases }
        .filter { $0.verdict == .known }.map(\.id))
    func row(_ name: String, _ judgements: [[Judgement]]) -> Row {
      Row(
        name: name, count: judgements.first?.count ?? 0,
        rejected: judgements.map { $0.count(where: \.isRejected) })
    }
    let faults = verdicts.map(\.faults)
    let genuine = verdicts.map { $0.results.filter { !known.contains($0.id) } }
    judges = verdicts.map(\.judge)
    kinds = Set(faults.joined().map(\.kind)).sorted().map { kind in
      row(kind, faults.map { $0.filter { $0.kind == kind } })
    }
    self.faults = row("all faults", faults)
    self.genuine = row("genuine cases", genuine)
    frameworkFaults = row(
      "faults of the frameworks", verdicts.map { $0.results.filter { known.contains($0.id) } })
    missed = faults.first?.filter { !$0.isRejected } ?? []
    let caught = faults.first?.filter(\.isRejected) ?? []
    self.caught = caught
    diagnosed =
      kinds.map { kind in DiagnosisCount(kind.name, caught.filter { $0.kind == kind.name }) }
      + [DiagnosisCount("all faults", caught)]
    wronglyRejected = genuine.first?.filter(\.isRejected) ?? []
  }
}

extension Power {
  /// The table, and below it each case that the first judge takes for what it is not.
  public var text: String {
    let heading = ["faults caught", "planted"] + judges
    let rows =
      [heading] + kinds.map(\.cells) + [faults.cells]
      + [[], ["cases rejected", "exported"] + judges, genuine.cells, frameworkFaults.cells]
      + [[], ["faults diagnosed", "caught", "diagnosed", "rightly", "wrongly"]] + diagnosed.map(\.cells)
    return aligned(rows) + listed("Faults that \(judges[0]) does not catch", missed)
      + listed("Faults that \(judges[0]) diagnoses wrongly", caught.filter { $0.isDiagnosedRightly == false })
      + listed("Genuine cases that \(judges[0]) rejects", wronglyRejected)
  }

  private func aligned(_ rows: [[String]]) -> String {
    let widths = (0..<(rows.map(\.count).max() ?? 0)).map { column in
      rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      row.indices.map { column in
        let space = String(repeating: " ", count: widths[column] - row[column].count)
        return column == 0 ? row[column] + space : "  " + space + row[column]
      }.joined() + "\n"
    }.joined()
  }

  private func listed(_ title: String, _ judgements: [Judgement]) -> String {
    guard !judgements.isEmpty else { return "\n\(title): none\n" }
    return "\n\(title):\n" + judgements.map { "  \($0.id)\n    \($0.purpose)\n" }.joined()
  }
}

extension Power {
  /// Whether at least 85 % of the caught faults are diagnosed, and none of them wrongly.
  public var diagnosesSuffice: Bool {
    guard let all = diagnosed.last else { return false }
    return 100 * all.diagnosed >= 85 * all.caught && all.wrongly == 0
  }
}

extension Power {
  /// Each caught fault with what the first judge says of its tensors.
  public var diagnosesText: String {
    caught.map { judgement in
      let isRight = judgement.isDiagnosedRightly
      let mark = isRight == nil ? "silent" : isRight == true ? "right" : "WRONG"
      return "\(mark)  \(judgement.id)\n"
        + judgement.diagnoses.map { "    \($0.tensor): \($0.diagnosis.cause): \($0.diagnosis.statement)\n" }
        .joined()
    }.joined()
  }
}

extension Power.Row {
  fileprivate var cells: [String] { [name, "\(count)"] + rejected.map { "\($0)" } }
}
