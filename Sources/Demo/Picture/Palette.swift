internal import Picture

extension Palette {
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
