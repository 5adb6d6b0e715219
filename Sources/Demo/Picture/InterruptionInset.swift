internal import Picture

/// The moment of an interruption, large: what was said, when it was noticed, when it was quiet.
struct InterruptionInset {
  private let timeline: Timeline
  private let onset: Int
  private let silent: Int
  private let mute: Timeline.Mute?
  private let microphone: Waveform?
  private let loudspeaker: Waveform?
  private let talk: Timeline.Span
  private let start: Int
  private let end: Int

  private static let waveHeight = 72.0
  private static let headHeight = 34.0

  init(
    _ timeline: Timeline, talk: Int, _ silencing: Figures.Silencing,
    microphone: Waveform?, loudspeaker: Waveform?
  ) {
    self.timeline = timeline
    self.talk = timeline.talks[talk]
    onset = silencing.onset
    silent = silencing.silent
    mute = timeline.confirmed(during: timeline.talks[talk])
    self.microphone = microphone
    self.loudspeaker = loudspeaker
    start = max(0, onset - 350)
    end = max(silent, mute?.confirmed ?? silent) + 350
  }

  /// Returns where it ends below.
  func draw(in drawing: inout Drawing, x left: Double, y top: Double, width: Double) -> Double {
    let scale = width / Double(end - start)
    func x(_ milliseconds: Double) -> Double { left + (milliseconds - Double(start)) * scale }
    let marks = self.marks
    let upper = top + InterruptionInset.headHeight
    let middle = upper + InterruptionInset.waveHeight
    let lower = middle + InterruptionInset.waveHeight
    let bottom = lower + 16 + Double(marks.count) * 16

    drawing.text(
      "The interruption at \(Text.seconds(onset)), magnified", left, top + 8, Palette.ink,
      size: 15, bold: true)
    drawing.rectangle(left, upper, width, 2 * InterruptionInset.waveHeight, Palette.lane, corner: 4)
    drawing.rectangle(
      x(Double(onset)), upper, x(Double(silent)) - x(Double(onset)), lower - upper, Palette.alarm,
      opacity: 0.16)
    wave(microphone, start, end, upper, Palette.echo, x, &drawing)
    wave(
      microphone, max(start, talk.start), min(end, talk.end ?? end), upper, Palette.visitor, x,
      &drawing)
    wave(loudspeaker, start, end, middle, Palette.agent, x, &drawing)
    drawing.text(
      "visitor", left - 14, upper + 40, Palette.visitor, size: 13, anchor: .end, bold: true)
    drawing.text("agent", left - 14, middle + 40, Palette.agent, size: 13, anchor: .end, bold: true)

    for (index, mark) in marks.enumerated() {
      let place = x(Double(mark.at))
      let base = lower + 18 + Double(index) * 16
      drawing.line(place, upper, place, base - 10, mark.colour, width: 1.2, dashed: mark.isMinor)
      let label = mark.at == onset ? mark.name : "\(mark.name) +\(mark.at - onset) ms"
      drawing.text(
        label, place + 4, base, mark.colour, size: 12, anchor: .start, bold: !mark.isMinor)
    }
    let between = (x(Double(onset)) + x(Double(silent))) / 2
    drawing.measure(x(Double(onset)), x(Double(silent)), upper - 6, Palette.alarm)
    drawing.text(
      Text.span(silent - onset), between, upper - 13, Palette.alarm, size: 13, anchor: .middle,
      bold: true)
    return bottom
  }

  private struct Mark {
    let at: Int
    let name: String
    let colour: String
    let isMinor: Bool
  }

  /// In the order in which they happened; the last is drawn lowest, so labels do not meet.
  private var marks: [Mark] {
    var marks = [
      Mark(at: onset, name: "the visitor begins", colour: Palette.visitor, isMinor: false)
    ]
    if let ducked = mute?.ducked {
      marks.append(Mark(at: ducked, name: "quieter", colour: Palette.amber, isMinor: true))
    }
    if let held = mute?.held {
      marks.append(Mark(at: held, name: "held", colour: Palette.amber, isMinor: true))
    }
    marks.append(Mark(at: silent, name: "silent", colour: Palette.alarm, isMinor: false))
    if let confirmed = mute?.confirmed {
      marks.append(
        Mark(
          at: confirmed, name: "confirmed: the reply is dropped", colour: Palette.ink, isMinor: true
        ))
    }
    return marks.sorted { $0.at > $1.at }
  }

  private func wave(
    _ wave: Waveform?, _ from: Int, _ to: Int, _ top: Double, _ colour: String,
    _ x: (Double) -> Double, _ drawing: inout Drawing
  ) {
    guard let wave else { return }
    let middle = top + InterruptionInset.waveHeight / 2
    drawing.shape(
      wave.outline(
        from: from, to: to, x: x, middle: middle, height: InterruptionInset.waveHeight - 8),
      colour)
  }
}
