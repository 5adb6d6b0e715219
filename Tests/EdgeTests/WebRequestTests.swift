import Linux
import Testing

@testable import WebSockets

/// Asks, and keeps what came of it.
private final class Asker {
  let bench: LinkBench
  let request: WebRequest
  private(set) var outcomes: [WebRequest.Outcome] = []

  init(trust: TLSTrust = TLSTrust(), limitMilliseconds: Int64 = 15_000) throws {
    bench = try LinkBench()
    request = WebRequest(
      on: bench.loop, who: "the broker", trust: trust, limitMilliseconds: limitMilliseconds)
  }

  /// Without TLS, which is for these tests only: `ServerAddress(https:)` has no such thing.
  func ask(plain port: Int32, _ body: String = "{}", headers: [RequestHeader] = []) throws {
    try ask(
      ServerAddress("http://127.0.0.1:\(port)/token", secure: "https://", plain: "http://"), body,
      headers)
  }

  func ask(_ address: ServerAddress, _ body: String, _ headers: [RequestHeader] = []) throws {
    request.post(to: address, headers: headers, body: Array(body.utf8)) { [unowned self] in
      outcomes.append($0)
      bench.onEvent()
    }
    let count = outcomes.count + 1
    try bench.wait { self.outcomes.count == count }
    #expect(!request.isUnderWay)
  }

  var answer: (status: Int, body: String)? {
    guard case .answered(let answer)? = outcomes.last else { return nil }
    return (answer.status, String(decoding: answer.body, as: UTF8.self))
  }

  var failure: LinkFailure? {
    guard case .failed(let failure)? = outcomes.last else { return nil }
    return failure
  }
}

@Suite(.serialized) struct WebRequestTests {
  @Test func aQuestionIsAnsweredOverTLS() throws {
    let authority = try TestAuthority()
    let ours = try authority.certificate("DNS:kiosk-7")
    let server = try PythonServer(authority, authority.certificate())
    let trust = TLSTrust(
      caFile: authority.file, certificateFile: ours.file, keyFile: ours.key)
    let asker = try Asker(trust: trust)
    let header = try #require(RequestHeader("Authorization", "Bearer hush"))
    let address = try ServerAddress(https: "https://localhost:\(server.port)/token")
    for body in ["{\"device\":\"kiosk-7\"}", "", String(repeating: "x", count: 8_000)] {
      try asker.ask(address, body, [header])
      let answer = try #require(asker.answer, "\(asker.outcomes)")
      #expect(answer.status == 201)
      #expect(answer.body == "/token Bearer hush \(body)")
    }
    let stranger = try Asker(trust: TLSTrust(caFile: authority.file))
    try stranger.ask(address, "{}")
    #expect(stranger.failure?.kind == .tls(.clientRefused), "\(stranger.outcomes)")
    #expect(stranger.failure?.advice.contains("the broker") == true)
  }

  @Test func aServerThatIsNotWhoItSaysGetsNoSecret() throws {
    let authority = try TestAuthority()
    let other = try TestAuthority("Somebody else")
    let server = try OpenSSLServer(authority.certificate("DNS:elsewhere"))
    let address = try ServerAddress(https: "https://localhost:\(server.port)/token")
    let asker = try Asker(trust: TLSTrust(caFile: authority.file))
    try asker.ask(address, "{}")
    #expect(asker.failure?.kind == .tls(.wrongName))
    let unknown = try Asker(trust: TLSTrust(caFile: other.file))
    try unknown.ask(address, "{}")
    #expect(unknown.failure?.kind == .tls(.unknownAuthority))
  }

  @Test(arguments: [
    ("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", 200, "hi"),
    ("HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n", 401, ""),
    ("HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 1\r\n\r\nx", 302, "x"),
    (
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n3\r\n yo\r\n0\r\n\r\n", 200,
      "hi yo"
    ),
  ])
  func answersAreRead(answer: String, status: Int, body: String) throws {
    let asker = try Asker()
    let server = try RawServer(on: asker.bench.loop) { $0.hasSuffix("{}") ? answer : nil }
    try asker.ask(plain: server.port)
    let got = try #require(asker.answer, "\(asker.outcomes)")
    #expect(got.status == status && got.body == body)
    #expect(server.request.hasPrefix("POST /token HTTP/1.1\r\n"))
    #expect(server.request.lowercased().contains("\r\ncontent-length: 2\r\n"))
  }

  @Test(arguments: [
    ("Retry-After: 40\r\n", 40), ("retry-after:7\r\n", 7), ("", 0), ("Retry-After: soon\r\n", 0),
    ("Retry-After: 9999999999999\r\n", 600), ("Retry-After: -5\r\n", 0),
    ("Retry-After: Fri, 31 Dec 2027 23:59:59 GMT\r\n", 0),
  ])
  func aServerThatWantsToBeLeftAloneIsHeard(header: String, seconds: Int) throws {
    let asker = try Asker()
    let server = try RawServer(on: asker.bench.loop) {
      $0.hasSuffix("{}")
        ? "HTTP/1.1 429 Too Many Requests\r\n\(header)Content-Length: 2\r\n\r\n{}" : nil
    }
    try asker.ask(plain: server.port)
    guard case .answered(let answer)? = asker.outcomes.last else {
      Issue.record("\(asker.outcomes)")
      return
    }
    #expect((answer.status, answer.retryAfterSeconds) == (429, seconds))
  }

