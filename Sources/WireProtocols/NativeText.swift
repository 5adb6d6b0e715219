internal import VoiceCore

/// A control message to send. Everything is brought within the limits here, so that no message of
/// ours can be refused for its size.
struct NativeText {
  static let version = "1.2"

  private var json = JSONWriter()

  init(_ type: String) {
    json.openObject()
    json.add("type", type)
  }

  mutating func object(_ name: String, _ fill: (inout NativeText) -> Void) {
    json.openObject(name)
    fill(&self)
    json.closeObject()
  }

  mutating func version() { json.add("proto", NativeText.version) }
  mutating func turn(_ turn: TurnID) { json.add("turn", Int64(turn.number)) }
  mutating func reply(_ reply: ReplyID) { json.add("response", Int64(reply.number)) }
  mutating func number(_ name: String, _ value: Int64) { json.add(name, value) }
  mutating func word(_ name: String, _ word: String) { json.add(name, word) }
  mutating func flag(_ name: String, _ value: Bool) { json.add(name, value) }

  mutating func span(_ name: String, _ span: SampleSpan) {
    json.add(name, NativeText.milliseconds(span))
  }

  mutating func longSpan(_ name: String, _ span: SampleSpan) {
    json.add(name, max(0, min(WireLimits.longestSessionMilliseconds, span.milliseconds)))
  }

  mutating func capabilities(_ capabilities: Capabilities) {
    json.openArray("caps")
    for known in Capabilities.named where capabilities.contains(known.capability) {
      json.add(nil, known.name)
    }
    json.closeArray()
  }

  mutating func list(_ name: String, _ only: String) {
    json.openArray(name)
    json.add(nil, only)
    json.closeArray()
  }

  mutating func text(_ name: String, _ text: String, longest: Int) {
    json.add(name, NativeText.cut(text, to: longest))
  }

  /// One line: control characters become spaces; never empty.
  mutating func name(_ name: String, _ value: String) {
    var bytes: [UInt8] = []
    for byte in NativeText.cut(value, to: WireLimits.longestName).utf8 {
      bytes.append(byte < 0x20 || byte == 0x7F ? 0x20 : byte)
    }
    json.add(name, bytes.isEmpty ? "-" : String(decoding: bytes, as: UTF8.self))
  }

  /// - Parameter isOptional: a side that does not know this type may leave it aside.
  consuming func finish(isOptional: Bool = false) -> WireMessage {
    if isOptional { json.add("opt", true) }
    json.closeObject()
    return .text(json.bytes)
  }

  static func milliseconds(_ span: SampleSpan) -> Int64 {
    max(0, min(WireLimits.longestMilliseconds, span.milliseconds))
  }

  /// The longest beginning of `text` within `limit` bytes that ends between characters' scalars.
  static func cut(_ text: String, to limit: Int) -> String {
    let bytes = Array(text.utf8)
    guard bytes.count > limit else { return text }
    var end = limit
    while end > 0, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    return String(decoding: bytes[..<end], as: UTF8.self)
  }
}
