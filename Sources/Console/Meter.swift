internal import ControlProtocol

/// The bottom line: how loud it is, whether that is speech, and what the link has cost.
struct Meter {
  /// The quietest level that shows.
  private static let floor: Int64 = -70
  private static let cells: Int64 = 10

  private var microphone: Int64 = floor
  private var speaker: Int64 = floor
  private var speech: Int64 = 0
  private var up: Int64?
  private var upContinuous: Int64?

  /// True when the event was one for the meter.
  mutating func take(_ event: Fields, named name: String) -> Bool {
    if name.isSame(as: "level") {
      microphone = event.number("mic_db") ?? Meter.floor
      speaker = event.number("speaker_db") ?? Meter.floor
      speech = max(0, min(100, event.number("speech") ?? 0))
      return true
    }
    if name.isSame(as: "stats") {
      up = event.number("bytes_up")
      upContinuous = event.number("bytes_up_continuous")
      return true
    }
    return false
  }

  /// ASCII only: consoles on serial lines know no more.
  var line: String {
    var line = "mic \(Meter.bar(microphone)) \(Meter.figure(microphone)) dB"
    line += "  speech \(Words.rightAligned("\(speech)", 3)) %"
    line += "  speaker \(Meter.bar(speaker)) \(Meter.figure(speaker)) dB"
    // The share tells more, and both together would not fit 80 columns.
    if let up, let upContinuous, let share = Words.share(up, of: upContinuous) {
      line += "  up \(share)"
    } else if let up {
      line += "  up \(Words.bytes(up))"
    }
    return line
  }

  private static func figure(_ level: Int64) -> String {
    Words.rightAligned("\(max(-99, min(99, level)))", 3)
  }

  private static func bar(_ level: Int64) -> String {
    let shown = max(floor, min(0, level)) - floor
    let full = Int(shown * cells / -floor)
    return "[" + String(repeating: "#", count: full)
      + String(repeating: ".", count: Int(cells) - full) + "]"
  }
}
