internal import Arithmetic
internal import FocalLoss
internal import Tensors

/// One kind of change of a tensor or its case that a judge must judge rightly.
struct PlantedChange: Sendable {
  /// How the change is planted; nil where there is nothing of the kind to change.
  enum Planting: Sendable {
    /// In the case, before it is judged. Whether it is a fault there, the definition of the verdict says.
    case fault(@Sendable (Specimen) -> ConformanceCase?)
    /// In the case, before it is judged; it must be let pass.
    case allowed(@Sendable (Specimen) -> ConformanceCase?)
    /// In the case, before it is judged; it must be an error, since it cannot be judged.
    case refused(@Sendable (Specimen) -> ConformanceCase?)
    /// In the report of a later run, which is compared with the report before. The gate of the later run must fail.
    case worsening(Worsening)
  }

  /// How a later run is worse.
  enum Worsening: Sendable {
    /// The case is gone.
    case caseGone
    /// The tensor is gone.
    case tensorGone
    /// The tensor was judged, and is unjudged.
    case unjudged
    /// One element was wrong, and every element is NaN.
    case moreWrong
    /// The same, where a known difference has the bounds of the report before.
    case moreWrongThanKnown
  }

  /// What it is, in plain words.
  let name: String
  let planting: Planting

  private init(_ name: String, _ planting: Planting) { (self.name, self.planting) = (name, planting) }

  private static func fault(
    _ name: String, _ plant: @escaping @Sendable (Specimen) -> ConformanceCase?
  ) -> PlantedChange { PlantedChange(name, .fault(plant)) }

  private static func allowed(
    _ name: String, _ plant: @escaping @Sendable (Specimen) -> ConformanceCase?
  ) -> PlantedChange { PlantedChange(name, .allowed(plant)) }

  private static func refused(
    _ name: String, _ plant: @escaping @Sendable (Specimen) -> ConformanceCase?
  ) -> PlantedChange { PlantedChange(name, .refused(plant)) }

  /// Every kind: those of one element, of a whole tensor, of parameters and inputs, of types and shapes, of what is gone.
  static let all = elements + tensors + given + refused + forms + losses

  private static let elements: [PlantedChange] = [
    .allowed("nothing changed") { $0.conformanceCase },
    .fault("one step above the enclosure") { $0.end(isUpper: true) { $1.neighbour(true, of: $0.upper) } },
    .fault("one step below the enclosure") { $0.end(isUpper: false) { $1.neighbour(false, of: $0.lower) } },
    .allowed("the enclosure's upper end") { $0.end(isUpper: true) { enclosure, _ in enclosure.upper } },
    .allowed("the enclosure's lower end") { $0.end(isUpper: false) { enclosure, _ in enclosure.lower } },
    .allowed("one step inside the enclosure") {
      $0.end(isUpper: true) { enclosure, format in
        let inside = format.neighbour(false, of: enclosure.upper)
        return inside >= enclosure.lower ? inside : nil
      }
    },
    .fault("sign of one element") { $0.changing { $1.isNaN || $1 == 0 ? nil : -$1 } },
    .allowed("sign of a zero") { specimen in
      specimen.replacing(
        with: specimen.actual.mappingBits {
          $1 & ~specimen.format.signMask == 0 ? $1 ^ specimen.format.signMask : $1
        })
    },
    .fault("NaN for a number") { $0.changing { $1.isNaN ? nil : .nan } },
    .fault("a number for NaN") { $0.changing { $1.isNaN ? 0.5 : nil } },
    .fault("infinity for NaN") { $0.changing { $1.isNaN ? .infinity : nil } },
    .fault("minus infinity for NaN") { $0.changing { $1.isNaN ? -.infinity : nil } },
    .fault("the largest number for NaN") { specimen in
      specimen.changing { $1.isNaN ? specimen.format.greatestFinite : nil }
    },
    .allowed("another NaN for NaN") { specimen in
      specimen.replacing(
        with: specimen.actual.mappingBits {
          $1 & ~specimen.format.signMask > specimen.format.infinityBits ? $1 ^ specimen.format.signMask : $1
        })
    },
    .fault("infinity for a number") { $0.changing { $1.isFinite ? .infinity : nil } },
    .fault("minus infinity for a number") { $0.changing { $1.isFinite ? -.infinity : nil } },
    .fault("infinity of the other sign") { $0.changing { $1.isInfinite ? -$1 : nil } },
    .fault("the largest number for infinity") { specimen in
      specimen.changing {
        $1.isInfinite ? ($1 < 0 ? -1 : 1) * specimen.format.greatestFinite : nil
      }
    },
    .fault("one element stale") { specimen in
      specimen.changing { position, value in
        let stale = specimen.actual.value(at: (position + 1) % specimen.actual.count)
        return stale == value || stale.isNaN && value.isNaN ? nil : stale
      }
    },
    .fault("one element lost") { $0.changing { $1 == 0 ? nil : 0 } },
    .fault("one element doubled") { $0.changing { $1 == 0 || !$1.isFinite ? nil : 2 * $1 } },
  ]

