/// How many caught faults of a kind have a diagnosis, and whether it is the right one.
public struct DiagnosisCount: Hashable, Sendable {
  /// What the faults are.
  public let name: String
  /// How many are caught.
  public let caught: Int
  /// How many of them have a diagnosis.
  public let diagnosed: Int
  /// Of how many every tensor's primary diagnosis is right.
  public let rightly: Int

  /// How many have a diagnosis that is not right.
  public var wrongly: Int { diagnosed - rightly }

  init(_ name: String, _ caught: [Judgement]) {
    self.name = name
    self.caught = caught.count
    diagnosed = caught.count { $0.isDiagnosedRightly != nil }
    rightly = caught.count { $0.isDiagnosedRightly == true }
  }

  var cells: [String] { [name, "\(caught)", "\(diagnosed)", "\(rightly)", "\(wrongly)"] }
}

extension Judgement {
  /// Whether the primary diagnosis of every tensor is one that is right for the fault; nil without any diagnosis.
  public var isDiagnosedRightly: Bool? {
    guard !diagnoses.isEmpty else { return nil }
    let right = RightCauses.of(fault) ?? []
    return diagnoses.allSatisfy { right.contains($0.diagnosis.cause) }
  }
}
