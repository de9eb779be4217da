import Testing

@testable import Conformance

@Suite("What the exporter says")
struct ExporterMessagesTests {
  @Test("is taken line by line, however it is cut")
  func cuts() {
    let said = Array("one\nprogress: 12/448 formula.blog.none.f32\n\n  \ntwo".utf8)
    for size in [1, 2, 7, said.count] {
      var messages = ExporterMessages()
      var advances = 0
      for start in stride(from: 0, to: said.count, by: size)
      where messages.append(said[start..<min(start + size, said.count)]) {
        advances += 1
      }
      messages.finish()
      #expect(messages.lines == ["one", "two"], "in pieces of \(size)")
      #expect(messages.progress.map { "\($0)" } == "case 12 of 448, formula.blog.none.f32")
      #expect(advances == 1)
    }
  }

  @Test("is kept within bounds: the newest lines, the start of each")
  func bounds() {
    var messages = ExporterMessages()
    for number in 0..<100 { _ = messages.append("\(number)\n".utf8) }
    _ = messages.append(repeatElement(UInt8(ascii: "x"), count: 1 << 20))
    messages.finish()
    #expect(messages.lines.count == ExporterMessages.lineLimit)
    #expect(messages.lines.first == "81")
    #expect(messages.lines.last?.utf8.count == ExporterMessages.byteLimit)
  }

  @Test(
    "is progress only in its own form",
    arguments: [
      "progress: 1/2", "progress: 1/2 a b", " progress: 1/2 a", "progress: -1/2 a",
      "progress: 99999999999999999999/2 a",
    ])
  func noProgress(line: String) {
    var messages = ExporterMessages()
    let hasAdvanced = messages.append("\(line)\n".utf8)
    #expect(!hasAdvanced)
    #expect(messages.lines == [line])
    #expect(messages.progress == nil)
  }
}
