/// Which device hears and which one speaks, and why. The same cards give the same choice, in
/// whatever order the kernel found them.
public struct CardChoice: Equatable, Sendable {
  public var microphone: Result<CardPick, NoCard>
  public var loudspeaker: Result<CardPick, NoCard>

  public subscript(side: Side) -> Result<CardPick, NoCard> {
    side == .microphone ? microphone : loudspeaker
  }

  public static func choose(
    microphone: CardWish, loudspeaker: CardWish, among cards: [CardFacts]
  ) -> CardChoice {
    let search = CardSearch(cards: cards)
    let both = microphone.isAuto && loudspeaker.isAuto ? search.duplex() : nil
    if let both { return CardChoice(microphone: .success(both.0), loudspeaker: .success(both.1)) }
    // A side that is named goes first: the other one keeps to its card if it can.
    if !microphone.isAuto || loudspeaker.isAuto {
      let hears = search.pick(.microphone, microphone, beside: nil)
      let speaks = search.pick(.loudspeaker, loudspeaker, beside: hears)
      return CardChoice(microphone: hears, loudspeaker: speaks)
    }
    let speaks = search.pick(.loudspeaker, loudspeaker, beside: nil)
    return CardChoice(
      microphone: search.pick(.microphone, microphone, beside: speaks), loudspeaker: speaks)
  }
}

/// The device for one side.
public struct CardPick: Equatable, Sendable {
  /// What to open.
  public var alsaName: String
  /// Nil where it is a name of ALSA's, which may lead anywhere.
  public var card: CardFacts?
  public var device: Int?
  /// Why this one, for a technician.
  public var reason: String
  /// What is doubtful about it and what to do, or empty.
  public var doubt = ""
  /// There was no card to choose from: nobody is surprised if this cannot be opened.
  public var isLastResort = false
}

/// Why there is none, and what to do.
public struct NoCard: Error, Equatable, Sendable {
  public var reason: String
  public var advice: String
}

struct CardSearch {
  /// In an order that stays: by USB path, then by id, never by number.
  let cards: [CardFacts]

  init(cards: [CardFacts]) {
    var sorted: [CardFacts] = []
    for card in cards {
      let place = sorted.firstIndex { CardSearch.isBefore(card, $0) } ?? sorted.count
      sorted.insert(card, at: place)
    }
    self.cards = sorted
  }

  // MARK: What is best

  /// One card for both sides: a USB speakerphone, else a codec on the board.
  func duplex() -> (CardPick, CardPick)? {
    let usb = cards.filter { $0.isDuplex && $0.usb != nil }
    let codecs = cards.filter { $0.isDuplex && $0.bus.isPlatform }
    guard let card = usb.first ?? codecs.first else { return nil }
    let among = usb.isEmpty ? codecs : usb
    let what = CardWords.kind(of: card, .loudspeaker)
    let reason = what + ": hears and speaks over one clock" + CardWords.first(of: among)
    guard let hears = pick(.microphone, of: card, reason),
      let speaks = pick(.loudspeaker, of: card, reason)
    else { return nil }
    return (hears, speaks)
  }

  /// Smaller is better; nil is never taken by itself.
  private func rank(_ card: CardFacts, _ side: Side) -> Int? {
    guard let pcm = card.pcm(side), !card.bus.isPretended else { return nil }
    if side == .loudspeaker, card.isScreen(pcm) { return 9 }
    return switch card.bus {
    case .usb: 0
    case .platform: 1
    case .pci: 2
    case .unknown: 3
    case .pretended: nil
    }
  }

  private func best(_ side: Side) -> CardPick? {
    var best: (card: CardFacts, rank: Int)?
    var alike: [CardFacts] = []
    for card in cards {
      guard let rank = rank(card, side) else { continue }
      if rank == best?.rank { alike.append(card) }
      if rank < best?.rank ?? .max {
        best = (card, rank)
        alike = [card]
      }
    }
    guard let best else { return nil }
    let what = CardWords.kind(of: best.card, side)
    let why =
      side == .microphone ? "the best of what hears here" : "the best of what speaks here"
    return pick(
      side, of: best.card, [what, ": ", why, CardWords.first(of: alike)].joined())
  }

