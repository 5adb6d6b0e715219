internal import WebSockets
internal import WireProtocols

/// What the broker decided, as HTTP says it (docs/protocol/BROKER.md).
enum BrokerReply {
  static func granted(_ grant: Broker.Grant) -> SocketServer.Response {
    var writer = JSONWriter()
    writer.openObject()
    writer.add("url", grant.url)
    writer.openObject("headers")
    writer.add("Authorization", "Bearer \(grant.text)")
    writer.closeObject()
    writer.add("expires_at", grant.token.expires)
    writer.add("expires_in_ms", grant.token.expires - grant.token.issued)
    writer.add("profile", NativeAgent.subprotocol)
    writer.openObject("session_overrides")
    if let longest = grant.token.longestTurn { writer.add("max_turn_ms", Int64(longest)) }
    writer.closeObject()
    writer.closeObject()
    return .init(status: 200, body: writer.bytes)
  }

  static func refused(_ refusal: Broker.Refusal) -> SocketServer.Response {
    switch refusal {
    case .badRequest(let what): return problem(400, "bad_request", what)
    // One answer, whoever it was and whatever was wrong.
    case .unauthorized, .lockedOut:
      return problem(
        401, "unauthorized",
        "no device is known by this name and this proof; show a client certificate, or its name as "
          + "device in the body and its secret as Authorization: Bearer SECRET",
        ["WWW-Authenticate: Bearer"])
    // Whoever has the certificate can read what is in it.
    case .otherName(let name, let device):
      return problem(
        401, "unauthorized",
        "the certificate is for \(name), the request for \(device): device.name must be the certificate's",
        ["WWW-Authenticate: Bearer"])
    case .tooMany(let wait, _):
      return problem(
        429, "too_many", "too many requests; the next is answered in \(wait) ms",
        ["Retry-After: \((wait + 999) / 1_000)"])
    case .noToken:
      return problem(
        401, "token_missing",
        "connect with Authorization: Bearer TOKEN; POST \(Reception.path) gives a token",
        ["WWW-Authenticate: Bearer error_description=\"token_missing\""])
    case .badToken:
      return problem(
        401, "token_bad", "this token is none of ours; get another from \(Reception.path)",
        ["WWW-Authenticate: Bearer error=\"invalid_token\", error_description=\"token_bad\""])
    case .expiredToken:
      return problem(
        401, "token_expired", "this token has expired; get another from \(Reception.path)",
        ["WWW-Authenticate: Bearer error=\"invalid_token\", error_description=\"token_expired\""])
    case .noRandomBytes:
      return problem(
        503, "unavailable", "no tokens can be made now",
        ["Retry-After: \(SocketServer.Limits.retryAfterSeconds)"])
    }
  }

  private static func problem(
    _ status: Int, _ error: String, _ message: String, _ headers: [String] = []
  ) -> SocketServer.Response {
    var writer = JSONWriter()
    writer.openObject()
    writer.add("error", error)
    writer.add("message", message)
    writer.closeObject()
    return .init(status: status, body: writer.bytes, headers: headers)
  }
}
