internal import Picture
internal import VoiceCore

/// The lanes of a `HearingPicture` that show what was decided: bands, and the events above all.
extension HearingPicture {
  mutating func person(in lane: Plan.Lane) {
    name("person", in: lane)
    base(lane)
    for span in trace.speech.spans {
      drawing.rectangle(
        x(span.start), lane.top, wide(span), lane.height, Palette.visitor, opacity: 0.55, corner: 2)
    }
  }

  mutating func turn(in lane: Plan.Lane) {
    name("turn", in: lane)
    base(lane)
    for span in trace.waiting.spans {
      drawing.rectangle(
        x(span.start), lane.top + 5, wide(span), lane.height - 10, Palette.ink, opacity: 0.25)
    }
    for span in trace.turns.spans {
      drawing.rectangle(
        x(span.start), lane.top, wide(span), lane.height, Palette.ink, opacity: 0.8, corner: 2)
    }
  }

  mutating func reply(in lane: Plan.Lane) {
    name("reply", in: lane)
    base(lane)
    for span in trace.far.spans {
      drawing.rectangle(
        x(span.start), lane.top, wide(span), lane.height, Palette.agent, opacity: 0.35, corner: 2)
    }
    for span in trace.ducked.spans {
      drawing.rectangle(x(span.start), lane.top, wide(span), lane.height, "#e8c486")
    }
    for span in trace.held.spans {
      drawing.rectangle(x(span.start), lane.top, wide(span), lane.height, Palette.amber)
    }
    for span in trace.dropped.spans {
      drawing.rectangle(x(span.start), lane.top, wide(span), lane.height, Palette.alarm)
    }
  }

  private mutating func base(_ lane: Plan.Lane) {
    drawing.line(HearingPicture.left, lane.bottom, end, lane.bottom, Palette.grid)
  }

  /// Each kind has its row. What matters most is named first; where there is no room for a name
  /// there is a mark.
  mutating func events(_ plan: Plan) {
    let names = ["interruption", "speech", "turn"]
    for row in 0..<EventRows.count where row > 0 || reference != nil {
      drawing.text(
        names[row], HearingPicture.left - 14, EventRows.base(row, in: plan.events), Palette.faint,
        size: 10.5, anchor: .end)
    }
    var rows = EventRows()
    // Where moments crowd, only the interruptions are followed down through the lanes.
    let isCrowded = Double(trace.width) < 15 * trace.seconds
    for kind in EventRows.kinds {
      let style = EventRows.style(of: kind)
      let places = trace.marks.filter { $0.event.hasSameName(as: kind) }.map { x($0.at) }
      if style.isFirst, style.row == 0 || !isCrowded {
        drawing.strokes(
          at: places, from: plan.events.top,
          to: style.row == 0 ? plan.reply.bottom : plan.turn.bottom, style.colour,
          width: style.row == 0 ? 1.3 : 0.8, opacity: style.row == 0 ? 0.9 : 0.45)
      }
      // Below the names, so that none is struck out.
      let base = EventRows.base(style.row, in: plan.events)
      drawing.strokes(at: places, from: base + 1.5, to: base + 5.5, style.colour, width: 1.5)
    }
    for isFirst in [true, false] {
      for mark in trace.marks {
        let style = EventRows.style(of: mark.event)
        guard style.isFirst == isFirst else { continue }
        for label in EventRows.labels(of: mark) {
          let width = Lettering.width(label, size: EventRows.letters) + 8
          guard rows.take(style.row, from: x(mark.at), width: width, end: end + 80) else {
            continue
          }
          let base = EventRows.base(style.row, in: plan.events)
          drawing.rectangle(x(mark.at) - 0.75, base - 9, 1.5, 14.5, style.colour)
          drawing.text(
            label, x(mark.at) + 4, base, style.colour, size: EventRows.letters,
            bold: style.isFirst)
          break
        }
      }
    }
  }
}

/// The rows above the lanes in which events are named, and what room is left in them.
struct EventRows {
  static let count = 3
  static let height = 17.0
  static let letters = 10.5

  /// One of each.
  static var kinds: [Replay.Event] {
    [
      .speechStart(start: .start), .endpoint(end: .start), .bargeIn(start: .start), .duck, .unduck,
      .speechEnd(end: .start), .eagerEnd(end: .start), .resumed,
    ]
  }

  private var taken: [[(start: Double, end: Double)]] = [[], [], []]

  /// Whether there was room.
  mutating func take(_ row: Int, from start: Double, width: Double, end: Double) -> Bool {
    let stop = start + width
    guard stop <= end else { return false }
    for other in taken[row] where start < other.end && other.start < stop { return false }
    taken[row].append((start, stop))
    return true
  }

  static func base(_ row: Int, in lane: Plan.Lane) -> Double {
    lane.top + Double(row) * height + 11
  }

  static func style(of event: Replay.Event) -> (row: Int, colour: String, isFirst: Bool) {
    switch event {
    case .bargeIn: (0, Palette.alarm, true)
    case .duck, .unduck: (0, Palette.amber, false)
    case .speechStart: (1, Palette.visitor, true)
    case .speechEnd: (1, Palette.visitor, false)
    case .endpoint: (2, Palette.ink, true)
    case .eagerEnd, .resumed: (2, Palette.faint, false)
    }
  }

  /// The longest first: how long after its moment it was known, then its name alone.
  static func labels(of mark: HearingTrace.Mark) -> [String] {
    let name = mark.event.name
    guard let moment = mark.event.moment else { return [name] }
    let late = Int((mark.at * 1_000).rounded()) - Int(moment.milliseconds)
    return ["\(name) +\(late)", name]
  }
}
