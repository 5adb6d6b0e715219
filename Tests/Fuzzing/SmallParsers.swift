import ControlProtocol
import Opus
import Room
import VoiceCore
import WebSockets
import WireProtocols

extension Parser {
  /// `BrokerAnswer`: what a token broker says, and why it refuses.
  static let broker = Parser(
    "broker", longest: 2_048,
    seeds: {
      [Array(BrokerText.right.utf8), Array(#"{"message":"not you"}"#.utf8)].map { [0] + $0 }
        + [[1, 0, 0, 0, 0, 0]]
    }
  ) { input throws(Broken) in
    var choices = Choices(input)
    let bytes = choices.byte() & 1 == 0 ? choices.rest() : BrokerText.make(&choices)
    if let refusal = BrokerAnswer.refusal(bytes) {
      try hold(
        refusal.utf8.count <= WireLimits.longestSentence
          && refusal.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }, "a refusal unfit for a log")
    }
    guard let grant = try? BrokerAnswer.read(bytes, allowsPlain: choices.byte() & 1 == 1) else {
      return 1
    }
    try hold(grant.headers.count <= BrokerAnswer.mostHeaders, "\(grant.headers.count) headers")
    var room = BrokerAnswer.mostHeaderBytes
    for header in grant.headers {
      room -= header.name.utf8.count + header.value.utf8.count
      try hold(
        (header.name + header.value).utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F },
        "a header that is none")
    }
    try hold(room >= 0, "too many bytes of headers")
    try hold(BrokerAnswer.lifetime.contains(grant.expiresInMilliseconds), "a wrong lifetime")
    // Whatever it gives as a url must not trap where it is used.
    _ = try? ServerAddress(url: grant.url)
    return 1
  }

  /// `BlockReader`, `Fields` and `ControlRequest`: the daemon's control socket, in pieces as they come.
  static let control = Parser(
    "control", longest: 1_024,
    seeds: {
      [
        "request=status\n\n", "request=watch\nlevels=yes\nwords=no\n\n",
        "request=volume\nvolume=70\n\n",
        "request=mute\nmuted=yes\n\nrequest=cue\ncue=error\n\n", "\n\n\nrequest=x\\n\\\\\\0\n\n",
        "request=cards\n\n", "request=use\nmicrophone=usb-path:1-1.2\nloudspeaker=auto\n\n",
        "request=measure\naccept=yes\n\n",
      ].map { [0xFF] + Array($0.utf8) } + [[3] + Array("request=version\n\n".utf8)]
    }
  ) { input throws(Broken) in
    var choices = Choices(input)
    let piece = 1 + Int(choices.byte())
    var reader = BlockReader()
    var count = 0
    while !choices.isEmpty {
      reader.append(choices.take(piece)[...])
      while true {
        let fields: Fields
        do throws(ControlError) {
          guard let next = try reader.next() else { break }
          fields = next
        } catch { return count }
        count += 1
        try hold(fields.count <= Fields.mostFields, "\(fields.count) fields")
        try comesBack(fields)
        guard let request = try? ControlRequest.parse(fields) else { continue }
        try hold(
          (try? ControlRequest.parse(request.fields)) == request,
          "\(request.name) does not come back from its own fields")
      }
    }
    return count
  }

  private static func comesBack(_ fields: Fields) throws(Broken) {
    var reader = BlockReader()
    reader.append(fields.encode()[...])
    // An empty block has no bytes that anybody would see.
    guard !fields.isEmpty else { return }
    try hold((try? reader.next()) == fields, "fields do not come back from their own bytes")
  }

