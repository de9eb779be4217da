extension RecordedReport {
  /// What a run has just found.
  ///
  /// - Throws: ``BaselineError`` when two of its cases have the same id.
  public init(_ report: Report) throws(BaselineError) {
    file = "this run"
    policy = report.policy.name
    verdict = report.verdict
    isIncomplete = report.isIncomplete
    fixtures = report.fixtures.map { fixture in
      let build = fixture.provenance.map {
        RecordedBuild(framework: $0.framework, version: $0.frameworkVersion, device: $0.device)
      }
      return Fixture(file: fixture.file, isReadable: fixture.error == nil, build: build)
    }
    cases = report.fixtures.flatMap { fixture in
      fixture.cases.map { Case($0, of: fixture.file, by: fixture.provenance) }
    }
    accepted = []
    try checkIDs()
  }
}

extension RecordedReport.Case {
  fileprivate init(_ report: CaseReport, of fixture: String, by provenance: Provenance?) {
    id = report.id
    self.fixture = fixture
    variant = report.variant
    framework = provenance?.framework ?? ""
    frameworkVersion = provenance?.frameworkVersion ?? ""
    outcome = report.outcome
    verdict = report.verdict
    message = report.message
    tensors = report.tensors.map(RecordedReport.Tensor.init)
  }
}

extension RecordedReport.Tensor {
  fileprivate init(_ report: TensorReport) {
    name = report.name
    type = report.type?.rawValue
    shape = report.shape?.dimensions
    verdict = report.verdict
    let comparison = report.comparison
    // A tensor of which nothing was compared has no elements of any kind; its verdict says so.
    identical = comparison?.identical ?? 0
    within = comparison?.within ?? 0
    accurate = comparison?.accurate ?? 0
    outside = comparison?.outside ?? 0
    discrepancy = report.discrepancy
    nonfiniteMismatches = comparison?.nonfiniteMismatches ?? 0
    maximumULPs = comparison?.ulps.maximum
    outsideInputs = comparison?.outsideInputs ?? []
  }
}
