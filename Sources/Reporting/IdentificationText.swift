import Arithmetic
public import Conformance
import FocalLoss
import Tensors

/// Which documented program a build runs, in words and with the evidence.
public enum IdentificationText {
  /// How many programs are listed for a variant.
  private static let rankLimit = 12

  /// The ranks for each variant that the fixture's cases name, best first, and the conclusion in words.
  public static func render(_ identification: Identification) -> String {
    let provenance = identification.provenance
    let build = visibleText("\(provenance.framework) \(provenance.frameworkVersion)")
    var text = "\(visibleText(identification.file)), \(build)\n"
    for group in identification.groups {
      text += "\n\(heading(group))\n\(table(group))"
      for (name, count) in group.unexamined.sorted(by: { $0.key < $1.key }) {
        text += "  not looked at: \(visibleText(name)) of \(count) case\(count == 1 ? "" : "s")\n"
      }
      text += "  \(conclusion(group))\n"
    }
    return text
  }

  private static func heading(_ group: Identification.Group) -> String {
    let gradients = group.gradientCount == 0 ? "" : ", \(group.gradientCount) of gradients"
    return
      "cases of \(visibleText(group.variant)): \(group.caseCount) with \(group.lossCount) elements of losses\(gradients)"
  }

  private static func table(_ group: Identification.Group) -> String {
    var table = TextTable()
    for rank in group.ranks.prefix(rankLimit) {
      var row = [
        "  " + rank.program.description, "\(rank.losses.inside) of \(rank.losses.count) inside",
        percentage(rank.losses),
      ]
      if group.gradientCount > 0, let gradients = rank.gradients {
        row += [
          "gradients \(gradients.inside) of \(gradients.count) inside", percentage(gradients), rules(rank),
        ]
      }
      table.rows.append(row)
    }
    let more = group.ranks.count - rankLimit
    return table.text + (more > 0 ? "  and \(more) more, none of them closer\n" : "")
  }

  private static func conclusion(_ group: Identification.Group) -> String {
    let computed = group.computed
    let reservation = group.unexamined.isEmpty ? "" : ", as far as it was looked at"
    if computed.count == 1 { return "this build computes \(list(computed))\(reservation)" }
    if !computed.isEmpty {
      return
        "this build computes one of \(computed.count) programs that its cases do not tell apart: \(list(computed))\(reservation)"
    }
    let closest = group.closest
    if group.ranks.isEmpty { return "no known program takes the inputs of these cases" }
    guard let first = closest.first else { return "this build computes none of the known programs" }
    return
      "this build computes none of the known programs; closest: \(list(closest)), \(percentage(first.total))"
  }

  private static func list(_ ranks: [Identification.Rank]) -> String {
    ranks.map { rank in
      let rules = rules(rank)
      return rank.program.description + (rules.isEmpty ? "" : ", " + rules)
    }.joined(separator: "; or ")
  }

  /// Whose backward pass; nothing where all known ones are alike.
  private static func rules(_ rank: Identification.Rank) -> String {
    rank.rules.isEmpty || rank.rules.count == AdjointRules.allCases.count
      ? "" : "backward pass of \(rank.rules.map(\.rawValue).joined(separator: " or "))"
  }

  /// Rounded towards zero, so that 100.00 % is all.
  private static func percentage(_ share: Identification.Share) -> String {
    guard share.count > 0 else { return "-" }
    let (inside, count) = (share.inside.multipliedFullWidth(by: 10_000), share.count)
    let hundredths = count.dividingFullWidth(inside).quotient
    return "\(DecimalText.fixed(Double(hundredths) / 100, decimals: 2)) %"
  }
}
