/// What `auricle process` was asked for.
struct ProcessOptions {
  /// `-` where an output is asked for.
  static let standardOutput = "/dev/stdout"

  var mic = ""
  /// Empty without a loudspeaker.
  var reference = ""
  var clean = ""
  var events = ""
  var plot = ""
  /// A folder of scenes instead of two files.
  var batch = ""
  var wantsPlots = false
  var configs: [String] = []

  /// Nothing but the figures is wanted.
  var wantsFigures: Bool { clean.isEmpty && events.isEmpty && plot.isEmpty }

  static func parse(_ words: [String]) throws(Trouble) -> ProcessOptions {
    var options = ProcessOptions()
    var rest = words[...]
    while let word = rest.popFirst() {
      let name = Array(word.utf8)
      func isNamed(_ option: StaticString) -> Bool {
        name.count == option.utf8CodeUnitCount
          && option.withUTF8Buffer { $0.elementsEqual(name) }
      }
      if isNamed("--plots") {
        options.wantsPlots = true
        continue
      }
      let place: WritableSlot
      if isNamed("--mic") {
        place = .mic
      } else if isNamed("--ref") {
        place = .reference
      } else if isNamed("--out") {
        place = .clean
      } else if isNamed("--events") {
        place = .events
      } else if isNamed("--plot") {
        place = .plot
      } else if isNamed("--batch") {
        place = .batch
      } else if isNamed("--config") {
        place = .config
      } else {
        throw wrong("unknown option '\(word)'; see auricle help process")
      }
      guard let value = rest.popFirst(), !value.isEmpty else {
        throw wrong("\(word) needs a \(place == .batch ? "folder" : "file")")
      }
      try options.fill(place, with: value, for: word)
    }
    try options.checkTogether()
    return options
  }

  private enum WritableSlot { case mic, reference, clean, events, plot, batch, config }

  private mutating func fill(_ place: WritableSlot, with value: String, for option: String)
    throws(Trouble)
  {
    func once(_ slot: inout String, _ value: String) throws(Trouble) {
      guard slot.isEmpty else { throw ProcessOptions.wrong("\(option) is there twice") }
      slot = value
    }
    let output = value.utf8.elementsEqual("-".utf8) ? ProcessOptions.standardOutput : value
    switch place {
    case .mic: try once(&mic, value)
    case .reference: try once(&reference, value)
    case .clean: try once(&clean, output)
    case .events: try once(&events, output)
    case .plot: try once(&plot, output)
    case .batch: try once(&batch, value)
    case .config: configs.append(value)
    }
  }

  private func checkTogether() throws(Trouble) {
    if batch.isEmpty {
      guard !mic.isEmpty else {
        throw ProcessOptions.wrong("--mic FILE is missing; see auricle help process")
      }
      guard !wantsPlots else {
        throw ProcessOptions.wrong("--plots goes with --batch; for one recording use --plot FILE")
      }
      let toStandardOutput = [clean, events, plot].filter {
        $0.utf8.elementsEqual(ProcessOptions.standardOutput.utf8)
      }
      guard toStandardOutput.count < 2 else {
        throw ProcessOptions.wrong("only one output can go to standard output")
      }
    } else {
      guard mic.isEmpty, reference.isEmpty, events.isEmpty, plot.isEmpty else {
        throw ProcessOptions.wrong(
          "--batch finds its files itself: it goes with --out, --plots and --config only")
      }
    }
  }

  private static func wrong(_ sentence: String) -> Trouble {
    Trouble(sentence: sentence, exitCode: 2)
  }
}
