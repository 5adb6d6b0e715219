internal import ControlProtocol
internal import Settings
internal import SoundCards

/// What `auricle sound use` makes of the word it is given: a wish for one side or both.
struct CardSelection: Equatable {
  /// In the order of the sides.
  let changes: [(side: Side, wish: CardWish)]
  /// For the person who chose.
  let notes: [String]

  static func == (left: CardSelection, right: CardSelection) -> Bool {
    left.notes == right.notes && left.changes.count == right.changes.count
      && zip(left.changes, right.changes).allSatisfy { $0.side == $1.side && $0.wish == $1.wish }
  }

  /// - Parameter side: nil for both.
  static func make(of word: String, side: Side?, among report: CardReport) throws(Failure)
    -> CardSelection
  {
    let wish: CardWish
    do throws(CardWish.Malformed) { wish = try CardWish.parse(word) } catch {
      throw Invocation.wrong(
        "\"\(Invocation.shown(word))\" names no card: right is \(error.right)", .sound)
    }
    guard case .named = wish else { return try checked(wish, side: side, among: report) }
    switch CardFinder.find(word, among: report.cards) {
    case .one(let card): return try taking(card, side: side, among: report)
    case .several(let cards):
      throw .refused(
        "\"\(Words.harmless(word))\" may be one of \(Words.harmless(CardFinder.names(cards))): name one by its id or usb-path"
      )
    case .none(let nearest):
      if isNameOfALSA(word) { return CardSelection(changes: both(wish, side), notes: []) }
      var sentence = "no card here is called \"\(Words.harmless(word))\""
      if let nearest {
        sentence += ": did you mean \(Words.harmless(nearest.id))?"
      } else if !report.cards.isEmpty {
        sentence += ": here are \(Words.harmless(CardFinder.names(report.cards)))"
      }
      throw .refused(sentence)
    }
  }

  /// What was written as a wish may also be for a card that comes tomorrow.
  private static func checked(_ wish: CardWish, side: Side?, among report: CardReport)
    throws(Failure) -> CardSelection
  {
    let changes = both(wish, side)
    if wish.isAuto { return CardSelection(changes: changes, notes: []) }
    let choice = CardChoice.choose(microphone: wish, loudspeaker: wish, among: report.cards)
    var notes: [String] = []
    for (side, _) in changes {
      switch choice[side] {
      case .success(let pick): if !pick.doubt.isEmpty { notes.append(pick.doubt) }
      case .failure(let none): notes.append("for now \(none.reason)")
      }
    }
    if notes.count == 2, notes[0].isSame(as: notes[1]) { notes.removeLast() }
    return CardSelection(changes: changes, notes: notes.map { Words.harmless($0) })
  }

  /// A card that is here, for the sides it has.
  private static func taking(_ card: CardFacts, side: Side?, among report: CardReport)
    throws(Failure) -> CardSelection
  {
    let wish = CardWish.naming(card, among: report.cards)
    let id = Words.harmless(card.id)
    let able = Side.allCases.filter { card.pcm($0) != nil }
    if let side {
      guard able.contains(side) else { throw .refused("card \(id) has no \(side.word)") }
      return CardSelection(changes: [(side, wish)], notes: [])
    }
    guard !able.isEmpty else { throw .refused("card \(id) neither hears nor speaks") }
    var notes: [String] = []
    for missing in Side.allCases where !able.contains(missing) {
      notes.append("card \(id) has no \(missing.word), which stays as it is set")
    }
    return CardSelection(changes: able.map { ($0, wish) }, notes: notes)
  }

  private static func both(_ wish: CardWish, _ side: Side?) -> [(side: Side, wish: CardWish)] {
    (side.map { [$0] } ?? Side.allCases).map { ($0, wish) }
  }

  /// Whoever means one of ALSA's names writes it with its arguments, or it is one of these.
  private static func isNameOfALSA(_ word: String) -> Bool {
    if word.utf8.contains(UInt8(ascii: ":")) { return true }
    for name in ["default", "sysdefault", "pulse", "pipewire", "jack", "null"]
    where word.isSame(as: name) { return true }
    return false
  }
}
