internal import ControlProtocol
internal import Linux
internal import VoiceCore
internal import WebSockets

/// Answers `auricle` on the control socket and tells watchers what happens.
final class ControlServer {
  /// More callers than this wait in the kernel's queue.
  static let mostClients = 16

  private final class Client {
    let socket: FileDescriptor
    var reader = BlockReader()
    var watch: Watch?
    var wantsEvents = false
    var wantsLevels = false
    var wantsWords = false
    /// For an answer that takes its time.
    var isWaiting = false
    init(_ socket: consuming FileDescriptor) { self.socket = socket }
  }

  private let loop: EventLoop
  private let listener: Int32
  /// Nil: it will be delivered.
  private let answer: (ControlRequest) -> Fields?
  /// Whoever waited for a delivery is gone.
  private let abandoned: () -> Void
  /// What a new watcher is told first: how things stand.
  private let greeting: () -> Happening
  private var clients: [Client] = []
  private var buffer = [UInt8](repeating: 0, count: 4_096)

  init(
    on loop: EventLoop, listener: borrowing FileDescriptor,
    greeting: @escaping () -> Happening, answer: @escaping (ControlRequest) -> Fields?,
    abandoned: @escaping () -> Void = {}
  ) throws(LinkError) {
    self.abandoned = abandoned
    self.loop = loop
    self.listener = listener.number
    self.greeting = greeting
    self.answer = answer
    _ = try loop.watch(self.listener) { self.accept() }
  }

  var hasWatchers: Bool {
    for client in clients where client.wantsEvents { return true }
    return false
  }

  func publish(_ happening: Happening) {
    guard !clients.isEmpty else { return }
    let isLevel = happening.fields.event?.isSame(as: "level") ?? false
    for client in clients where client.wantsEvents && (!isLevel || client.wantsLevels) {
      tell(client, happening)
    }
  }

  private func tell(_ client: Client, _ happening: Happening) {
    var fields = happening.fields
    if client.wantsWords, let words = happening.words { fields.add("text", words.words) }
    send(fields, to: client)
  }

  /// The answer that somebody waits for: one at a time does.
  func deliver(_ fields: Fields) {
    for client in clients where client.isWaiting {
      client.isWaiting = false
      return send(fields, to: client)
    }
  }

  private func accept() {
    do throws(LinuxError) {
      guard let socket = try UnixSocket.accept(on: listener) else { return }
      // Whoever only holds the line makes room for whoever calls.
      if clients.count >= ControlServer.mostClients,
        let idle = clients.first(where: { !$0.wantsEvents && !$0.isWaiting })
      {
        forget(idle)
      }
      guard clients.count < ControlServer.mostClients else {
        return refuse(socket, "too many callers: \(ControlServer.mostClients) are served at once")
      }
      let client = Client(socket)
      do throws(LinkError) {
        client.watch = try loop.watch(client.socket.number) { self.read(client) }
        clients.append(client)
      } catch {
        Log.warning("control refused reason=\(Log.quoted(error.description))")
      }
    } catch {
      Log.warning("control failed reason=\(Log.quoted(error.description))")
    }
  }

  private func refuse(_ socket: borrowing FileDescriptor, _ sentence: String) {
    // Its buffer is empty, so this either fits or there is nobody left to tell.
    do throws(LinuxError) {
      _ = try socket.write(Fields.failure(sentence).encode()[...])
    } catch {
      Log.warning("control refused reason=\(Log.quoted(error.description))")
    }
  }

  private func read(_ client: Client) {
    do throws(LinuxError) {
      guard let count = try client.socket.read(into: &buffer, limit: buffer.count) else { return }
      guard count > 0 else { return forget(client) }
      client.reader.append(buffer[..<count])
    } catch {
      return forget(client)
    }
    do throws(ControlError) {
      while let fields = try client.reader.next() { serve(fields, to: client) }
    } catch {
      // Where the next request would begin is not known any more.
      send(Fields.failure(error.description), to: client)
      forget(client)
    }
  }

  private func serve(_ fields: Fields, to client: Client) {
    guard !client.isWaiting else {
      // Answers come in the order of the questions, or nobody knows which is which.
      send(
        Fields.failure("one request at a time: the answer to the last is on its way"), to: client)
      return forget(client)
    }
    let request: ControlRequest
    do throws(ControlError) { request = try ControlRequest.parse(fields) } catch {
      return send(Fields.failure(error.description), to: client)
    }
    guard let fields = answer(request) else {
      client.isWaiting = true
      return
    }
    send(fields, to: client)
    if case .watch(let levels, let words) = request {
      client.wantsEvents = true
      client.wantsLevels = levels
      client.wantsWords = words
      tell(client, greeting())
    }
  }

  /// A caller that does not read what it asked for is let go: nothing here waits or grows for it.
  private func send(_ fields: Fields, to client: Client) {
    let bytes = fields.encode()
    do throws(LinuxError) {
      if try client.socket.write(bytes[...]) == bytes.count { return }
    } catch {
      // It hung up.
    }
    forget(client)
  }

  private func forget(_ client: Client) {
    if let watch = client.watch { loop.unwatch(watch) }
    client.watch = nil
    client.wantsEvents = false
    clients.removeAll { $0 === client }
    if client.isWaiting {
      client.isWaiting = false
      abandoned()
    }
  }
}
