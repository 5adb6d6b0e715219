/// Every way the kiosk knows to say what it understands. Makes what the recognisers expect, and finds
/// the wish behind what they heard.
struct Phrasebook: Sendable {
  /// One sentence with its wish; `#` in it stands for a number.
  struct Phrase: Sendable {
    let words: [String]
    let intent: Intent
  }

  /// Named alternatives a pattern refers to as `{name}`.
  struct List: Sendable {
    let name: String
    let patterns: [String]
  }

  let phrases: [Phrase]
  /// The same, unexpanded.
  let patterns: [String]
  let lists: [List]
  /// Said around a wish, meaning nothing by themselves.
  let before: String
  let after: String

  init(
    wishes: [(intent: Intent, patterns: [String])], places: [PlaceWords], carriers: [String],
    days: [String], before: String, after: String
  ) {
    func expand(_ pattern: String, _ intent: Intent, naming names: [String] = []) -> [Phrase] {
      Pattern.expand(pattern) { $0 == "place" ? names : days }
        .map { Phrase(words: $0, intent: intent) }
    }
    var phrases: [Phrase] = []
    for wish in wishes {
      for pattern in wish.patterns { phrases += expand(pattern, wish.intent) }
    }
    for place in places {
      for carrier in carriers {
        phrases += expand(carrier, .place(place.place), naming: place.names)
      }
      for errand in place.errands { phrases += expand(errand, .place(place.place)) }
    }
    self.phrases = phrases
    patterns = wishes.flatMap { $0.patterns } + carriers + places.flatMap { $0.errands }
    lists = [
      List(name: "day", patterns: days), List(name: "place", patterns: places.flatMap { $0.names }),
    ]
    self.before = before
    self.after = after
  }

  struct PlaceWords: Sendable {
    let place: Place
    /// What comes after "where is the".
    let names: [String]
    /// Sentences that ask for it without its name.
    let errands: [String]
  }
}
