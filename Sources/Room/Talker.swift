internal import VoiceCore

/// Follows a script as a person would: speaks, waits, and listens to what the loudspeaker does.
struct Talker {
  /// Quiet this long means that the loudspeaker has said what it had to say.
  static let replyGap: SampleSpan = .milliseconds(700)

  private struct Sound {
    let samples: [Int16]
    /// The part that can be heard; nil when none of it can.
    let heard: Range<Int>?
  }

  private enum State {
    /// About to take the next step.
    case ready
    case waiting(until: SampleTime)
    /// `position` is the next sample.
    case saying(sound: Int, position: Int, line: Int)
    case awaiting(TalkerScript.Awaited, until: SampleTime, line: Int)
    case over
  }

  private let script: TalkerScript
  private let sounds: [Sound]
  private var state: State = .ready
  private var next = 0
  /// A loudspeaker that started after this may be a reply to what was said last.
  private var listensSince: SampleTime

  init(_ script: TalkerScript, sounds: [[Int16]], at time: SampleTime) {
    precondition(sounds.count == script.sounds.count)
    self.script = script
    var measured: [Sound] = []
    for samples in sounds {
      measured.append(Sound(samples: samples, heard: Talker.heardPart(of: samples)))
    }
    self.sounds = measured
    listensSince = time
  }

  var isOver: Bool {
    if case .over = state { return true }
    return false
  }

  /// Decides, at the beginning of a frame, what to do in it, and adds what is said to `mix`.
  mutating func act(
    at time: SampleTime, hearing ear: borrowing LoudspeakerEar,
    into mix: inout InlineArray<160, Float>, telling events: inout RoomEvents
  ) {
    // A step that is over makes way for the next; each step is taken once, so this ends.
    while !isBusy(at: time, hearing: ear, telling: &events) { takeStep(at: time, telling: &events) }
    guard case .saying(let number, let position, let line) = state else { return }
    let sound = sounds[number]
    let count = min(Frame.sampleCount, sound.samples.count - position)
    for index in 0..<count { mix[index] += Float(sound.samples[position + index]) }
    if let heard = sound.heard {
      tell(.talkerStarted, heard.lowerBound, from: position, at: time, line, &events)
      tell(.talkerEnded, heard.upperBound - 1, from: position, at: time, line, &events)
    }
    state = .saying(sound: number, position: position + count, line: line)
  }

  private func isBusy(
    at time: SampleTime, hearing ear: borrowing LoudspeakerEar, telling events: inout RoomEvents
  ) -> Bool {
    switch state {
    case .ready: return false
    case .over: return true
    case .waiting(let end): return time < end
    case .saying(let number, let position, _): return position < sounds[number].samples.count
    case .awaiting(let awaited, let end, let line):
      if isFulfilled(awaited, at: time, hearing: ear) { return false }
      if time < end { return true }
      events.add(.patienceEnded, at: time, line: line)
      return false
    }
  }

  private func isFulfilled(
    _ awaited: TalkerScript.Awaited, at time: SampleTime, hearing ear: borrowing LoudspeakerEar
  ) -> Bool {
    let isQuiet = time - ear.quietSince >= Talker.replyGap
    switch awaited {
    case .sound: return ear.isSounding
    case .silence: return isQuiet
    case .reply:
      guard let started = ear.startedAt else { return false }
      return isQuiet && listensSince <= started
    }
  }

  private mutating func takeStep(at time: SampleTime, telling events: inout RoomEvents) {
    if case .awaiting(.reply, _, _) = state { listensSince = time }
    guard next < script.steps.count else {
      state = .over
      events.add(.scriptEnded, at: time)
      return
    }
    let line = script.lines[next]
    switch script.steps[next] {
    case .wait(let span): state = .waiting(until: time + span)
    case .say(let sound):
      state = .saying(sound: sound, position: 0, line: line)
      listensSince = time
    case .await(let awaited, let patience):
      state = .awaiting(awaited, until: time + patience, line: line)
    case .again:
      // Takes a frame: steps that take no time would go round for ever.
      state = .waiting(until: time + Frame.span)
      next = 0
      return
    }
    next += 1
  }

  /// Tells it when sample `place` of the sound lies in the frame that begins with `position`.
  private func tell(
    _ kind: RoomEvent.Kind, _ place: Int, from position: Int, at time: SampleTime, _ line: Int,
    _ events: inout RoomEvents
  ) {
    guard place >= position, place < position + Frame.sampleCount else { return }
    events.add(kind, at: time + SampleSpan(samples: Int64(place - position)), line: line)
  }

  /// A recording has noise of its own: what is 34 dB below its peak does not count as heard.
  private static func heardPart(of samples: [Int16]) -> Range<Int>? {
    var peak = 0
    for sample in samples { peak = max(peak, abs(Int(sample))) }
    let threshold = max(Int(LoudspeakerEar.audible), peak / 50)
    var first = 0
    while first < samples.count, abs(Int(samples[first])) <= threshold { first += 1 }
    var end = samples.count
    while end > first, abs(Int(samples[end - 1])) <= threshold { end -= 1 }
    return first < end ? first..<end : nil
  }
}
