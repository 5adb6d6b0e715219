internal import ESpeak
internal import WebSockets

/// What was asked for on the command line.
public struct AgentOptions: Equatable, Sendable {
  public var port: Int32 = 8443
  public var interface = "127.0.0.1"
  /// Nil serves without encryption, which the command line refuses: for tests on one machine.
  public var certificate: String? = nil
  public var key: String? = nil
  public var connections = 64
  public var voice = "en-us"
  public var rate = 170
  public var isEcho = false
  public var isVerbose = false
  /// Seconds that what is being said may take when the agent is told to stop.
  public var grace = 5

  public init() {}
}

public enum AgentCommand: Equatable, Sendable {
  case serve(AgentOptions)
  /// One sentence into a WAV file.
  case say(String, to: String, voice: String, rate: Int)
  case version, help

  /// - Parameter arguments: without the program's name.
  public static func parse(_ arguments: [String]) throws(AgentError) -> AgentCommand {
    var options = AgentOptions()
    var sentence: String?
    var out: String?
    var rest = arguments[...]
    func value(_ name: String, _ what: String) throws(AgentError) -> String {
      guard let value = rest.popFirst(), !value.isEmpty else {
        throw AgentError("\(name) needs \(what) after it")
      }
      return value
    }
    func number(_ name: String, _ range: ClosedRange<Int>) throws(AgentError) -> Int {
      let what = "a number from \(range.lowerBound) to \(range.upperBound)"
      let given = try value(name, what)
      guard let number = Int(given), range.contains(number) else {
        throw AgentError("\(name) is \"\(given)\", but must be \(what)")
      }
      return number
    }
    while let argument = rest.popFirst() {
      switch argument {
      case "--port": options.port = Int32(try number(argument, 0...65_535))
      case "--interface":
        options.interface = try value(argument, "the name or address of an interface")
      case "--certificate": options.certificate = try value(argument, "a file in PEM")
      case "--key": options.key = try value(argument, "a file in PEM")
      case "--connections":
        options.connections = try number(argument, 1...SocketServer.mostConnections)
      case "--voice": options.voice = try value(argument, "the name of an espeak-ng voice")
      case "--rate": options.rate = try number(argument, Synthesizer.rates)
      case "--echo": options.isEcho = true
      case "--grace": options.grace = try number(argument, 0...600)
      case "--verbose": options.isVerbose = true
      case "--say": sentence = try value(argument, "a sentence")
      case "--out": out = try value(argument, "a file to write")
      case "--version": return .version
      case "--help", "-h": return .help
      default:
        throw AgentError("there is no option \"\(argument)\": auricle-agent --help lists them")
      }
    }
    if let sentence {
      guard let out else { throw AgentError("--say needs --out FILE.wav to write the sound to") }
      return .say(sentence, to: out, voice: options.voice, rate: options.rate)
    }
    if out != nil { throw AgentError("--out needs --say \"TEXT\" to say something") }
    guard let certificate = options.certificate else {
      throw AgentError("--certificate FILE is missing: devices connect over TLS only")
    }
    guard options.key != nil else {
      throw AgentError("--key FILE is missing: it belongs to \(certificate)")
    }
    return .serve(options)
  }

  public static let usage = """
    auricle-agent: a voice agent for auricled on this machine, without any account

      auricle-agent --certificate FILE --key FILE [options]
      auricle-agent --say "TEXT" --out FILE.wav [--voice NAME] [--rate N]

      --certificate FILE   the certificate shown to devices, PEM
      --key FILE           its private key, PEM
      --port N             8443 unless given; 0 takes a free one
      --interface NAME     name or address to listen on; 127.0.0.1 unless given
      --connections N      devices at once, 1 to 100; 64 unless given
      --voice NAME         a voice of espeak-ng, also with a variant (en-gb+f2); en-us unless given
      --rate N             words per minute, 80 to 450; 170 unless given
      --echo               answer every turn at once with a tone, recognise nothing
      --grace N            seconds that a reply may take to its end after SIGTERM; 5 unless given
      --verbose            show in the log what is said
      --say "TEXT"         write the sentence to a file instead of serving: 16 kHz mono WAV
      --out FILE.wav       the file
      --version            print the version
      --help               print this

    When it is ready it prints one line: listening on wss://ADDRESS:PORT/auricle
    Ends on SIGTERM or SIGINT with 0; 2 when it cannot start, with the reason on standard error.

    example: auricle-agent --certificate agent.pem --key agent.key --voice en-gb
    """
}
