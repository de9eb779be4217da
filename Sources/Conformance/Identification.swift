public import Arithmetic
internal import FocalLoss
internal import Tensors

/// Which documented program a build runs.
///
/// Every variant, and every known order of operations, is evaluated on the inputs of the build's cases. A program is
/// what the build computes only when every element that was looked at lies inside of its enclosure: of each loss, and
/// of each gradient by one set of adjoint rules.
public struct Identification: Sendable {
  /// How many elements lie in a program's enclosures.
  public struct Share: Hashable, Sendable {
    /// How many lie inside.
    public internal(set) var inside = 0
    /// How many there are.
    public internal(set) var count = 0

    /// Whether every element lies inside; an empty share is whole.
    public var isWhole: Bool { inside == count }
  }

  /// How well one program explains the cases that name one variant.
  public struct Rank: Hashable, Sendable {
    /// The program of the loss.
    public let program: DocumentedProgram
    /// The adjoint rules that explain the most gradient elements, those alike in the order of the documentation; empty
    /// where no gradient was looked at.
    public internal(set) var rules: [AdjointRules] = []
    /// The elements of the losses.
    public internal(set) var losses = Share()
    /// The elements of the gradients; nil where the losses already tell that another program is closer.
    public internal(set) var gradients: Share?

    /// All elements that were looked at. Gradients that were not looked at are no evidence.
    public var total: Share {
      var total = losses
      total.inside += gradients?.inside ?? 0
      total.count += gradients?.count ?? 0
      return total
    }

    /// Whether every element of every loss and gradient lies inside.
    var isWhole: Bool { losses.count > 0 && losses.isWhole && gradients?.isWhole == true }

    /// The programs, one for each set of adjoint rules; the program of the loss where there is no gradient.
    var programs: [DocumentedProgram] {
      guard !rules.isEmpty else { return [program] }
      return rules.map { rules in
        var program = program
        program.rules = rules
        return program
      }
    }
  }

  /// The ranks for the cases that name one variant.
  public struct Group: Sendable {
    /// The variant that the cases name.
    public let variant: String
    /// How many cases were looked at.
    public internal(set) var caseCount = 0
    /// How many elements their losses have.
    public internal(set) var lossCount = 0
    /// How many elements their gradients have, of those that were looked at.
    public internal(set) var gradientCount = 0
    /// The names of gradients that the variant's programs do not give, each with the number of its cases.
    public internal(set) var unexamined: [String: Int] = [:]
    /// The programs that take some of the cases' inputs, best first; those alike in the order of the documentation.
    public internal(set) var ranks: [Rank] = []

    /// The programs that explain every element; empty where the build computes none of the known ones.
    public var computed: [Rank] { ranks.filter(\.isWhole) }

    /// The programs that explain the most elements, and not all; empty where one explains all, or none explains any.
    public var closest: [Rank] {
      guard computed.isEmpty, let first = ranks.first, first.total.inside > 0 else { return [] }
      return ranks.filter { $0.total == first.total && $0.losses == first.losses }
    }
  }

  /// The fixture.
  public let file: String
  /// Who computed it.
  public let provenance: Provenance
  /// The groups, in the order of the variants' names.
  public let groups: [Group]

  /// Looks at the cases of a fixture that have a loss.
  ///
  /// - Parameters:
  ///   - fixture: the fixture.
  ///   - name: the one case to look at; all of them when it is nil.
  /// - Throws: ``FixtureError`` when a case cannot be read.
  public init(of fixture: FixtureReader, case name: String? = nil) throws(FixtureError) {
    let names = name.map { [$0] } ?? fixture.caseNames
    try self.init(of: fixture, cases: names) { _ in true }
  }

  /// Looks at those of some cases that name one of the selected variants.
  init(
    of fixture: FixtureReader, cases names: [String], where isSelected: (_ variant: String) -> Bool
  ) throws(FixtureError) {
    file = fixture.fileName
    provenance = fixture.provenance
    var cases: [String: [ConformanceCase]] = [:]
    for name in names {
      let conformanceCase = try fixture.conformanceCase(name)
      guard isSelected(conformanceCase.variant), (conformanceCase.outputs["loss"]?.shape.count ?? 0) > 0
      else { continue }
      do throws(JudgingError) { try conformanceCase.validate() } catch {
        throw error.located(in: fixture.fileName, case: name)
      }
      cases[conformanceCase.variant, default: []].append(conformanceCase)
    }
    var groups: [Group] = []
    for (variant, cases) in cases.sorted(by: { $0.key < $1.key }) {
      groups.append(try Group(variant, cases, by: fixture.provenance))
    }
    self.groups = groups
  }
}

