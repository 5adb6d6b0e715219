internal import ControlProtocol
internal import Picture

/// A recording and what the hearing made of it, on one time axis: the picture a field engineer mails.
/// It needs nothing but itself to be shown, and the same recording gives the same bytes.
struct HearingPicture {
  let mic: String
  let reference: String?
  var trace: HearingTrace
  let figures: Figures
  /// Probabilities at which speech begins and ends.
  let thresholds: (on: Float, off: Float)

  static let left = 132.0
  static let right = 92.0

  var drawing: Drawing
  /// Where the next lane begins.
  var top = 0.0

  init(
    mic: String, reference: String?, trace: HearingTrace, figures: Figures,
    thresholds: (on: Float, off: Float)
  ) {
    self.mic = mic
    self.reference = reference
    self.trace = trace
    self.trace.finish()
    self.figures = figures
    self.thresholds = thresholds
    drawing = Drawing(width: Int(HearingPicture.left + HearingPicture.right) + trace.width)
  }

  func svg() -> [UInt8] {
    var picture = self
    return picture.draw()
  }

  private mutating func draw() -> [UInt8] {
    heading()
    let lanes = 118.0
    let plan = Plan(self, from: lanes)
    lane(plan.mic)
    if reference != nil { lane(plan.reference) }
    lane(plan.probability)
    grid(from: plan.mic.top, to: plan.axis)
    // Where somebody speaks is seen through all of the sound.
    for span in trace.speech.spans {
      drawing.rectangle(
        x(span.start), plan.mic.top, wide(span), plan.probability.bottom - plan.mic.top,
        Palette.visitor, opacity: 0.08)
    }
    sound(plan)
    probability(in: plan.probability)
    person(in: plan.person)
    turn(in: plan.turn)
    if reference != nil { reply(in: plan.reply) }
    tracks(plan)
    events(plan)
    axis(at: plan.axis)
    let bottom = legend(plan.axis + 44)
    return drawing.svg(
      height: bottom + 16, background: Palette.paper, describing: "\(mic): \(length) as heard")
  }

  // MARK: Places

  func x(_ seconds: Double) -> Double {
    HearingPicture.left + Double(trace.width) * seconds / max(trace.seconds, 0.01)
  }
  var end: Double { HearingPicture.left + Double(trace.width) }

  /// A span is seen, however short it is.
  func wide(_ span: (start: Double, end: Double)) -> Double {
    max(1.5, x(span.end) - x(span.start))
  }

  private var length: String {
    let seconds = figures.seconds
    guard seconds >= 120 else { return "\(Decimal.text(seconds, places: 2)) s" }
    let whole = Int(seconds.rounded())
    return "\(whole / 60) min \(whole % 60) s"
  }

  // MARK: Around the lanes

  private mutating func heading() {
    drawing.text(shortened(mic), 24, 34, Palette.ink, size: 19, bold: true)
    let loudspeaker = reference.map { "loudspeaker \(shortened($0))" } ?? "no loudspeaker"
    drawing.text(
      "\(loudspeaker)   \u{b7}   \(length)   \u{b7}   auricle \(Version.current)", 24, 54,
      Palette.faint, size: 12)
    var place = 24.0
    for (figure, meaning) in tiles {
      drawing.text(figure, place, 84, Palette.ink, size: 17, bold: true)
      drawing.text(meaning, place, 100, Palette.faint, size: 11)
      place += max(Lettering.width(figure, size: 19), Lettering.width(meaning, size: 11)) + 26
    }
  }

  private var tiles: [(String, String)] {
    var tiles = [
      (figures.speech, "speech"), ("\(figures.turns)", figures.turns == 1 ? "turn" : "turns"),
    ]
    guard reference != nil else { return tiles }
    tiles.append(
      ("\(figures.bargeIns)", figures.bargeIns == 1 ? "interruption" : "interruptions"))
    tiles.append(("\(figures.ducks)", figures.ducks == 1 ? "duck" : "ducks"))
    if let reduction = figures.echoReduction {
      tiles.append((Decimal.text(reduction, places: 1) + " dB", "of the echo taken out"))
    }
    if let delay = figures.delay {
      tiles.append((Decimal.text(delay, places: 1) + " ms", "echo delay"))
    }
    if let drift = figures.drift {
      tiles.append((Decimal.text(drift, places: 0) + " ppm", "clock drift"))
    }
    return tiles
  }

