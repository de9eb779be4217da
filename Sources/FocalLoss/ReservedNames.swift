/// Names that are never an author's note, since some focal loss takes a parameter of that name.
enum ReservedNames {
  /// What focal losses of published libraries take beside the parameters of the documented variants.
  static let parameters = [
    "activated", "activation", "apply_class_balancing", "avg_factor", "axis", "beta", "class_balanced",
    "class_weight", "class_weights", "clip", "delta", "disable_torch_grad_focal_loss", "eps", "epsilon",
    "from_logits", "gamma_neg", "gamma_pos", "ignore_index", "include_background", "iou_weighted",
    "neg_weight", "normalized", "normalizer", "num_boxes", "num_classes", "num_positives_sum",
    "num_real_classes", "pos_weight", "reduce", "reduced_threshold", "reduction_override", "sample_weight",
    "samples_per_class", "scale", "size_average", "smoothing", "softmax_dim", "target_threshold",
    "temperature",
    "threshold", "to_onehot_y", "use_sigmoid", "use_softmax", "weight", "weights",
  ]
}

extension FocalLossVariant {
  /// Why an attribute of a case cannot be a note of its author: it is a parameter or an input that the variant does not
  /// have, or does not have as an attribute, or it is a misspelling of a parameter. Nil for a note.
  public static func problem(withAttribute name: String) -> String? {
    let own = parameters.map(\.name)
    if let parameter = own.first(where: { NearbyNames.areSame(name, $0) }) {
      return "\(self.name) has no parameter \"\(name)\"; the right spelling is \"\(parameter)\""
    }
    if let input = inputs.first(where: { $0.isOptional && NearbyNames.areSame(name, $0.name) })?.name {
      return "\"\(name)\" is an input of \(self.name), not an attribute; it belongs in inputs/\(input)"
    }
    let foreign = Variants.parameters.map(\.name) + Variants.optionalInputs + ReservedNames.parameters
    if foreign.contains(where: { NearbyNames.areSame(name, $0) }) { return absence(ofParameter: name) }
    // A required parameter cannot be dropped: where it is misspelt it is missing.
    let optional = parameters.filter { !$0.isRequired }.map(\.name)
    if let parameter = NearbyNames.nearest(to: name, among: optional) {
      return "\(self.name) has no parameter \"\(name)\"; the nearest is \"\(parameter)\""
    }
    let others = Variants.parameters.map(\.name).filter { !own.contains($0) }
    return NearbyNames.nearest(to: name, among: others).map { other in
      "\"\(name)\" looks like \"\(other)\", and \(absence(ofParameter: other))"
    }
  }

  /// Why a tensor of that name is none of the variant's inputs, or nil.
  public static func problem(withInput name: String) -> String? {
    let own = inputs.map(\.name)
    if own.contains(name) { return nil }
    let list = inputs.map(\.description).joined(separator: ", ")
    return "\(self.name) has no input \"\(name)\"; its inputs are \(list)\(nearest(to: name, among: own))"
  }

  static func absence(ofParameter name: String) -> String {
    let own = parameters.map(\.name)
    return
      "\(self.name) has no parameter \"\(name)\"; its parameters are \(own.joined(separator: ", "))"
      + nearest(to: name, among: own)
  }

  private static func nearest(to name: String, among names: [String]) -> String {
    NearbyNames.nearest(to: name, among: names).map { "; the nearest is \"\($0)\"" } ?? ""
  }
}
