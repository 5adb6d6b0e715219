/// The kiosk of a harbor museum: a wish in, an answer out. Knows no sound and no protocol.
enum Persona {
  static let name = "harbor-kiosk"

  /// - Parameter isAudible: whether any word was made out, understood or not.
  static func answer(_ intent: Intent?, isAudible: Bool, memory: Memory) -> Answer {
    guard let intent else { return confused(isAudible: isAudible, misses: memory.misses) }
    switch intent {
    case .hello: return aside("Hello, and welcome to the harbor museum.", "What can I do for you?")
    case .thanks: return aside("You are welcome.")
    case .goodbye: return aside("Goodbye. Have a lovely day.")
    case .name:
      return topic("I am the kiosk of the harbor museum.", "Ask me anything about the house.")
    case .abilities:
      return topic(
        "I can tell you when we are open, what a ticket costs, and when the tours start.",
        "I know the way to the toilets, the cafe, the shop and most other places.",
        "And I can tell you about the exhibition and the history of the house.",
        "Just speak. You can interrupt me at any time.")
    case .hours:
      return topic(
        "We are open from ten in the morning until six in the evening, Tuesday to Sunday.",
        "On Thursdays we stay open until nine.", "On Mondays we are closed.")
    case .tickets:
      return topic(
        "A ticket costs nine euros, and six for students.", "Children under twelve come in free.",
        "You can buy tickets at the ticket desk or at the machine beside it.")
    case .tours:
      return topic(
        "Guided tours start at eleven, at two and at four o'clock, in the ship hall.",
        "They take about forty minutes and are part of your ticket.")
    case .photographs:
      return topic("You are welcome to take photographs.", "Please leave the flash off.")
    case .wireless:
      return topic(
        "There is free wireless internet everywhere in the house.",
        "Choose the network Harbor Guest. It needs no password.")
    case .exhibition: return Answer(sentences: exhibition)
    case .history: return Answer(sentences: history)
    case .place(let place): return Answer(sentences: way(to: place))
    case .somewhere:
      return topic("I do not know that place.", "The people at the information desk surely do.")
    case .louder: return volume(memory.volume + step, from: memory.volume)
    case .quieter: return volume(memory.volume - step, from: memory.volume)
    case .volume(let volume): return self.volume(volume, from: nil)
    case .stop: return aside("Okay.")
    case .again:
      guard !memory.topic.isEmpty else { return aside("I have not said anything yet.") }
      return Answer(sentences: memory.topic)
    case .goOn:
      guard !memory.unheard.isEmpty else {
        return aside("That was all.", "Is there anything else you would like to know?")
      }
      return Answer(sentences: memory.unheard, weight: .rest)
    }
  }

  /// Heard by ear as one step.
  private static let step = 15

  private static func topic(_ sentences: String...) -> Answer { Answer(sentences: sentences) }
  private static func aside(_ sentences: String...) -> Answer {
    Answer(sentences: sentences, weight: .aside)
  }

  private static func volume(_ wanted: Int, from old: Int?) -> Answer {
    let volume = max(0, min(100, wanted))
    let words =
      switch (volume, old) {
      case (100, 100): "This is as loud as I can speak."
      case (0, 0): "I cannot speak any lower."
      case (_, nil): "The volume is now \(volume)."
      case (let volume, let old?): volume > old ? "I will speak up." : "I will speak more quietly."
      }
    return Answer(sentences: [words], weight: .aside, volume: volume)
  }

  private static func confused(isAudible: Bool, misses: Int) -> Answer {
    guard isAudible else { return aside("Sorry, I could not hear you.", "Please say that again.") }
    switch misses {
    case ...1:
      return aside(
        "Sorry, I did not understand that.", "You can ask me what I can do.")
    case 2:
      return aside(
        "I am afraid I still did not get it.",
        "Try for example: when are you open, or: where are the toilets.")
    default:
      return aside("I did not understand.", "The people at the information desk will help you.")
    }
  }

  private static func way(to place: Place) -> [String] {
    switch place {
    case .toilets: ["The toilets are downstairs, to the left of the stairs."]
    case .cafe:
      ["The cafe is on the first floor, with a view of the harbor.", "It closes at five."]
    case .shop: ["The museum shop is next to the main entrance, on your right."]
    case .cloakroom: ["You can leave coats and bags in the lockers behind the ticket desk."]
    case .lift: ["The elevator is at the end of this hall.", "It goes to every floor."]
    case .exit: ["The exit is straight ahead, past the museum shop."]
    case .tickets: ["The ticket desk is in the entrance hall, on your left."]
    case .information: ["The information desk is in the entrance hall, across from the shop."]
    case .parking: ["The car park is behind the house.", "With a ticket, two hours are free."]
    case .ships: ["The ships are in the great hall on this floor.", "Follow the blue line."]
    case .tower:
      [
        "The lighthouse is across the yard.",
        "There are ninety two steps to the platform, and no elevator.",
      ]
    }
  }

  private static let exhibition = [
    "Our exhibition shows how people have lived with the sea for four hundred years.",
    "In the great hall you will find thirty ships, from a fishing boat that two brothers built in "
      + "their barn, to the tug that pulled the last sailing ship out of this harbor.",
    "Upstairs you can steer through a storm, tie knots, and send your name in Morse code.",
    "And every hour the old fog horn sounds, so do not be afraid.",
  ]

  private static let history = [
    "This house was built as a warehouse for salt, more than three hundred years ago.",
    "When the river changed its course, the merchants left, and for a long time only pigeons lived "
      + "here.",
    "Then came the great flood, and the people of the town fled to these rooms.",
    "They stayed for eleven days, and on the last day a child was born under this roof.",
    "That child became the first harbor master, and he left the house to the town, on one "
      + "condition: that its door is never locked in a storm.",
  ]
}
