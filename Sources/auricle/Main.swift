internal import Console
internal import Linux
internal import Replay

/// The technician's command line: everything it does is in Console.
@main
struct Main {
  static func main() { run() }

  private static func run() {
    // The end of a pipe is told by the write that fails.
    Process.ignoreBrokenPipes()
    let stop = StopKeys()
    var console = Console(
      screen: .standard(), stop: { () throws(Failure) in try stop.open() },
      process: { ProcessCommand.run($0) })
    // The daemon of the same build lies beside it.
    if let folder = Process.program?.utf8.split(separator: UInt8(ascii: "/")).dropLast() {
      let beside = folder.map { "/" + String(decoding: $0, as: UTF8.self) }.joined() + "/auricled"
      if Files.exists(beside) { console.daemon = beside }
    }
    Process.exit(console.run(Array(Process.arguments.dropFirst())))
  }
}

/// Ctrl-C as something to read, from the moment somebody asks for it.
final class StopKeys {
  private var signals: StopSignals?

  func open() throws(Failure) -> Int32 {
    do throws(LinuxError) {
      let opened = try StopSignals.open()
      let number = opened.number
      signals = consume opened
      return number
    } catch {
      throw .unreachable(error)
    }
  }
}
