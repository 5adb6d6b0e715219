/// What the demo was asked for on its command line.
public struct DemoOptions: Equatable, Sendable {
  public enum Card: String, Equatable, Sendable, CaseIterable { case room, alsa, auto }

  public var daemon = ""
  public var agent = ""
  /// Words to put before the daemon's own, such as an emulator.
  public var wrapper: [String] = []
  public var card = Card.auto
  public var isOnce = false
  public var report: String?
  public var out = "build/demo"
  /// How long the conversation may last; nil is the usual bound, and none for a person who speaks.
  public var seconds: Int?
  public var asksForHelp = false

  public init() {}

  public static let usage = """
    usage: auricle-demo --daemon PATH --agent PATH [OPTION…]

    Starts a voice agent and the Auricle daemon on this machine, shows a conversation as it
    happens, and leaves its sound (conversation.wav) and picture (timeline.svg).

      --daemon PATH           the auricled to run
      --agent PATH            the auricle-agent to run
      --daemon-wrapper WORDS  words before the daemon's own: "qemu-aarch64 -L SYSROOT"
      --card room|alsa|auto   a scripted visitor in a simulated room, a person at the sound card,
                              or the card where there is one (default auto)
      --once                  one scripted conversation, no terminal needed; exit code 1 when it
                              did not go as scripted
      --report FILE           the figures as JSON
      --out FOLDER            for everything that is written (default build/demo)
      --seconds N             end the conversation after N seconds, 5 to 86400

    example: auricle-demo --daemon .build/debug/auricled --agent .build/debug/auricle-agent
    """

  public struct Misuse: Error, Equatable, CustomStringConvertible {
    public let description: String
  }

  /// - Parameter arguments: Without the program's own name.
  public static func parse(_ arguments: [String]) throws(Misuse) -> DemoOptions {
    var options = DemoOptions()
    var rest = arguments[...]
    while let option = rest.popFirst() {
      func value(_ meaning: String) throws(Misuse) -> String {
        guard let value = rest.popFirst(), !value.isEmpty else {
          throw Misuse(description: "\(option) needs \(meaning)")
        }
        return value
      }
      switch option {
      case "--daemon": options.daemon = try value("the path of auricled")
      case "--agent": options.agent = try value("the path of auricle-agent")
      case "--daemon-wrapper":
        options.wrapper = try value("the words to put before the daemon's")
          .split(separator: " ").map { String($0) }
      case "--card":
        let word = try value("room, alsa or auto")
        guard let card = Card(rawValue: word) else {
          throw Misuse(description: "--card \(word): room, alsa or auto would be right")
        }
        options.card = card
      case "--once": options.isOnce = true
      case "--report": options.report = try value("the file to write")
      case "--out": options.out = try value("the folder to write to")
      case "--seconds":
        let word = try value("a number of seconds")
        guard let seconds = Int(word), (5...86_400).contains(seconds) else {
          throw Misuse(description: "--seconds \(word): 5 to 86400 would be right")
        }
        options.seconds = seconds
      case "--help", "-h", "help": options.asksForHelp = true
      default: throw Misuse(description: "unknown option \(option)")
      }
    }
    if options.asksForHelp { return options }
    if options.daemon.isEmpty { throw Misuse(description: "--daemon PATH is missing") }
    if options.agent.isEmpty { throw Misuse(description: "--agent PATH is missing") }
    if options.isOnce, options.card == .alsa {
      throw Misuse(description: "--once is a scripted conversation: --card room goes with it")
    }
    return options
  }

  /// Whether a person speaks at a sound card.
  /// - Parameter cards: What /proc/asound/cards says; empty where there is no such file.
  public func isAtTheCard(cards: String) -> Bool {
    switch card {
    case .room: return false
    case .alsa: return true
    case .auto:
      // A card's line begins with its number, as in ` 0 [PCH            ]: HDA-Intel`.
      return !isOnce
        && cards.split(separator: "\n").contains { line in
          let number = line.drop { $0 == " " }.prefix { $0.isNumber }
          return !number.isEmpty && line.contains("[")
        }
    }
  }
}
