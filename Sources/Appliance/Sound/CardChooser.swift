internal import ControlProtocol
internal import Settings
internal import SoundCards
internal import VoiceCore

/// Which cards are wanted, and when to look at those that are there: after news of them, and again
/// a few times, because a card's nodes come one by one and get their permissions later.
final class CardChooser {
  /// Between one look and the next after news: the whole takes a second and a half.
  static let pauses = [50, 100, 200, 400, 800].map { SampleSpan.milliseconds($0) }
  /// How soon it is asked again whether a better card may be taken, while somebody speaks.
  static let patience = SampleSpan.milliseconds(500)

  private var wishes: (microphone: CardWish, loudspeaker: CardWish)
  /// Sides for which somebody has just chosen another card.
  private var isOrdered = (microphone: false, loudspeaker: false)
  private var nextLook: SampleTime?
  private var looks = 0

  init(_ settings: DeviceSettings) {
    wishes = (
      CardChooser.wish(settings.alsa.microphone), CardChooser.wish(settings.alsa.loudspeaker)
    )
  }

  /// What a setting says; it was checked when it was read.
  static func wish(_ text: String) -> CardWish {
    do throws(CardWish.Malformed) { return try CardWish.parse(text) } catch { return .named(text) }
  }

  func wish(_ side: Side) -> CardWish {
    side == .microphone ? wishes.microphone : wishes.loudspeaker
  }

  /// From now on.
  func use(_ wish: CardWish, _ side: Side, at now: SampleTime) {
    if side == .microphone {
      (wishes.microphone, isOrdered.microphone) = (wish, true)
    } else {
      (wishes.loudspeaker, isOrdered.loudspeaker) = (wish, true)
    }
    (nextLook, looks) = (now, 0)
  }

  func isOrdered(_ side: Side) -> Bool {
    side == .microphone ? isOrdered.microphone : isOrdered.loudspeaker
  }

  /// Whether a card that works may give way to a better one: a name holds what it found.
  func mayImprove(_ side: Side) -> Bool { isOrdered(side) || wish(side).isAuto }

  /// It is as it was ordered, or as near as it can be.
  func settled(_ side: Side) {
    if side == .microphone { isOrdered.microphone = false } else { isOrdered.loudspeaker = false }
  }

  // MARK: When to look

  /// Something came, went or may be opened now.
  func noteNews(at now: SampleTime) {
    looks = 0
    let soon = now + CardChooser.pauses[0]
    // While news pour in it is not put off, and no later look is waited for.
    nextLook = nextLook.map { min($0, soon) } ?? soon
  }

  /// Somebody speaks: later.
  func postpone(at now: SampleTime) {
    if nextLook == nil { nextLook = now + CardChooser.patience }
  }

  /// Each look once.
  func isDue(at now: SampleTime) -> Bool {
    guard let next = nextLook, now >= next else { return false }
    looks += 1
    nextLook = looks < CardChooser.pauses.count ? now + CardChooser.pauses[looks] : nil
    return true
  }

  func look() -> CardChoice {
    CardChoice.choose(
      microphone: wishes.microphone, loudspeaker: wishes.loudspeaker,
      among: CardScanner.look(thoroughly: false))
  }
}

extension CardPick {
  /// What it is, wherever it is plugged in: for whoever compares what is here with what was.
  var model: String {
    guard let card, let device, let usb = card.usb else { return identity }
    let serial = usb.serial.isEmpty ? "" : ":" + usb.serial
    return "usb-id:" + usb.id + serial + "," + String(device)
  }

  /// The same for as long as it is the same device, in whatever order the kernel finds it.
  var identity: String {
    guard let card, let device else { return alsaName }
    return CardWish.naming(card, among: [card]).text + "," + String(device)
  }

  /// Nothing to change.
  func isSame(as other: CardPick) -> Bool {
    alsaName.utf8.elementsEqual(other.alsaName.utf8) && card?.number == other.card?.number
  }

  /// What was learned of the other one holds for it: the same device, in whatever socket and under whatever
  /// number; without a serial, the same kind in the same socket.
  func isSameThing(as other: CardPick) -> Bool {
    guard let card, let others = other.card else {
      return card == nil && other.card == nil && alsaName.isSame(as: other.alsaName)
    }
    guard device == other.device else { return false }
    guard let usb = card.usb, let theirs = others.usb else {
      return card.usb == nil && others.usb == nil && card.id.isSame(as: others.id)
        && card.driver.isSame(as: others.driver) && card.name.isSame(as: others.name)
    }
    guard usb.vendor == theirs.vendor, usb.product == theirs.product else { return false }
    return usb.serial.isEmpty
      ? theirs.serial.isEmpty && usb.path.isSame(as: theirs.path)
      : usb.serial.isSame(as: theirs.serial)
  }

  /// It cannot be opened while the other one is open, or it is not known.
  func isSameDevice(as other: CardPick) -> Bool {
    guard let card, let others = other.card else { return true }
    return card.number == others.number && device == other.device
  }
}