  // MARK: What is wished

  /// - Parameter other: what the other side got, to stay on its card.
  func pick(_ side: Side, _ wish: CardWish, beside other: Result<CardPick, NoCard>?)
    -> Result<CardPick, NoCard>
  {
    switch wish {
    case .auto: return automatic(side, beside: other)
    case .named(let name):
      return .success(CardPick(alsaName: name, card: cardNamed(name), reason: "as it is set"))
    case .usbPath, .usbID, .card: break
    }
    let fitting = cards.filter { wish.fits($0) }
    guard let first = fitting.first else {
      return .failure(CardWords.noneFits(wish, among: cards))
    }
    let able = fitting.filter { $0.pcm(side) != nil }
    guard let card = able.first else {
      return .failure(CardWords.cannot(side, first, wish, among: cards))
    }
    var device: Int?
    if case .card(_, let wanted?) = wish { device = wanted }
    guard var pick = pick(side, of: card, "as it is set: " + wish.text, device: device) else {
      return .failure(CardWords.cannot(side, card, wish, among: cards))
    }
    if able.count > 1 { pick.doubt = CardWords.severalFit(wish, able) }
    return .success(pick)
  }

  private func automatic(_ side: Side, beside other: Result<CardPick, NoCard>?)
    -> Result<CardPick, NoCard>
  {
    if case .success(let pick)? = other, let card = pick.card, let pcm = card.pcm(side),
      side == .microphone || !card.isScreen(pcm),
      let same = self.pick(
        side, of: card,
        "the card of the " + (side == .microphone ? "loudspeaker" : "microphone")
          + ": hears and speaks over one clock"
      )
    {
      return .success(same)
    }
    if let best = best(side) { return .success(best) }
    if !cards.contains(where: { !$0.bus.isPretended }) {
      return .success(
        CardPick(
          alsaName: "default", reason: "ALSA's default: there is no sound card here",
          isLastResort: true))
    }
    return .failure(CardWords.nothing(side, among: cards))
  }

  @inline(never)
  private func pick(_ side: Side, of card: CardFacts, _ reason: String, device: Int? = nil)
    -> CardPick?
  {
    let pcm =
      device.map { wanted in card.pcms.first { $0.side == side && $0.device == wanted } }
      ?? card.pcm(side)
    guard let pcm else { return nil }
    return CardPick(
      alsaName: card.alsaName(of: pcm), card: card, device: pcm.device, reason: reason)
  }

  /// The card that a name of ALSA's leads to, where it says so: `plughw:CARD=Device,DEV=0`, `hw:1`.
  private func cardNamed(_ name: String) -> CardFacts? {
    guard let colon = name.utf8.firstIndex(of: UInt8(ascii: ":")) else { return nil }
    let rest = String(decoding: name.utf8[name.utf8.index(after: colon)...], as: UTF8.self)
    let first = rest.parts(by: UInt8(ascii: ","))[0]
    let word = first.rest(after: "CARD=") ?? first
    return cards.first { $0.id.isSame(as: word) || String($0.number).isSame(as: word) }
  }

  // MARK: The order

  @inline(never)
  static func isBefore(_ left: CardFacts, _ right: CardFacts) -> Bool {
    switch (left.usb, right.usb) {
    case (_?, nil): return true
    case (nil, _?): return false
    case (let left?, let right?) where !left.path.isSame(as: right.path):
      return isPath(left.path, before: right.path)
    case (_?, _?), (nil, nil):
      return left.id.utf8.lexicographicallyPrecedes(right.id.utf8)
    }
  }

  /// Port 2 before port 10.
  private static func isPath(_ left: String, before right: String) -> Bool {
    let (ours, theirs) = (left.numbers, right.numbers)
    for (our, their) in zip(ours, theirs) where our != their { return our < their }
    return ours.count < theirs.count
  }
}
