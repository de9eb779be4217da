internal import Arithmetic
internal import FocalLoss
internal import Tensors

/// Which documented program a build runs: every variant, and every known order of operations, evaluated on the inputs
/// of its cases and ranked by the share of elements inside of its enclosure.
public struct Identification: Sendable {
  /// How well one candidate explains the cases that name one variant.
  public struct Rank: Hashable, Sendable {
    /// The program.
    public let candidate: DocumentedProgram
    /// How many elements lie in its enclosures.
    public internal(set) var inside = 0
    /// How many elements were looked at.
    public internal(set) var count = 0

    /// The share of elements inside; 0 when there is none.
    public var share: Double { count == 0 ? 0 : Double(inside) / Double(count) }
  }

  /// The ranks for the cases that name one variant.
  public struct Group: Sendable {
    /// The variant that the cases name.
    public let variant: String
    /// How many cases there are.
    public internal(set) var caseCount = 0
    /// The candidates, best first; those alike in the order of the documentation.
    public internal(set) var ranks: [Rank] = []
  }

  /// The fixture.
  public let file: String
  /// Who computed it.
  public let provenance: Provenance
  /// The groups, in the order of the variants' names.
  public let groups: [Group]

  /// Looks at the cases of a fixture with reduction none.
  ///
  /// - Parameters:
  ///   - fixture: the fixture.
  ///   - name: the one case to look at; all of them when it is nil.
  /// - Throws: ``FixtureError`` when a case cannot be read.
  public init(of fixture: FixtureReader, case name: String? = nil) throws(FixtureError) {
    var groups: [String: Group] = [:]
    for name in name.map({ [$0] }) ?? fixture.caseNames {
      let conformanceCase = try fixture.conformanceCase(name)
      guard conformanceCase.parameters.reduction == .none, let loss = conformanceCase.outputs["loss"],
        loss.shape.count > 0
      else { continue }
      var group = groups[conformanceCase.variant] ?? Group(variant: conformanceCase.variant)
      group.caseCount += 1
      for candidate in DocumentedProgram.losses {
        var rank =
          group.ranks.first { $0.candidate == candidate } ?? Rank(candidate: candidate)
        guard let inside = try Self.inside(candidate, conformanceCase, loss, fixture.provenance) else {
          continue
        }
        rank.inside += inside
        rank.count += loss.shape.count
        group.ranks.removeAll { $0.candidate == candidate }
        group.ranks.append(rank)
      }
      groups[conformanceCase.variant] = group
    }
    (file, provenance) = (fixture.fileName, fixture.provenance)
    self.groups = groups.keys.sorted().compactMap { groups[$0] }.map(Self.sorted)
  }

  /// Ranks by the share of all the group's elements, so that a candidate that takes few of the cases comes late.
  private static func sorted(_ group: Group) -> Group {
    var group = group
    let order = { (rank: Rank) in
      DocumentedProgram.losses.firstIndex(of: rank.candidate) ?? DocumentedProgram.losses.count
    }
    group.ranks.sort { ($0.inside, order($1)) > ($1.inside, order($0)) }
    return group
  }

  /// How many elements lie inside, or nil when the candidate does not take the case's inputs.
  private static func inside(
    _ candidate: DocumentedProgram, _ conformanceCase: ConformanceCase, _ loss: StoredTensor,
    _ provenance: Provenance
  ) throws(FixtureError) -> Int? {
    let plan: Plan?
    do throws(JudgingError) {
      plan = try conformanceCase.plan(candidate, provenance, of: loss.elementType)
    } catch {
      if case .unreadable(let error) = error { throw error }
      return nil
    }
    guard let plan, plan.shape.count == loss.shape.count else { return nil }
    var evaluation = Evaluation(plan, in: EnclosureArithmetic(Accuracy(provenance)))
    var blocks = InputBlocks(conformanceCase, plan)
    var inside = 0
    for block in plan.elements.regions(maximumCount: Judge.blockCount) {
      do throws(JudgingError) {
        let enclosures = try evaluation.evaluated(block, try blocks.tensors(for: block)).results
        guard plan.reductions.isEmpty else { continue }
        guard let region = loss.shape.region(matching: block, of: plan.elements) else { return nil }
        inside += zip(enclosures, try loss.block(region).values).count { $0.contains($1) }
      } catch {
        if case .unreadable(let error) = error { throw error }
        return nil
      }
    }
    if let enclosures = evaluation.conclude() {
      do throws(JudgingError) {
        inside = zip(enclosures, try loss.block(loss.shape.whole).values).count { $0.contains($1) }
      } catch {
        if case .unreadable(let error) = error { throw error }
        return nil
      }
    }
    return inside
  }
}
