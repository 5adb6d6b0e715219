/// What was asked for on the command line.
struct LoadOptions {
  struct Mistake: Error, CustomStringConvertible {
    let description: String
  }

  var url = "wss://localhost:8443/auricle"
  var authority: String?
  var connections = 1
  var seconds = 20
  var isEager = false
  /// A WAV file of 16 kHz mono; nil for noise of 1.2 s.
  var speech: String?

  /// Nil for help.
  static func parse(_ arguments: [String]) throws(Mistake) -> LoadOptions? {
    var options = LoadOptions()
    var rest = arguments[...]
    while let argument = rest.popFirst() {
      if argument == "--help" || argument == "-h" { return nil }
      if argument == "--eager" {
        options.isEager = true
        continue
      }
      guard let value = rest.popFirst() else {
        throw Mistake(description: "\(argument) needs a value, or is no option: see --help")
      }
      switch argument {
      case "--url": options.url = value
      case "--authority": options.authority = value
      case "--say": options.speech = value
      case "--connections": options.connections = try number(argument, value, 1...1_000)
      case "--seconds": options.seconds = try number(argument, value, 1...3_600)
      default: throw Mistake(description: "there is no option \"\(argument)\": see --help")
      }
    }
    return options
  }

  private static func number(
    _ name: String, _ value: String, _ range: ClosedRange<Int>
  ) throws(Mistake) -> Int {
    guard let number = Int(value), range.contains(number) else {
      throw Mistake(
        description: "\(name) is \"\(value)\", but must be a number from \(range.lowerBound) to "
          + "\(range.upperBound)")
    }
    return number
  }

  static let usage = """
    auricle-load: many devices at once, each speaking turns at the pace of a person

      auricle-load --url URL [options]

      --url URL          of the agent; wss://localhost:8443/auricle unless given
      --authority FILE   certificates of the only authorities to trust, PEM; unless given, the system's
      --connections N    devices, 1 to 1000; 1 unless given
      --seconds N        how long to measure, once all are connected; 20 unless given
      --say FILE         what each of them says: WAV, 16 kHz mono; unless given, 1.2 s of nothing that
                         only the echo persona can answer
      --eager            each turn's probable end is announced 420 ms before its commit

    Prints one line: connections, turns answered, and from a commit to the first sound of its answer the
    median, the 95th of 100 and the worst, in milliseconds; then bytes on the wire over bytes of Opus.
    Ends with 1 when a turn had no answer or a connection was lost, 2 when it cannot start.
    """
}