  /// `WaveFile`: recordings, and the cues a technician puts there.
  static let wave = Parser(
    "wave", longest: 512,
    seeds: {
      let sound = WaveSound(rate: 16_000, channels: 1, samples: [1, -1, 300])
      return [[0] + WaveFile.encode(sound), [1, 0, 1, 0, 2, 0], [1]]
    }
  ) { input throws(Broken) in
    var choices = Choices(input)
    let bytes = choices.byte() & 1 == 0 ? choices.rest() : WaveText.make(&choices)
    guard let sound = try? WaveFile.decode(bytes) else { return 1 }
    try hold(2 * sound.samples.count <= bytes.count, "more samples than bytes")
    try hold(sound.samples.count % sound.channels == 0, "a frame that is not whole")
    try hold(
      (try? WaveFile.decode(WaveFile.encode(sound))) == sound,
      "a sound does not come back from its own file")
    for channel in -1...WaveFile.mostChannels { _ = sound.channel(channel) }
    return 1
  }

  /// `TalkerScript`: what the demonstration's visitor does.
  static let talker = Parser(
    "talker", longest: 1_024,
    seeds: {
      [
        "# a visitor\nwait 800 ms\nsay hours.wav \"when are you open?\"\nawait reply\nend\n",
        "say a.wav\nawait sound within 30 s\nwait 2s\nawait silence\n",
        "wait 1 ms\nagain\nsay b.wav\n",
      ].map { Array($0.utf8) }
    }
  ) { input throws(Broken) in
    guard let script = try? TalkerScript.parse(String(decoding: input, as: UTF8.self)) else {
      return 1
    }
    try hold(script.steps.count <= TalkerScript.mostSteps, "\(script.steps.count) steps")
    try hold(script.sounds.count <= TalkerScript.mostSounds, "\(script.sounds.count) sounds")
    for step in script.steps {
      switch step {
      case .wait(let span), .await(_, within: let span):
        try hold(span >= .zero && span <= TalkerScript.longestWait, "a wait of \(span)")
      case .say(let sound): try hold(script.sounds.indices.contains(sound), "no sound \(sound)")
      case .again: break
      }
    }
    return 1
  }

  /// `ServerAddress`: urls from settings and brokers.
  static let address = Parser(
    "address", longest: 256,
    seeds: {
      [
        "wss://agent.example:8443/talk?a=b", "https://[::1]:8080/token", "ws://127.0.0.1:7700/",
        "wss://[fe80::1]", "wss://user:word@host/",
      ].map { Array($0.utf8) }
    }
  ) { input throws(Broken) in
    let text = String(decoding: input, as: UTF8.self)
    _ = try? ServerAddress(https: text)
    let address: ServerAddress
    do throws(LinkError) { address = try ServerAddress(url: text) } catch {
      try hold(error.description.utf8.count < 1_024, "an endless error")
      return 1
    }
    let again = try? ServerAddress(url: address.description)
    try hold(
      again?.host == address.host && again?.port == address.port && again?.path == address.path,
      "an address does not come back from its own text")
    return 1
  }

  /// `PacketCoding` beside the library: what an Opus packet says of its length, and that decoding
  /// whatever a network brings is survived.
  static let packet = Parser(
    "packet", longest: 256,
    seeds: { [[0x48, 1, 2], [0x58, 4], [0x4B, 3, 1, 2, 3], [0xFF, 0x3F]] }
  ) { input throws(Broken) in
    let ours = PacketCoding.duration(of: input)
    if let ours { try hold(ours > .zero && ours <= .milliseconds(120), "a packet of \(ours)") }
    if !input.isEmpty {
      try hold(
        ours == SpeechDecoder.duration(of: input),
        "the library says another length than our \(ours?.milliseconds ?? -1) ms")
    }
    return 1
  }

  /// `ClockFloor`: the saved time of a device without a clock.
  static let clock = Parser(
    "clock", longest: 32, seeds: { [Array("1795219200\n".utf8), Array("-1\n".utf8)] }
  ) { input throws(Broken) in
    var floor = ClockFloor(saved: input)
    try hold(floor.seconds >= ClockFloor.release, "the floor fell below the release")
    try hold(
      floor.seconds == ClockFloor.release || ClockFloor(saved: floor.contents) == floor,
      "the floor does not come back from its own file")
    let before = floor.seconds
    var choices = Choices(input)
    floor.rise(
      to: choices.number(before, in: 0...before), notBeyond: choices.number(before, in: 0...before))
    try hold(floor.seconds >= before, "the floor fell")
    return 1
  }
}

