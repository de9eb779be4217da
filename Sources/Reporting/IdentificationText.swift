public import Conformance
import FocalLoss
import Tensors

/// Which documented program a build runs, in words and with the evidence.
public enum IdentificationText {
  /// The ranks for each variant that the fixture's cases name, best first, and the best in words.
  public static func render(_ identification: Identification) -> String {
    let provenance = identification.provenance
    let build = visibleText("\(provenance.framework) \(provenance.frameworkVersion)")
    var text = "\(visibleText(identification.file)), \(build)\n"
    for group in identification.groups {
      text += "\ncases of \(visibleText(group.variant)): \(group.caseCount) with reduction none\n"
      var table = TextTable()
      for rank in group.ranks {
        table.rows.append([
          "  " + rank.candidate.description, "\(rank.inside) of \(rank.count) inside",
          "\(DecimalText.fixed(100 * rank.share, decimals: 2)) %",
        ])
      }
      text += table.text
      let best = group.ranks.filter { $0.inside == group.ranks[0].inside && $0.count == group.ranks[0].count }
      if !best.isEmpty {
        text +=
          "  this build computes \(best.map { $0.candidate.description }.joined(separator: ", or as well "))\n"
      }
    }
    return text
  }
}
