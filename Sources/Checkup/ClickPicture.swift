public import Acoustics
public import ControlProtocol
internal import Picture

/// How a board hears itself: the answer to a click over time, and by pitch.
public struct ClickPicture {
  private static let width = 960.0
  private static let left = 64.0
  private static let right = 24.0
  private static let floor = -60.0

  /// What engineers call the thirds of an octave.
  private static let names = [
    "125", "160", "200", "250", "315", "400", "500", "630", "800", "1000", "1250", "1600", "2000",
    "2500", "3150", "4000", "5000", "6300",
  ]

  private let measured: Measurement
  private let fields: Fields

  public init(_ measured: Measurement, fields: Fields) {
    self.measured = measured
    self.fields = fields
  }

  public var svg: [UInt8] {
    var drawing = Drawing(width: Int(ClickPicture.width))
    drawing.text("How this board hears itself", 24, 38, Palette.ink, size: 20, bold: true)
    drawing.text(cards, 24, 60, Palette.faint, size: 12.5)
    var next = 92.0
    if let echo = measured.echo, echo.click.count > 1 {
      drawClick(echo, top: next, on: &drawing)
      next += 300
      drawBands(echo, top: next, on: &drawing)
      next += 250
    } else {
      drawing.text("Nothing came back.", 24, next + 20, Palette.alarm, size: 15)
      next += 50
    }
    drawFigures(top: next, on: &drawing)
    return drawing.svg(
      height: next + 84, background: Palette.paper, describing: "How this board hears itself")
  }

  private var cards: String {
    let microphone = Checkup.cardName(fields, "microphone") ?? ""
    let loudspeaker = Checkup.cardName(fields, "loudspeaker") ?? ""
    var text = microphone.isSame(as: loudspeaker) ? microphone : "\(microphone); \(loudspeaker)"
    if let volume = fields.number("volume") { text += ", volume \(volume)" }
    if let at = fields.number("at"), at > 0 { text += ", \(Day.text(at)) \(Day.time(at)) UTC" }
    return text
  }

  // MARK: Over time

  private func drawClick(_ echo: Measurement.Echo, top: Double, on drawing: inout Drawing) {
    let height = 220.0
    let span = ClickPicture.width - ClickPicture.left - ClickPicture.right
    let perSample = span / Double(echo.click.count)
    func x(_ milliseconds: Double) -> Double {
      ClickPicture.left + (milliseconds * 16 + Double(Measurement.Echo.lead)) * perSample
    }
    drawLane("after the direct sound (ms)", top: top, height: height, on: &drawing)
    for milliseconds in stride(from: 0, through: 100, by: 10) {
      let place = x(Double(milliseconds))
      drawing.line(place, top, place, top + height, Palette.grid)
      drawing.text(
        "\(milliseconds)", place, top + height + 16, Palette.faint, size: 11, anchor: .middle)
    }
    // The envelope, two samples a column, as a hill from the floor.
    let peak = echo.click.reduce(1e-9) { max($0, abs($1)) }
    var points: [(x: Double, y: Double)] = [(ClickPicture.left, top + height)]
    let step = 4
    for start in stride(from: 0, to: echo.click.count, by: step) {
      let end = min(start + step, echo.click.count)
      let most = echo.click[start..<end].reduce(0) { max($0, abs($1)) }
      let decibels = 20 * ClickPicture.log10(Double(most / peak))
      let place = ClickPicture.left + Double(start) * perSample
      points.append((place, y(decibels, top, height)))
    }
    points.append((ClickPicture.left + span, top + height))
    drawing.shape(points, Palette.visitor, opacity: 0.85)
    let direct = x(0)
    drawing.line(direct, top - 6, direct, top + height, Palette.alarm, width: 1.5, dashed: true)
    drawing.text(
      "direct sound, \(Figure.text(echo.delay, places: 1)) ms after it was handed to the card",
      direct + 8, top - 8, Palette.alarm, size: 12)
    if let decay = echo.decay, decay > 0 {
      // The slope by which the decay was judged.
      let end = min(100, decay)
      drawing.line(
        direct, y(0, top, height), x(end), y(-60 * end / decay, top, height), Palette.amber,
        width: 1.5, dashed: true)
      drawing.text(
        "60 dB in \(Figure.text(decay)) ms", x(min(40, end * 0.4)) + 10,
        y(-24 * min(40, end * 0.4) / (0.4 * decay), top, height) - 6, Palette.amber, size: 12)
    }
  }

