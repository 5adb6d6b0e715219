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
    let daemon = facts.daemon ?? Fields()
    let microphone = Checkup.cardName(daemon, "microphone") ?? text("sound") ?? "not known"
    let loudspeaker = Checkup.cardName(daemon, "loudspeaker") ?? microphone
    let says =
      microphone.isSame(as: loudspeaker)
      ? microphone : "hears with \(microphone), speaks with \(loudspeaker)"
    if let other = otherCard {
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

  /// `Speak 510 (48 kHz, mono, 16 bit)`; ALSA's name where the card's own is not known.
  static func cardName(_ fields: Fields, _ side: String) -> String? {
    guard let name = fields[side], !name.isEmpty else { return nil }
    guard let card = fields[side + "_card"], !card.isEmpty else { return name }
    let shape = name.utf8.drop { $0 != UInt8(ascii: "(") }
    return shape.isEmpty ? card : "\(card) \(String(decoding: shape, as: UTF8.self))"
  }

  /// The one it was installed with, if it is not the one in use.
  private var otherCard: String? {
    guard let daemon = facts.daemon else { return nil }
    for side in ["microphone", "loudspeaker"]
    where text("installed_" + side) != nil && !Checkup.isSameCard(daemon, side) {
      return text("installed_\(side)_card") ?? text("installed_" + side)
    }
    return nil
  }

  /// Whether it is the one it was installed with.
  static func isSameCard(_ fields: Fields, _ side: String) -> Bool {
    if let now = fields[side + "_id"], let then = fields["installed_\(side)_id"] {
      return now.isSame(as: then)
    }
    return nameOfALSA(fields[side]).elementsEqual(nameOfALSA(fields["installed_" + side]))
  }

  /// What it granted stands in brackets, and may be otherwise another time.
  private static func nameOfALSA(_ text: String?) -> Substring.UTF8View {
    (text ?? "").utf8.prefix { $0 != UInt8(ascii: "(") }
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
      if text("sound_reason") != nil { return [.unknown("sound", "not measured: see card")] }
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
      let findings = AcousticWords(
        measured, volume: fields.number("volume").map { Int(clamping: $0) },
        earlier: Checkup.earlier(fields), isNewCard: otherCard != nil
      ).findings
      guard let live = liveTrouble else { return findings }
      // Six seconds leave a doubt that the daemon, which hears it all the time, has no more.
      return findings.map {
        $0.part.isSame(as: live.part) && $0.grade == .remark && $0.code.isSame(as: live.code)
          ? live : $0
      }
    }
  }

  /// How loud it was when it was installed, if these are the same cards.
  public static func earlier(_ fields: Fields) -> (gainDecibels: Double, day: String)? {
    guard let at = fields.number("installed_at"),
      let gain = fields["installed_echo_gain_db"].flatMap({ Figure.number($0.utf8) }),
      isSameCard(fields, "microphone"), isSameCard(fields, "loudspeaker")
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
