import Glibc
import WebSockets

/// Plays the client of the Autobahn test suite: sends back whatever comes, case after case, over the
/// `ServerLink` that the daemon uses.
///
///     auricle-echo ws://127.0.0.1:9001 CASES [FIRST]
@main struct EchoClient {
  static func main() {
    let arguments = CommandLine.arguments
    guard arguments.count >= 3, let cases = Int(arguments[2]) else {
      print("usage: auricle-echo URL CASES [FIRST]")
      exit(2)
    }
    let first = arguments.count > 3 ? Int(arguments[3]) ?? 1 : 1
    do {
      let loop = try EventLoop()
      for number in first...max(first, cases) {
        try Session(loop).run(arguments[1] + "/runCase?case=\(number)&agent=auricle", number)
      }
      try Session(loop).run(arguments[1] + "/updateReports?agent=auricle", nil)
    } catch {
      print("auricle-echo: \(error)")
      exit(1)
    }
  }
}

private final class Session {
  /// The largest message of the suite has 16 MiB.
  private static let largest = 17 << 20

  private let loop: EventLoop
  private var link: ServerLink?

  init(_ loop: EventLoop) { self.loop = loop }

  func run(_ url: String, _ number: Int?) throws(LinkError) {
    let server = try ServerAddress(url: url)
    let link = ServerLink(
      on: loop, subprotocol: "auricle.v1", maximumMessage: Session.largest,
      maximumQueueBytes: 2 * Session.largest
    ) { [unowned self] event in
      switch event {
      case .opened, .pong: break
      case .received(let isText, let bytes): _ = self.link?.send(bytes, isText: isText)
      case .closed(let failure):
        if number == nil || number == 1 { print("closed: \(failure)") }
        loop.stop()
      }
    }
    self.link = link
    link.connect(to: server)
    if !loop.run(atMostMilliseconds: 60_000) {
      print("case \(number ?? 0): not over after a minute")
    }
    self.link = nil
  }
}
