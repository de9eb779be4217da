/// Which diagnoses of a planted fault are right, by `<kind>.<fault>`.
///
/// The table was written from the descriptions of the faults, not from what the program says of them. What is true of a
/// fault's effect alone, such as that all outside elements are 0, is right where the fault makes it so. An empty list means
/// that no diagnosis is right: the fault is to stay without one.
enum RightCauses {
  static func of(_ fault: String) -> Set<String>? {
    // Every fault of this kind has the same real numbers in other operations.
    let operations =
      fault.hasPrefix("one-ulp-order.") ? ["other-order", "other-operations", "few-ulps"] : nil
    guard let causes = table[fault] ?? operations else { return nil }
    return Set(causes + (operations ?? []))
  }

  private static let table: [String: [String]] = [
    "clamp.added": ["epsilon-added"],
    "clamp.eps-1e-12-in-log": ["epsilon-added"],
    "clamp.eps-1e-8-in-log": ["epsilon-added"],
    "clamp.log-floor": ["clamped", "where-region"],
    "clamp.logarithm-alone": ["where-region"],
    "clamp.logit-20": ["clamped", "where-region", "exact-zero"],
    "clamp.loss-cap": ["clamped", "where-region", "exact-zero"],
    "clamp.lower-1e-5": ["other-bound", "where-region"],
    "clamp.lower-1e-7": ["other-bound", "where-region"],
    "clamp.modulator-floor": ["clamped", "where-region"],
    "clamp.p-t-1e-6": ["clamped", "where-region"],
    "clamp.probability-1e-7": ["clamped", "where-region", "exact-zero"],
    // The documented clamp comes after one to a narrower range, and passes no gradient beyond it.
    "clamp.upper-below-1": ["other-bound", "clamped", "where-region", "exact-zero"],
    "clamp.upper-missing": ["other-bound", "where-region"],

    "constant.alpha-default": ["other-alpha", "label-ratio"],
    "constant.alpha-float16": ["other-alpha", "label-ratio"],
    "constant.alpha-float32": ["other-alpha", "label-ratio"],
    "constant.alpha-six-digits": ["other-alpha", "label-ratio"],
    "constant.gamma-bfloat16": ["other-gamma"],
    "constant.gamma-default": ["other-gamma"],
    "constant.gamma-float32": ["other-gamma"],
    "constant.gamma-truncated": ["other-gamma"],
    "constant.head-loss-weight-forgotten": ["loss-weight-missing"],
    // A logarithm with a short constant is a less accurate function.
    "constant.ln-2-short": ["few-ulps"],
    "constant.loss-weight-forgotten": ["loss-weight-missing"],
    "constant.loss-weight-twice": ["loss-weight-twice"],

    "formula.alpha-missing": ["alpha-off", "factor-missing", "label-ratio"],
    "formula.alpha-on-each-element": ["value-replaced", "label-ratio"],
    "formula.alpha-swapped": ["alpha-swapped", "label-ratio"],
    "formula.decimal-logarithm": ["decimal-logarithm"],
    "formula.label-smoothing": ["label-smoothed"],
    "formula.modulator-inverted": ["value-complemented", "value-replaced"],
    "formula.modulator-missing": ["gamma-off", "factor-missing"],
    "formula.one-minus-alpha-missing": ["label-ratio"],
    "formula.p-for-p-t": ["value-replaced"],
    "formula.sigmoid-twice": ["sigmoid-twice"],
    "formula.softmax-for-sigmoid": [],
    "formula.term-sign": ["label-ratio", "wrong-sign"],

    "gradient.accumulated-twice": ["constant-factor"],
    "gradient.clamp-blocks-its-bounds": ["exact-zero"],
    "gradient.clamp-passes": ["derivative-missing", "where-region"],
    "gradient.clipped": ["result-clipped"],
    "gradient.count-missing": ["sum-for-mean"],
    "gradient.cross-entropy-detached": ["factor-not-differentiated"],
    "gradient.gamma-missing": ["power-factor-missing"],
    "gradient.label-count-missing": ["other-count"],
    "gradient.loss-weight-missing": ["loss-weight-missing"],
    "gradient.modulator-detached": ["modulator-not-differentiated"],
    "gradient.normalizer-missing": ["normalizer-missing"],
    "gradient.sigmoid-missing": ["derivative-missing"],
    "gradient.sign-in-tail": ["wrong-sign"],
    "gradient.small-lost": ["exact-zero"],
    "gradient.upstream-ignored": ["upstream-ignored"],

    "index.first-column-dropped": ["class-ids-shifted"],
    "index.gradient-of-next-row": ["result-moved"],
    "index.ids-from-1": ["class-ids-shifted"],
    "index.labels-of-next-class": ["input-moved"],
    "index.labels-of-next-row": ["input-moved"],
    "index.lanes-reversed": ["elements-reversed"],
    "index.match-as-class": [],
    "index.match-off-by-one": ["class-ids-shifted"],
    "index.rows-for-labels": ["input-moved"],
    "index.stride-ignored": ["input-moved"],
    "index.swapped-elements": ["elements-reversed"],
    "index.transposed": ["result-moved"],

    "mask.background-as-last-class": ["class-ids-clipped"],
    "mask.background-dropped": ["exact-zero"],
    // Negative anchors take the class of the last ground truth, which is one column.
    "mask.background-missing": ["where-column"],
    "mask.easy-negatives": ["exact-zero"],
    "mask.empty-rows": ["exact-zero"],
    "mask.ignored-kept": ["where-input"],
    "mask.ignored-zeroed": [],
    "mask.inverted": ["label-inverted"],
    "mask.labels-thresholded": ["label-rounded"],
    "mask.labels-truncated": ["label-rounded"],
    "mask.negatives-dropped": ["exact-zero"],
    "mask.positives-alone": ["exact-zero"],
    "mask.target-rounded": ["label-rounded"],
    "mask.zero-ignored": ["exact-zero"],

    "normalizer.after-mean": ["normalizer-changed"],
    "normalizer.along-rows": [],
    "normalizer.eps": ["normalizer-changed"],
    "normalizer.first-class": ["normalizer-changed"],
    "normalizer.floor-missing": ["not-a-number", "infinite", "not-finite"],
    // A normalizer of 0.5 that is held at 1 is not divided by.
    "normalizer.floor": ["normalizer-changed", "normalizer-missing"],
    "normalizer.forgotten": ["normalizer-missing"],
    "normalizer.formula-twice": ["normalizer-twice"],
    "normalizer.head-forgotten": ["normalizer-missing"],
    "normalizer.kept-anchors": ["other-count"],
    "normalizer.multiplied": ["normalizer-multiplied"],
    "normalizer.positives-plus-1": ["other-count"],
    "normalizer.twice": ["normalizer-twice"],

    // The two terms of this order cancel for negative logits, ...
    "one-ulp-order.cross-entropy-log-sigmoid": ["where-region"],
    // ... and those of this one for label 1.
    "one-ulp-order.cross-entropy-softplus": ["where-input"],

    // The documented class has alpha in float32, so the two weights are off by one ratio each.
    "precision.alpha-float64": ["label-ratio"],
    "precision.cross-entropy-bfloat16": ["narrower-step"],
    // The cross entropy of the probability is what other documented formulas have.
    "precision.cross-entropy-of-p": ["cross-entropy-of-probability", "other-variant", "other-order"],
    "precision.exp-by-exp2": ["few-ulps", "where-region"],
    "precision.exp-by-limit": [],
    "precision.gradient-float16": ["narrower-result"],
    "precision.gradient-flushed": ["subnormals-flushed"],
    "precision.logarithm-float32": ["narrower-step"],
    "precision.loss-float32": ["narrower-type"],
    "precision.modulator-float16": ["narrower-step"],
    "precision.reciprocal-12-bits": ["narrower-step"],
    "precision.sigmoid-by-tanh": ["where-region"],
    "precision.sigmoid-float32": ["narrower-step"],
    "precision.sigmoid-tf32": ["narrower-step"],
    "precision.subnormals-flushed": ["subnormals-flushed"],
    "precision.sum-float32": ["narrower-result", "narrower-type"],

    "reduction.bfloat16-accumulator": [],
    "reduction.element-dropped": ["exact-zero"],
    "reduction.label-too-many": ["other-count", "one-ratio"],
    "reduction.labels-overwritten": [],
    "reduction.last-label-skipped": ["exact-zero"],
    "reduction.mean-for-sum": ["mean-for-sum"],
    "reduction.mean-less-one": ["other-count"],
    "reduction.mean-of-shards": [],
    "reduction.mean-over-foreground": ["other-count"],
    "reduction.mean-over-positives": ["other-count"],
    "reduction.mean-over-rows": ["other-count"],
    "reduction.row-twice": ["partial-ratio"],
    "reduction.sum-1e-4": ["one-ratio"],
    "reduction.sum-1e-5": ["one-ratio"],
    "reduction.sum-for-mean": ["sum-for-mean"],
    "reduction.sum-of-means": ["other-count"],
    "reduction.tail-forgotten": ["exact-zero"],

    "single-element.64-ulp-median": ["single-element"],
    "single-element.64-ulp": ["single-element"],
    "single-element.gradient-64-ulp": ["single-element"],
    "single-element.gradient-sign": ["wrong-sign"],
    "single-element.gradient-small-zero": ["exact-zero"],
    "single-element.infinity": ["infinite"],
    "single-element.nan": ["not-a-number"],
    "single-element.sign": ["wrong-sign"],
    "single-element.small-doubled": ["partial-ratio"],
    "single-element.stale-row": ["stale-elements"],
    "single-element.stale": ["stale-elements"],
    "single-element.unwritten": ["exact-zero"],
  ]
}
