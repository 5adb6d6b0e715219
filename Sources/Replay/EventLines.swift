internal import VoiceCore

/// The replay's findings as lines of JSON.
struct EventLines {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ step: Replay.Step) {
    let now = step.time.milliseconds
    var frame = "{\"type\":\"frame\",\"t_ms\":\(now),\"vad\":"
    frame += Decimal.text(max(0, min(1, step.probability)), places: 3)
    frame += step.isSpeech ? ",\"state\":\"speech\"" : ",\"state\":\"silence\""
    frame += step.isFar ? ",\"far\":true" : ",\"far\":false"
    if let reduction = step.echoReduction {
      frame += ",\"erle_db\":" + Decimal.text(reduction, places: 1)
    }
    if let delay = step.delay { frame += ",\"delay_ms\":" + Decimal.text(delay, places: 2) }
    if let drift = step.drift { frame += ",\"drift_ppm\":" + Decimal.text(drift, places: 1) }
    line(frame + "}")
    for event in step.events { add(event, at: now) }
  }

  mutating func clear() { bytes.removeAll(keepingCapacity: true) }

  private mutating func add(_ event: Replay.Event, at now: Int64) {
    var text = "{\"type\":\"event\",\"t_ms\":\(now),\"event\":\"\(event.name)\""
    if let moment = event.moment {
      text += event.isEnd ? ",\"end_ms\":" : ",\"start_ms\":"
      text += "\(moment.milliseconds)"
    }
    line(text + "}")
  }

  private mutating func line(_ text: String) {
    bytes += text.utf8
    bytes.append(0x0A)
  }
}

extension Replay.Event {
  var name: String {
    switch self {
    case .speechStart: "speech_start"
    case .speechEnd: "speech_end"
    case .eagerEnd: "eager_end"
    case .resumed: "resumed"
    case .endpoint: "endpoint"
    case .duck: "duck"
    case .unduck: "unduck"
    case .bargeIn: "barge_in"
    }
  }

  /// The moment it speaks of, which is before the one at which it was known.
  var moment: SampleTime? {
    switch self {
    case .speechStart(let moment), .speechEnd(let moment), .eagerEnd(let moment),
      .endpoint(let moment), .bargeIn(let moment):
      moment
    case .resumed, .duck, .unduck: nil
    }
  }

  /// Whether that moment is an end.
  var isEnd: Bool {
    switch self {
    case .speechEnd, .eagerEnd, .endpoint: true
    case .speechStart, .bargeIn, .resumed, .duck, .unduck: false
    }
  }
}

extension Replay.Event {
  func hasSameName(as other: Replay.Event) -> Bool { name.utf8.elementsEqual(other.name.utf8) }
}
