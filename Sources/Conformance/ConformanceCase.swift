public import FocalLoss
public import HDF5

/// What a framework did with a case.
public enum CaseOutcome: String, Hashable, Sendable, CaseIterable, Codable {
  /// It computed a value.
  case value
  /// It raised an error.
  case raised
}

/// One case of a fixture: what a framework was given, what it was told, and what it made of it.
///
/// The tensors are still in the file and are read region by region; the case keeps the file open.
public struct ConformanceCase {
  /// `<fixture file name>#<case>`.
  public let id: String
  /// The name in the fixture.
  public let name: String
  /// The documented variant that the framework implements, such as `paddle.sigmoid_focal_loss`.
  public let variant: String
  /// The parameters as stored: any number, NaN and infinities included. Those that the fixture does not state have
  /// their defaults. Of an unknown variant there are those of any variant.
  public internal(set) var parameters: Parameters
  /// Where the case comes from.
  public let source: String?
  /// Words to select cases by: an array of strings, or one string with commas or white space between them.
  public let tags: [String]
  /// What the framework did.
  public internal(set) var outcome: CaseOutcome
  /// The message of the error that the framework raised.
  public internal(set) var error: String?
  /// The framework's inputs, by name; never empty.
  public internal(set) var inputs: [String: StoredTensor]
  /// The framework's results: `loss`, unless the outcome is `raised`.
  public internal(set) var outputs: [String: StoredTensor]
  /// The gradients of the sum of loss times output gradient, by input.
  public internal(set) var grads: [String: StoredTensor]
  /// The gradients that were fed into the backward pass, by output; all ones where absent.
  public internal(set) var gradOutputs: [String: StoredTensor]
  /// Intermediate results, by name.
  public let stages: [String: StoredTensor]
  /// Attributes that the format does not name.
  public internal(set) var attributes: [String: AttributeValue]
  /// Paths of objects beside the format's groups, which it does not name, each with what is known of it.
  public let otherObjects: [String: String]
}

extension ConformanceCase {
  /// Reads a case's attributes and opens its tensors.
  init(_ group: Group, name: String, file: String) throws(FixtureError) {
    func fail(_ object: String, _ reason: String) -> FixtureError {
      FixtureError(file: file, object: object, reason: reason)
    }
    let path = group.path
    var attributes = try fixture(file) { () throws(HDF5Error) in try group.attributes() }
      .parsed(file: file, object: path)
    variant = try attributes.required("variant", "a string", \.string)
    parameters = Parameters()
    for spec in Variants.named(variant)?.parameters ?? Variants.anyParameters {
      parameters[spec] = try attributes.value(of: spec)
    }
    let outcomeName = try attributes.optional("outcome", "a string", \.string) ?? CaseOutcome.value.rawValue
    guard let outcome = CaseOutcome(rawValue: outcomeName) else {
      throw fail(
        path, "outcome \"\(outcomeName)\" is none of \(CaseOutcome.allCases.map(\.rawValue).quotedList)")
    }
    error = try attributes.optional("error", "a string", \.string)
    source = attributes.shown("source", \.string)
    tags = attributes.shown("tags", \.tags) ?? []
    self.attributes = attributes.others
    self.outcome = outcome
    self.name = name
    self.id = "\(file)#\(name)"

    let reader = try CaseTensors(of: group, file: file)
    inputs = try reader.tensors(in: .inputs)
    outputs = try reader.tensors(in: .outputs)
    grads = try reader.tensors(in: .grads)
    gradOutputs = try reader.tensors(in: .gradOutputs)
    stages = try reader.tensors(in: .stages)
    otherObjects = reader.otherObjects

    guard !inputs.isEmpty else { throw fail("\(path)/inputs", "the case has no inputs") }
    switch outcome {
    case .value where outputs["loss"] == nil:
      throw fail("\(path)/outputs/loss", "is missing, and the outcome is \"value\"")
    case .raised where outputs["loss"] != nil:
      throw fail("\(path)/outputs/loss", "is there, and the outcome is \"raised\"")
    default: break
    }
  }
}

extension AttributeValue {
  /// An array of strings, or one string with commas or white space between words.
  fileprivate var tags: [String]? {
    switch self {
    case .string(let text):
      return text.split { $0 == "," || $0.isWhitespace }.map(String.init)
    case .list(let values):
      let strings = values.compactMap(\.string)
      return strings.count == values.count ? strings : nil
    default:
      return nil
    }
  }
}