  @Test func anAnswerEndsWithTheConnectionWhenNothingElseSaysWhere() throws {
    let asker = try Asker()
    let server = try RawServer(on: asker.bench.loop) {
      $0.hasSuffix("then hang up") ? "HTTP/1.0 200 OK\r\n\r\nhello" : nil
    }
    try asker.ask(plain: server.port, "then hang up")
    #expect(asker.answer?.body == "hello", "\(asker.outcomes)")
  }

  @Test func anAnswerThatIsTooLongIsRefused() throws {
    let asker = try Asker()
    let long = String(repeating: "x", count: WebRequest.longestAnswer + 1)
    let server = try RawServer(on: asker.bench.loop) { request in
      guard request.hasSuffix("{}") else { return nil }
      return "HTTP/1.1 200 OK\r\nContent-Length: \(long.utf8.count)\r\n\r\n\(long)"
    }
    try asker.ask(plain: server.port)
    #expect(asker.failure?.kind == .tooLarge, "\(asker.outcomes)")
  }

  @Test(arguments: [
    "FFFFFFFF\r\nxxxxxxxxxxxx", "80000000\r\nxx", "FFFFFFFFFFFFFFF0\r\nxxxx", "-1\r\nxx", "z\r\n",
  ])
  func hostileChunksAreAnEnd(chunk: String) throws {
    let asker = try Asker(limitMilliseconds: 1_000)
    let server = try RawServer(on: asker.bench.loop) {
      $0.hasSuffix("then hang up")
        ? "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n\(chunk)" : nil
    }
    try asker.ask(plain: server.port, "then hang up")
    #expect(asker.failure != nil, "\(asker.outcomes)")
  }

  @Test func halfAnAnswerIsNone() throws {
    let asker = try Asker()
    let server = try RawServer(on: asker.bench.loop) {
      $0.hasSuffix("then hang up") ? "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf" : nil
    }
    try asker.ask(plain: server.port, "then hang up")
    #expect(asker.failure?.kind == .closedByPeer(code: 1006), "\(asker.outcomes)")
    // Nor is no answer at all.
    let mute = try RawServer(on: asker.bench.loop) { _ in RawServer.hangUp }
    try asker.ask(plain: mute.port)
    #expect(asker.failure?.kind == .closedByPeer(code: 1006), "\(asker.outcomes)")
  }

  @Test func theWholeHasADeadline() throws {
    let asker = try Asker(limitMilliseconds: 200)
    let server = try RawServer(on: asker.bench.loop) {
      $0.hasSuffix("{}") ? "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf" : nil
    }
    try asker.ask(plain: server.port)
    #expect(asker.failure?.kind == .timedOut(.upgrade), "\(asker.outcomes)")
  }

  @Test func nothingComesOfWhatIsCancelled() throws {
    let asker = try Asker()
    let server = try RawServer(on: asker.bench.loop) { _ in nil }
    let address = try ServerAddress(
      "http://127.0.0.1:\(server.port)/", secure: "https://", plain: "http://")
    for wait: Int64 in [0, 1, 5, 20] {
      asker.request.post(to: address, headers: [], body: []) { _ in Issue.record("cancelled") }
      asker.bench.linger(milliseconds: wait)
      asker.request.cancel()
      asker.bench.linger(milliseconds: 20)
      #expect(!asker.request.isUnderWay)
    }
    #expect(asker.outcomes.isEmpty)
  }
}

/// A web server of Python's over TLS that wants to know who calls, and says back what it was told.
private final class PythonServer {
  private var process: ChildProcess
  let port: Int32

  init(_ authority: TestAuthority, _ certificate: TestAuthority.Certificate) throws {
    let script = try authority.folder.file(
      "server.py",
      """
      from http import server as web
      from ssl import CERT_REQUIRED, PROTOCOL_TLS_SERVER, SSLContext
      from sys import argv

      class Handler(web.BaseHTTPRequestHandler):
          protocol_version = "HTTP/1.1"

          def do_POST(self):
              body = self.rfile.read(int(self.headers["Content-Length"]))
              answer = f"{self.path} {self.headers['Authorization']} ".encode() + body
              self.send_response(201)
              self.send_header("Content-Length", str(len(answer)))
              self.end_headers()
              self.wfile.write(answer)

      context = SSLContext(PROTOCOL_TLS_SERVER)
      context.load_cert_chain(argv[1], argv[2])
      context.load_verify_locations(argv[3])
      context.verify_mode = CERT_REQUIRED
      server = web.HTTPServer(("127.0.0.1", 0), Handler)
      server.socket = context.wrap_socket(server.socket, server_side=True)
      print(server.server_port, flush=True)
      server.serve_forever()
      """)
    process = try ChildProcess.start(
      "python3", [script, certificate.file, certificate.key, authority.file], captureOutput: true,
      errorFile: "/dev/null")
    var said = [UInt8](repeating: 0, count: 64)
    let count = try #require(try process.output?.read(into: &said, limit: said.count))
    let line = String(decoding: said[..<count], as: UTF8.self)
    port = try #require(Int32(line.split(separator: "\n").first ?? ""))
  }

  deinit { process.stop() }
}
