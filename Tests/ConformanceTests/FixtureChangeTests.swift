import FixtureAuthoring
import Foundation
import Synchronization
import Tensors
import Testing

@testable import Conformance

@Suite("Fixtures that change while they are read")
struct FixtureChangeTests {
  private let folder: TemporaryFolder

  init() throws { folder = try TemporaryFolder() }

  /// Checks and hashes a fixture, lets something happen to it, and checks whether it is the same.
  private func check(after change: (String) throws -> Void) throws {
    let path = folder.file("demo.h5")
    try DemoFixture.write(to: path)
    let check = try FixtureFileCheck(path: path, name: "demo.h5", maximumByteCount: 1 << 20)
    try change(path)
    try check.checkUnchanged(name: "demo.h5")
  }

  private func expectChanged(
    _ location: SourceLocation = #_sourceLocation, _ change: (String) throws -> Void
  ) {
    #expect(sourceLocation: location) {
      try check(after: change)
    } throws: {
      "\($0)" == "demo.h5: changed while it was being read"
    }
  }

  @Test("a file that stays as it is has not changed")
  func unchanged() throws {
    try check { _ in }
  }

  @Test("bytes that are written into a file are a change")
  func written() {
    expectChanged { path in
      // The time of a change has the grain of the system's clock.
      usleep(20_000)
      let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
      try file.seek(toOffset: 100)
      try file.write(contentsOf: Data([0]))
      try file.close()
    }
  }

  @Test("bytes that are written into a file are a change though its time is put back; another name is none")
  func bytes() throws {
    let path = folder.file("demo.h5")
    try DemoFixture.write(to: path)
    let reader = try FixtureReader(path: path)
    try reader.checkUnchanged()
    try #require(rename(path, "\(path).moved") == 0)
    try reader.checkUnchanged()
    let time = try FileManager.default.attributesOfItem(atPath: "\(path).moved")[.modificationDate] as? Date
    let file = try FileHandle(forWritingTo: URL(fileURLWithPath: "\(path).moved"))
    try file.seek(toOffset: 1000)
    try file.write(contentsOf: Data([0xAB]))
    try file.close()
    try FileManager.default.setAttributes(
      [.modificationDate: try #require(time)], ofItemAtPath: "\(path).moved")
    #expect(throws: FixtureError(file: "demo.h5", reason: "changed while it was being read")) {
      try reader.checkUnchanged()
    }
  }

  @Test("another file in the place of the first is a change, though it has the same bytes and times")
  func replaced() {
    expectChanged { path in
      try FileManager.default.copyItem(atPath: path, toPath: "\(path).copy")
      try #require(rename("\(path).copy", path) == 0)
    }
  }

  @Test("a fixture that is replaced again and again is never read under the digest of another")
  func racing() throws {
    let path = folder.file("demo.h5")
    let losses: [Double] = [1, 2]
    var digests: [String] = []
    for loss in losses {
      let original = folder.file("\(Int(loss)).h5")
      try DemoFixture.write(to: original, cases: []) { author in
        try DemoFixture.demoCase(author, without: ["outputs/loss"])
        try author.dataset(
          "/cases/demo/outputs/loss", Tensor(.float32, .vector(4), values: Array(repeating: loss, count: 4)))
      }
      digests.append(try FixtureReader(path: original).digest.sha256)
    }
    try FileManager.default.copyItem(atPath: folder.file("1.h5"), toPath: path)
    let isDone = Atomic(false)
    let turns = Atomic(0)
    let folder = folder.path
    try withExtendedLifetime(self.folder) {
      Thread.detachNewThread {
        while !isDone.load(ordering: .relaxed) {
          let turn = turns.add(1, ordering: .relaxed).newValue
          try? FileManager.default.copyItem(
            atPath: "\(folder)/\(turn % 2 + 1).h5", toPath: "\(folder)/next.h5")
          rename("\(folder)/next.h5", path)
        }
        turns.store(-1, ordering: .releasing)
      }
      defer {
        isDone.store(true, ordering: .relaxed)
        while turns.load(ordering: .acquiring) >= 0 { usleep(1_000) }
      }
      var refusedCount = 0
      for _ in 0..<300 {
        do {
          let reader = try FixtureReader(path: path)
          let loss = try reader.conformanceCase("demo").outputs["loss"]?.readAll().values.first
          let index = try #require(digests.firstIndex(of: reader.digest.sha256))
          #expect(loss == losses[index])
        } catch let error as FixtureError {
          #expect(error.reason.contains("changed while it was being read"), "\(error)")
          refusedCount += 1
        }
      }
      // Otherwise nothing was tried.
      #expect(refusedCount > 0)
    }
  }
}
