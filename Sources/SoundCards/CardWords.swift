/// Sentences about cards for a technician.
enum CardWords {
  /// More than these are counted, not named.
  static let mostNamed = 6

  @inline(never)
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

  /// `, the first of 2 by ...`, or nothing where there is one.
  @inline(never)
  static func first(of alike: [CardFacts]) -> String {
    if alike.count < 2 { return "" }
    return [", the first of ", String(alike.count), " by where they are plugged in"].joined()
  }

  /// `Device (USB PnP Sound Device, usb-path:1-1.2)`
  @inline(never)
  static func name(_ card: CardFacts) -> String {
    var more: [String] = []
    if !card.name.isSame(as: card.id) { more.append(card.name) }
    if let usb = card.usb { more.append("usb-path:" + usb.path) }
    return more.isEmpty ? card.id : [card.id, " (", more.joined(by: ", "), ")"].joined()
  }

  @inline(never)
  static func names(_ cards: [CardFacts]) -> String {
    let text = cards.prefix(mostNamed).map { name($0) }.joined(by: ", ")
    if cards.count <= mostNamed { return text }
    return [text, " and ", String(cards.count - mostNamed), " more"].joined()
  }

  private static func here(_ cards: [CardFacts]) -> String {
    cards.isEmpty ? "there is no sound card here" : "here are " + names(cards)
  }

  static func nothing(_ side: Side, among cards: [CardFacts]) -> NoCard {
    let isMicrophone = side == .microphone
    return NoCard(
      reason: [
        "no sound card here ", isMicrophone ? "hears: " : "speaks: ", here(cards),
      ].joined(),
      advice: isMicrophone
        ? "plug in a USB microphone or speakerphone; it is taken at once"
        : "plug in a loudspeaker or a USB speakerphone; it is taken at once")
  }

  @inline(never)
  static func noneFits(_ wish: CardWish, among cards: [CardFacts]) -> NoCard {
    var advice = "plug it in, or choose another: auricle sound use CARD"
    if let near = nearest(to: wish, among: cards) {
      let name = CardWish.naming(near, among: cards).text
      advice = ["is it ", name, "? then: auricle sound use ", near.id].joined()
    }
    return NoCard(
      reason: ["there is no card ", wish.text, ": ", here(cards)].joined(), advice: advice)
  }

  @inline(never)
  static func cannot(_ side: Side, _ card: CardFacts, _ wish: CardWish, among cards: [CardFacts])
    -> NoCard
  {
    if case .card(_, let device?) = wish, card.pcm(side) != nil {
      let devices = card.pcms.filter { $0.side == side }.map { String($0.device) }
      return NoCard(
        reason: [
          "card ", name(card), " has no device ", String(device), " for the ", side.word,
        ].joined(),
        advice: [
          "it has ", devices.joined(by: ", "), ": auricle sound use card:", card.id, ",NUMBER --",
          side.word,
        ].joined())
    }
    let able = cards.filter { $0.pcm(side) != nil }
    return NoCard(
      reason: ["card ", name(card), " has no ", side.word].joined(),
      advice: able.isEmpty
        ? "no card here has one: plug one in"
        : ["auricle sound use CARD --", side.word, ", CARD being one of ", names(able)].joined())
  }

  @inline(never)
  static func severalFit(_ wish: CardWish, _ cards: [CardFacts]) -> String {
    [
      wish.text, " fits ", String(cards.count), " cards: ", names(cards),
      "; the first is taken: name one by its usb-path",
    ].joined()
  }

  // MARK: What was probably meant

  static func nearest(to wish: CardWish, among cards: [CardFacts]) -> CardFacts? {
    var best: CardFacts?
    var most = 0
    for card in cards {
      let likeness = likeness(of: card, to: wish)
      if likeness > most { (best, most) = (card, likeness) }
    }
    return best
  }

  /// 0 is none at all.
  @inline(never)
  private static func likeness(of card: CardFacts, to wish: CardWish) -> Int {
    switch wish {
    case .usbPath(let path):
      // In another socket of the same bus or hub.
      guard let usb = card.usb else { return 0 }
      let common = usb.path.common(with: path)
      return common > path.parts(by: UInt8(ascii: "-"))[0].utf8.count ? common : 0
    case .usbID(let vendor, let product, _):
      guard let usb = card.usb, usb.vendor == vendor else { return 0 }
      return usb.product == product ? 2 : 1
    case .card(let id, _), .named(let id):
      if card.id.isAlike(id) || card.name.isAlike(id) { return 100 }
      if card.id.contains(ignoringCase: id) || id.contains(ignoringCase: card.id) { return 50 }
      if card.name.contains(ignoringCase: id) { return 40 }
      let common = card.id.common(with: id)
      return common >= 3 ? common : 0
    case .auto: return 0
    }
  }
}
