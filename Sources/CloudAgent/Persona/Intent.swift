/// What a visitor can want from the kiosk.
package enum Intent: Equatable, Sendable {
  case hello, thanks, goodbye
  case name, abilities
  case hours, tickets, tours, photographs, wireless
  case exhibition, history
  case place(Place)
  /// A way was asked for, to something we do not know.
  case somewhere
  case louder, quieter
  case volume(Int)
  case stop, again, goOn

  /// For logs: what kind of wish it was, never the words.
  var name: String {
    switch self {
    case .hello: "hello"
    case .thanks: "thanks"
    case .goodbye: "goodbye"
    case .name: "name"
    case .abilities: "abilities"
    case .hours: "hours"
    case .tickets: "tickets"
    case .tours: "tours"
    case .photographs: "photographs"
    case .wireless: "wireless"
    case .exhibition: "exhibition"
    case .history: "history"
    case .place(let place): "place-\(place)"
    case .somewhere: "somewhere"
    case .louder: "louder"
    case .quieter: "quieter"
    case .volume(let volume): "volume-\(volume)"
    case .stop: "stop"
    case .again: "again"
    case .goOn: "go-on"
    }
  }
}

/// What a visitor can ask the way to.
package enum Place: String, CaseIterable, Sendable, CustomStringConvertible {
  case toilets, cafe, shop, cloakroom, lift, exit, tickets, information, parking, ships, tower

  package var description: String { rawValue }
}
