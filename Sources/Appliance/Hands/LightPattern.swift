package import VoiceCore

/// How a light shows a state: its brightness over time, in percent of what it may, and its colour.
/// Pure: the same state at the same moment is the same light.
package enum LightPattern: Equatable, Sendable {
  case steady(Int)
  /// Up and down, once in so many milliseconds.
  case breathing(period: Int64)
  /// On for so long at the beginning of each period.
  case blinking(on: Int64, period: Int64)
  /// Twice shortly, then dark.
  case twice(period: Int64)

  package init(_ shown: Shown) {
    switch shown {
    case .idle: self = .steady(4)
    case .connecting: self = .blinking(on: 100, period: 2_000)
    case .listening: self = .steady(100)
    case .thinking: self = .breathing(period: 1_600)
    case .speaking: self = .steady(60)
    case .muted: self = .twice(period: 4_000)
    case .offline: self = .blinking(on: 1_000, period: 2_000)
    case .fault: self = .blinking(on: 120, period: 240)
    }
  }

  /// - Parameter time: since the state began, in milliseconds.
  package func level(at time: Int64) -> Int {
    switch self {
    case .steady(let level): return level
    case .breathing(let period):
      let place = time % period
      let rise = min(place, period - place) * 200 / period
      // Squared, which looks even to the eye; never quite dark.
      return 3 + Int(rise * rise * 97 / 10_000)
    case .blinking(let on, let period): return time % period < on ? 100 : 0
    case .twice(let period):
      let place = time % period
      return place < 120 || (place >= 300 && place < 420) ? 100 : 0
    }
  }
}

/// Red, green and blue in percent.
package struct LightColour: Equatable, Sendable {
  package var red: Int
  package var green: Int
  package var blue: Int

  package static let red = LightColour(red: 100, green: 0, blue: 0)

  package init(red: Int, green: Int, blue: Int) {
    self.red = red
    self.green = green
    self.blue = blue
  }

  package init(_ shown: Shown) {
    switch shown {
    case .idle: self.init(red: 100, green: 100, blue: 100)
    case .connecting, .offline: self.init(red: 100, green: 50, blue: 0)
    case .listening: self.init(red: 0, green: 40, blue: 100)
    case .thinking: self.init(red: 40, green: 0, blue: 100)
    case .speaking: self.init(red: 0, green: 100, blue: 30)
    case .muted, .fault: self = .red
    }
  }
}
