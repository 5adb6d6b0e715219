/// The card a person means, however they say it: its id, number, USB path, id or serial, or a part
/// of its name.
public enum CardFinder {
  public enum Found: Equatable, Sendable {
    case one(CardFacts)
    case several([CardFacts])
    /// With the nearest there is.
    case none(CardFacts?)
  }

  public static func find(_ text: String, among cards: [CardFacts]) -> Found {
    let cards = CardSearch(cards: cards).cards
    // Two cards may have the serial of a careless maker; an id is one card's alone.
    for isIt in [isExactly, isItsKind, isNamed] {
      let found = cards.filter { isIt($0, text) }
      if found.count == 1 { return .one(found[0]) }
      if found.count > 1 { return .several(found) }
    }
    return .none(CardWords.nearest(to: .card(id: text, device: nil), among: cards))
  }

  private static func isExactly(_ card: CardFacts, _ text: String) -> Bool {
    card.id.isAlike(text) || String(card.number).isSame(as: text)
      || card.usb?.path.isSame(as: text) ?? false
  }

  private static func isItsKind(_ card: CardFacts, _ text: String) -> Bool {
    guard let usb = card.usb else { return false }
    return usb.id.isAlike(text) || !usb.serial.isEmpty && usb.serial.isAlike(text)
  }

  private static func isNamed(_ card: CardFacts, _ text: String) -> Bool {
    card.id.contains(ignoringCase: text) || card.name.contains(ignoringCase: text)
      || card.longName.contains(ignoringCase: text)
  }

  /// For an error sentence.
  public static func names(_ cards: [CardFacts]) -> String { CardWords.names(cards) }
}
