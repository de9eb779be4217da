/// What became of all inputs.
struct Tally {
  let seed: UInt64
  /// How many structures there are to truncate at.
  let boundaryCount: Int
  /// How many inputs were truncated, in order.
  var truncations = 0
  /// The most memory of a run of unharmed inputs, and of any run.
  var (ownBytes, peakBytes) = (0, 0)
  /// Demands that do not hold.
  var breaches: [String] = []

  private var outcomes: [String: [Judgement.Outcome: Int]] = [:]
  private var names: [String] = []
  private var inputs: [String: Int] = [:]
  private var demanded = 0
  /// The first input of each signal that ended a process, and how many there were.
  private var signals: [Int32: (count: Int, first: String)] = [:]

  init(seed: UInt64, boundaryCount: Int) { (self.seed, self.boundaryCount) = (seed, boundaryCount) }

  mutating func add(
    _ judgement: Judgement?, of kind: Kind, isPinned: Bool, _ demand: Demand, at place: String
  ) {
    let name = isPinned ? "any, the manifest pins another" : kind.name
    if inputs[name] == nil { names.append(name) }
    inputs[name, default: 0] += 1
    switch demand {
    case .none: break
    default: demanded += 1
    }
    guard let judgement else { return }
    outcomes[name, default: [:]][judgement.outcome, default: 0] += 1
    if let signal = judgement.signal {
      signals[signal, default: (0, place)].count += 1
    }
  }

  var table: String {
    let width = 2 + (names.map(\.count).max() ?? 0)
    func row(_ name: String, _ inputs: String, _ cells: [String]) -> String {
      let columns = zip(Judgement.Outcome.allCases, cells).map { "  " + right($1, $0.rawValue.count) }
      return name + String(repeating: " ", count: max(1, width - name.count)) + right(inputs, 6)
        + columns.joined() + "\n"
    }
    var text = row("input", "inputs", Judgement.Outcome.allCases.map(\.rawValue))
    for name in names + ["all"] {
      let ofName = name == "all" ? names : [name]
      let cells = Judgement.Outcome.allCases.map { outcome in
        "\(ofName.reduce(0) { $0 + (outcomes[$1]?[outcome] ?? 0) })"
      }
      text += row(name, "\(ofName.reduce(0) { $0 + (inputs[$1] ?? 0) })", cells)
    }
    text += "seed \(seed); \(demanded) inputs whose outcome is demanded, \(breaches.count) demands broken\n"
    text += "truncated at \(min(truncations, boundaryCount)) of \(boundaryCount) headers"
    text += ", inside \(min(max(0, truncations - boundaryCount), boundaryCount))\n"
    for (signal, found) in signals.sorted(by: { $0.key < $1.key }) {
      text += "signal \(signal) ended \(found.count) workers, and no run; the first: \(found.first)\n"
    }
    text += "peak memory \(peakBytes >> 20) MiB, of unharmed inputs \(ownBytes >> 20) MiB\n"
    return text
  }

  private func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }
}
