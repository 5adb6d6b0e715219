internal import Acoustics
public import ControlProtocol

// The sound's side of it.

extension Checkup {
  var card: Finding {
    let part = "card"
    if let reason = text("sound_reason") {
      return Finding(
        part, .wrong, text("sound_code") ?? "no-card", reason,
        advice: text("sound_advice") ?? "auricle sound list")
    }
    let microphone = text("microphone") ?? text("sound") ?? "not known"
    let loudspeaker = text("loudspeaker") ?? microphone
    let says =
      microphone.isSame(as: loudspeaker) ? microphone : "\(microphone); \(loudspeaker)"
    if let other = otherCards(microphone, loudspeaker) {
      return Finding(
        part, .remark, "other-card", "\(says), but it was installed with \(other)",
        advice: "plug that in again; if this one is meant: auricle sound measure --accept")
    }
    if case .measured(let fields) = facts.sound, let stumbles = fields.number("stumbles"),
      stumbles > 0
    {
      return Finding(
        part, .remark, "stumbling-card",
        "\(says), which stumbled \(stumbles) times while it was measured",
        advice: "is the machine busy? a larger alsa.buffer may help")
    }
    return .good(part, says)
  }

  /// Those it was installed with, if they are not these.
  private func otherCards(_ microphone: String, _ loudspeaker: String) -> String? {
    guard let hadMicrophone = text("installed_microphone"),
      let hadLoudspeaker = text("installed_loudspeaker")
    else { return nil }
    if !Checkup.isSameCard(microphone, hadMicrophone) { return hadMicrophone }
    return Checkup.isSameCard(loudspeaker, hadLoudspeaker) ? nil : hadLoudspeaker
  }

  /// What it granted stands in brackets, and may be otherwise another time.
  static func isSameCard(_ one: String, _ other: String) -> Bool {
    one.utf8.prefix { $0 != UInt8(ascii: "(") }
      .elementsEqual(other.utf8.prefix { $0 != UInt8(ascii: "(") })
  }

  var sound: [Finding] {
    let earlier = facts.daemon?.number("last_at").map {
      ", the last time on \(Checkup.day($0)) (\(text("last_grade") ?? ""))"
    }
    switch facts.sound {
    case .notAsked:
      let trouble = liveTrouble
      return [trouble ?? .unknown("sound", "not measured now" + (earlier ?? ""))]
    case .refused(let reason):
      if let liveTrouble { return [liveTrouble] }
      // No card is told above already.
      if text("sound_reason") != nil { return [.unknown("sound", reason)] }
      let isMuted = facts.daemon?.flag("muted") == true
      return [
        Finding(
          "sound", .remark, isMuted ? "muted" : "not-measured", reason,
          advice: isMuted ? "auricle mute off, and check again" : "try again in a moment")
      ]
    case .measured(let fields):
      guard let measured = Measurement(fields) else {
        return [.unknown("sound", "the daemon's answer is not understood")]
      }
      return AcousticWords(
        measured, volume: fields.number("volume").map { Int(clamping: $0) },
        earlier: Checkup.earlier(fields)
      ).findings
    }
  }

  /// How loud it was when it was installed, if these are the same cards.
  public static func earlier(_ fields: Fields) -> (gainDecibels: Double, day: String)? {
    guard let at = fields.number("installed_at"),
      let gain = fields["installed_echo_gain_db"].flatMap({ Figure.number($0.utf8) }),
      isSameCard(fields["microphone"] ?? "", fields["installed_microphone"] ?? ""),
      isSameCard(fields["loudspeaker"] ?? "", fields["installed_loudspeaker"] ?? "")
    else { return nil }
    return (gain, day(at))
  }

  static func day(_ seconds: Int64) -> String {
    seconds > 0 ? Day.text(seconds) : "an unknown day"
  }

  /// What the daemon notices of the microphone all the time.
  private var liveTrouble: Finding? {
    guard let code = text("microphone_code") else { return nil }
    return Finding(
      "microphone", .wrong, code, text("microphone_reason") ?? code,
      advice: text("microphone_advice") ?? "auricle sound list")
  }
}
