internal import Picture
public import Room

/// A conversation as a picture: what was heard and played, what the device thought, and the moments
/// that matter with their milliseconds. It needs nothing but itself to be shown.
public struct TimelinePicture {
  private let timeline: Timeline
  private let figures: Figures
  private let microphone: Waveform?
  private let loudspeaker: Waveform?

  private static let left = 116.0
  private static let right = 36.0
  private static let laneHeight = 92.0
  /// Of a letter at the size of captions, about.
  private static let letter = 6.5

  private let length: Int
  private let pixelsPerSecond: Double
  private let width: Int
  private var drawing: Drawing

  /// - Parameter sound: The microphone left, the loudspeaker right, from the clock's beginning; nil
  ///   draws without waveforms.
  public init(_ timeline: Timeline, _ figures: Figures, sound: WaveSound?) {
    self.timeline = timeline
    self.figures = figures
    if let sound, sound.rate == 16_000, sound.channels == 2 {
      microphone = Waveform(sound.channel(0))
      loudspeaker = Waveform(sound.channel(1))
    } else {
      microphone = nil
      loudspeaker = nil
    }
    length = max(timeline.end, 1_000)
    let content = max(1_020, min(12_000, Double(length) / 1_000 * 30))
    pixelsPerSecond = content / (Double(length) / 1_000)
    width = Int(TimelinePicture.left + content + TimelinePicture.right)
    drawing = Drawing(width: width)
  }

  public var svg: String {
    var picture = self
    return picture.draw()
  }

  private mutating func draw() -> String {
    heading()
    let top = 150.0
    let visitorWave = top + 50
    let gap = visitorWave + TimelinePicture.laneHeight
    let agentWave = gap + 34
    let words = agentWave + TimelinePicture.laneHeight + 6
    let states = words + 66
    let turns = states + 34
    let axis = turns + 34

    grid(from: visitorWave, to: axis, axis: axis)
    visitor(top, visitorWave)
    agent(agentWave, words)
    falseAlarms(agentWave)
    answers(gap + 17)
    stateBand(states)
    turnSpans(turns)
    interruptions(from: top + 18, to: agentWave + TimelinePicture.laneHeight)
    var bottom = axis + 48
    for talk in timeline.talks.indices {
      guard let silencing = Figures.silencing(by: talk, in: timeline) else { continue }
      let inset = InterruptionInset(
        timeline, talk: talk, silencing, microphone: microphone, loudspeaker: loudspeaker)
      bottom = inset.draw(in: &drawing, x: TimelinePicture.left, y: bottom, width: 1_020) + 30
    }
    bottom = legend(bottom)
    let file = drawing.svg(
      height: bottom + 26, background: Palette.paper,
      describing: "Timeline of a conversation of \(Text.seconds(length))")
    return String(decoding: file, as: UTF8.self)
  }

  private func x(_ milliseconds: Double) -> Double {
    TimelinePicture.left + milliseconds / 1_000 * pixelsPerSecond
  }
  private func x(_ milliseconds: Int) -> Double { x(Double(milliseconds)) }

  // MARK: Parts

  private mutating func heading() {
    drawing.text(
      "A conversation with Auricle", TimelinePicture.left, 42, Palette.ink, size: 22, bold: true)
    var tiles: [(String, String)] = []
    if let answer = figures.answer {
      tiles.append((Text.span(answer), "end of speech to answer"))
    }
    if let mute = figures.mute { tiles.append((Text.span(mute), "interruption to silence")) }
    tiles.append(("\(figures.turns)", figures.turns == 1 ? "turn" : "turns"))
    tiles.append(
      ("\(figures.interruptions)", figures.interruptions == 1 ? "interruption" : "interruptions"))
    if let share = figures.share {
      tiles.append(
        (Text.percent(share), "of continuous PCM was sent (\(Text.bytes(figures.bytesUp)))"))
    }
    var place = TimelinePicture.left
    for (figure, meaning) in tiles {
      drawing.text(figure, place, 86, Palette.ink, size: 24, bold: true)
      drawing.text(meaning, place, 106, Palette.faint, size: 12)
      place += max(Double(figure.count) * 15, Double(meaning.count) * TimelinePicture.letter) + 34
    }
  }

