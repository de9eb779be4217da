internal import Subprocess

#if canImport(FoundationEssentials)
  internal import FoundationEssentials
#else
  internal import Foundation
#endif

/// An export from a framework that is installed somewhere: the exporter, run in the Python that has the framework.
public struct LiveExport: Sendable {
  private let framework: String
  private let python: String
  private let exporter: String?
  private let timeout: Duration

  /// The exporter of a checkout, from its root.
  private static let defaultExporter = "fixtures/exporter"

  /// An export of all cases.
  ///
  /// - Parameters:
  ///   - framework: the framework, as the exporter calls it.
  ///   - python: the Python that has it: a path, or a name to look up.
  ///   - exporter: the folder of the exporter's package. Nil is `fixtures/exporter` in the working folder where there
  ///     is one, else the package that is installed in the Python.
  ///   - timeout: how long the exporter may take.
  /// - Throws: ``LiveExportError`` when the folder has no exporter.
  public init(
    framework: String, python: String, exporter: String? = nil, timeout: Duration
  ) throws(LiveExportError) {
    self.framework = framework
    // The exporter runs in another folder. A path keeps its symbolic links: they tell Python its environment.
    self.python = python.contains("/") ? Self.absolute(python) : python
    self.timeout = timeout
    guard let exporter else {
      self.exporter = Self.holdsExporter(Self.defaultExporter) ? Self.absolute(Self.defaultExporter) : nil
      return
    }
    guard Self.holdsExporter(exporter) else { throw .noExporter(folder: exporter) }
    self.exporter = Self.absolute(exporter)
  }

  private static func holdsExporter(_ folder: String) -> Bool {
    FileManager.default.fileExists(atPath: "\(folder)/src/focalcheck_exporter/__main__.py")
  }

  private static func absolute(_ path: String) -> String {
    path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
  }
}

extension LiveExport {
  /// What an exporter wrote.
  public struct Export: Sendable {
    /// The fixture, under the name that the exporter was told.
    public let fixture: FixtureLocation
    /// What it should hold.
    public let plan: ExportPlan
  }

  /// An exported fixture and what it says of itself.
  public struct Fixture: Sendable {
    /// Where it is.
    public let location: FixtureLocation
    /// Who computed it; nil where that cannot be read.
    public let provenance: Provenance?
  }

  /// Runs the exporter to its end and returns what it wrote.
  ///
  /// The exporter runs in the folder, so that no module of the working folder takes the place of an installed one. It
  /// is in a process group of its own, which is ended when the time is up or the task is cancelled.
  ///
  /// - Parameters:
  ///   - folder: the path of an empty folder.
  ///   - progress: told of each case that the exporter begins, on any thread.
  /// - Throws: ``LiveExportError``, or `CancellationError`. A damaged fixture is no error here but one when it is opened.
  public func run(
    in folder: String, progress: @escaping @Sendable (Progress) -> Void = { _ in }
  ) async throws -> Export {
    let path = "\(folder)/export.h5"
    let planPath = "\(folder)/plan.json"
    let configuration = configuration(writing: path, plan: planPath, in: folder)
    let (ending, messages) = try await end(of: configuration, progress: progress)
    try Task.checkCancellation()
    guard ending == .exited(0), FileManager.default.fileExists(atPath: path) else {
      throw error(ending, messages)
    }
    return Export(
      fixture: FixtureLocation(path: path), plan: try ExportPlan(path: planPath, framework: framework))
  }

  private func configuration(writing path: String, plan: String, in folder: String) -> Configuration {
    var environment: [Environment.Key: String?] = [
      "PYTHONDONTWRITEBYTECODE": "1",
      // Frameworks leave caches there.
      "TMPDIR": folder,
      // A crash of native code then says at which line of Python it was.
      "PYTHONFAULTHANDLER": "1",
    ]
    let searched = ProcessInfo.processInfo.environment["PYTHONPATH"].map {
      $0.split(separator: ":").map { Self.absolute(String($0)) }
    }
    let source = exporter.map { ["\($0)/src"] } ?? []
    let paths = source + (searched ?? [])
    if !paths.isEmpty { environment["PYTHONPATH"] = paths.joined(separator: ":") }
    var options = PlatformOptions()
    options.processGroupID = 0
    options.teardownSequence = [
      .send(signal: .terminate, toProcessGroup: true, allowedDurationToNextStep: .seconds(2))
    ]
    return Configuration(
      executable: python.contains("/") ? .path(.init(python)) : .name(python),
      arguments: [
        "-m", "focalcheck_exporter", "--framework", framework, "--out", path, "--plan", plan, "--progress",
      ],
      environment: .inherit.updating(environment), workingDirectory: .init(folder), platformOptions: options)
  }