  private static let tensors: [PlantedChange] = [
    .fault("sign of every element") { $0.mapping { -$0 } },
    .fault("every element zero") { $0.mapping { _ in 0 } },
    .fault("every element doubled") { $0.mapping { 2 * $0 } },
    .fault("rounded to fewer bits") { specimen in
      let narrow: FloatFormat = specimen.format.precision > 24 ? .float32 : .bfloat16
      return specimen.mapping(narrow.round)
    },
    .fault("bytes in reverse order") { specimen in
      let unused = 64 - 8 * specimen.actual.elementType.byteCount
      return specimen.replacing(with: specimen.actual.mappingBits { $1.byteSwapped >> unused })
    },
    .fault("axes swapped") { specimen in
      let dimensions = specimen.actual.shape.dimensions
      guard let columns = dimensions.last, dimensions.count > 1 else { return nil }
      let rows = dimensions[dimensions.count - 2]
      return specimen.permuting { position in
        let (matrix, place) = position.quotientAndRemainder(dividingBy: rows * columns)
        return matrix * rows * columns + place % rows * columns + place / rows
      }
    },
    .fault("shifted by one element") { specimen in
      specimen.permuting { ($0 + 1) % specimen.actual.count }
    },
    .fault("shifted by one row") { specimen in
      guard let rows = specimen.actual.shape.dimensions.first, specimen.actual.shape.rank > 1 else {
        return nil
      }
      return specimen.permuting { ($0 + specimen.actual.count / rows) % specimen.actual.count }
    },
    .fault("order reversed") { specimen in specimen.permuting { specimen.actual.count - 1 - $0 } },
  ]

  private static let given: [PlantedChange] =
    Variants.parameters.map { spec in
      .fault("wrong \(spec.name.replacing("_", with: " "))") { specimen in
        guard specimen.hasParameter(spec.name),
          let spoiled = spec.spoiled(specimen.conformanceCase.parameters[spec])
        else { return nil }
        return specimen.given { $0.parameters[spec] = spoiled }
      }
    } + [
      .fault("wrong normalizer") { $0.giving("normalizer") { $0.mapping { 2 * $0 } } },
      .fault("normalizer left out") { specimen in
        guard specimen.conformanceCase.inputs["normalizer"] != nil else { return nil }
        return specimen.given { $0.inputs["normalizer"] = nil }
      },
      .fault("wrong clamp") { specimen in
        specimen.giving(specimen.firstInput) { input in
          let finite = input.values.filter(\.isFinite)
          guard let least = finite.min(), let greatest = finite.max() else { return input }
          let margin = greatest / 4 - least / 4
          return input.mapping { $0.isNaN ? $0 : min(max($0, least + margin), greatest - margin) }
        }
      },
      .fault("labels exchanged") { specimen in
        let name = specimen.conformanceCase.inputs["label"] == nil ? "target" : "label"
        return specimen.giving(name) { $0.mapping { 1 - $0 } }
      },
      .fault("input shifted by one element") { specimen in
        specimen.giving(specimen.firstInput) { input in
          input.mappingBits { position, _ in input.bits(at: (position + 1) % input.count) }
        }
      },
      .fault("wrong upstream gradient") { specimen in
        guard specimen.isGradient, let loss = specimen.conformanceCase.outputs["loss"],
          loss.elementType.floatFormat != nil
        else { return nil }
        let fed = specimen.conformanceCase.gradOutputs["loss"].flatMap { try? $0.readAll() }
        let ones = Tensor(
          loss.elementType, loss.shape, values: Array(repeating: 1, count: loss.shape.count))
        let wrong = StoredTensor((fed ?? ones).mapping { 2 * $0 }, inPlaceOf: loss, as: "grad_outputs/loss")
        return specimen.given { $0.gradOutputs["loss"] = wrong }
      },
    ]

  private static let refused: [PlantedChange] = [
    .refused("a parameter of another variant") { specimen in
      let names = Variants.parameters.map(\.name).filter { !specimen.hasParameter($0) }
      return specimen.stating(specimen.one(of: names))
    },
    .refused("a parameter of another library") { specimen in
      let own = specimen.variant?.inputs.map(\.name) ?? []
      let names = ["ignore_index", "pos_weight", "weight", "from_logits", "axis", "smoothing", "eps"]
      return specimen.stating(specimen.one(of: names.filter { !own.contains($0) }))
    },
    .refused("a misspelt parameter") { specimen in
      specimen.stating(specimen.one(of: specimen.variant?.parameters.map { $0.name.uppercased() } ?? []))
    },
    .refused("an input of another variant") { specimen in
      guard let (name, tensor) = specimen.foreignInput("inputs") else { return nil }
      return specimen.given { $0.inputs[name] = tensor }
    },
    .refused("a gradient of an input of another variant") { specimen in
      guard let (name, tensor) = specimen.foreignInput("grads") else { return nil }
      return specimen.given { $0.grads[name] = tensor }
    },
    .refused("NaN for a parameter") { specimen in
      specimen.setting(to: .nan) { !$0.hasNone }
    },
    .refused("infinity for a parameter") { $0.setting(to: .infinity) { _ in true } },
    .refused("NaN in a weight") { specimen in
      let names = specimen.variant?.inputs.filter(\.isOptional).map(\.name) ?? []
      return names.lazy.compactMap { name in
        specimen.giving(name) { $0.mapping { _ in .nan } }
      }.first
    },
  ]

