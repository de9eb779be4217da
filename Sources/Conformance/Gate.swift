/// Whether a run passes, why not, and the exit code that says so.
///
/// Without a baseline a run passes when its verdict is conformant. With a baseline it passes when nothing is worse than
/// there. In both cases a stale known difference fails it, and so does everything that could not be judged.
public struct Gate: Hashable, Sendable {
  /// Whether the run passes; exactly then ``exitCode`` is 0.
  public var passed: Bool { exitCode == 0 }
  /// Why it does not pass, each reason in plain words; empty when it passes.
  public let reasons: [String]
  /// 0 passed; 1 something is nonconformant, worse or stale; 2 something could not be judged; 128 + n ended by signal n.
  public let exitCode: Int32
}

extension Report {
  /// Whether the run passes.
  public var gate: Gate {
    let unjudged = unjudgedReasons
    let failing = nonconformantReasons
    let exitCode: Int32
    if let signal {
      exitCode = 128 + signal
    } else if !unjudged.isEmpty {
      exitCode = 2
    } else {
      exitCode = failing.isEmpty ? 0 : 1
    }
    return Gate(reasons: unjudged + failing, exitCode: exitCode)
  }

  /// How many results of judged cases are unjudged.
  public var unjudgedTensorCount: Int {
    cases.map { $0.tensors.count { $0.verdict == .unjudged } }.reduce(0, +)
  }

  /// Why something could not be judged: exit code 2.
  private var unjudgedReasons: [String] {
    var reasons = failures
    if isIncomplete { reasons.append("the run was ended before all fixtures were judged") }
    if let fault = accounting?.fault { reasons.append(fault) }
    let files = fixtures.count { $0.error != nil }
    if files > 0 { reasons.append("\(counted(files, "fixture")) could not be read") }
    let errors = cases.count { $0.verdict == .error }
    if errors > 0 { reasons.append("\(counted(errors, "case")) could not be judged") }
    if files + errors == 0, comparesNothing { reasons.append("no element was compared") }
    let unjudged = cases.count { $0.verdict == .unjudged && !$0.mayBeUnjudged }
    if unjudged > 0 { reasons.append("nothing of \(counted(unjudged, "case")) was judged") }
    let tensors = unjudgedTensorCount
    if requiresJudged, tensors > 0 {
      reasons.append("\(counted(tensors, "tensor")) unjudged, and --require-judged was given")
    }
    return reasons
  }

  /// Why what was judged is not good enough: exit code 1.
  private var nonconformantReasons: [String] {
    var reasons: [String] = []
    if let baseline {
      let worse = baseline.worse.count
      if worse > 0 {
        reasons.append("\(counted(worse, "result")) worse than in the baseline \(baseline.file)")
      }
    } else {
      let nonconformant = cases.count { $0.verdict == .nonconformant }
      if nonconformant > 0 { reasons.append("\(counted(nonconformant, "case")) nonconformant") }
    }
    let stale = ledger?.stale.count ?? 0
    if stale > 0 { reasons.append("\(counted(stale, "known difference")) stale") }
    return reasons
  }
}