  /// Runs to the end, or until the time is up; also says what was said.
  private func end(
    of configuration: Configuration, progress: @escaping @Sendable (Progress) -> Void
  ) async throws -> Outcome {
    try await withThrowingTaskGroup(of: Outcome?.self) { group in
      group.addTask { try await outcome(of: configuration, progress: progress) }
      group.addTask {
        try await Task.sleep(for: timeout)
        return nil
      }
      let first = try await group.next() ?? nil
      group.cancelAll()
      if let first { return first }
      return (.timedOut(timeout), try await group.next()??.messages ?? ExporterMessages())
    }
  }

  private typealias Outcome = (ending: LiveExportError.Ending, messages: ExporterMessages)

  private func outcome(
    of configuration: Configuration, progress: @Sendable (Progress) -> Void
  ) async throws -> Outcome {
    do {
      let result = try await Subprocess.run(
        configuration, input: .none, output: .sequence, error: .combinedWithOutput
      ) { execution in
        var messages = ExporterMessages()
        for try await buffer in execution.standardOutput {
          if messages.append(buffer.withUnsafeBytes(Array.init)), let told = messages.progress {
            progress(told)
          }
        }
        messages.finish()
        return messages
      }
      switch result.terminationStatus {
      case .exited(let status): return (.exited(status), result.closureResult)
      case .signaled(let number): return (.signaled(number), result.closureResult)
      }
    } catch let error as SubprocessError {
      throw LiveExportError.notStarted(
        python: python, reason: error.underlyingError.map { "\($0)" } ?? error.description)
    }
  }

  private func error(_ ending: LiveExportError.Ending, _ messages: ExporterMessages) -> LiveExportError {
    guard case .exited = ending else {
      return .failed(ending, after: messages.progress, lines: messages.lines)
    }
    let refusal = ending == .exited(2) ? messages.refusal : nil
    switch ExporterMessages.missingModule(in: refusal ?? messages.lines.last ?? "") {
    case "focalcheck_exporter": return .noExporter(folder: Self.defaultExporter)
    // A part of a package is missing: installing it once more does not help.
    case let module? where module.contains("."): break
    case let module?:
      return .missingModule(
        module, python: python, package: ExporterPackages.packages(for: module, framework: framework))
    case nil: break
    }
    guard let refusal else { return .failed(ending, after: messages.progress, lines: messages.lines) }
    return refusal.contains("argument --framework: invalid choice: ")
      ? .unknownFramework(refusal: refusal) : .refused(refusal)
  }

  /// Gives an exported fixture the name of its framework and version, such as `torch-2.13.0+cpu.h5`, or else of the framework
  /// that was asked for. Another process reads what it says of itself.
  public func named(_ fixture: FixtureLocation, by pool: WorkerPool) async -> Fixture {
    let provenance = await pool.provenance(of: fixture)
    let names = provenance.map { [$0.framework, $0.frameworkVersion] } ?? [framework]
    // What the file says goes into no path but for these characters.
    let name = names.map { $0.filter { $0.isASCII && ($0.isLetter || $0.isNumber || "+-._".contains($0)) } }
    let destination = "\(fixture.folder)/\(name.joined(separator: "-").prefix(100)).h5"
    let isMoved = (try? FileManager.default.moveItem(atPath: fixture.path, toPath: destination)) != nil
    return Fixture(
      location: FixtureLocation(path: isMoved ? destination : fixture.path), provenance: provenance)
  }
}

extension LiveExport {
  /// Which case the exporter has begun.
  public struct Progress: Hashable, Sendable, CustomStringConvertible {
    /// Which of the cases it is, from 1.
    public let number: Int
    /// How many cases there are.
    public let total: Int
    /// The case's name.
    public let name: String

    /// From a line such as `progress: 3/448 formula.blog.none.f32`; nil when it is another.
    init?(line: String) {
      guard let match = line.wholeMatch(of: #/progress: ([0-9]+)/([0-9]+) (\S+)/#),
        let number = Int(match.1), let total = Int(match.2)
      else { return nil }
      (self.number, self.total, name) = (number, total, String(match.3))
    }

    /// Such as `case 3 of 448, formula.blog.none.f32`.
    public var description: String { "case \(number) of \(total), \(name)" }
  }
}
