internal import VoiceCore

/// What a picture of a recording needs, gathered while it is processed: as much as there are pixels,
/// however long the recording is.
struct HearingTrace {
  /// The quietest and the loudest sample of a column.
  struct Peaks {
    var low: Int16 = 0
    var high: Int16 = 0

    mutating func add(_ sample: Int16) {
      low = min(low, sample)
      high = max(high, sample)
    }
  }

  /// What was judged in one bin.
  struct Bin {
    var lowest: Float = 1
    var highest: Float = 0
    var sum: Float = 0
    var count: Float = 0
    var delay: Float?
    var drift: Float?
    var echoReduction: Float?
  }

  struct Mark {
    let event: Replay.Event
    /// When it was known.
    let at: Double
  }

  /// Ten seconds fill a screen; a long recording becomes wider, and later coarser.
  private static let narrowest = 1_120
  private static let widest = 4_800
  private static let pixelsPerSecond = 20

  let seconds: Double
  /// In pixels.
  let width: Int
  private(set) var mic: [Peaks]
  private(set) var reference: [Peaks]
  private(set) var clean: [Peaks]
  private(set) var bins: [Bin]
  private(set) var speech = Spans()
  private(set) var far = Spans()
  private(set) var ducked = Spans()
  private(set) var held = Spans()
  private(set) var dropped = Spans()
  private(set) var turns = Spans()
  /// From the end of a turn until that was certain.
  private(set) var waiting = Spans()
  private(set) var marks: [Mark] = []

  private let samples: Int
  private var frames = 0
  private var turnBegan: Double?

  init(samples: Int) {
    self.samples = samples
    seconds = Double(samples) / Double(Frame.sampleRate)
    let wanted = Int(seconds * Double(HearingTrace.pixelsPerSecond))
    width = max(HearingTrace.narrowest, min(HearingTrace.widest, wanted))
    mic = [Peaks](repeating: Peaks(), count: min(width, samples))
    reference = mic
    clean = mic
    let judged = (samples + Frame.sampleCount - 1) / Frame.sampleCount
    bins = [Bin](repeating: Bin(), count: min(width, judged))
  }

  /// In seconds: what is nearer to each other than this is drawn as one.
  private var pixel: Double { 1.5 * seconds / Double(width) }

  mutating func add(_ step: Replay.Step, mic: borrowing Frame, reference: borrowing Frame) {
    let start = frames * Frame.sampleCount
    for index in 0..<min(Frame.sampleCount, samples - start) {
      let column = column(of: start + index)
      self.mic[column].add(mic[index])
      self.reference[column].add(reference[index])
      clean[column].add(step.clean[index])
    }
    let judged = (samples + Frame.sampleCount - 1) / Frame.sampleCount
    judge(step, in: Int(Int64(frames) * Int64(bins.count) / Int64(judged)))
    let began = Double(start) / Double(Frame.sampleRate)
    let ended = min(seconds, began + 0.01)
    if step.isFar { far.add(began, ended, within: pixel) }
    if step.isFar {
      switch step.order {
      case .play: break
      case .duck: ducked.add(began, ended, within: pixel)
      case .hold: held.add(began, ended, within: pixel)
      case .drop: dropped.add(began, ended, within: pixel)
      }
    }
    for event in step.events { note(event, at: ended) }
    frames += 1
  }

  /// What goes on at the end ends with the recording.
  mutating func finish() {
    if speechBegan != nil { endSpeech(at: seconds) }
    if let began = turnBegan { turns.add(began, seconds, within: pixel) }
    turnBegan = nil
  }

  private var speechBegan: Double?

  private mutating func endSpeech(at end: Double) {
    if let began = speechBegan { speech.add(began, max(began, end), within: pixel) }
    speechBegan = nil
  }

  private func column(of sample: Int) -> Int {
    Int(Int64(sample) * Int64(mic.count) / Int64(samples))
  }

  private mutating func judge(_ step: Replay.Step, in bin: Int) {
    let probability = max(0, min(1, step.probability))
    bins[bin].lowest = min(bins[bin].lowest, probability)
    bins[bin].highest = max(bins[bin].highest, probability)
    bins[bin].sum += probability
    bins[bin].count += 1
    bins[bin].delay = step.delay ?? bins[bin].delay
    bins[bin].drift = step.drift ?? bins[bin].drift
    bins[bin].echoReduction = step.echoReduction ?? bins[bin].echoReduction
  }

  private mutating func note(_ event: Replay.Event, at now: Double) {
    let moment = event.moment.map { Double($0.samples) / Double(Frame.sampleRate) } ?? now
    switch event {
    case .speechStart:
      speechBegan = moment
      turnBegan = turnBegan ?? moment
    case .speechEnd: endSpeech(at: moment)
    case .endpoint:
      if let began = turnBegan {
        turns.add(began, max(began, moment), within: pixel)
        waiting.add(moment, now, within: pixel)
      }
      turnBegan = nil
    case .eagerEnd, .resumed, .duck, .unduck, .bargeIn: break
    }
    // Two of a kind in one pixel are one mark.
    for mark in marks.reversed() {
      if now - mark.at >= pixel { break }
      if mark.event.hasSameName(as: event) { return }
    }
    marks.append(Mark(event: event, at: now))
  }
}

/// Spans of time, in seconds. Those that touch or share a pixel become one, so there are never more
/// than pixels.
struct Spans {
  private(set) var spans: [(start: Double, end: Double)] = []

  mutating func add(_ start: Double, _ end: Double, within pixel: Double) {
    if let last = spans.last, start - last.end < pixel {
      spans[spans.count - 1].end = max(last.end, end)
    } else {
      spans.append((start, end))
    }
  }
}
