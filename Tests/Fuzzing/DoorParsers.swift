import CloudAgent
import WebSockets

extension Parser {
  /// `RetryAfter` and `Challenge`: what a server that lets nobody in says of it.
  static let headers = Parser(
    "headers", longest: 256,
    seeds: {
      [
        "120", "0600", "Wed, 21 Oct 2026 07:28:00 GMT", "99999999999999999999",
        #"Bearer realm="auricle", error="invalid_token", error_description="the token has expired""#,
        #"Bearer error_description="a \"b""#, #"error_description=""#,
      ].map { Array($0.utf8) }
    }
  ) { input throws(Broken) in
    let seconds = RetryAfter.seconds(input)
    try hold(0...RetryAfter.longestSeconds ~= seconds, "a wait of \(seconds) s")
    let complaint = Challenge.complaint(input)
    try hold(
      complaint.utf8.count <= Challenge.longestComplaint
        && complaint.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "a complaint unfit for a log")
    return 2
  }

  /// What stands at the agent's door: `Broker`'s headers, `SessionToken` and `DeviceList`.
  static let door = Parser(
    "door", longest: 512,
    seeds: {
      let list =
        "# ours\nkiosk-1 \(String(repeating: "0a", count: 32)) sessions=3\nkiosk-2 -\nkiosk-3 refused\n"
      return [
        [0] + Array("Bearer abc".utf8), [1] + Array("agent.example:7700".utf8),
        [1] + Array("[fe80::1]:443".utf8), [2] + Array("SGVsbG8-_w".utf8), [3, 1, 4, 2, 200],
        [4] + Array("kiosk-1".utf8), [5] + Array(list.utf8),
      ]
    }
  ) { input throws(Broken) in
    var choices = Choices(input)
    switch choices.pick(6) {
    case 0:
      let header = choices.rest()
      guard let word = Broker.bearer(header) else { return 1 }
      try hold(!word.isEmpty && header.suffix(word.count).elementsEqual(word), "another's word")
    case 1:
      let host = choices.rest()
      guard Broker.isPlain(host) else { return 1 }
      let url = "wss://\(String(decoding: host, as: UTF8.self))/"
      // What a device is told to call leads nowhere else, if anywhere.
      if let address = try? ServerAddress(url: url) {
        try hold(address.path == "/", "a host that brings its own path")
        try hold(
          host.starts(with: [UInt8(ascii: "[")]) || host.starts(with: address.host.utf8),
          "a host that is not the one it was")
      }
    case 2:
      let text = choices.rest()
      guard let bytes = Base64URL.decode(text) else { return 1 }
      try hold(Base64URL.encode(bytes).utf8.elementsEqual(text), "two texts for the same bytes")
    case 3: try Door.spoil(&choices)
    case 4: try Door.sign(&choices)
    default:
      guard let list = try? DeviceList(choices.rest(), file: "devices", usual: DeviceLimits())
      else { return 1 }
      try hold(list.count <= DeviceList.mostDevices, "\(list.count) devices")
      try hold(list.names.allSatisfy(DeviceName.isValid), "a name that is none")
    }
    return 1
  }
}

private enum Door {
  static let key = TokenKey([UInt8](repeating: 7, count: TokenKey.size))
  static let now: Int64 = 1_790_000_000_000

  /// A right token of which some letters are others lets nobody in.
  static func spoil(_ choices: inout Choices) throws(Broken) {
    let right = SessionToken(
      device: "kiosk-1", number: 1, issued: now, expires: now + 600_000, longestSession: nil,
      sessions: 2)
    let text = Array(right.signed(with: key).utf8)
    var spoilt = text
    for _ in 0...choices.pick(4) {
      let place = Int(choices.word()) % text.count
      spoilt[place] = choices.byte()
    }
    if choices.isRare(4) { spoilt.removeLast(choices.pick(spoilt.count)) }
    guard (try? SessionToken(spoilt, signedWith: key, at: now)) != nil else { return }
    try hold(spoilt == text, "a token that nobody signed")
  }

  /// Whatever somebody with the key has signed is read or refused, and what is read is the same again.
  static func sign(_ choices: inout Choices) throws(Broken) {
    let content = [choices.isRare(8) ? choices.byte() : 2] + choices.rest()
    let text = Base64URL.encode(content + key.sign(content))
    guard let token = try? SessionToken(text.utf8, signedWith: key, at: now) else { return }
    try hold(DeviceName.isValid(token.device), "a name that is none")
    let again = try? SessionToken(token.signed(with: key).utf8, signedWith: key, at: now)
    try hold(again == token, "a token does not come back from its own text")
  }
}
