import FocalLoss
import Foundation
import Testing

@testable import Conformance
@testable import Reporting

@Suite("Parameters in reports and documents")
struct ParameterReportTests {
  private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().deletingLastPathComponent()

  private func document(_ path: String) throws -> String {
    try String(contentsOf: Self.root.appendingPathComponent(path), encoding: .utf8)
  }

  private func json(_ parameters: Parameters) throws -> [String: Any] {
    var report = CaseReport(id: "a.h5#case", name: "case")
    report.parameters = parameters
    let fixture = FixtureReport(
      file: "a.h5", digest: nil, provenance: nil, error: nil, cases: [report], path: "a.h5")
    let text = JSONReport.render(Report(policy: .derived, fixtures: [fixture]))
    try expectValid(text, "report")
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any]
    return try #require((object?["cases"] as? [[String: Any]])?.first)
  }

  /// Other values of a parameter, those that JSON has no number for among them.
  private func values(_ spec: ParameterSpec) -> [ParameterValue] {
    let numbers = [Double.nan, .infinity, -.infinity, -0.0, 0.1].map(ParameterValue.number)
    return [spec.spoiled(spec.defaultValue)].compactMap { $0 } + (spec.kind == .number ? numbers : [])
  }

  @Test("each parameter is in the JSON form without loss, and in the text")
  func forms() throws {
    for spec in Variants.parameters {
      for value in values(spec) where value != spec.defaultValue {
        var parameters = Parameters()
        parameters[spec] = value
        let member = try json(parameters)[spec.name]
        switch value {
        case .number(let number) where number.isNaN: #expect(member as? String == "NaN", "\(spec.name)")
        case .number(let number) where number.isInfinite:
          #expect(member as? String == (number > 0 ? "Infinity" : "-Infinity"), "\(spec.name)")
        case .number(let number):
          #expect(
            (member as? NSNumber)?.doubleValue == number, "\(spec.name) \(number)")
        case .choice(let word): #expect(member as? String == word, "\(spec.name)")
        case .boolean(let isTrue): #expect(member as? Bool == isTrue, "\(spec.name)")
        }
        #expect(parameters.text.contains("\(spec.name) \(value)"), "\(parameters.text)")
      }
    }
  }

  @Test("explain shows every parameter of the variant, those with their defaults too")
  func explained() {
    for variant in Variants.all {
      let text = Parameters().text(of: variant.name)
      for spec in variant.parameters {
        #expect(text.contains("\(spec.name) \(spec.defaultValue)"), "\(variant.name): \(text)")
      }
    }
  }

  @Test("the schema has a property of a case for each parameter, of its kind")
  func schema() throws {
    let schema =
      try JSONSerialization.jsonObject(with: Data(document("reports/report.schema.json").utf8))
      as? [String: Any]
    let definitions = schema?["$defs"] as? [String: [String: Any]]
    let properties = try #require(definitions?["case"]?["properties"] as? [String: [String: Any]])
    for spec in Variants.parameters {
      let property = try #require(properties[spec.name], "\(spec.name)")
      switch spec.kind {
      case .number: #expect(property["$ref"] as? String == "#/$defs/number", "\(spec.name)")
      case .choice(let words): #expect(property["enum"] as? [String] == words, "\(spec.name)")
      case .boolean: #expect(property["type"] as? String == "boolean", "\(spec.name)")
      }
    }
  }

  @Test("the table of parameters in FORMAT.md is that of the variants")
  func format() throws {
    let rows = try document("fixtures/FORMAT.md").split(separator: "\n").filter { $0.hasPrefix("| `") }
      .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    for spec in Variants.parameters {
      let row = try #require(rows.first { $0.first == "`\(spec.name)`" }, "\(spec.name)")
      try #require(row.count == 5, "\(row)")
      switch spec.kind {
      case .number: #expect(row[1] == "number")
      case .choice(let words):
        #expect(row[1] == "string")
        for word in words { #expect(row[4].contains("`\(word)`"), "\(row)") }
      case .boolean: #expect(row[1] == "boolean")
      }
      if spec.isRequired {
        #expect(row[2] == "required")
      } else {
        guard case .number(let value) = spec.defaultValue else { continue }
        #expect(Double(row[2]) == value, "\(row)")
      }
      let owners = Variants.all.filter { variant in variant.parameters.contains { $0.name == spec.name } }
      let named =
        owners.count == Variants.all.count ? "all" : owners.map { "`\($0.name)`" }.joined(separator: ", ")
      #expect(row[3] == named, "\(spec.name)")
    }
  }

  @Test("the list of variants and the README name the inputs and the parameters of each")
  func listing() throws {
    let listing = VariantListing.text.split(separator: "\n")
    let readme = try document("README.md").split(separator: "\n")
    for variant in Variants.all {
      let inputs = variant.inputs.map(\.description).joined(separator: ", ")
      let parameters = variant.parameters.map { $0.isRequired ? $0.name : "[\($0.name)]" }.joined(
        separator: ", ")
      let line = try #require(listing.first { $0.hasPrefix("\(variant.name) ") }, "\(variant.name)")
      #expect(line.contains("  \(inputs)  ") && line.contains("  \(parameters)  "), "\(line)")
      let row = try #require(readme.first { $0.hasPrefix("| `\(variant.name)` ") }, "\(variant.name)")
      #expect(row.hasSuffix("| \(inputs) | \(parameters) |"), "\(row)")
    }
  }
}
