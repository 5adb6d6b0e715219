internal import VoiceCore

/// The replay's findings as lines of JSON.
struct EventLines {
  private(set) var bytes: [UInt8] = []

  mutating func add(_ step: Replay.Step) {
    let now = step.time.milliseconds
    line(
      "{\"type\":\"frame\",\"t_ms\":\(now),\"vad\":\(EventLines.hundredths(step.probability)),\"state\":\"\(step.isSpeech ? "speech" : "silence")\",\"far\":\(step.isFar ? "true" : "false")}"
    )
    for event in step.events { add(event, at: now) }
  }

  mutating func clear() { bytes.removeAll(keepingCapacity: true) }

  private mutating func add(_ event: Replay.Event, at now: Int64) {
    switch event {
    case .speechStart(let start): add("speech_start", at: now, "start_ms", start)
    case .speechEnd(let end): add("speech_end", at: now, "end_ms", end)
    case .eagerEnd(let end): add("eager_end", at: now, "end_ms", end)
    case .resumed: add("resumed", at: now)
    case .endpoint(let end): add("endpoint", at: now, "end_ms", end)
    case .duck: add("duck", at: now)
    case .unduck: add("unduck", at: now)
    case .bargeIn(let start): add("barge_in", at: now, "start_ms", start)
    }
  }

  private mutating func add(
    _ name: String, at now: Int64, _ key: String = "", _ moment: SampleTime = .start
  ) {
    let more = key.isEmpty ? "" : ",\"\(key)\":\(moment.milliseconds)"
    line("{\"type\":\"event\",\"t_ms\":\(now),\"event\":\"\(name)\"\(more)}")
  }

  private mutating func line(_ text: String) {
    bytes += text.utf8
    bytes.append(0x0A)
  }

  /// 0 to 1 with two digits, alike on every machine.
  static func hundredths(_ value: Float) -> String {
    let count = Int((min(max(value, 0), 1) * 100).rounded())
    if count == 100 { return "1.00" }
    return count < 10 ? "0.0\(count)" : "0.\(count)"
  }
}
