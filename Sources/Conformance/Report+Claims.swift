extension Report {
  /// What its cases say of the claims that they were checked on, in the order of the claims.
  public func findings(on claims: [Claim]) -> [ClaimFinding] {
    var findings = claims.map { ClaimFinding(claim: $0) }
    for fixture in fixtures {
      let build = fixture.provenance.map { "\($0.framework) \($0.frameworkVersion)" } ?? fixture.file
      for caseReport in fixture.cases {
        for evidence in caseReport.evidence where findings.indices.contains(evidence.claim) {
          findings[evidence.claim].add(evidence.kind, "\(build), \(caseReport.name)")
        }
      }
    }
    return findings
  }
}

extension ClaimFinding {
  fileprivate mutating func add(_ evidence: ClaimEvidence.Kind, _ place: String) {
    caseCount += 1
    switch evidence {
    case .bears: break
    case .against(let reason): counterexamples.append("\(place): \(reason)")
    case .unreadable(let error): unreadable.append(error)
    }
  }
}