  /// The end of a long path says most.
  private func shortened(_ path: String) -> String {
    let most = 90
    let scalars = Array(path.unicodeScalars)
    guard scalars.count > most else { return path }
    var short = "\u{2026}"
    short.unicodeScalars.append(contentsOf: scalars.suffix(most - 1))
    return short
  }

  private mutating func lane(_ lane: Plan.Lane) {
    drawing.rectangle(
      HearingPicture.left, lane.top, Double(trace.width), lane.height, Palette.lane)
  }

  mutating func name(_ name: String, _ below: String = "", in lane: Plan.Lane) {
    let place = HearingPicture.left - 14
    let middle = lane.middle + (below.isEmpty ? 4 : -1)
    drawing.text(name, place, middle, Palette.ink, size: 12.5, anchor: .end, bold: true)
    if !below.isEmpty {
      drawing.text(below, place, middle + 14, Palette.faint, size: 10.5, anchor: .end)
    }
  }

  private mutating func grid(from top: Double, to bottom: Double) {
    for number in 0...ticks.count {
      let place = x(Double(number) * ticks.step)
      drawing.line(place, top, place, bottom, Palette.grid)
    }
  }

  private mutating func axis(at y: Double) {
    drawing.line(HearingPicture.left, y, end, y, Palette.faint)
    let fifth = ticks.step / 5
    for number in 0...max(0, Int(trace.seconds / fifth)) {
      let isNamed = number % 5 == 0
      let place = x(Double(number) * fifth)
      drawing.line(place, y, place, y + (isNamed ? 7 : 3), Palette.faint)
      guard isNamed else { continue }
      drawing.text(
        Lettering.moment(Double(number) * fifth, step: ticks.step), place, y + 20, Palette.faint,
        size: 11, anchor: .middle)
    }
  }

  /// Round steps, far enough apart for their names.
  private var ticks: (step: Double, count: Int) {
    var step = 0.01
    var factor = 0
    while x(step) - x(0) < 64 {
      // 1, 2, 5, 10 and so on up to ten seconds, then as clocks do.
      if step < 9.9 {
        step *= factor == 1 ? 2.5 : 2
        factor = (factor + 1) % 3
      } else {
        step = step < 29 ? 30 : step < 59 ? 60 : step < 299 ? 300 : step * 2
      }
    }
    return (step, Int(trace.seconds / step))
  }

  /// Returns where it ends.
  private mutating func legend(_ top: Double) -> Double {
    var entries: [(colour: String, opacity: Double, meaning: String)] = [
      (Palette.echo, 1, "microphone"), (Palette.visitor, 1, "clean: what the recogniser gets"),
      (Palette.visitor, 0.25, "a person speaks"), (Palette.ink, 0.8, "a turn"),
      (Palette.ink, 0.25, "waiting until it is certainly over"),
    ]
    if reference != nil {
      entries += [
        (Palette.agent, 1, "loudspeaker"), (Palette.amber, 0.45, "ducked"),
        (Palette.amber, 1, "held"), (Palette.alarm, 1, "interrupted"),
      ]
    }
    var place = HearingPicture.left
    var row = top
    for entry in entries {
      let room = 18 + Lettering.width(entry.meaning, size: 11.5) + 20
      if place + room > end + HearingPicture.right {
        place = HearingPicture.left
        row += 20
      }
      drawing.rectangle(place, row, 12, 12, entry.colour, opacity: entry.opacity, corner: 2)
      drawing.text(entry.meaning, place + 18, row + 10, Palette.faint, size: 11.5)
      place += room
    }
    drawing.text(
      "Events stand where they were known; +n is how many milliseconds after the moment they tell of.",
      HearingPicture.left, row + 31, Palette.faint, size: 11)
    return row + 34
  }
}