extension Identification.Group {
  /// Ranks every program on the losses, and those that explain the most of them on the gradients.
  init(
    _ variant: String, _ cases: [ConformanceCase], by provenance: Provenance
  ) throws(FixtureError) {
    self.variant = variant
    caseCount = cases.count
    lossCount = cases.map { $0.outputs["loss"]?.shape.count ?? 0 }.reduce(0, +)
    var examined: [Set<String>] = []
    for conformanceCase in cases {
      examined.append([])
      for (input, gradient) in conformanceCase.grads where gradient.shape.count > 0 {
        if try conformanceCase.computesGradient(of: input, provenance) {
          gradientCount += gradient.shape.count
          examined[examined.count - 1].insert(input)
        } else {
          unexamined[gradient.name, default: 0] += 1
        }
      }
    }
    for program in DocumentedProgram.losses {
      var rank = Identification.Rank(program: program)
      rank.losses.count = lossCount
      var takesSome = false
      for conformanceCase in cases {
        guard let inside = try conformanceCase.lossesInside(program, provenance) else { continue }
        takesSome = true
        rank.losses.inside += inside
      }
      if takesSome { ranks.append(rank) }
    }
    // What explains fewer losses is no closer, whatever its gradients.
    let most = ranks.map(\.losses.inside).max() ?? 0
    for index in ranks.indices where ranks[index].losses.inside == most {
      ranks[index].gradients = Identification.Share()
      guard gradientCount > 0 else { continue }
      var inside: [AdjointRules: Int] = [:]
      for (conformanceCase, inputs) in zip(cases, examined) {
        let program = ranks[index].program
        inside.merge(
          try conformanceCase.gradientsInside(program, of: inputs, provenance), uniquingKeysWith: +)
      }
      let best = inside.values.max() ?? 0
      ranks[index].gradients = Identification.Share(inside: best, count: gradientCount)
      ranks[index].rules = AdjointRules.allCases.filter { inside[$0] == best }
    }
    let order = Dictionary(
      uniqueKeysWithValues: DocumentedProgram.losses.enumerated().map { ($0.element, $0.offset) })
    ranks.sort { first, second in
      let (a, b) = (first.losses.inside, second.losses.inside)
      if a != b { return a > b }
      let (c, d) = (first.gradients?.inside ?? 0, second.gradients?.inside ?? 0)
      if c != d { return c > d }
      return (order[first.program] ?? 0) < (order[second.program] ?? 0)
    }
  }
}

extension ConformanceCase {
  /// How many elements of the loss lie in the program's enclosures, or nil when the program does not take the case.
  fileprivate func lossesInside(
    _ program: DocumentedProgram, _ provenance: Provenance
  ) throws(FixtureError) -> Int? {
    guard let loss = outputs["loss"] else { return nil }
    return try examined { () throws(JudgingError) in
      guard let plan = try plan(program, provenance, of: loss.elementType) else { return nil }
      return try elementsInside(plan, of: loss, provenance)
    }
  }

  /// How many elements of the gradients of some inputs lie in the program's enclosures, for each set of adjoint rules.
  fileprivate func gradientsInside(
    _ program: DocumentedProgram, of inputs: Set<String>, _ provenance: Provenance
  ) throws(FixtureError) -> [AdjointRules: Int] {
    var inside: [AdjointRules: Int] = [:]
    for (input, gradient) in grads where inputs.contains(input) {
      // Rules that differ in no kernel of the formula give one program, which is evaluated once.
      var known: [(formula: Program, inside: Int)] = []
      for rules in AdjointRules.allCases {
        var program = program
        program.rules = rules
        let count = try examined { () throws(JudgingError) in
          guard
            let plan = try plan(program, provenance, of: gradient.elementType, withRespectTo: input)
          else { return nil }
          if let same = known.first(where: { $0.formula.isIdentical(to: plan.formula) }) {
            return same.inside
          }
          let count = try elementsInside(plan, of: gradient, provenance)
          if let count { known.append((plan.formula, count)) }
          return count
        }
        if let count { inside[rules, default: 0] += count }
      }
    }
    return inside
  }

  /// Whether the case's own variant says how the gradient of an input is computed; also where it does not take the case.
  fileprivate func computesGradient(
    of input: String, _ provenance: Provenance
  ) throws(FixtureError) -> Bool {
    guard let variant = Variants.named(variant) else { return true }
    do throws(JudgingError) {
      let loss = try plan(variant, provenance)
      if case .failure(.notComputed) = try gradients(of: loss, withRespectTo: input, AdjointRules.allCases) {
        return false
      }
      return true
    } catch {
      if case .unreadable(let error) = error { throw error }
      return true
    }
  }

  /// What some work gives, or nil where a program does not take what the case was given.
  private func examined(_ work: () throws(JudgingError) -> Int?) throws(FixtureError) -> Int? {
    do throws(JudgingError) {
      return try work()
    } catch {
      if case .unreadable(let error) = error { throw error }
      return nil
    }
  }

  /// How many elements of a tensor lie in a plan's enclosures, or nil when the shapes do not match.
  private func elementsInside(
    _ plan: Plan, of tensor: StoredTensor, _ provenance: Provenance
  ) throws(JudgingError) -> Int? {
    guard plan.shape.count == tensor.shape.count else { return nil }
    var evaluation = Evaluation(plan, in: EnclosureArithmetic(Accuracy(provenance)))
    var blocks = InputBlocks(self, plan)
    var inside = 0
    for block in plan.elements.regions(maximumCount: ElementBlocks.maximumCount) {
      let enclosures = try evaluation.evaluated(block, try blocks.tensors(for: block)).results
      guard plan.reductions.isEmpty else { continue }
      guard let region = tensor.shape.region(matching: block, of: plan.elements) else { return nil }
      inside += zip(enclosures, try tensor.block(region).values).count { $0.contains($1) }
    }
    guard let enclosures = evaluation.conclude() else { return inside }
    return zip(enclosures, try tensor.block(tensor.shape.whole).values).count { $0.contains($1) }
  }
}

extension Program {
  /// Whether both compute the same in the same steps and kernels.
  fileprivate func isIdentical(to other: Program) -> Bool {
    output == other.output && inputs == other.inputs && steps == other.steps && kernels == other.kernels
  }
}
