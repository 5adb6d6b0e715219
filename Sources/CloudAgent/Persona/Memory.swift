/// What one visitor and the kiosk have said to each other, as far as it matters later.
struct Memory: Equatable, Sendable {
  /// Exchanges kept; older ones are forgotten.
  static let longest = 20
  /// A device starts with this volume unless its settings say otherwise; it does not tell.
  static let usualVolume = 70

  /// One question and what the visitor heard of the answer.
  struct Exchange: Equatable, Sendable {
    let turn: UInt32
    let wish: String
    let said: String
    var heard: String
  }

  private(set) var exchanges: [Exchange] = []
  /// What was told last, whole, and what of it was not heard.
  private(set) var topic: [String] = []
  private(set) var unheard: [String] = []
  private(set) var volume = Memory.usualVolume
  /// Turns in a row that were not understood.
  private(set) var misses = 0

  mutating func asked(_ intent: Intent?) {
    misses = intent == nil ? min(misses + 1, 99) : 0
  }

  mutating func answers(_ answer: Answer, turn: UInt32, wish: String) {
    if exchanges.count == Memory.longest { exchanges.removeFirst() }
    let said = answer.sentences.joined(separator: " ")
    exchanges.append(Exchange(turn: turn, wish: wish, said: said, heard: ""))
    if let volume = answer.volume { self.volume = volume }
    if answer.weight == .topic { topic = answer.sentences }
    if answer.weight != .aside { unheard = answer.sentences }
  }

  /// What reached the visitor of the answer to the last exchange.
  mutating func heard(_ text: String, rest: [String], of weight: Answer.Weight) {
    if let last = exchanges.indices.last { exchanges[last].heard = text }
    if weight != .aside { unheard = rest }
  }
}
