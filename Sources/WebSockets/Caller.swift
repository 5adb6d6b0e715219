internal import CWebSockets

/// A caller of a `SocketServer` from the first packet on, until it is let in as a `ServedSocket`, has
/// been answered, or is cut off.
final class Caller: Endpoint {
  /// A longer header of those we look at is as good as none.
  static let longestHeader = 2_048

  let peer: String
  let neighbour: UInt64
  /// Given to it by `Service.admit`.
  var guest: AnyObject?
  private let door: SocketServer.Door
  private var patience: Alarm?
  private var asked: SocketServer.Request?
  private var expected = 0
  private var hasLeft = false

  init(on loop: EventLoop, descriptor: CInt, at door: SocketServer.Door) {
    self.door = door
    peer = SocketServer.Door.address(of: descriptor)
    neighbour = cwebsockets_neighbour(descriptor)
    super.init(on: loop)
  }

  func began(_ wsi: OpaquePointer, patience milliseconds: Int64) {
    self.wsi = wsi
    patience = Alarm(on: loop, afterMilliseconds: milliseconds) {
      [unowned(unsafe) self] in
      if let wsi = self.wsi { EventLoop.kill(wsi) }
    }
  }

  /// The connection is gone, whatever became of it.
  func leave() {
    guard !hasLeft else { return }
    hasLeft = true
    door.left(neighbour)
  }

  override func released() {
    patience = nil
    super.released()
    leave()
  }

  // MARK: What lws tells

  override func refusedCertificate(code: CInt) {
    let reason = String(cString: X509_verify_cert_error_string(Int(code)))
    door.server?.onTrouble(.badCertificate(from: peer, reason: reason))
  }

  override func hears(
    _ wsi: OpaquePointer, _ reason: lws_callback_reasons, _ input: UnsafeMutableRawPointer?,
    _ length: Int
  ) -> CInt {
    switch reason {
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE:
      return door.server?.judge(wsi, self, upgrade: input) ?? -1
    case LWS_CALLBACK_ESTABLISHED:
      guard let server = door.server else { return -1 }
      patience = nil
      loop.disown(self)
      return server.letIn(wsi, self) ? 0 : -1
    case LWS_CALLBACK_HTTP:
      guard let server = door.server else { return -1 }
      return begin(wsi, server)
    case LWS_CALLBACK_HTTP_BODY:
      guard asked != nil, let input, length > 0 else { return 0 }
      asked?.body.append(contentsOf: UnsafeRawBufferPointer(start: input, count: length))
      return asked!.body.count <= expected ? 0 : -1
    case LWS_CALLBACK_HTTP_BODY_COMPLETION:
      guard let server = door.server, let service = server.service, let request = asked else {
        return -1
      }
      asked = nil
      return respond(wsi, service.answer(request))
    default: return 0
    }
  }

  // MARK: Requests

  private func begin(_ wsi: OpaquePointer, _ server: SocketServer) -> CInt {
    asked = nil
    guard let service = server.service, isFor(service.path, wsi) else {
      return respond(wsi, .problem(404, "not_found", "there is nothing here"))
    }
    guard lws_hdr_total_length(wsi, WSI_TOKEN_POST_URI) > 0 else {
      return respond(
        wsi, .problem(405, "method", "use POST for \(service.path)", headers: ["Allow: POST"]))
    }
    // lws takes no body in chunks.
    guard lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) == 0,
      lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH) > 0
    else {
      return respond(wsi, .problem(411, "length", "say the length of the body in Content-Length"))
    }
    guard let digits = header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH),
      let length = Caller.number(digits)
    else { return respond(wsi, .problem(400, "length", "Content-Length is not a number")) }
    guard length <= SocketServer.Service.longestBody else {
      let most = SocketServer.Service.longestBody
      return respond(
        wsi,
        .problem(413, "too_large", "the body has \(length) bytes, allowed are \(most)"))
    }
    expected = length
    asked = request(wsi)
    return 0
  }

  private func isFor(_ path: String, _ wsi: OpaquePointer) -> Bool {
    var uri: UnsafeMutablePointer<CChar>?
    var length: CInt = 0
    guard lws_http_get_uri_and_method(wsi, &uri, &length) >= 0, let uri, length > 0 else {
      return false
    }
    return UnsafeRawBufferPointer(start: uri, count: Int(length)).elementsEqual(path.utf8)
  }

  func request(_ wsi: OpaquePointer) -> SocketServer.Request {
    SocketServer.Request(
      peer: peer, neighbour: neighbour, host: header(wsi, WSI_TOKEN_HOST),
      authorization: header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION), certificate: certificate(wsi))
  }

  private func certificate(_ wsi: OpaquePointer) -> SocketServer.Certificate {
    var name = [CChar](repeating: 0, count: 128)
    let length = Int(cwebsockets_caller_name(wsi, &name, CInt(name.count)))
    guard length != 0 else { return .none }
    guard length > 0,
      let text = String(
        validating: name[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    else { return .nameless }
    return .of(name: text)
  }

  func header(_ wsi: OpaquePointer, _ token: lws_token_indexes) -> [UInt8]? {
    let length = Int(lws_hdr_total_length(wsi, token))
    guard length > 0, length <= Caller.longestHeader else { return nil }
    var text = [CChar](repeating: 0, count: length + 1)
    guard lws_hdr_copy(wsi, &text, CInt(text.count), token) == length else { return nil }
    return text.prefix(length).map { UInt8(bitPattern: $0) }
  }

  /// Digits only, at most nine.
  private static func number(_ digits: [UInt8]) -> Int? {
    guard (1...9).contains(digits.count) else { return nil }
    var number = 0
    for digit in digits {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(digit) else { return nil }
      number = number * 10 + Int(digit - UInt8(ascii: "0"))
    }
    return number
  }

  // MARK: Answers

  /// Writes the whole answer; the result makes lws hang up once it is sent.
  func respond(_ wsi: OpaquePointer, _ response: SocketServer.Response) -> CInt {
    var head = "HTTP/1.1 \(response.status) \(Caller.phrase(response.status))\r\n"
    head += "Content-Type: application/json\r\nContent-Length: \(response.body.count)\r\n"
    head += "Cache-Control: no-store\r\nConnection: close\r\n"
    for header in response.headers { head += header + "\r\n" }
    head += "\r\n"
    let room = Int(CWEBSOCKETS_PRE)
    var bytes = [UInt8](repeating: 0, count: room)
    bytes += Array(head.utf8)
    bytes += response.body
    _ = bytes.withUnsafeMutableBufferPointer {
      lws_write(wsi, $0.baseAddress! + room, $0.count - room, LWS_WRITE_HTTP_FINAL)
    }
    return -1
  }

  private static func phrase(_ status: Int) -> String {
    switch status {
    case 200: return "OK"
    case 400: return "Bad Request"
    case 401: return "Unauthorized"
    case 404: return "Not Found"
    case 405: return "Method Not Allowed"
    case 411: return "Length Required"
    case 413: return "Content Too Large"
    case 429: return "Too Many Requests"
    case 503: return "Service Unavailable"
    default: return "Error"
    }
  }
}

extension SocketServer.Response {
  /// `{error, message}`; neither may hold quotes, backslashes or control characters.
  public static func problem(
    _ status: Int, _ error: String, _ message: String, headers: [String] = []
  ) -> Self {
    Self(
      status: status, body: Array("{\"error\":\"\(error)\",\"message\":\"\(message)\"}".utf8),
      headers: headers)
  }
}
