public import ControlProtocol

/// A measurement as `key=value`: what the daemon answers, and what it keeps in its file.
extension Measurement {
  /// - Parameter withClick: the answer to a click too, some 8 KB.
  public func write(to fields: inout Fields, withClick: Bool) {
    fields.add("microphone_constant", isConstant)
    var figures: [(key: String, value: Double?, places: Int)] = [
      ("noise_db", noiseDecibels, 1), ("offset", offset, 5), ("heard_db", heardDecibels, 1),
      ("played_db", playedDecibels, 1), ("clipped_share", clippedShare, 5),
      ("echo_reduction_db", reductionDecibels, 1),
    ]
    if let echo {
      figures += [
        ("delay_ms", echo.delay, 3), ("echo_gain_db", echo.gainDecibels, 1),
        ("above_noise_db", echo.aboveNoiseDecibels, 1), ("drift_ppm", echo.driftPPM, 2),
        ("jump_ms", echo.jump, 2), ("decay_ms", echo.decay, 0),
        ("room_db", echo.roomDecibels, 1), ("distortion", echo.distortion, 4),
      ]
    }
    for figure in figures {
      if let value = figure.value {
        fields.add(figure.key, Figure.text(value, places: figure.places))
      }
    }
    fields.add("cancels_echo", cancelsEcho)
    fields.add("echo", echo != nil)
    guard let echo else { return }
    fields.add("bands_db", Measurement.text(echo.bands, scale: 1))
    if withClick {
      let top = echo.top
      fields.add("click_top", Figure.text(Double(top), places: 6))
      var scaled: [Double] = []
      for sample in echo.click { scaled.append(Double(sample)) }
      fields.add("click", Measurement.text(scaled, scale: 10_000 / Double(top)))
    } else {
      fields.add("click_db", Measurement.text(echo.outline, scale: 1))
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
    cancelsEcho = fields.flag("cancels_echo") ?? false
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

  /// Whole numbers with commas between.
  private static func text(_ numbers: [Double], scale: Double) -> String {
    var bytes: [UInt8] = []
    for number in numbers {
      if !bytes.isEmpty { bytes.append(UInt8(ascii: ",")) }
      bytes += Array(Figure.text(number * scale).utf8)
    }
    return String(decoding: bytes, as: UTF8.self)
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
  /// Of the answer to a click.
  fileprivate var top: Float {
    var top: Float = 1e-9
    for sample in click { top = max(top, abs(sample)) }
    return top
  }

  /// The answer to a click at low resolution: dB below its top, a number for 1.25 ms.
  fileprivate var outline: [Double] {
    var powers: [Double] = []
    var most = 1e-24
    for start in stride(from: 0, to: click.count, by: 20) {
      var power = 0.0
      for index in start..<min(start + 20, click.count) {
        power += Double(click[index]) * Double(click[index])
      }
      powers.append(power)
      most = max(most, power)
    }
    for index in 0..<powers.count {
      powers[index] = max(-99, Logarithm.decibels(powers[index] / most))
    }
    return powers
  }
}
