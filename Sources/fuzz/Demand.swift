#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What the report must say of an input, beside naming it.
enum Demand {
  /// Anything.
  case none
  /// These cases are conformant.
  case conformant([String])
  /// The case of this name is not conformant, or the file is refused.
  case rejected(String)
  /// The file is refused, since the manifest pins another.
  case refused
  /// The file is not conformant: it holds a wrong gradient that no single bit makes right or takes away.
  case failing
  /// The file is not conformant, or the same tensors were judged as in the undamaged one.
  case judged([JudgedTensor])
}

/// A tensor that was judged, without the name of its case, which may change.
struct JudgedTensor: Hashable, Comparable {
  let name: String
  let type: String
  let verdict: String
  /// How many elements were compared.
  let count: Int

  static func < (left: JudgedTensor, right: JudgedTensor) -> Bool {
    (left.name, left.type, left.verdict, left.count) < (right.name, right.type, right.verdict, right.count)
  }
}

/// What a report says of one file.
struct Judgement {
  enum Outcome: String, CaseIterable {
    /// The file is refused in words.
    case refused
    /// libhdf5 crashed, and its process was ended by a signal.
    case crashed
    /// The process was ended when its time was up.
    case late
    /// The process gave up for another reason, such as memory.
    case failed
    /// Some case could not be judged.
    case error
    case nonconformant, unjudged, known, conformant
  }

  let verdict: String
  /// Why there is none for the cases, or nil.
  let error: String?
  /// The verdict of each case, by name.
  var cases: [String: String] = [:]
  /// All tensors of the cases.
  var tensors: [JudgedTensor] = []

  /// The number of the signal that ended the process.
  var signal: Int32? {
    error?.firstMatch(of: #/was ended by signal ([0-9]+),/#).flatMap { Int32($0.1) }
  }

  var outcome: Outcome {
    guard let error else { return Outcome(rawValue: verdict) ?? .error }
    if signal != nil { return .crashed }
    if error.contains("and was ended") || error.contains("of processor time") { return .late }
    return error.contains("the process that judged it") || error.contains("its process cannot be run")
      ? .failed : .refused
  }

  /// What of a demand does not hold, or nil.
  func breach(of demand: Demand) -> String? {
    // How Swift ends a process in which a precondition does not hold: that is no fault of libhdf5.
    if let signal, [SIGILL, SIGTRAP].contains(signal) {
      return "focalcheck itself was ended by signal \(signal)"
    }
    let passing = ["conformant", "known"]
    switch demand {
    case .none: return nil
    case .failing: return passing.contains(verdict) ? "is \(verdict), and holds a wrong gradient" : nil
    case .judged(let tensors):
      return passing.contains(verdict) && self.tensors.sorted() != tensors.sorted()
        ? "is \(verdict), and of the \(tensors.count) tensors of the undamaged file other ones were judged"
        : nil
    case .refused:
      return outcome == .refused
        ? nil : "is \(verdict), and the manifest pins another file: \(error ?? "no error")"
    case .conformant(let names):
      guard let name = names.first(where: { cases[$0] != "conformant" }) else { return nil }
      return "\(name) is \(cases[name] ?? verdict), and nothing was changed: \(error ?? "no error")"
    case .rejected(let name):
      if let verdict = cases[name] { return passing.contains(verdict) ? "\(name) is \(verdict)" : nil }
      return error != nil || verdict == "error" ? nil : "\(name) is not judged, and the file is \(verdict)"
    }
  }
}