  // MARK: By pitch

  private func drawBands(_ echo: Measurement.Echo, top: Double, on drawing: inout Drawing) {
    let height = 150.0
    let span = ClickPicture.width - ClickPicture.left - ClickPicture.right
    guard !echo.bands.isEmpty else { return }
    let loudest = echo.bands.reduce(-300) { max($0, $1) }
    // Whole tens above the loudest, so that the scale has round numbers.
    let ceiling = ((loudest + 1) / 10).rounded(.up) * 10
    drawLane(
      "pitch (Hz): what comes back of what was sent", top: top, height: height, from: ceiling,
      on: &drawing)
    let each = span / Double(echo.bands.count)
    for (band, level) in echo.bands.enumerated() {
      let left = ClickPicture.left + Double(band) * each
      let tall =
        max(0, min(1, (level - ceiling - ClickPicture.floor) / -ClickPicture.floor)) * height
      let pitch = Measurement.Echo.pitch(ofBand: band)
      drawing.rectangle(
        left + 3, top + height - tall, each - 6, tall, Palette.agent, opacity: 0.8, corner: 2,
        hint: "\(Figure.text(pitch)) Hz: \(Figure.text(level)) dB")
      drawing.text(
        ClickPicture.names[min(band, ClickPicture.names.count - 1)], left + each / 2,
        top + height + 16, Palette.faint, size: 10.5,
        anchor: .middle)
      drawing.text(
        Figure.text(level), left + each / 2, top + height - tall - 5, Palette.ink, size: 10.5,
        anchor: .middle)
    }
  }

  private func drawLane(
    _ name: String, top: Double, height: Double, from ceiling: Double = 0,
    on drawing: inout Drawing
  ) {
    let span = ClickPicture.width - ClickPicture.left - ClickPicture.right
    drawing.rectangle(ClickPicture.left, top, span, height, Palette.lane, corner: 3)
    for decibels in stride(from: 0.0, through: ClickPicture.floor, by: -20) {
      let place = y(decibels, top, height)
      drawing.line(
        ClickPicture.left, place, ClickPicture.left + span, place, Palette.grid)
      drawing.text(
        "\(Figure.text(decibels + ceiling)) dB", ClickPicture.left - 8, place + 4, Palette.faint,
        size: 11, anchor: .end)
    }
    drawing.text(
      name, ClickPicture.left + span, top + height + 34, Palette.faint, size: 12, anchor: .end)
  }

  private func y(_ decibels: Double, _ top: Double, _ height: Double) -> Double {
    top + height * max(0, min(1, decibels / ClickPicture.floor))
  }

  // MARK: Figures

  private func drawFigures(top: Double, on drawing: inout Drawing) {
    var figures: [(name: String, value: String)] = []
    if let echo = measured.echo {
      figures.append(("delay", "\(Figure.text(echo.delay, places: 1)) ms"))
      if let ppm = echo.driftPPM { figures.append(("drift", "\(Figure.text(ppm, places: 1)) ppm")) }
      figures.append(("comes back", "\(Figure.text(echo.gainDecibels)) dB"))
      figures.append(("above noise", "\(Figure.text(echo.aboveNoiseDecibels)) dB"))
      if let distortion = echo.distortion {
        figures.append(("distortion", "\(Figure.text(distortion * 100, places: 1)) %"))
      }
    }
    figures.append(("noise", "\(Figure.text(measured.noiseDecibels)) dB"))
    if let reduction = measured.reductionDecibels {
      figures.append(("echo taken away", "\(Figure.text(reduction)) dB"))
    }
    let each = (ClickPicture.width - 48) / Double(max(1, figures.count))
    for (index, figure) in figures.enumerated() {
      let left = 24 + Double(index) * each
      drawing.text(figure.value, left, top + 24, Palette.ink, size: 17, bold: true)
      drawing.text(figure.name, left, top + 44, Palette.faint, size: 12)
    }
  }

  private static func log10(_ value: Double) -> Double {
    value > 1e-10 ? Logarithm.decibels(value) / 10 : -10
  }
}
