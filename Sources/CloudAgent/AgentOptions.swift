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
  /// The file of devices and the hashes of their secrets.
  public var devices: String? = nil
  /// Certificates of the authorities whose certificates devices may show.
  public var deviceAuthority: String? = nil
  /// Shared by several agents; nil for a key that lives as long as the process.
  public var tokenKey: String? = nil
  /// Seconds.
  public var tokenLifetime = 600
  public var tokensPerMinute = 6
  public var sessionsPerDevice = 2
  /// Token requests of one address a minute, behind which there may be a house full of devices.
  public var requestsPerAddress = 120
  /// Upgrades of one address a minute that show no good token.
  public var refusalsPerAddress = 120
  /// Seconds; nil for no limit. A device finds a pause for a new session, and one that was taken out of
  /// the file is gone by then, whatever else fails.
  public var sessionLimit: Int? = 43_200
  /// Nil for what is usual.
  public var connectionsPerAddress: Int? = nil
  public var publicURL: String? = nil

  /// What one agent may be made to hold.
  public static let mostConnections = 1_000
  static let addressRange = 1...100_000
  /// Whether only those who show a token are let in.
  public var isGuarded: Bool { devices != nil || deviceAuthority != nil || tokenKey != nil }
  /// An agent that lets everybody in is for one machine or one desk, where all come from one address.
  var mostPerAddress: Int {
    connectionsPerAddress ?? (isGuarded ? max(8, connections / 4) : connections * 2)
  }
  /// Those without a connection too.
  var sessions: Int { connections * 2 }
  /// That wait for an ear: of each session the one that is spoken, and the one before it.
  var mostTurns: Int { sessions * 2 }
  /// That wait for the voice: as many of each session as it can take back.
  var mostSentences: Int { sessions * Line.mostHushes }
  /// What the process needs to open: its callers, the turns that wait, and some for files, threads and
  /// sound.
  public var descriptors: Int { connections + connections / 4 + mostTurns + 128 }

  public init() {}
}

public enum AgentCommand: Equatable, Sendable {
  case serve(AgentOptions)
  /// One sentence into a WAV file.
  case say(String, to: String, voice: String, rate: Int)
  /// A new secret for a device, and the line for the file of devices.
  case newSecret(String)
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
        options.connections = try number(argument, 1...AgentOptions.mostConnections)
      case "--voice": options.voice = try value(argument, "the name of an espeak-ng voice")
      case "--rate": options.rate = try number(argument, Synthesizer.rates)
      case "--echo": options.isEcho = true
      case "--grace": options.grace = try number(argument, 0...600)
      case "--verbose": options.isVerbose = true
      case "--say": sentence = try value(argument, "a sentence")
      case "--out": out = try value(argument, "a file to write")
      case "--devices": options.devices = try value(argument, "a file")
      case "--device-ca": options.deviceAuthority = try value(argument, "a file in PEM")
      case "--token-key": options.tokenKey = try value(argument, "a file")
      case "--token-lifetime": options.tokenLifetime = try number(argument, 60...86_400)
      case "--tokens-per-minute":
        options.tokensPerMinute = try number(argument, DeviceLimits.tokenRange)
      case "--sessions-per-device":
        options.sessionsPerDevice = try number(argument, DeviceLimits.sessionRange)
      case "--session-limit":
        let seconds = try number(argument, 0...86_400)
        guard seconds == 0 || seconds >= 10 else {
          throw AgentError(
            "--session-limit is \(seconds), but a session lasts 10 s or more; 0 is no limit")
        }
        options.sessionLimit = seconds == 0 ? nil : seconds
      case "--requests-per-address":
        options.requestsPerAddress = try number(argument, AgentOptions.addressRange)
      case "--refusals-per-address":
        options.refusalsPerAddress = try number(argument, AgentOptions.addressRange)
      case "--connections-per-address":
        options.connectionsPerAddress = try number(argument, 1...AgentOptions.mostConnections)
      case "--public-url": options.publicURL = try url(try value(argument, "a url"))
      case "--new-secret": return .newSecret(try value(argument, "the name of a device"))
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

  /// What `--new-secret` prints: the only time that anybody sees the secret.
  public static func newSecret(for name: String) throws(AgentError) -> String {
    let made = try DeviceSecret.make(for: name)
    return "the agent's line, for the file of --devices:\n\n\(made.line)\n\n"
      + "the device's secret, which nobody can read again:\n\n\(made.secret)"
  }

  /// As devices will take it.
  private static func url(_ given: String) throws(AgentError) -> String {
    let address: ServerAddress
    do throws(LinkError) { address = try ServerAddress(url: given) } catch {
      throw AgentError("--public-url: \(error)")
    }
    guard address.isSecure else {
      throw AgentError("--public-url is \"\(given)\", but must begin with wss://")
    }
    return given
  }

  public static let usage = """
    auricle-agent: a voice agent for auricled on this machine, without any account

      auricle-agent --certificate FILE --key FILE [options]
      auricle-agent --say "TEXT" --out FILE.wav [--voice NAME] [--rate N]
      auricle-agent --new-secret NAME

      --certificate FILE   the certificate shown to devices, PEM
      --key FILE           its private key, PEM
      --port N             8443 unless given; 0 takes a free one
      --interface NAME     name or address to listen on; 127.0.0.1 unless given
      --connections N      devices at once, 1 to 1000; 64 unless given
      --voice NAME         a voice of espeak-ng, also with a variant (en-gb+f2); en-us unless given
      --rate N             words per minute, 80 to 450; 170 unless given
      --echo               answer every turn at once with a tone, recognise nothing
      --grace N            seconds that a reply may take to its end after SIGTERM; 5 unless given
      --verbose            show in the log what is said
      --say "TEXT"         write the sentence to a file instead of serving: 16 kHz mono WAV
      --out FILE.wav       the file

    Who may talk; without the first three, everybody who reaches the port:

      --devices FILE       devices and the hashes of their secrets: NAME SHA256 [sessions=N]
                           [tokens_per_minute=N] [max_turn_ms=N] in each line
      --device-ca FILE     authorities of the certificates devices may show instead, PEM
      --token-key FILE     64 hexadecimal digits, for agents that take each other's tokens
      --token-lifetime N   seconds, 60 to 86400; 600 unless given
      --tokens-per-minute N        of one device, 1 to 600; 6 unless given
      --sessions-per-device N      1 to 100, one more ends the oldest; 2 unless given
      --connections-per-address N  a quarter of --connections, or 8; with no tokens, all
      --requests-per-address N     for tokens, a minute, 1 to 100000; 120 unless given
      --refusals-per-address N     of upgrades without a good token, a minute; 120 unless given
      --session-limit N    seconds a session may last, 10 to 86400; 43200 unless given, 0 for no limit
      --public-url URL     where devices with a token are sent; unless given, the host they asked
      --new-secret NAME    print a new secret for a device and its line for --devices, no server

      --version            print the version
      --help               print this

    When it is ready it prints one line: listening on wss://ADDRESS:PORT/auricle
    Reads the file of devices again on SIGHUP. Ends on SIGTERM or SIGINT with 0; 2 when it cannot start, with the reason on standard error.

    example: auricle-agent --certificate agent.pem --key agent.key --voice en-gb
    """
}
