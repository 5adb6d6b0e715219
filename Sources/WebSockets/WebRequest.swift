internal import CWebSockets

/// One small question to a web server over TLS and its small answer; such as for a token. No
/// redirections, no cookies, nothing is kept. One at a time.
public final class WebRequest {
  /// A longer answer is a failure.
  public static let longestAnswer = 16 << 10
  public static let longestBody = 8 << 10

  public enum Outcome {
    case answered(Answer)
    case failed(LinkFailure)
  }

  /// Whatever the status is.
  public struct Answer {
    public let status: Int
    public let body: [UInt8]
    /// What the server wants us to wait before we ask again (`Retry-After`); 0: it did not say.
    public let retryAfterSeconds: Int
  }

  private let loop: EventLoop
  private let approach: Approach
  private let limitMilliseconds: Int64
  private var running: Running?
  private var deadline: Alarm?

  private struct Running {
    let server: ServerAddress
    let clock: ClockReading
    let then: (Outcome) -> Void
    var socket: RequestSocket?
  }

  /// - Parameters:
  ///   - who: what failures call the server.
  ///   - limitMilliseconds: for the whole of it, name lookup to last byte.
  public init(
    on loop: EventLoop, who: String, trust: TLSTrust = TLSTrust(),
    patience: ConnectPatience = ConnectPatience(),
    limitMilliseconds: Int64 = 15_000
  ) {
    self.loop = loop
    self.limitMilliseconds = limitMilliseconds
    approach = Approach(
      on: loop, trust: trust, patience: patience, maximumMessage: WebRequest.longestAnswer,
      who: who)
  }

  deinit { cancel() }

  public var isUnderWay: Bool { running != nil }

  /// - Parameter then: called exactly once, from the loop, unless it is cancelled; the next question
  ///   may be asked from within.
  public func post(
    to server: ServerAddress, headers: [RequestHeader], body: [UInt8], clock: ClockReading = .now,
    then: @escaping (Outcome) -> Void
  ) {
    precondition(running == nil, "the answer before has not come yet")
    precondition(body.count <= WebRequest.longestBody)
    running = Running(server: server, clock: clock, then: then)
    deadline = Alarm(on: loop, afterMilliseconds: limitMilliseconds) { [unowned(unsafe) self] in
      giveUp()
      finish(.timedOut(.upgrade), "more than \(limitMilliseconds / 1_000) s")
    }
    var headers = headers
    if let length = RequestHeader("Content-Length", "\(body.count)") { headers.append(length) }
    approach.begin(
      to: server, at: nil, headers: headers, clock: clock,
      launch: { [unowned(unsafe) self] numeric, host, attempt in
        let socket = RequestSocket(on: loop, sending: body)
        if let code = socket.begin(attempt, at: numeric, through: host) { return code }
        socket.request = self
        running?.socket = socket
        return nil
      }, failed: { [unowned(unsafe) self] in finish(.failed($0)) })
  }

  /// `then` is not called any more.
  public func cancel() {
    giveUp()
    running = nil
  }

  private func giveUp() {
    deadline = nil
    approach.abandon()
    running?.socket?.giveUp()
    running?.socket = nil
  }

  // MARK: What the socket tells

  /// The last step, the server's own thinking, is bounded by the deadline of the whole.
  func socketIsAnswered() { approach.arrived() }

  func socketEnded(_ outcome: RequestSocket.End) {
    running?.socket = nil
    switch outcome {
    case .complete(let answer): finish(.answered(answer))
    case .tooLarge: finish(.tooLarge, "")
    case .cutOff: finish(.closedByPeer(code: 1006), "in the middle of its answer")
    case .neverAnswered(let end): approach.ended(end)
    }
  }

  private func finish(_ kind: LinkFailure.Kind, _ detail: String) {
    guard let running else { return }
    finish(.failed(approach.failure(kind, detail, to: running.server, clock: running.clock)))
  }

  private func finish(_ outcome: Outcome) {
    deadline = nil
    approach.abandon()
    // Outside of lws's calls, where anything may follow.
    loop.later {
      guard let running = self.running else { return }
      self.running = nil
      running.then(outcome)
    }
  }
}

/// The connection of a `WebRequest`.
final class RequestSocket: Endpoint {
  enum End {
    case complete(WebRequest.Answer)
    case tooLarge
    case cutOff
    case neverAnswered(Attempt.End)
  }

  /// Cleared when nobody wants the answer any more.
  unowned(unsafe) var request: WebRequest?
  private let body: [UInt8]
  private var status = 0
  private var answer: [UInt8] = []
  private var retryAfterSeconds = 0

  init(on loop: EventLoop, sending body: [UInt8]) {
    self.body = body
    super.init(on: loop)
  }

  func begin(_ attempt: Attempt, at numeric: String, through host: Host) -> CInt? {
    self.attempt = attempt
    return attempt.begin(self, at: numeric, through: host, method: "POST")
  }

  override func giveUp() {
    request = nil
    super.giveUp()
  }

  // MARK: What lws tells

  override func requestBegins(
    _ wsi: OpaquePointer, _ place: UnsafeMutableRawPointer?, room: Int
  ) -> Bool {
    guard super.requestBegins(wsi, place, room: room) else { return false }
    guard !body.isEmpty else { return true }
    lws_client_http_body_pending(wsi, 1)
    lws_callback_on_writable(wsi)
    return true
  }

  override func writable(_ wsi: OpaquePointer) -> Bool {
    var framed = [UInt8](repeating: 0, count: Int(CWEBSOCKETS_PRE)) + body
    lws_client_http_body_pending(wsi, 0)
    return framed.withUnsafeMutableBufferPointer {
      lws_write(
        wsi, $0.baseAddress! + Int(CWEBSOCKETS_PRE), body.count, LWS_WRITE_HTTP_FINAL) >= 0
    }
  }

  override func answered(_ wsi: OpaquePointer) {
    status = Int(lws_http_client_http_response(wsi))
    attempt?.hear(wsi)
    retryAfterSeconds = attempt?.retryAfterSeconds ?? 0
    attempt?.opened()
    request?.socketIsAnswered()
  }

  override func readableAnswer(_ wsi: OpaquePointer) -> Bool {
    // With room of its own lws may read for somebody else into, chunk by chunk.
    var piece = [CChar](repeating: 0, count: 2_048)
    return piece.withUnsafeMutableBufferPointer {
      var place = $0.baseAddress
      var size = CInt($0.count)
      return lws_http_client_read(wsi, &place, &size) >= 0
    }
  }

  override func receivedAnswer(_ bytes: UnsafeRawBufferPointer) -> Bool {
    guard answer.count + bytes.count <= WebRequest.longestAnswer else {
      end(.tooLarge)
      return false
    }
    answer.append(contentsOf: bytes)
    return true
  }

  override func answerIsComplete() {
    end(
      .complete(
        WebRequest.Answer(status: status, body: answer, retryAfterSeconds: retryAfterSeconds)))
  }

  override func failed(_ wsi: OpaquePointer, _ reason: String) {
    attempt?.isClosing(wsi)
    guard let attempt else { return }
    end(.neverAnswered(attempt.end(reason)))
  }

  override func closed(_ wsi: OpaquePointer) {
    attempt?.isClosing(wsi)
    gone()
  }

  override func released() {
    gone()
    super.released()
  }

  private func gone() {
    guard status == 0, let attempt else { return end(.cutOff) }
    end(.neverAnswered(attempt.end("the server hung up")))
  }

  private func end(_ end: End) {
    attempt?.end()
    guard let request else { return }
    self.request = nil
    request.socketEnded(end)
  }
}
