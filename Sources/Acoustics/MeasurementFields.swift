public import ControlProtocol

/// A measurement as `key=value`: what the daemon answers, and what it keeps in its file.
extension Measurement {
  /// - Parameter withClick: the answer to a click too, some 8 KB.
  public func write(to fields: inout Fields, withClick: Bool) {
    func add(_ key: String, _ value: Double?, _ places: Int) {
      if let value { fields.add(key, Figure.text(value, places: places)) }
    }
    fields.add("microphone_constant", isConstant)
    add("noise_db", noiseDecibels, 1)
    add("offset", offset, 5)
    add("heard_db", heardDecibels, 1)
    add("played_db", playedDecibels, 1)
    add("clipped_share", clippedShare, 5)
    add("echo_reduction_db", reductionDecibels, 1)
    fields.add("echo", echo != nil)
    guard let echo else { return }
    add("delay_ms", echo.delay, 3)
    add("echo_gain_db", echo.gainDecibels, 1)
    add("above_noise_db", echo.aboveNoiseDecibels, 1)
    add("drift_ppm", echo.driftPPM, 2)
    add("jump_ms", echo.jump, 2)
    add("decay_ms", echo.decay, 0)
    add("room_db", echo.roomDecibels, 1)
    add("distortion", echo.distortion, 4)
    fields.add("bands_db", Measurement.text(echo.bands.map { $0.rounded() }))
    if withClick {
      let top = echo.click.reduce(1e-9) { max($0, abs($1)) }
      add("click_top", Double(top), 6)
      fields.add(
        "click", Measurement.text(echo.click.map { Double(($0 / top * 10_000).rounded()) }))
    } else {
      fields.add("click_db", Measurement.text(echo.outline.map { $0.rounded() }))
    }
  }

  /// Nil where it is not one of ours. What is missing is nothing.
  public init?(_ fields: Fields) {
    func number(_ key: String) -> Double? { fields[key].flatMap { Figure.number($0.utf8) } }
    guard let isConstant = fields.flag("microphone_constant"), let hasEcho = fields.flag("echo"),
      let noise = number("noise_db")
    else { return nil }
    self.init()
    self.isConstant = isConstant
    noiseDecibels = noise
    offset = number("offset") ?? 0
    heardDecibels = number("heard_db") ?? -300
    playedDecibels = number("played_db") ?? -300
    clippedShare = number("clipped_share") ?? 0
    reductionDecibels = number("echo_reduction_db")
    guard hasEcho else { return }
    var echo = Echo()
    echo.delay = number("delay_ms") ?? 0
    echo.gainDecibels = number("echo_gain_db") ?? 0
    echo.aboveNoiseDecibels = number("above_noise_db") ?? 0
    echo.driftPPM = number("drift_ppm")
    echo.jump = number("jump_ms")
    echo.decay = number("decay_ms")
    echo.roomDecibels = number("room_db") ?? 0
    echo.distortion = number("distortion")
    echo.bands = Measurement.list(fields["bands_db"] ?? "", most: Echo.bandCount)
    let top = number("click_top") ?? 0
    echo.click = Measurement.list(fields["click"] ?? "", most: Echo.clickCount).map {
      Float($0 * top / 10_000)
    }
    self.echo = echo
  }

  private static func text(_ numbers: [Double]) -> String {
    var text = ""
    for number in numbers {
      if !text.isEmpty { text += "," }
      text += Figure.text(number)
    }
    return text
  }

  private static func list(_ text: String, most: Int) -> [Double] {
    var numbers: [Double] = []
    for part in text.utf8.split(separator: UInt8(ascii: ",")).prefix(most) {
      guard let number = Figure.number(part) else { return [] }
      numbers.append(number)
    }
    return numbers
  }
}

extension Measurement.Echo {
  /// The answer to a click at low resolution: dB below its top, a number for 1.25 ms.
  var outline: [Double] {
    let step = 20
    let powers = stride(from: 0, to: click.count, by: step).map { start in
      click[start..<min(start + step, click.count)].reduce(0) { $0 + Double($1) * Double($1) }
    }
    let top = powers.reduce(1e-24) { max($0, $1) }
    return powers.map { max(-99, Logarithm.decibels($0 / top)) }
  }
}
