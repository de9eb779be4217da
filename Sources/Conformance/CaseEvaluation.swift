internal import Arithmetic
internal import FocalLoss
internal import Tensors

/// Why judging a case stopped: the file, or the documentation.
enum JudgingError: Error {
  case unreadable(FixtureError)
  case rejected(Rejection)

  /// The error with the place that it is about.
  func located(in file: String, case name: String) -> FixtureError {
    switch self {
    case .unreadable(let error): error
    case .rejected(let rejection):
      FixtureError(
        file: file, object: "/cases/\(name)" + (rejection.input.map { "/inputs/\($0)" } ?? ""),
        reason: rejection.description)
    }
  }
}

extension FixtureReader {
  /// Opens a case.
  func opened(_ name: String) throws(JudgingError) -> ConformanceCase {
    do throws(FixtureError) { return try conformanceCase(name) } catch { throw .unreadable(error) }
  }
}

extension StoredTensor {
  /// Reads a region.
  func block(_ region: Region) throws(JudgingError) -> Tensor {
    do throws(FixtureError) { return try read(region) } catch { throw .unreadable(error) }
  }
}

/// The inputs of a case, block by block; what a block needs again is not read again.
struct InputBlocks {
  let conformanceCase: ConformanceCase
  let plan: Plan
  private var last: [String: (region: Region, tensor: Tensor)] = [:]

  init(_ conformanceCase: ConformanceCase, _ plan: Plan) {
    self.conformanceCase = conformanceCase
    self.plan = plan
  }

  mutating func tensors(for block: Region) throws(JudgingError) -> [String: Tensor] {
    for (name, region) in plan.reads(for: block).sorted(by: { $0.key < $1.key })
    where last[name]?.region != region {
      last[name] = try conformanceCase.inputs[name].map { input throws(JudgingError) in
        (region, try input.block(region))
      }
    }
    return last.mapValues(\.tensor)
  }
}

extension Evaluation {
  /// Evaluates one block.
  mutating func evaluated(
    _ block: Region, _ tensors: [String: Tensor]
  ) throws(JudgingError) -> (inputs: [[Double]], results: [A.Value]) {
    do throws(Rejection) { return try evaluate(block, from: tensors) } catch { throw .rejected(error) }
  }
}

extension Accuracy {
  /// The bounds of the libraries that a fixture was computed with.
  init(_ provenance: Provenance) { self.init(framework: provenance.framework, device: provenance.device) }
}

extension ConformanceCase {
  /// What the variant is told of the case.
  func signature(_ provenance: Provenance, defaultType: ElementType? = nil) -> Signature {
    Signature(
      parameters, inputs.mapValues { Signature.Input($0.elementType, $0.shape) },
      defaultType: defaultType ?? provenance.defaultType ?? .float32,
      build: Build(provenance.framework, provenance.frameworkVersion))
  }

  /// Plans the case.
  ///
  /// Constructors such as `torch.zeros` make the default type. A fixture that does not state it in its flags is taken
  /// to have float32; only for a float64 input whose loss is float64 as well, float64 is tried.
  func plan(
    _ variant: any FocalLossVariant.Type, _ provenance: Provenance
  ) throws(JudgingError) -> Plan {
    do throws(Rejection) {
      let plan = try variant.plan(signature(provenance))
      let isWide = [inputs[variant.inputs[0]], outputs["loss"]].allSatisfy { $0?.elementType == .float64 }
      guard provenance.defaultType == nil, isWide, plan.type != .float64 else { return plan }
      return try variant.plan(signature(provenance, defaultType: .float64))
    } catch {
      throw .rejected(error)
    }
  }
}
