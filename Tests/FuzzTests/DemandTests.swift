import Foundation
import Testing

@testable import fuzz

/// A judgement of a file, a demand, and whether it is breached.
struct DemandRow: CustomTestStringConvertible, Sendable {
  let testDescription: String
  let judgement: Judgement
  let demand: Demand
  let isBreached: Bool

  init(
    _ description: String, _ verdict: String, error: String? = nil, cases: [String: String] = [:],
    tensors: [JudgedTensor] = [], _ demand: Demand, isBreached: Bool
  ) {
    testDescription = description
    judgement = Judgement(verdict: verdict, error: error, cases: cases, tensors: tensors)
    (self.demand, self.isBreached) = (demand, isBreached)
  }

  private static let crash = "the process that judged it was ended by signal 11, Segmentation fault"

  private static let judged = [
    JudgedTensor(name: "grads/x", type: "float32", verdict: "conformant", count: 4)
  ]

  static let all: [DemandRow] = [
    .init("a wrong gradient that passes", "conformant", .failing, isBreached: true),
    .init("a wrong gradient that is known", "known", .failing, isBreached: true),
    .init("a wrong gradient that is found", "nonconformant", .failing, isBreached: false),
    .init("a wrong gradient in a file refused", "error", error: "damaged", .failing, isBreached: false),
    .init("the same tensors judged", "conformant", tensors: judged, .judged(judged), isBreached: false),
    .init("a tensor gone", "conformant", .judged(judged), isBreached: true),
    .init("a tensor gone in a file refused", "error", error: "damaged", .judged(judged), isBreached: false),
    .init(
      "a tensor of fewer elements", "conformant",
      tensors: [JudgedTensor(name: "grads/x", type: "float32", verdict: "conformant", count: 3)],
      .judged(judged),
      isBreached: true),
    .init(
      "a tensor carried", "conformant",
      tensors: [JudgedTensor(name: "grads/x", type: "float32", verdict: "carried", count: 0)],
      .judged(judged),
      isBreached: true),
    .init(
      "a known fault that passes", "conformant", cases: ["a": "conformant"], .rejected("a"), isBreached: true),
    .init("a known fault in the ledger", "known", cases: ["a": "known"], .rejected("a"), isBreached: true),
    .init(
      "a fault that is found", "nonconformant", cases: ["a": "nonconformant"], .rejected("a"),
      isBreached: false),
    .init("a case that cannot be judged", "error", cases: ["a": "error"], .rejected("a"), isBreached: false),
    .init(
      "a faulty case that is gone", "conformant", cases: ["b": "conformant"], .rejected("a"), isBreached: true
    ),
    .init("a faulty case in a file refused", "error", error: "too large", .rejected("a"), isBreached: false),
    .init("a faulty case in a file that crashes", "error", error: crash, .rejected("a"), isBreached: false),
    .init(
      "what is unchanged passes", "conformant", cases: ["a": "conformant"], .conformant(["a"]),
      isBreached: false),
    .init(
      "what is unchanged is nonconformant", "nonconformant",
      cases: ["a": "conformant", "b": "nonconformant"],
      .conformant(["a", "b"]), isBreached: true),
    .init(
      "what is unchanged is gone", "conformant", cases: ["a": "conformant"], .conformant(["b"]),
      isBreached: true),
    .init("what is unchanged crashes", "error", error: crash, .conformant(["a"]), isBreached: true),
    .init("a pinned file that is refused", "error", error: "other digest", .refused, isBreached: false),
    .init("a pinned file that is read", "conformant", cases: ["a": "conformant"], .refused, isBreached: true),
    .init(
      "a pinned file that fails for its contents", "error", cases: ["a": "error"], .refused, isBreached: true),
    .init("a pinned file on which libhdf5 crashes", "error", error: crash, .refused, isBreached: true),
    .init("a crash of libhdf5", "error", error: crash, .none, isBreached: false),
    .init(
      "a trap of focalcheck", "error", error: "the process that judged it was ended by signal 4, Illegal",
      .none, isBreached: true),
    .init(
      "a trap where a refusal is right", "error", error: "its process was ended by signal 5, Trace",
      .rejected("a"), isBreached: true),
  ]
}

@Suite("Fuzzing")
struct FuzzTests {
  @Test("a demand is breached by what passes and must not, and by nothing else", arguments: DemandRow.all)
  func demand(row: DemandRow) {
    #expect((row.judgement.breach(of: row.demand) != nil) == row.isBreached)
  }

  @Test(
    "a report must not hold what a terminal or a CI log obeys",
    arguments: [
      ("plain\ntext\n", true), ("a ::notice:: in a line\n", true), ("\u{1B}[31m", false),
      ("a\u{202E}b", false),
      ("a\u{2028}b", false), ("a\tb", false), ("##[error]", false), ("  ::error::planted\n", false),
    ])
  func texts(text: String, isHarmless: Bool) {
    #expect((Batch.fault(of: Data(text.utf8), isPlain: true) == nil) == isHarmless)
  }

  @Test("workflow commands are for the report that is made of them, and no report is ill-formed")
  func forms() {
    #expect(Batch.fault(of: Data("::error::found\n".utf8), isPlain: false) == nil)
    #expect(Batch.fault(of: Data([0xFF]), isPlain: false) == "ill-formed UTF-8")
  }
}