private enum BrokerText {
  static let right =
    #"{"url":"wss://agent.example:7700/","headers":{"Authorization":"Bearer a.b"},"expires_at":"2026-11-21T10:00:00Z","expires_in_ms":600000,"profile":"auricle.v1","session_overrides":{"max_turn_ms":20000}}"#

  /// A right answer with one or more of its parts another.
  static func make(_ choices: inout Choices) -> [UInt8] {
    let long = String(repeating: "x", count: 8 * choices.pick(256))
    let urls = [
      "wss://agent.example:7700/", "ws://a", "wss://" + long, "http://a", "wss://a b", "wss://ü",
    ]
    var fields = ["\"url\":\"\(choices.of(urls))\""]
    if choices.byte() < 200 {
      let names = ["Authorization", "Host", "X-" + long, "a:b", "", "sec-websocket-key", "Cookie"]
      let values = ["Bearer x", "", " x", "a\\r\\nHost: b", long, "\\u0000", "ü"]
      let several = (0..<choices.pick(12)).map {
        "\"\(choices.of(names))\($0)\":\"\(choices.of(values))\""
      }
      fields.append("\"headers\":{" + several.joined(separator: ",") + "}")
    }
    fields.append("\"expires_in_ms\":\(choices.number(600_000, in: BrokerAnswer.lifetime))")
    fields.append("\"profile\":\"" + choices.of(["auricle.v1", "auricle.v1 ", "other"]) + "\"")
    if choices.byte() < 128 {
      let turn = choices.number(20_000, in: 1_000...WireLimits.longestMilliseconds)
      fields.append("\"session_overrides\":{\"max_turn_ms\":\(turn)}")
    }
    if choices.isRare(8) { fields.remove(at: choices.pick(fields.count)) }
    if choices.isRare(8) { fields.append(fields[choices.pick(fields.count)]) }
    return Array(("{" + fields.joined(separator: ",") + "}").utf8)
  }
}

private enum WaveText {
  /// Chunks in any order, with sizes at the edges.
  static func make(_ choices: inout Choices) -> [UInt8] {
    func four(_ number: Int64) -> [UInt8] {
      [0, 8, 16, 24].map { UInt8(truncatingIfNeeded: number >> $0) }
    }
    var body = Array("WAVE".utf8)
    for _ in 0...choices.pick(5) {
      let name = choices.of(["fmt ", "data", "LIST", "fact", "fmt ", "data"])
      var chunk: [UInt8]
      if name == "fmt " {
        let channels = choices.number(1, in: 1...8)
        let frame = choices.number(2 &* channels, in: 1...16)
        chunk = Array(four(choices.isRare(4) ? 0xFFFE : 1).prefix(2))
        chunk += four(channels).prefix(2) + four(choices.number(16_000, in: 1...384_000))
        chunk += four(32_000) + four(frame).prefix(2) + four(choices.isRare(8) ? 8 : 16).prefix(2)
        // An extension of any length: most are cut.
        chunk += [22, 0, 16, 0, 4, 0, 0, 0, 1, 0].prefix(choices.pick(16))
      } else {
        chunk = choices.take(choices.pick(40))
      }
      let says = choices.number(Int64(chunk.count), in: 0...0xFFFF_FFFF)
      body += Array(name.utf8) + four(says) + chunk
      if chunk.count % 2 == 1, !choices.isRare(8) { body.append(0) }
    }
    let says = choices.number(Int64(body.count), in: 0...0xFFFF_FFFF)
    return Array("RIFF".utf8) + four(says) + body
  }
}
