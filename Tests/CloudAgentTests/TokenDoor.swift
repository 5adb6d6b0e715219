import Linux
import TestSupport
import Testing
import WebSockets
import WireProtocols

@testable import CloudAgent

/// Certificates and devices for one agent, which asks whoever comes for a token.
final class TokenDoor {
  let clock = TestClock()
  let secret: String
  private let folder: ScratchFolder
  private(set) var agent: TestAgent!

  struct Answer {
    let status: Int
    let head: String
    let body: String
    /// What the client's TLS said.
    let errors: String
  }

  init(_ change: (inout AgentOptions) -> Void = { _ in }) throws {
    folder = try ScratchFolder()
    let made = try DeviceSecret.make(for: "kiosk-7")
    secret = made.secret
    try Files.replace(path("devices"), with: Array("\(made.line)\nkiosk-8 -\n".utf8))
    try authority("authority")
    try certificate("agent", for: "/CN=agent", of: "authority", "subjectAltName=DNS:localhost")
    try restart(change)
  }

  /// Another agent in its place, with the same files.
  func restart(_ change: (inout AgentOptions) -> Void = { _ in }) throws {
    agent = nil
    agent = try TestAgent(clock: clock.clock) {
      $0.isEcho = true
      $0.certificate = path("agent.pem")
      $0.key = path("agent.key")
      $0.devices = path("devices")
      $0.deviceAuthority = path("authority.pem")
      change(&$0)
    }
  }

  func path(_ name: String) -> String { folder.path + "/" + name }

  // MARK: Certificates

  func authority(_ name: String) throws {
    try shell(
      "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes "
        + "-keyout \(path(name)).key -out \(path(name)).pem -days 30 -subj '/CN=\(name)'")
  }

  func certificate(
    _ file: String, for subject: String, of authority: String, _ extension: String? = nil,
    days: Int = 30
  ) throws {
    let file = path(file)
    let authority = path(authority)
    let added = `extension`.map { "-addext '\($0)'" } ?? ""
    try shell(
      "openssl req -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout \(file).key "
        + "-out \(file).csr -subj '\(subject)' \(added) && openssl x509 -req -in \(file).csr "
        + "-CA \(authority).pem -CAkey \(authority).key -CAcreateserial -copy_extensions copy "
        + "-days \(days) -out \(file).pem")
  }

  // MARK: Requests

  /// Through the openssl program, over TLS; the server hangs up at the end.
  func ask(_ request: String, showing certificate: String? = nil) throws -> Answer {
    try Files.replace(path("request"), with: Array(request.utf8))
    let shown = certificate.map { "-cert \(path($0)).pem -key \(path($0)).key" } ?? ""
    let said = try shell(
      "openssl s_client -quiet -verify_quiet -verify_return_error -connect 127.0.0.1:\(agent.port) "
        + "-servername localhost -CAfile \(path("authority")).pem \(shown) < \(path("request")) "
        + "2> \(path("errors")); true")
    let parts = said.split(separator: "\r\n\r\n", maxSplits: 1, omittingEmptySubsequences: false)
    return Answer(
      status: Int(said.split(separator: " ").dropFirst().first ?? "") ?? 0,
      head: String(parts[0]), body: parts.count > 1 ? String(parts[1]) : "",
      errors: String(decoding: try Files.read(path("errors")), as: UTF8.self))
  }

  func post(
    device: String? = "kiosk-7", secret: String? = nil, showing certificate: String? = nil
  ) throws -> Answer {
    let body = device.map { "{\"device\":\"\($0)\"}" } ?? ""
    let proof = secret.map { "Authorization: Bearer \($0)\r\n" } ?? ""
    return try ask(
      "POST /token HTTP/1.1\r\nHost: localhost:\(agent.port)\r\n\(proof)"
        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)", showing: certificate)
  }

  /// As the device reads it.
  func grant(secret: String) throws -> SessionGrant {
    try BrokerAnswer.read(Array(try post(secret: secret).body.utf8))
  }

  /// As the device asks: with its own client, by its secret or its certificate.
  func fetch(
    on loop: EventLoop, secret: String? = nil, showing certificate: String? = nil
  ) throws -> WebRequest.Outcome {
    var trust = TLSTrust(caFile: path("authority.pem"))
    trust.certificateFile = certificate.map { path("\($0).pem") }
    trust.keyFile = certificate.map { path("\($0).key") }
    let request = WebRequest(on: loop, who: "the broker", trust: trust)
    var outcome: WebRequest.Outcome?
    let proof = secret.flatMap { RequestHeader("Authorization", "Bearer \($0)") }
    request.post(
      to: try ServerAddress(https: "https://localhost:\(agent.port)/token"),
      headers: proof.map { [$0] } ?? [],
      body: secret == nil ? [] : Array("{\"device\":\"kiosk-7\"}".utf8)
    ) {
      outcome = $0
      loop.stop()
    }
    try #require(loop.run(atMostMilliseconds: 30_000))
    return try #require(outcome)
  }

  /// With the device's own link; nil when it was let in.
  func knock(on loop: EventLoop, with headers: [SessionGrant.Header] = []) throws -> LinkFailure? {
    var end: LinkFailure?
    let link = ServerLink(
      on: loop, trust: TLSTrust(caFile: path("authority.pem")),
      subprotocol: NativeDevice.subprotocol, maximumMessage: 65_536, maximumQueueBytes: 65_536
    ) { event in
      if case .closed(let failure) = event { end = failure }
      loop.stop()
    }
    link.connect(
      to: try ServerAddress(url: "wss://localhost:\(agent.port)\(Agent.path)"),
      headers: headers.compactMap { RequestHeader($0.name, $0.value) })
    try #require(loop.run(atMostMilliseconds: 30_000))
    return end
  }

  @discardableResult
  private func shell(_ line: String) throws -> String {
    var child = try ChildProcess.start(
      "sh", ["-c", line], captureOutput: true, errorFile: path("shell.log"))
    var all: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4_096)
    while let count = try child.output?.read(into: &piece, limit: piece.count), count > 0 {
      all += piece[..<count]
    }
    let code = child.wait()
    let told = String(decoding: try Files.read(path("shell.log")), as: UTF8.self)
    try #require(code == 0, "\(line): \(told)")
    return String(decoding: all, as: UTF8.self)
  }
}
