import ArgumentParser

/// A command that opens HDF5 files in its own process. The program runs it in another one, so that a crash of libhdf5 is a
/// message and an exit code.
protocol Guardable: ParsableCommand {
  /// How many seconds it may take.
  var deadline: Int { get }
}

/// How long a command may take that reads files.
struct ReadingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("How long it may take; what it reads could not be read then.", valueName: "seconds"))
  var deadline = 900

  func validate() throws { try validate(deadline: deadline) }
}