  private mutating func grid(from top: Double, to bottom: Double, axis: Double) {
    let seconds = length / 1_000
    let step = pixelsPerSecond * 5 >= 60 ? 5 : 30
    for second in 0...seconds {
      let isNamed = second % step == 0
      guard isNamed || pixelsPerSecond >= 8 else { continue }
      let place = x(second * 1_000)
      if isNamed {
        drawing.line(place, top, place, bottom, Palette.grid)
        drawing.text("\(second) s", place, axis + 18, Palette.faint, size: 11, anchor: .middle)
      }
      drawing.line(place, axis, place, axis + (isNamed ? 6 : 3), Palette.faint)
    }
    drawing.line(x(0), axis, x(length), axis, Palette.faint)
  }

  private mutating func name(
    _ name: String, _ below: String = "", at middle: Double, _ colour: String
  ) {
    let place = TimelinePicture.left - 14
    drawing.text(name, place, middle + 4, colour, size: 13, anchor: .end, bold: true)
    if !below.isEmpty {
      drawing.text(below, place, middle + 19, Palette.faint, size: 11, anchor: .end)
    }
  }

  private mutating func lane(_ top: Double) {
    drawing.rectangle(
      x(0), top, x(length) - x(0), TimelinePicture.laneHeight, Palette.lane, opacity: 0.7)
  }

  private mutating func visitor(_ captions: Double, _ top: Double) {
    let middle = top + TimelinePicture.laneHeight / 2
    lane(top)
    name("visitor", "microphone", at: middle, Palette.visitor)
    wave(microphone, 0, length, middle, Palette.echo)
    let spans = timeline.visitorSpans
    for (index, talk) in spans.enumerated() {
      let end = talk.end ?? length
      if microphone == nil {
        drawing.rectangle(
          x(talk.start), middle - 14, x(end) - x(talk.start), 28, Palette.visitor, corner: 4)
      }
      wave(microphone, talk.start, end, middle, Palette.visitor)
      let next = index + 1 < spans.count ? spans[index + 1].start : length
      caption(talk.words, from: talk.start, to: next, captions + 14, lines: 3, Palette.visitor)
    }
  }

  private mutating func agent(_ top: Double, _ captions: Double) {
    let middle = top + TimelinePicture.laneHeight / 2
    lane(top)
    name("agent", "loudspeaker", at: middle, Palette.agent)
    wave(loudspeaker, 0, length, middle, Palette.agent)
    let spans = timeline.agentSpans
    for (index, reply) in spans.enumerated() {
      if loudspeaker == nil {
        drawing.rectangle(
          x(reply.start), middle - 14, x(reply.end ?? length) - x(reply.start), 28,
          Palette.agent, corner: 4)
      }
      let next = index + 1 < spans.count ? spans[index + 1].start : length
      caption(reply.words, from: reply.start, to: next, captions + 12, lines: 4, Palette.agent)
    }
  }

  /// Replies that were held for a moment and then went on.
  private mutating func falseAlarms(_ top: Double) {
    for mute in timeline.mutes {
      guard let resumed = mute.resumed else { continue }
      let start = x(mute.held ?? mute.ducked ?? mute.onset)
      drawing.rectangle(
        start, top, max(2.5, x(resumed) - start), TimelinePicture.laneHeight, Palette.amber,
        opacity: 0.55, hint: "\(Text.seconds(mute.onset)) held, then went on: nobody spoke")
    }
  }

  private mutating func wave(
    _ wave: Waveform?, _ start: Int, _ end: Int, _ middle: Double, _ colour: String
  ) {
    guard let wave else { return }
    let height = TimelinePicture.laneHeight - 8
    drawing.shape(
      wave.outline(from: max(0, start), to: end, x: x, middle: middle, height: height), colour)
  }

  private mutating func caption(
    _ words: String, from start: Int, to next: Int, _ top: Double, lines: Int, _ colour: String
  ) {
    // The last one may lean over the right edge a little less than the margin.
    let room = max(x(next) - x(start) - 10, next >= length ? 110 : 24)
    let letters = max(4, Int(room / TimelinePicture.letter))
    for (index, line) in Text.wrapped(words, width: letters, lines: lines).enumerated() {
      drawing.text(line, x(start), top + Double(index) * 14, colour, size: 11.5)
    }
  }

  private mutating func answers(_ middle: Double) {
    name("answer time", at: middle, Palette.ink)
    for (end, start) in timeline.answers {
      drawing.measure(x(end), x(start), middle - 5, Palette.ink)
      drawing.text(
        Text.span(start - end), (x(end) + x(start)) / 2, middle + 12, Palette.ink, size: 11,
        anchor: .middle)
    }
  }

