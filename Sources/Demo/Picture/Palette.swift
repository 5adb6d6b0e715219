enum Palette {
  static let paper = "#fbfaf7"
  static let lane = "#f3f1ea"
  static let grid = "#e4e0d6"
  static let ink = "#20252b"
  static let faint = "#757c86"
  static let visitor = "#0b8584"
  static let agent = "#5a55cf"
  /// What the microphone hears beside the visitor: the loudspeaker's echo and noise.
  static let echo = "#b9b8b1"
  static let alarm = "#d23c4b"
  static let amber = "#c07a12"

  static func state(_ name: String) -> String {
    switch name {
    case "listening": "#a3ddd3"
    case "thinking": "#f5d48b"
    case "speaking": "#c5c2f4"
    case "connecting": "#e2dcc4"
    case "offline", "fault": "#f0aaa4"
    case "muted": "#c3c3c3"
    default: "#e6e5e1"
    }
  }
}
