/// Sentences about cards for a technician.
enum CardWords {
  /// More than these are counted, not named.
  static let mostNamed = 6

  static func kind(of card: CardFacts, _ side: Side) -> String {
    if side == .loudspeaker, let pcm = card.pcm(.loudspeaker), card.isScreen(pcm) {
      return "screen (HDMI)"
    }
    switch card.bus {
    case .usb:
      if card.isDuplex { return "USB speakerphone" }
      return side == .microphone ? "USB microphone" : "USB loudspeaker"
    case .platform: return card.isDuplex ? "codec of the board" : "sound output of the board"
    case .pci: return "built-in sound"
    case .pretended: return "pretended card"
    case .unknown: return "sound card"
    }
  }

  /// `, the first of 2`, or nothing where there is one.
  static func first(of alike: [CardFacts]) -> String {
    alike.count > 1 ? ", the first of \(alike.count) by where they are plugged in" : ""
  }

  /// `Device (USB PnP Sound Device, usb-path:1-1.2)`
  static func name(_ card: CardFacts) -> String {
    var text = card.id
    let name = card.name.isSame(as: card.id) ? "" : card.name
    let place = card.usb.map { "usb-path:\($0.path)" } ?? ""
    let more = [name, place].filter { !$0.isEmpty }
    if !more.isEmpty {
      text += " ("
      for (index, part) in more.enumerated() { text += (index > 0 ? ", " : "") + part }
      text += ")"
    }
    return text
  }

  static func names(_ cards: [CardFacts]) -> String {
    var text = ""
    for card in cards.prefix(mostNamed) { text += (text.isEmpty ? "" : ", ") + name(card) }
    return cards.count > mostNamed ? "\(text) and \(cards.count - mostNamed) more" : text
  }

  private static func here(_ cards: [CardFacts]) -> String {
    cards.isEmpty ? "there is no sound card here" : "here are \(names(cards))"
  }

  static func nothing(_ side: Side, among cards: [CardFacts]) -> NoCard {
    let (does, thing) =
      side == .microphone
      ? ("hears", "a USB microphone or speakerphone")
      : ("speaks", "a loudspeaker or a USB speakerphone")
    return NoCard(
      reason: "no sound card here \(does): \(here(cards))",
      advice: "plug in \(thing); it is taken at once")
  }

  static func noneFits(_ wish: CardWish, among cards: [CardFacts]) -> NoCard {
    var advice = "plug it in, or choose another: auricle sound use CARD"
    if let near = nearest(to: wish, among: cards) {
      advice =
        "is it \(CardWish.naming(near, among: cards).text)? then: auricle sound use \(near.id)"
    }
    return NoCard(reason: "there is no card \(wish.text): \(here(cards))", advice: advice)
  }

  static func cannot(_ side: Side, _ card: CardFacts, _ wish: CardWish, among cards: [CardFacts])
    -> NoCard
  {
    if case .card(_, let device?) = wish, card.pcm(side) != nil {
      var devices = ""
      for pcm in card.pcms where pcm.side == side {
        devices += (devices.isEmpty ? "" : ", ") + String(pcm.device)
      }
      return NoCard(
        reason: "card \(name(card)) has no device \(device) for the \(side.word)",
        advice: "it has \(devices): auricle sound use card:\(card.id),NUMBER --\(side.word)")
    }
    let able = cards.filter { $0.pcm(side) != nil }
    let does = side == .microphone ? "has no microphone" : "has no loudspeaker"
    return NoCard(
      reason: "card \(name(card)) \(does)",
      advice: able.isEmpty
        ? "no card here has one: plug one in"
        : "auricle sound use CARD --\(side.word), CARD being one of \(names(able))")
  }

  static func severalFit(_ wish: CardWish, _ cards: [CardFacts]) -> String {
    "\(wish.text) fits \(cards.count) cards: \(names(cards)); the first is taken: name one by its usb-path"
  }

  // MARK: What was probably meant

  static func nearest(to wish: CardWish, among cards: [CardFacts]) -> CardFacts? {
    var best: (card: CardFacts, likeness: Int)?
    for card in cards {
      let likeness = likeness(of: card, to: wish)
      if likeness > best?.likeness ?? 0 { best = (card, likeness) }
    }
    return best?.card
  }

  /// 0 is none at all.
  private static func likeness(of card: CardFacts, to wish: CardWish) -> Int {
    switch wish {
    case .usbPath(let path):
      // In another socket of the same bus or hub.
      guard let usb = card.usb else { return 0 }
      let common = common(usb.path, path)
      return common > path.parts(by: "-")[0].utf8.count ? common : 0
    case .usbID(let vendor, let product, _):
      guard let usb = card.usb, usb.vendor == vendor else { return 0 }
      return usb.product == product ? 2 : 1
    case .card(let id, _), .named(let id):
      if card.id.isAlike(id) || card.name.isAlike(id) { return 100 }
      if card.id.contains(ignoringCase: id) || id.contains(ignoringCase: card.id) { return 50 }
      if card.name.contains(ignoringCase: id) { return 40 }
      let common = common(card.id, id)
      return common >= 3 ? common : 0
    case .auto: return 0
    }
  }

  /// How many bytes are the same from the start.
  private static func common(_ left: String, _ right: String) -> Int {
    var count = 0
    for (ours, theirs) in zip(left.utf8, right.utf8) {
      if ours.lowercase != theirs.lowercase { break }
      count += 1
    }
    return count
  }
}
