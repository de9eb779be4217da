import ArgumentParser
import Conformance

/// The option `--baseline`: the earlier report that a run is compared with.
struct BaselineOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Fail only on what is worse than in an earlier JSON report.",
      discussion: """
        Worse are a worse verdict, more elements outside or NaN, another dtype or shape, a case that raises now, and what \
        is gone. Where only files are named, or one framework is exported, the other fixtures of the baseline are not \
        looked at. A run never writes its baseline; see focalcheck accept.
        """, valueName: "path"), completion: .file(extensions: ["json"]))
  var baseline: String?

  /// The baseline that is asked for; nil when there is none.
  ///
  /// - Throws: `ExitCode.unjudged`, after a message, when it cannot be used.
  func recorded(policy: Policy) throws -> RecordedReport? {
    do throws(BaselineError) {
      guard let baseline else { return nil }
      let recorded = try RecordedReport(path: baseline)
      try recorded.check(policy: policy.name)
      return recorded
    } catch {
      Console.message(error.description)
      throw ExitCode.unjudged
    }
  }
}

extension Report {
  /// Compares a complete report with a baseline, and keeps why that is not possible among its failures.
  mutating func compare(with baseline: RecordedReport?, filter: CaseFilter, isWhole: Bool) {
    guard let baseline, !isIncomplete else { return }
    do throws(BaselineError) {
      self.baseline = try BaselineComparison(
        RecordedReport(self), against: baseline, filter: filter, isWhole: isWhole)
    } catch {
      failures.append(error.description)
    }
  }
}
