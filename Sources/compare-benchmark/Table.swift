/// What the runs of one program came to.
struct Summary {
  let minimum: Double
  let median: Double
  let peakBytes: Int

  /// Sums up at least one run.
  init(_ runs: [Run]) {
    let seconds = runs.map(\.seconds).sorted()
    let middle = seconds.count / 2
    minimum = seconds[0]
    median = seconds.count % 2 == 1 ? seconds[middle] : (seconds[middle - 1] + seconds[middle]) / 2
    peakBytes = runs.map(\.peakBytes).max() ?? 0
  }
}

/// The lines that are printed.
enum Table {
  static let header = line("elements", "program", "minimum s", "median s", "peak MB")

  static func row(_ elements: String, _ program: String, _ summary: Summary) -> String {
    let seconds = [summary.minimum, summary.median].map { decimal($0, 3) }
    return line(elements, program, seconds[0], seconds[1], megabytes(summary.peakBytes))
  }

  static func ratio(_ elements: String, of summary: Summary, to base: Summary) -> String {
    line(
      elements, "ratio", decimal(summary.minimum / base.minimum, 2), decimal(summary.median / base.median, 2),
      decimal(Double(summary.peakBytes) / Double(base.peakBytes), 2))
  }

  static func megabytes(_ bytes: Int) -> String { decimal(Double(bytes) / 1e6, 1) }

  private static func line(_ elements: String, _ program: String, _ numbers: String...) -> String {
    right(elements, 11) + "  " + program + String(repeating: " ", count: 10 - program.count)
      + numbers.map { right($0, 11) }.joined()
  }

  private static func right(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
  }

  /// A number that is not negative, with a fixed number of decimals.
  private static func decimal(_ value: Double, _ digits: Int) -> String {
    let scale = (0..<digits).reduce(1) { scale, _ in scale * 10 }
    let scaled = Int((value * Double(scale)).rounded())
    let fraction = String(scaled % scale)
    return "\(scaled / scale)." + String(repeating: "0", count: digits - fraction.count) + fraction
  }
}
