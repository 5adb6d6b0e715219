internal import ControlProtocol

/// How the device was left: what outlives a restart of the things that people set by hand.
package struct LeftState: Equatable {
  package var volume: Int?
  package var cues: Int?
  /// `speaker.volume` and `speaker.cue_level` of then: who changes a setting means it.
  package var volumeSetting: Int?
  package var cueSetting: Int?
  package var mute: MuteDesk.Hand?

  package init() {}

  package func encode() -> [UInt8] {
    var fields = Fields()
    if let volume { fields.add("volume", volume) }
    if let cues { fields.add("cues", cues) }
    if let volumeSetting { fields.add("volume_setting", volumeSetting) }
    if let cueSetting { fields.add("cue_setting", cueSetting) }
    fields.add("muted", mute?.word ?? "no")
    return fields.encode()
  }

  /// Nil when it is not one of ours, or not all of it.
  package static func parse(_ bytes: [UInt8]) -> LeftState? {
    guard bytes.suffix(2) == [0x0A, 0x0A] else { return nil }
    let fields: Fields
    do throws(ControlError) { fields = try Fields.parse(bytes.dropLast(2)[...]) } catch {
      return nil
    }
    var left = LeftState()
    left.volume = level(fields, "volume")
    left.cues = level(fields, "cues")
    left.volumeSetting = level(fields, "volume_setting")
    left.cueSetting = level(fields, "cue_setting")
    guard let muted = fields["muted"] else { return nil }
    left.mute = MuteDesk.Hand.named(muted)
    guard left.mute != nil || muted.isSame(as: "no") else { return nil }
    return left
  }

  private static func level(_ fields: Fields, _ key: String) -> Int? {
    guard let number = fields.number(key), 0...100 ~= number else { return nil }
    return Int(truncatingIfNeeded: number)
  }
}