  private static let forms: [PlantedChange] = [
    .fault("another element type") { specimen in
      let type: ElementType = specimen.actual.elementType == .float32 ? .float64 : .float32
      return specimen.replacing(with: Tensor(type, specimen.actual.shape, values: specimen.actual.values))
    },
    .fault("integers of the same width") { specimen in
      let types: [Int: ElementType] = [2: .int16, 4: .int32, 8: .int64]
      guard let type = types[specimen.actual.elementType.byteCount] else { return nil }
      return specimen.replacing(with: Tensor(type, specimen.actual.shape, bytes: specimen.actual.bytes))
    },
    .fault("no element left") { specimen in
      specimen.replacing(with: Tensor(specimen.actual.elementType, .vector(0), bytes: []))
    },
    .fault("last row left out") { specimen in
      guard let rows = specimen.actual.shape.dimensions.first else { return nil }
      return specimen.replacing(with: specimen.actual.rows(rows - 1))
    },
    .fault("one axis more") { specimen in
      guard let shape = try? Shape(specimen.actual.shape.dimensions + [1]) else { return nil }
      return specimen.replacing(with: specimen.actual.reshaped(shape))
    },
    .allowed("a scalar as one element") { specimen in
      guard specimen.actual.shape == .scalar, !specimen.isGradient else { return nil }
      return specimen.replacing(with: specimen.actual.reshaped(.vector(1)))
    },
  ]

  private static let losses: [PlantedChange] = [
    .fault("an error raised") { specimen in
      guard !specimen.isGradient else { return nil }
      return specimen.given {
        ($0.outcome, $0.error) = (.raised, "planted")
        ($0.outputs, $0.grads, $0.gradOutputs) = ([:], [:], [:])
      }
    },
    PlantedChange("tensor dropped", .worsening(.tensorGone)),
    PlantedChange("case dropped", .worsening(.caseGone)),
    PlantedChange("tensor unjudged", .worsening(.unjudged)),
    PlantedChange("a wrong tensor more wrong", .worsening(.moreWrong)),
    PlantedChange("a known difference more wrong", .worsening(.moreWrongThanKnown)),
  ]
}

extension Specimen {
  /// The case with one element at an end of its enclosure, or just beyond.
  fileprivate func end(
    isUpper: Bool, _ value: (Enclosure, FloatFormat) -> Double?
  ) -> ConformanceCase? {
    changing { position, actual in
      let enclosure = allowances.enclosures[position]
      guard enclosure.hasNumbers, (isUpper ? enclosure.upper : enclosure.lower).isFinite else { return nil }
      let value = value(enclosure, format)
      // The element as it is would be no change; a zero of the other sign is none either.
      return value == actual ? nil : value
    }
  }

  /// One of some names, not the same for every case; nil when there is none.
  fileprivate func one(of names: [String]) -> String? {
    names.isEmpty ? nil : names[conformanceCase.name.utf8.reduce(0) { $0 + Int($1) } % names.count]
  }

  /// The case with one more attribute.
  fileprivate func stating(_ name: String?) -> ConformanceCase? {
    name.map { name in given { $0.attributes[name] = .float(0.5) } }
  }

  /// The case with another number for one of its parameters.
  fileprivate func setting(to number: Double, where isRight: (ParameterSpec) -> Bool) -> ConformanceCase? {
    let specs = variant?.parameters.filter { $0.kind == .number && isRight($0) } ?? []
    guard let name = one(of: specs.map(\.name)), let spec = specs.first(where: { $0.name == name }) else {
      return nil
    }
    return given { $0.parameters[spec] = .number(number) }
  }

  /// The name of an input that the variant does not have, and the first input under that name.
  fileprivate func foreignInput(_ group: String) -> (name: String, tensor: StoredTensor)? {
    let own = variant?.inputs.map(\.name) ?? []
    let names = Set(Variants.all.flatMap { $0.inputs }.map(\.name)).subtracting(own).sorted()
    guard let name = one(of: names), let stored = conformanceCase.inputs[firstInput],
      let tensor = try? stored.readAll()
    else { return nil }
    return (name, StoredTensor(tensor, inPlaceOf: stored, as: "\(group)/\(name)"))
  }
}