  private mutating func stateBand(_ top: Double) {
    name("state", at: top + 12, Palette.ink)
    for (index, state) in timeline.states.enumerated() {
      let end = index + 1 < timeline.states.count ? timeline.states[index + 1].start : length
      let width = x(end) - x(state.start)
      drawing.rectangle(
        x(state.start), top, width - 1, 24, Palette.state(state.name), corner: 3,
        hint: "\(Text.seconds(state.start)) \(state.name): \(state.reason)")
      if width > Double(state.name.count) * TimelinePicture.letter + 6 {
        drawing.text(
          state.name, x(state.start) + width / 2, top + 16, Palette.ink, size: 11, anchor: .middle)
      }
    }
  }

  private mutating func turnSpans(_ top: Double) {
    name("turns", at: top + 10, Palette.ink)
    for turn in timeline.turns {
      let end = turn.end ?? length
      let isKept = turn.cancelled == nil
      drawing.rectangle(
        x(turn.onset), top, max(2, x(end) - x(turn.onset)), 20,
        isKept ? Palette.visitor : Palette.echo, corner: 3,
        hint: "turn \(turn.number), \(Text.seconds(turn.onset)) to \(Text.seconds(end)) "
          + (turn.cancelled ?? turn.understood))
      drawing.text(
        "\(turn.number)", (x(turn.onset) + x(end)) / 2, top + 14.5, Palette.paper, size: 11,
        anchor: .middle, bold: true)
      if let sent = turn.committedAt, sent > end {
        // From the end of speech until the device was sure of it.
        drawing.rectangle(x(end), top + 8, x(sent) - x(end), 4, Palette.visitor, opacity: 0.4)
      }
    }
  }

  private mutating func interruptions(from top: Double, to bottom: Double) {
    for talk in timeline.talks.indices {
      guard let silencing = Figures.silencing(by: talk, in: timeline) else { continue }
      let start = x(silencing.onset)
      let width = max(2, x(silencing.silent) - start)
      drawing.rectangle(start, top + 16, width, bottom - top - 16, Palette.alarm, opacity: 0.25)
      drawing.line(start, top + 16, start, bottom, Palette.alarm, width: 1.5)
      let label = "silent after \(Text.span(silencing.took))"
      drawing.text(
        label, start - 6, top + 26, Palette.alarm, size: 12, anchor: .end, bold: true)
    }
  }

  /// Returns where it ends below.
  private mutating func legend(_ top: Double) -> Double {
    var entries: [(String, String)] = [
      (Palette.visitor, "visitor speaks"), (Palette.echo, "echo and noise at the microphone"),
      (Palette.agent, "agent's voice"), (Palette.alarm, "interruption, until silence"),
    ]
    if figures.falseAlarms > 0 { entries.append((Palette.amber, "held, then went on")) }
    var names: [String] = []
    for state in timeline.states where !names.contains(state.name) { names.append(state.name) }
    entries += names.map { (Palette.state($0), $0) }
    var place = TimelinePicture.left
    var row = top
    for (colour, meaning) in entries {
      let room = 20 + Double(meaning.count) * TimelinePicture.letter + 22
      if place + room > Double(width) {
        place = TimelinePicture.left
        row += 24
      }
      drawing.rectangle(place, row, 14, 14, colour, corner: 3)
      drawing.text(meaning, place + 20, row + 11.5, Palette.faint, size: 12)
      place += room
    }
    return row + 14
  }
}

extension Timeline {
  /// Who spoke when, from the room where there is one, else as the device found it.
  var visitorSpans: [Span] {
    if !talks.isEmpty { return talks }
    return turns.filter { $0.cancelled == nil }
      .map { Span(start: $0.onset, end: $0.end, words: $0.understood) }
  }

  var agentSpans: [Span] {
    replies.compactMap { reply in
      guard let start = reply.firstSound else { return nil }
      return Span(start: start, end: reply.end, words: reply.words)
    }
  }

  /// End of speech and first sound of its answer.
  var answers: [(end: Int, start: Int)] {
    if !talks.isEmpty {
      return talks.indices.compactMap { index in
        guard let end = talks[index].end, let took = Figures.answer(to: index, in: self) else {
          return nil
        }
        return (end, end + took)
      }
    }
    return turns.compactMap { turn in
      guard turn.committedAt != nil, let end = turn.end,
        let sound = replies.first(where: { $0.turn == turn.number && $0.firstSound != nil })?
          .firstSound
      else { return nil }
      return (end, sound)
    }
  }
}
